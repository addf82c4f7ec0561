//! Settings made while the server runs.

use super::Postgres;
use super::change::note;
use super::sql::{Text, execute, read, row, statements, transact};
use crate::change::Stale;
use crate::error::Result;

statements! {
    GET = "select value from setting where name = $1";
    SET = "insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
    DELETE = "delete from setting where name = $1";
}

pub(super) async fn get(store: &Postgres, name: &'static str) -> Result<Option<String>> {
    read!(store, "setting_get", async |db| row(db, GET, &[&name], |row| Ok(row.try_get::<_, Text>(0)?.0)).await)
}

pub(super) async fn set(store: &Postgres, name: &'static str, value: Option<String>) -> Result<()> {
    transact!(store, "setting_set", async |db| {
        match &value {
            Some(value) => execute(db, SET, &[&name, &value.as_bytes()]).await?,
            None => execute(db, DELETE, &[&name]).await?,
        };
        note(store, db, Stale::Settings).await
    })
    .inspect(|()| store.tells_stale())
}
