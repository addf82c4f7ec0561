//! A row as neither backend has it, and as both can.

use serde::{Deserialize, Serialize};

/// What stands in a column. Flags are numbers, ids are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cell {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// In the order of its table's columns.
pub(crate) type Row = Vec<Cell>;

/// A row, and what goes with it if it is an execution.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) row: Row,
    pub(crate) event: Option<Row>,
    /// Oldest part first.
    pub(crate) journal: Vec<Row>,
    pub(crate) draft: Option<Row>,
}

impl Item {
    pub(crate) fn alone(row: Row) -> Self {
        Self { row, event: None, journal: Vec::new(), draft: None }
    }

    /// About what it holds.
    pub(crate) fn bytes(&self) -> usize {
        let rows = [&self.row].into_iter().chain(&self.event).chain(&self.journal).chain(&self.draft);
        rows.flatten().map(Cell::bytes).sum()
    }
}

impl Cell {
    fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Number(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}
