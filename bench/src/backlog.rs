//! A backlog: executions that were accepted and have not begun, as `execution_create` leaves them when no memory was
//! left for them.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use domain::id::{EventId, ExecutionId};
use domain::time::Timestamp;
use rusqlite::{Connection, params};

/// The oldest has waited so long.
const AGE: Duration = Duration::from_secs(3_600);

/// Puts so many of the only workflow there is into the database of a server that is stopped. `roll` makes ids differ.
pub fn fill(database: &Path, key: &str, count: u32, mut roll: impl FnMut() -> u64) -> Result<()> {
    let mut db = Connection::open(database)?;
    let (workflow, revision): (Vec<u8>, u32) =
        db.query_row("select id, live from workflow", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let first = i64::try_from((now - AGE).as_micros())?;
    let filling = db.transaction()?;
    {
        let mut event = filling.prepare(
            "insert into event (id, method, headers, query_string, remote_addr, received_at, body)
             values (?1, 'POST', '[[\"content-type\",\"application/json\"]]', '', '127.0.0.1', ?2, ?3)",
        )?;
        let mut execution = filling.prepare(
            "insert into execution (id, workflow_id, workflow_key, revision, event_place, mode, status, epoch, due_at, accepted_at)
             values (?1, ?2, ?3, ?4, ?5, 'async', 'queued', 1, ?6, ?6)",
        )?;
        for n in 0..count {
            let at = Timestamp::from_micros(first + i64::from(n) * 1_000);
            let event_id = EventId::new(at, roll()).to_bytes();
            let body = format!(r#"{{"order":{{"id":"{n}","status":"paid"}}}}"#);
            event.execute(params![event_id, at.as_micros(), body.as_bytes()])?;
            let id = ExecutionId::new(at, roll()).to_bytes();
            execution.execute(params![id, workflow, key, revision, filling.last_insert_rowid(), at.as_micros()])?;
        }
    }
    filling.commit()?;
    db.execute_batch("pragma wal_checkpoint(truncate)")?;
    Ok(())
}
