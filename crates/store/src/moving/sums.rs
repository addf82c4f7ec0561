//! How many rows there are, and what stands in them: a number that is the same on every backend.
//!
//! Rows are hashed one by one and their hashes added up, so that neither order nor place counts, and no more than one
//! is held. That finds what was lost, doubled or changed on the way; it is no seal against somebody who makes rows up
//! until they add up the same.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::item::{Cell, Item, Row};
use super::table::{EVENT, JOURNAL, TABLES, TESTED_DRAFT, Table, WITH_EXECUTIONS};

/// Of one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    lanes: [u64; 4],
}

impl Sum {
    /// 64 digits.
    pub fn hash(&self) -> String {
        self.lanes.iter().map(|lane| format!("{lane:016x}")).collect()
    }

    fn add(&mut self, table: &Table, before: &[&Cell], row: &Row) {
        let mut hash = Sha256::new();
        hash.update(table.name);
        for cell in before.iter().copied().chain(row) {
            write(&mut hash, cell);
        }
        let hash = hash.finalize();
        for (lane, bytes) in self.lanes.iter_mut().zip(hash.chunks_exact(8)) {
            *lane = lane.wrapping_add(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        }
        self.rows += 1;
    }
}

/// Of every table, by its name. The events are counted as the executions have them: one that two share is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums(BTreeMap<&'static str, Sum>);

impl Default for Sums {
    fn default() -> Self {
        Self(TABLES.into_iter().chain(WITH_EXECUTIONS).map(|table| (table.name, Sum::default())).collect())
    }
}

impl Sums {
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Sum)> {
        self.0.iter().map(|(table, sum)| (*table, *sum))
    }

    pub fn of(&self, table: &str) -> Sum {
        self.0.get(table).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, table: &Table, item: &Item) {
        self.sum(table).add(table, &[], &item.row);
        if !table.is_execution() {
            return;
        }
        let whose = &item.row[0];
        if let Some(event) = &item.event {
            self.sum(&EVENT).add(&EVENT, &[whose], event);
        }
        for (number, part) in (0..).zip(&item.journal) {
            self.sum(&JOURNAL).add(&JOURNAL, &[whose, &Cell::Number(number)], part);
        }
        if let Some(draft) = &item.draft {
            self.sum(&TESTED_DRAFT).add(&TESTED_DRAFT, &[], draft);
        }
    }

    fn sum(&mut self, table: &Table) -> &mut Sum {
        self.0.entry(table.name).or_default()
    }
}

/// So that no two rows are written alike: what it is, how long, and what.
fn write(hash: &mut Sha256, cell: &Cell) {
    let (tag, bytes): (u8, &[u8]) = match cell {
        Cell::Null => (0, &[]),
        Cell::Number(number) => (1, &number.to_be_bytes()),
        Cell::Text(text) => (2, text.as_bytes()),
        Cell::Bytes(bytes) => (3, bytes),
    };
    hash.update([tag]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(rows: &[Row]) -> Sums {
        let mut sums = Sums::default();
        rows.iter().for_each(|row| sums.add(TABLES[0], &Item::alone(row.clone())));
        sums
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn the_order_does_not_count_and_everything_else_does() {
        let (one, two) = (vec![text("a"), text("bc")], vec![Cell::Number(1), Cell::Null]);
        let both = sums(&[one.clone(), two.clone()]);
        assert_eq!(both, sums(&[two.clone(), one.clone()]));
        assert_eq!(both.of(TABLES[0].name).rows, 2);
        for other in [
            vec![one.clone(), one.clone()],
            vec![vec![text("ab"), text("c")], two.clone()],
            vec![vec![text("a"), Cell::Bytes(b"bc".to_vec())], two.clone()],
            vec![one.clone(), vec![Cell::Number(2), Cell::Null]],
            vec![one.clone(), vec![Cell::Null, Cell::Number(1)]],
            vec![one, vec![Cell::Number(1), text("")]],
        ] {
            assert_ne!(sums(&other).of(TABLES[0].name).hash(), both.of(TABLES[0].name).hash(), "{other:?}");
        }
    }
}
