//! Secrets, sealed.

use domain::id::SecretId;
use domain::secret::{Sealed, SecretName};
use domain::time::Timestamp;
use tokio_postgres::Row;

use super::Postgres;
use super::change::note;
use super::fault::Fault;
use super::lock::{Lock, hold};
use super::sql::{Bin, Whole, execute, read, row, rows, statements, transact};
use crate::change::Stale;
use crate::error::{Error, Result};

statements! {
    UPDATE = "update secret set id = $2, nonce = $3, sealed = $4, key_id = $5, created_at = $6, changed_at = $7
              where name = $1";
    INSERT = "insert into secret (name, id, nonce, sealed, key_id, created_at, changed_at)
              values ($1, $2, $3, $4, $5, $6, $7)";
    COUNT = "select count(*) from secret";
    BY_NAME = "select name, id, nonce, sealed, key_id, created_at, changed_at from secret where name = $1";
    /// All of them: people make them, one by one.
    SECRETS = "select name, id, nonce, sealed, key_id, created_at, changed_at from secret order by name";
    DELETE = "delete from secret where name = $1";
}

pub(super) async fn set(store: &Postgres, secret: Sealed, max: u32) -> Result<bool> {
    let name = secret.name.as_str();
    let (id, nonce, key_id) = (Bin(secret.id.to_bytes()), Bin(secret.nonce), Bin(secret.key_id));
    let (created, changed) = (secret.created_at.as_micros(), secret.changed_at.as_micros());
    transact!(store, "secret_set", async |db| {
        hold(db, Lock::Secrets).await?;
        if execute(db, UPDATE, &[&name, &id, &nonce, &secret.sealed, &key_id, &created, &changed]).await? > 0 {
            note(store, db, Stale::Secrets).await?;
            return Ok(false);
        }
        let count = row(db, COUNT, &[], |row| Ok(row.try_get::<_, Whole<u32>>(0)?.0)).await?;
        if count.is_some_and(|count| count >= max) {
            return Err(Error::TooManySecrets { max }.into());
        }
        execute(db, INSERT, &[&name, &id, &nonce, &secret.sealed, &key_id, &created, &changed]).await?;
        note(store, db, Stale::Secrets).await?;
        Ok(true)
    })
    .inspect(|_| store.tells_stale())
}

pub(super) async fn get(store: &Postgres, name: &SecretName) -> Result<Option<Sealed>> {
    read!(store, "secret_get", async |db| row(db, BY_NAME, &[&name.as_str()], read).await)
}

pub(super) async fn list(store: &Postgres) -> Result<Vec<Sealed>> {
    read!(store, "secret_list", async |db| rows(db, SECRETS, &[], read).await)
}

pub(super) async fn delete(store: &Postgres, name: &SecretName) -> Result<()> {
    transact!(store, "secret_delete", async |db| match execute(db, DELETE, &[&name.as_str()]).await? {
        0 => Err(Error::SecretNotFound { name: name.clone() }.into()),
        _ => note(store, db, Stale::Secrets).await,
    })
    .inspect(|()| store.tells_stale())
}

fn read(row: &Row) -> Result<Sealed, Fault> {
    Ok(Sealed {
        name: row.try_get::<_, &str>(0)?.parse().map_err(Fault::unreadable)?,
        id: SecretId::from_bytes(row.try_get::<_, Bin<16>>(1)?.0),
        nonce: row.try_get::<_, Bin<24>>(2)?.0,
        sealed: row.try_get(3)?,
        key_id: row.try_get::<_, Bin<8>>(4)?.0,
        created_at: Timestamp::from_micros(row.try_get(5)?),
        changed_at: Timestamp::from_micros(row.try_get(6)?),
    })
}
