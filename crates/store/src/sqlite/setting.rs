//! Settings made while the server runs.

use rusqlite::params;

use super::Sqlite;
use super::sql::{execute, row, statements};
use crate::error::Result;

statements! {
    GET = "select value from setting where name = ?1";
    SET = "insert into setting (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value";
    DELETE = "delete from setting where name = ?1";
}

pub(super) async fn get(store: &Sqlite, name: &'static str) -> Result<Option<String>> {
    store.read("setting_get", move |db| Ok(row(db, GET, [name], |row| row.get(0))?)).await
}

pub(super) async fn set(store: &Sqlite, name: &'static str, value: Option<String>) -> Result<()> {
    store
        .write("setting_set", value.as_ref().map_or(0, String::len), move |db| {
            match &value {
                Some(value) => execute(db, SET, params![name, value])?,
                None => execute(db, DELETE, [name])?,
            };
            Ok(())
        })
        .await
}
