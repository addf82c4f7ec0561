//! Moving house: everything that is in one database goes into another, which is empty, and is compared there.
//! ```text
//! source ─ page ─▶ target: page and marker, one transaction      a kill loses the page that was under way
//!        … until all is there …
//! source ─ read back ─▶ sums ═ sums ◀─ read back ─ target        equal: the marker says so, servers may start
//! ```
//! Invariants
//! - The target has a page if and only if its marker says so: a move that is run again goes on behind it.
//! - Nothing that is in the target stems from anything but this move's source.
//! - No server lives on either side: on SQLite by the folder's lock, on PostgreSQL by its lease and the lock that a start
//!   needs. A target whose move has not come to its end is refused by `open`.
//!
//! Not here: how each backend reads and writes a page (`sqlite::moving`, `postgres::moving`).

mod error;
pub(crate) mod item;
pub(crate) mod marker;
mod side;
mod sums;
pub(crate) mod table;
#[cfg(test)]
mod tests;

use futures_util::future::{join, try_join};

pub use error::MoveError;
use item::{Item, Row};
use marker::{Marker, State};
pub use side::Place;
use side::Side;
pub use sums::{Sum, Sums};
use table::{TABLES, Table};

/// What is read and written at once.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    /// Default: 2,000.
    pub rows: usize,
    /// A page ends with the row by which it has come to hold so many. Default: 8 MiB.
    pub bytes: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { rows: 2_000, bytes: 8 << 20 }
    }
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many rows are there from the last time.
    GoesOn {
        rows: u64,
    },
    /// So many rows of it are there by now.
    Copying {
        table: &'static str,
        rows: u64,
    },
    /// All of them are.
    Copied {
        table: &'static str,
        rows: u64,
    },
    Comparing,
}

/// Moves everything, or what is missing. What is in both then, which is equal.
///
/// Errors: nothing is lost by any; the move can be run again, but for `NotEmpty`, `OtherMove`, `Differs` and
/// `ChangedSince`, after which the target has to be emptied.
pub async fn run(from: &Place, to: &Place, limits: PageLimits, tell: &mut dyn FnMut(Step)) -> Result<Sums, MoveError> {
    if from == to {
        return Err(MoveError::SamePlace);
    }
    let source = Side::open_source(from).await?;
    let source_is = source.identity().await?;
    let target = Side::open_target(to).await?;
    if source_is == target.identity().await? {
        return Err(MoveError::SamePlace);
    }
    let mut marker = match target.marker().await? {
        Some(text) => {
            let marker = Marker::read(&text)?;
            if marker.source != source_is {
                return Err(MoveError::OtherMove { place: to.to_string(), from: marker.from });
            }
            tell(Step::GoesOn { rows: marker.rows.values().sum() });
            marker
        }
        None => {
            if let Some(table) = target.filled().await? {
                return Err(MoveError::NotEmpty { place: to.to_string(), table });
            }
            let marker = Marker::new(source_is, from.to_string());
            target.mark(marker.written()).await?;
            marker
        }
    };
    copy(&source, &target, &mut marker, limits, tell).await?;
    tell(Step::Comparing);
    let (in_source, in_target) = try_join(sums(&source, limits), sums(&target, limits)).await?;
    source.is_unused().await?;
    let was_finished = marker.state == State::Finished;
    if in_source != in_target {
        let (source_sums, target_sums) = (Box::new(in_source), Box::new(in_target));
        return Err(match was_finished {
            true => MoveError::ChangedSince { source_sums, target_sums },
            false => MoveError::Differs { source_sums, target_sums },
        });
    }
    if !was_finished {
        marker.state = State::Finished;
        target.finish(marker.written()).await?;
    }
    Ok(in_target)
}

/// What is not there yet, as the marker has it.
async fn copy(
    source: &Side,
    target: &Side,
    marker: &mut Marker,
    limits: PageLimits,
    tell: &mut dyn FnMut(Step),
) -> Result<(), MoveError> {
    let State::Copying { table, mut after } = marker.state.clone() else { return Ok(()) };
    let first = Table::by_name(&table).ok_or_else(|| MoveError::Marker { reason: format!("it names `{table}`") })?;
    for table in TABLES.into_iter().skip_while(|table| table.name != first.name) {
        let mut page = source.read(table, after.take(), limits).await?;
        while let Some(last) = page.items.last() {
            let last = key(table, last);
            marker.copied(table, page.items.len(), last.clone());
            // The next one is read while this one is written.
            let (written, next) =
                join(target.write(table, page, marker.written()), source.read(table, Some(last), limits)).await;
            written?;
            tell(Step::Copying { table: table.name, rows: marker.rows_of(table) });
            page = next?;
        }
        tell(Step::Copied { table: table.name, rows: marker.rows_of(table) });
    }
    marker.state = State::Copied;
    target.mark(marker.written()).await
}

/// Of all that is there, as it is read back.
async fn sums(side: &Side, limits: PageLimits) -> Result<Sums, MoveError> {
    let mut sums = Sums::default();
    for table in TABLES {
        let mut after = None;
        loop {
            let page = side.read(table, after, limits).await?;
            page.items.iter().for_each(|item| sums.add(table, item));
            let Some(last) = page.items.last() else { break };
            after = Some(key(table, last));
        }
    }
    Ok(sums)
}

fn key(table: &Table, item: &Item) -> Row {
    item.row[..table.key].to_vec()
}
