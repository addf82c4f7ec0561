//! Tokens of the API, known by their digest.

use domain::id::TokenId;
use domain::time::Timestamp;
use domain::token::Token;
use tokio_postgres::Row;

use super::Postgres;
use super::fault::Fault;
use super::sql::{Bin, Json, Text, execute, json, read, row, rows, statements, transact};
use crate::error::{Error, Result};

statements! {
    INSERT = "insert into token (id, name, digest, scopes, created_at, expires_at, last_used_at)
              values ($1, $2, $3, $4, $5, $6, $7)";
    BY_DIGEST = "select id, name, digest, scopes, created_at, expires_at, last_used_at from token where digest = $1";
    /// All of them: people make them, one by one.
    TOKENS = "select id, name, digest, scopes, created_at, expires_at, last_used_at from token order by id desc";
    DELETE = "delete from token where id = $1";
    USED = "update token set last_used_at = $2 where id = $1";
}

pub(super) async fn create(store: &Postgres, token: Token) -> Result<()> {
    transact!(store, "token_create", async |db| {
        execute(
            db,
            INSERT,
            &[
                &Bin(token.id.to_bytes()),
                &token.name.as_bytes(),
                &Bin(token.digest),
                &json(&token.scopes),
                &token.created_at.as_micros(),
                &token.expires_at.map(Timestamp::as_micros),
                &token.last_used_at.map(Timestamp::as_micros),
            ],
        )
        .await
        .map(drop)
    })
}

pub(super) async fn by_digest(store: &Postgres, digest: [u8; 32]) -> Result<Option<Token>> {
    read!(store, "token_by_digest", async |db| row(db, BY_DIGEST, &[&Bin(digest)], read).await)
}

pub(super) async fn list(store: &Postgres) -> Result<Vec<Token>> {
    read!(store, "token_list", async |db| rows(db, TOKENS, &[], read).await)
}

pub(super) async fn revoke(store: &Postgres, token: TokenId) -> Result<()> {
    transact!(store, "token_revoke", async |db| match execute(db, DELETE, &[&Bin(token.to_bytes())]).await? {
        0 => Err(Error::TokenNotFound { token }.into()),
        _ => Ok(()),
    })
}

pub(super) async fn used(store: &Postgres, token: TokenId, at: Timestamp) -> Result<()> {
    transact!(store, "token_used", async |db| {
        execute(db, USED, &[&Bin(token.to_bytes()), &at.as_micros()]).await.map(drop)
    })
}

fn read(row: &Row) -> Result<Token, Fault> {
    Ok(Token {
        id: TokenId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
        name: row.try_get::<_, Text>(1)?.0,
        digest: row.try_get::<_, Bin<32>>(2)?.0,
        scopes: row.try_get::<_, Json<_>>(3)?.0,
        created_at: Timestamp::from_micros(row.try_get(4)?),
        expires_at: row.try_get::<_, Option<i64>>(5)?.map(Timestamp::from_micros),
        last_used_at: row.try_get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
    })
}
