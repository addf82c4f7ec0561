//! Millions of executions that have ended, as the program itself leaves them.
//!
//! Nothing is made up: what real executions left in the tables is copied under new ids and earlier times, whatever
//! the columns are.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use domain::id::{EventId, ExecutionId};
use domain::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params};

/// Copies in one transaction.
const SLICE: u32 = 50_000;
/// The newest copy is so old.
const NEWEST: Duration = Duration::from_secs(60);

/// The tables that an execution leaves rows in.
const TABLES: [&str; 3] = ["event", "execution", "journal"];

/// Copies those that are there, in turns, until there are `count` more; spread evenly over the last `span`.
pub fn fill(database: &Path, count: u32, span: Duration) -> Result<()> {
    let mut db = Connection::open(database)?;
    // Should the machine stop meanwhile, the database is made anew.
    db.execute_batch("pragma synchronous = off; pragma cache_size = -200000; pragma wal_autocheckpoint = 20000;")?;
    let models = models(&db)?;
    ensure!(!models.is_empty(), "nothing has ended that could be copied");
    let copies = TABLES.map(|table| copy(&db, table)).into_iter().collect::<Result<Vec<_>>>()?;

    let now = Timestamp::from_micros(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?);
    let first = now.minus(span + NEWEST);
    let step = span.as_micros() / u128::from(count.max(1));
    for start in (0..count).step_by(SLICE as usize) {
        let filling = db.transaction()?;
        {
            let mut copies: Vec<Statement<'_>> =
                copies.iter().map(|sql| filling.prepare(sql)).collect::<rusqlite::Result<_>>()?;
            for n in start..count.min(start + SLICE) {
                let model = &models[n as usize % models.len()];
                let at = Timestamp::from_micros(first.as_micros() + i64::try_from(step * u128::from(n))?);
                let (event, execution) =
                    (EventId::new(at, n.into()).to_bytes(), ExecutionId::new(at, n.into()).to_bytes());
                let later = at.as_micros() - model.accepted_at;
                for copy in &mut copies {
                    copy.execute(params![model.event, model.execution, event, execution, later])?;
                }
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
    event: Value,
    accepted_at: i64,
}

fn models(db: &Connection) -> Result<Vec<Model>> {
    let mut ended = db.prepare("select id, event_id, accepted_at from execution where due_at is null order by id")?;
    let found = ended
        .query_map([], |row| Ok(Model { execution: row.get(0)?, event: row.get(1)?, accepted_at: row.get(2)? }))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A statement that copies what a model left in `table`: of its event and id, under a new event and id, so much later.
fn copy(db: &Connection, table: &str) -> Result<String> {
    let mut columns = db.prepare("select name from pragma_table_info(?1)")?;
    let columns: Vec<String> = columns.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    ensure!(!columns.is_empty(), "there is no table {table}");
    let found_by = match table {
        "event" => "model.id = of_event",
        "execution" => "model.id = of_execution",
        _ => "model.execution_id = of_execution",
    };
    let value = |column: &String| match (table, column.as_str()) {
        ("event", "id") | (_, "event_id") => "new_event".to_owned(),
        ("execution", "id") | (_, "execution_id") => "new_execution".to_owned(),
        (_, time) if time.ends_with("_at") => format!("model.{time} + later"),
        (_, other) => format!("model.{other}"),
    };
    let (names, values) = (columns.join(", "), columns.iter().map(value).collect::<Vec<_>>().join(", "));
    Ok(format!(
        "with copied (of_event, of_execution, new_event, new_execution, later) as (values (?1, ?2, ?3, ?4, ?5))
         insert into {table} ({names}) select {values} from copied cross join {table} as model on {found_by}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_copied_whole_and_under_its_own_time() {
        let file = tempfile::NamedTempFile::new().expect("there is room");
        let db = Connection::open(file.path()).expect("it opens");
        db.execute_batch(
            "create table event (id, received_at, body);
             create table execution (id, event_id, due_at, accepted_at, finished_at, status);
             create table journal (execution_id, part, records);
             insert into event values (x'01', 7000000, 'b'), (x'02', 7000000, 'open');
             insert into execution values (x'03', x'01', null, 7000000, 7000005, 'succeeded'),
                                          (x'04', x'02', 1, 7000000, null, 'waiting');
             insert into journal values (x'03', 1, '[]'), (x'03', 2, '[1]');",
        )
        .expect("the tables are made");
        fill(file.path(), 10, Duration::from_secs(10)).expect("it can be filled");

        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("it counts");
        let whole = "select count(*) from execution join event on event.id = event_id and received_at = accepted_at
                      where status = 'succeeded' and finished_at = accepted_at + 5 and length(execution.id) = 16 and body = 'b'
                        and (select group_concat(records) from journal where execution_id = execution.id) = '[],[1]'";
        assert_eq!(count(whole), 10);
        assert_eq!(count("select count(*) from execution"), 12);
        // A second apart, oldest first.
        let span = "select max(accepted_at) - min(accepted_at) from execution where length(id) = 16";
        assert_eq!(count(span), 9_000_000);
    }
}
