//! Tokens of the API, known by their digest.

use domain::id::TokenId;
use domain::time::Timestamp;
use domain::token::Token;
use rusqlite::{Row, params};

use super::Sqlite;
use super::sql::{Json, execute, json, row, rows, statements};
use crate::error::{Error, Result};

statements! {
    INSERT = "insert into token (id, name, digest, scopes, created_at, expires_at, last_used_at)
              values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    BY_DIGEST = "select id, name, digest, scopes, created_at, expires_at, last_used_at from token where digest = ?1";
    /// All of them: people make them, one by one.
    TOKENS = "select id, name, digest, scopes, created_at, expires_at, last_used_at from token order by id desc";
    DELETE = "delete from token where id = ?1";
    USED = "update token set last_used_at = ?2 where id = ?1";
}

pub(super) async fn create(store: &Sqlite, token: Token) -> Result<()> {
    store
        .write("token_create", 0, move |db| {
            execute(
                db,
                INSERT,
                params![
                    token.id.to_bytes(),
                    token.name,
                    token.digest,
                    json(&token.scopes),
                    token.created_at.as_micros(),
                    token.expires_at.map(Timestamp::as_micros),
                    token.last_used_at.map(Timestamp::as_micros),
                ],
            )?;
            Ok(())
        })
        .await
}

pub(super) async fn by_digest(store: &Sqlite, digest: [u8; 32]) -> Result<Option<Token>> {
    store.read("token_by_digest", move |db| Ok(row(db, BY_DIGEST, [digest], read)?)).await
}

pub(super) async fn list(store: &Sqlite) -> Result<Vec<Token>> {
    store.read("token_list", |db| Ok(rows(db, TOKENS, [], read)?)).await
}

pub(super) async fn revoke(store: &Sqlite, token: TokenId) -> Result<()> {
    store
        .write("token_revoke", 0, move |db| match execute(db, DELETE, [token.to_bytes()])? {
            0 => Err(Error::TokenNotFound { token }.into()),
            _ => Ok(()),
        })
        .await
}

pub(super) async fn used(store: &Sqlite, token: TokenId, at: Timestamp) -> Result<()> {
    store
        .write("token_used", 0, move |db| Ok(execute(db, USED, params![token.to_bytes(), at.as_micros()]).map(drop)?))
        .await
}

fn read(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        id: TokenId::from_bytes(row.get(0)?),
        name: row.get(1)?,
        digest: row.get(2)?,
        scopes: row.get::<_, Json<_>>(3)?.0,
        created_at: Timestamp::from_micros(row.get(4)?),
        expires_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_micros),
        last_used_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
    })
}
