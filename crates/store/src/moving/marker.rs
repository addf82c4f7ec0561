//! What a move keeps of itself in its target, in the same transaction as what it moved: whose it is, and how far it
//! has come. It is a setting, so that it needs no table of its own; it is not moved on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::MoveError;
use super::item::Row;
use super::table::{TABLES, Table};

/// The setting's name.
pub(crate) const NAME: &str = "moving";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    /// What the source is known by, whoever asks.
    pub(crate) source: String,
    /// What it was called, for people.
    pub(crate) from: String,
    pub(crate) state: State,
    /// Rows so far.
    pub(crate) rows: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// `after`: the key of the last row that is there.
    Copying { table: String, after: Option<Row> },
    /// Everything is there, and is to be compared.
    Copied,
    /// Compared, and equal. From here on the target is a database like any other.
    Finished,
}

impl Marker {
    pub(crate) fn new(source: String, from: String) -> Self {
        let state = State::Copying { table: TABLES[0].name.to_owned(), after: None };
        Self { source, from, state, rows: BTreeMap::new() }
    }

    pub(crate) fn read(text: &str) -> Result<Self, MoveError> {
        serde_json::from_str(text).map_err(|error| MoveError::Marker { reason: error.to_string() })
    }

    pub(crate) fn written(&self) -> String {
        serde_json::to_string(self).expect("names and numbers are JSON")
    }

    /// So many more rows of it are there, up to `after`.
    pub(crate) fn copied(&mut self, table: &Table, rows: usize, after: Row) {
        *self.rows.entry(table.name.to_owned()).or_default() += rows as u64;
        self.state = State::Copying { table: table.name.to_owned(), after: Some(after) };
    }

    pub(crate) fn rows_of(&self, table: &Table) -> u64 {
        self.rows.get(table.name).copied().unwrap_or(0)
    }
}

/// Whence, if `text` is the marker of a move that has not come to its end: then a server would serve half of it.
pub(crate) fn unfinished(text: Option<&str>) -> Option<String> {
    let text = text?;
    match serde_json::from_str::<Marker>(text) {
        Ok(marker) if marker.state == State::Finished => None,
        Ok(marker) => Some(marker.from),
        // Whatever it says: nobody has said that it is finished.
        Err(_) => Some("another database".to_owned()),
    }
}
