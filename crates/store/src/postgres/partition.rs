//! The parts of the tables that grow: one a day, by the time in the ids. Made some days ahead, dropped when empty.
//!
//! What is in no day's part is in the table's last one, `…_rest`: an insert never fails for the lack of one. A day is
//! made only while nothing of it is there, since moving rows would hold everybody up.
//!
//! Both take the whole table for a moment. Whoever would have to wait for that longer than a little gives up: there
//! is a next time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::id::ExecutionId;
use domain::time::Timestamp;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::Postgres;
use super::fault::Fault;
use super::lock::{Lock, hold};
use super::sql::{Bin, Db, read, row, rows, statements, transact};
use crate::error::{Error, Result};

/// A table, what tells whether it has rows of a day, and whether its last part has.
struct Table {
    name: &'static str,
    of_day: &'static str,
    of_day_in_rest: &'static str,
}

const TABLES: [Table; 4] = [
    Table { name: "event", of_day: EVENT, of_day_in_rest: EVENT_REST },
    Table { name: "execution", of_day: EXECUTION, of_day_in_rest: EXECUTION_REST },
    Table { name: "journal", of_day: JOURNAL, of_day_in_rest: JOURNAL_REST },
    Table { name: "refused_request", of_day: REFUSED_REQUEST, of_day_in_rest: REFUSED_REQUEST_REST },
];
/// Today's part and those of so many days behind it.
const DAYS_AHEAD: u64 = 3;
/// A part is dropped when its day ended so long ago: hardly anything new comes into it.
const DAYS_KEPT: u64 = 2;
const DAY_S: u64 = 86_400;

/// Who waits longer for the whole table holds up everybody else.
const PATIENCE: &str = "set local lock_timeout = '100ms'";

statements! {
    PARTS = "select relname::text from pg_inherits join pg_class on pg_class.oid = inhrelid
              where inhparent = to_regclass($1)";
    EVENT = "select 1 from event where id >= $1 and id < $2 limit 1";
    EXECUTION = "select 1 from execution where id >= $1 and id < $2 limit 1";
    JOURNAL = "select 1 from journal where execution_id >= $1 and execution_id < $2 limit 1";
    REFUSED_REQUEST = "select 1 from refused_request where id >= $1 and id < $2 limit 1";
    EVENT_REST = "select 1 from event_rest where id >= $1 and id < $2 limit 1";
    EXECUTION_REST = "select 1 from execution_rest where id >= $1 and id < $2 limit 1";
    JOURNAL_REST = "select 1 from journal_rest where execution_id >= $1 and execution_id < $2 limit 1";
    REFUSED_REQUEST_REST = "select 1 from refused_request_rest where id >= $1 and id < $2 limit 1";
}

/// A day, by its number since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(u64);

impl Day {
    pub(super) fn today() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(now.as_secs() / DAY_S)
    }

    /// In which an id was made.
    pub(super) fn of_id(id: [u8; 16]) -> Self {
        let millis = id[..6].iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte));
        Self(millis / 1_000 / DAY_S)
    }

    #[cfg(test)]
    pub(super) fn of_time(at: Timestamp) -> Self {
        Self(u64::try_from(at.as_micros()).unwrap_or(0) / 1_000_000 / DAY_S)
    }

    pub(super) const fn plus(self, days: u64) -> Self {
        Self(self.0 + days)
    }

    /// Below every id of that day, and above every one before it.
    fn start(self) -> [u8; 16] {
        let micros = i64::try_from(self.0 * DAY_S * 1_000_000).unwrap_or(i64::MAX);
        let mut id = [0; 16];
        // The milliseconds are the first six bytes of an id.
        id[..6].copy_from_slice(&ExecutionId::new(Timestamp::from_micros(micros), 0).to_bytes()[..6]);
        id
    }

    /// Its part of a table.
    fn part(self, table: &str) -> String {
        format!("{table}_{}", self.0)
    }

    /// Whose part it is.
    fn of(part: &str, table: &str) -> Option<Self> {
        part.strip_prefix(table)?.strip_prefix('_')?.parse().ok().map(Self)
    }
}

/// Makes the parts of the days to come, and drops those that are empty.
pub(super) async fn keep(store: &Postgres, today: Day) -> Result<()> {
    'tables: for table in &TABLES {
        let parts = read!(store, "space_slice", async |db| {
            rows(db, PARTS, &[&table.name], |row| Ok(row.try_get::<_, String>(0)?)).await
        })?;
        let there: Vec<Day> = parts.iter().filter_map(|part| Day::of(part, table.name)).collect();
        for day in (0..=DAYS_AHEAD).map(|ahead| today.plus(ahead)).filter(|day| !there.contains(day)) {
            if !passes(table, day, transact!(store, "space_slice", async |db| make(db, table, day).await))? {
                continue 'tables;
            }
        }
        for day in there.iter().copied().filter(|day| day.plus(DAYS_KEPT) < today) {
            if !passes(table, day, transact!(store, "space_slice", async |db| drop_empty(db, table, day).await))? {
                continue 'tables;
            }
        }
    }
    Ok(())
}

/// False: there was no getting hold of the table, which somebody reads for long; there is a next time.
fn passes(table: &Table, day: Day, done: Result<()>) -> Result<bool> {
    match done {
        Err(Error::Overloaded) => {
            tracing::debug!(table = table.name, day = day.0, "a part is left as it is: the table is in use");
            Ok(false)
        }
        done => done.map(|()| true),
    }
}

async fn make(db: &Db, table: &Table, day: Day) -> Result<(), Fault> {
    hold(db, Lock::Parts).await?;
    let parts = rows(db, PARTS, &[&table.name], |row| Ok(row.try_get::<_, String>(0)?)).await?;
    if parts.contains(&day.part(table.name)) || has(db, table.of_day_in_rest, day).await? {
        return Ok(());
    }
    match db.client().batch_execute(&format!("{PATIENCE}; {}", making(table.name, day))).await {
        // The day began in the last part after that was looked at.
        Err(error) if error.code() == Some(&SqlState::CHECK_VIOLATION) => Err(Error::Overloaded.into()),
        made => Ok(made?),
    }
}

/// The statement that makes a part.
pub(super) fn making(whole: &str, day: Day) -> String {
    let [from, to] = [day, day.plus(1)].map(|day| format!("{:032x}", u128::from_be_bytes(day.start())));
    format!("create table {} partition of {whole} for values from ('{from}') to ('{to}')", day.part(whole))
}

/// A table's name, if it is cut by time.
pub(super) fn name_of(table: &str) -> Option<&'static str> {
    TABLES.iter().map(|table| table.name).find(|name| *name == table)
}

/// The days that have their parts.
pub(super) async fn days(client: &Client, table: &'static str) -> Result<Vec<Day>, Fault> {
    let parts = client.query(PARTS, &[&table]).await?;
    let names: Vec<String> = parts.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    Ok(names.iter().filter_map(|part| Day::of(part, table)).collect())
}

async fn drop_empty(db: &Db, table: &Table, day: Day) -> Result<(), Fault> {
    if has(db, table.of_day, day).await? {
        return Ok(());
    }
    hold(db, Lock::Parts).await?;
    // Then nothing can come into it any more.
    db.client().batch_execute(&format!("{PATIENCE}; lock table {} in access exclusive mode", table.name)).await?;
    if !has(db, table.of_day, day).await? {
        db.client().batch_execute(&format!("drop table if exists {}", day.part(table.name))).await?;
    }
    Ok(())
}

/// Whether anything of that day is there.
async fn has(db: &Db, sql: &str, day: Day) -> Result<bool, Fault> {
    Ok(row(db, sql, &[&Bin(day.start()), &Bin(day.plus(1).start())], |_| Ok(())).await?.is_some())
}
