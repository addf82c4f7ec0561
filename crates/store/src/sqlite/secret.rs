//! Secrets, sealed.

use domain::id::SecretId;
use domain::secret::{Sealed, SecretName};
use domain::time::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Row, params};

use super::Sqlite;
use super::sql::{execute, row, rows, statements};
use crate::error::{Error, Result};

statements! {
    UPDATE = "update secret set id = ?2, nonce = ?3, sealed = ?4, key_id = ?5, created_at = ?6, changed_at = ?7
              where name = ?1";
    INSERT = "insert into secret (name, id, nonce, sealed, key_id, created_at, changed_at)
              values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    COUNT = "select count(*) from secret";
    BY_NAME = "select name, id, nonce, sealed, key_id, created_at, changed_at from secret where name = ?1";
    /// All of them: people make them, one by one.
    SECRETS = "select name, id, nonce, sealed, key_id, created_at, changed_at from secret order by name";
    DELETE = "delete from secret where name = ?1";
}

pub(super) async fn set(store: &Sqlite, secret: Sealed, max: u32) -> Result<bool> {
    let bytes = secret.sealed.len();
    store
        .write("secret_set", bytes, move |db| {
            let values = params![
                secret.name.as_str(),
                secret.id.to_bytes(),
                secret.nonce,
                secret.sealed,
                secret.key_id,
                secret.created_at.as_micros(),
                secret.changed_at.as_micros(),
            ];
            if execute(db, UPDATE, values)? > 0 {
                return Ok(false);
            }
            let count: Option<u32> = row(db, COUNT, [], |row| row.get(0))?;
            if count.is_some_and(|count| count >= max) {
                return Err(Error::TooManySecrets { max }.into());
            }
            execute(db, INSERT, values)?;
            Ok(true)
        })
        .await
}

pub(super) async fn get(store: &Sqlite, name: &SecretName) -> Result<Option<Sealed>> {
    let name = name.clone();
    store.read("secret_get", move |db| Ok(row(db, BY_NAME, [name.as_str()], read)?)).await
}

pub(super) async fn list(store: &Sqlite) -> Result<Vec<Sealed>> {
    store.read("secret_list", |db| Ok(rows(db, SECRETS, [], read)?)).await
}

pub(super) async fn delete(store: &Sqlite, name: &SecretName) -> Result<()> {
    let name = name.clone();
    store
        .write("secret_delete", 0, move |db| match execute(db, DELETE, [name.as_str()])? {
            0 => Err(Error::SecretNotFound { name: name.clone() }.into()),
            _ => Ok(()),
        })
        .await
}

fn read(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    let name: String = row.get(0)?;
    Ok(Sealed {
        name: name
            .parse()
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))?,
        id: SecretId::from_bytes(row.get(1)?),
        nonce: row.get(2)?,
        sealed: row.get(3)?,
        key_id: row.get(4)?,
        created_at: Timestamp::from_micros(row.get(5)?),
        changed_at: Timestamp::from_micros(row.get(6)?),
    })
}
