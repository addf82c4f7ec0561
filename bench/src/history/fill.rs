//! Millions of executions that have ended, as the program itself leaves them.
//!
//! Nothing is made up: what real executions left in the tables is copied under new ids and earlier times, whatever
//! the columns are.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};
use domain::id::{EventId, ExecutionId};
use domain::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// Copies in one transaction.
const SLICE: u32 = 50_000;
/// The newest copy is so old.
const NEWEST: Duration = Duration::from_secs(60);

/// Copies those that are there, in turns, until there are `count` more; spread evenly over the last `span`.
pub fn fill(database: &Path, count: u32, span: Duration) -> Result<()> {
    let mut db = Connection::open(database)?;
    // Should the machine stop meanwhile, the database is made anew.
    db.execute_batch("pragma synchronous = off; pragma cache_size = -200000; pragma wal_autocheckpoint = 20000;")?;
    let models = models(&db)?;
    ensure!(!models.is_empty(), "nothing has ended that could be copied");
    let copy_event = copy(&db, "event", &[("place", "null"), ("id", "?3")])?;
    let copy_part = copy(&db, "journal", &[("place", "null"), ("before_place", "?3")])?;
    let copy_execution = copy(&db, "execution", &[("id", "?3"), ("event_place", "?4"), ("journal_end", "?5")])?;

    let now = Timestamp::from_micros(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?);
    let first = now.minus(span + NEWEST);
    let step = span.as_micros() / u128::from(count.max(1));
    for start in (0..count).step_by(SLICE as usize) {
        let filling = db.transaction()?;
        {
            let mut event = filling.prepare(&copy_event)?;
            let mut part = filling.prepare(&copy_part)?;
            let mut execution = filling.prepare(&copy_execution)?;
            for n in start..count.min(start + SLICE) {
                let model = &models[n as usize % models.len()];
                let at = Timestamp::from_micros(first.as_micros() + i64::try_from(step * u128::from(n))?);
                let later = at.as_micros() - model.accepted_at;
                event.execute(params![model.event, later, EventId::new(at, n.into()).to_bytes()])?;
                let event_place = filling.last_insert_rowid();
                let mut end = None;
                for place in &model.journal {
                    part.execute(params![place, later, end])?;
                    end = Some(filling.last_insert_rowid());
                }
                let id = ExecutionId::new(at, n.into()).to_bytes();
                execution.execute(params![model.execution, later, id, event_place, end])?;
            }
        }
        filling.commit()?;
    }
    db.execute_batch("pragma wal_checkpoint(truncate); pragma synchronous = full;")?;
    Ok(())
}

/// An execution that is copied.
struct Model {
    execution: Value,
    event: i64,
    /// Places of its parts, first part first.
    journal: Vec<i64>,
    accepted_at: i64,
}

fn models(db: &Connection) -> Result<Vec<Model>> {
    let mut ended =
        db.prepare("select id, event_place, journal_end, accepted_at from execution where due_at is null order by id")?;
    let found = ended.query_map([], |row| {
        let journal = journal(db, row.get(2)?)?;
        Ok(Model { execution: row.get(0)?, event: row.get(1)?, journal, accepted_at: row.get(3)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn journal(db: &Connection, end: Option<i64>) -> rusqlite::Result<Vec<i64>> {
    let mut places: Vec<i64> = end.into_iter().collect();
    let mut before = db.prepare_cached("select before_place from journal where place = ?1")?;
    while let Some(place) = places.last()
        && let Some(earlier) = before.query_row([place], |row| row.get(0))?
    {
        places.push(earlier);
    }
    places.reverse();
    Ok(places)
}

/// A statement that copies the row of `table` whose first column is `?1`, its times later by `?2`, and some columns as
/// they are given.
fn copy(db: &Connection, table: &str, given: &[(&str, &str)]) -> Result<String> {
    let mut columns = db.prepare("select name from pragma_table_info(?1)")?;
    let columns: Vec<String> = columns.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let Some(key) = columns.first() else { bail!("there is no table {table}") };
    let value = |column: &String| match given.iter().find(|(name, _)| name == column) {
        Some((_, value)) => (*value).to_owned(),
        None if column.ends_with("_at") => format!("{column} + ?2"),
        None => column.clone(),
    };
    let (names, values) = (columns.join(", "), columns.iter().map(value).collect::<Vec<_>>().join(", "));
    Ok(format!("insert into {table} ({names}) select {values} from {table} where {key} = ?1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_copied_whole_and_under_its_own_time() {
        let file = tempfile::NamedTempFile::new().expect("there is room");
        let db = Connection::open(file.path()).expect("it opens");
        db.execute_batch(
            "create table event (place integer primary key, id, received_at, body);
             create table execution (id, event_place, journal_end, due_at, accepted_at, finished_at, status);
             create table journal (place integer primary key, before_place, records);
             insert into event values (1, x'01', 7000000, 'b'), (2, x'02', 7000000, 'open');
             insert into execution values (x'03', 1, 6, null, 7000000, 7000005, 'succeeded'),
                                          (x'04', 2, null, 1, 7000000, null, 'waiting');
             insert into journal values (5, null, '[]'), (6, 5, '[1]');",
        )
        .expect("the tables are made");
        fill(file.path(), 10, Duration::from_secs(10)).expect("it can be filled");

        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("it counts");
        let whole =
            "select count(*) from execution join event on event.place = event_place and received_at = accepted_at
                        join journal as end on end.place = journal_end and end.records = '[1]'
                        join journal as start on start.place = end.before_place and start.records = '[]'
                      where status = 'succeeded' and finished_at = accepted_at + 5 and length(execution.id) = 16
                        and length(event.id) = 16 and body = 'b'";
        assert_eq!(count(whole), 10);
        assert_eq!(count("select count(*) from execution"), 12);
        // A second apart, oldest first.
        let span = "select max(accepted_at) - min(accepted_at) from execution where length(id) = 16";
        assert_eq!(count(span), 9_000_000);
    }
}
