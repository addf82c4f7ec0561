//! Text looked for in requests.

use rusqlite::{Connection, Row, params};

use super::sql::{Json, row, statements};
use crate::list::Search;

statements! {
    EVENT_TEXT = "select query_string, headers, body from event where id = ?1";
    REFUSED_TEXT = "select query_string, headers, body from refused_request where id = ?1";
}

pub(super) fn finds_in_event(search: &mut Search, db: &Connection, event: [u8; 16]) -> rusqlite::Result<bool> {
    Ok(row(db, EVENT_TEXT, params![event], |row| finds(search, row))?.unwrap_or_default())
}

pub(super) fn finds_in_refused(search: &mut Search, db: &Connection, request: [u8; 16]) -> rusqlite::Result<bool> {
    Ok(row(db, REFUSED_TEXT, params![request], |row| finds(search, row))?.unwrap_or_default())
}

fn finds(search: &mut Search, row: &Row<'_>) -> rusqlite::Result<bool> {
    let (query, body) = (row.get_ref(0)?.as_str()?, row.get_ref(2)?.as_blob()?);
    search.is_in_request(query.as_bytes(), body, || Ok(row.get::<_, Json<_>>(1)?.0))
}
