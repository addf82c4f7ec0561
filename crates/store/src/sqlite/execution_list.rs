//! Lists of executions: what is scanned, what of it is wanted, and why each ended.
//! ```text
//! scan (newest first, a few columns, bounded) ─▶ wanted? ─▶ text of the event? ─▶ the whole head
//! ```
//!
//! Not here: what they are counted for (`figures`).

use domain::execution::journal::NodeRun;
use domain::execution::status::Status;
use domain::id::{ExecutionId, WorkflowId};
use domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::Sqlite;
use super::execution::{HEAD, read_head};
use super::search::finds_in_event;
use super::sql::{Json, LAST_ID, row, rows, statements};
use crate::error::Result;
use crate::list::{CAUSE_BYTES_MAX, ROWS_MAX, Scanned, Search};
use crate::row::{Cause, ExecutionFilter, ExecutionHead, Listed};

/// What [`Scanned`] is read from.
macro_rules! scanned {
    () => {
        "select id, status, answer_status, revision is null, event_id, accepted_at, finished_at from execution "
    };
}

macro_rules! scan {
    ($($condition:literal)?) => {
        concat!(scanned!(), "where id < ?1 and id >= ?2 ", $($condition,)? " order by id desc limit ?3")
    };
}

statements! {
    SCAN = scan!();
    SCAN_WORKFLOW = scan!("and workflow_id = ?4");
    /// The second condition is the one of the index.
    SCAN_RARE_STATUS = scan!("and status = ?4 and status not in ('queued', 'succeeded')");
    /// The third condition is the one of the index.
    SCAN_WORKFLOW_BAD_END = scan!(
        "and workflow_id = ?4 and status = ?5 and status in ('failed', 'error', 'timed_out', 'cancelled')"
    );
    /// All that has not ended, in no order of use.
    OPEN = "select id from execution where due_at is not null limit ?1";
    SCAN_ONE = concat!(scanned!(), "where id = ?1 and status = ?2 and (?3 is null or workflow_id = ?3)");
    /// What is too large comes as null.
    CAUSE = "select status, json_extract(notes, '$[#-1]'),
                    (select iif(octet_length(records) <= ?2, records, null) from journal
                      where execution_id = execution.id order by part desc limit 1)
               from execution where id = ?1";
}

/// Hands out the newest `limit` that the filter's workflow, status and times let look at, until `each` says `false`.
/// `true`: nothing is behind them.
pub(super) fn scan(
    db: &Connection,
    filter: &ExecutionFilter,
    limit: u32,
    mut each: impl FnMut(Scanned) -> rusqlite::Result<bool>,
) -> rusqlite::Result<bool> {
    // Ids begin with the time.
    let from = filter.from.map_or([0; 16], |from| ExecutionId::new(from, 0).to_bytes());
    let before = filter.before.map_or(LAST_ID, ExecutionId::to_bytes);
    let workflow = filter.workflow.map(WorkflowId::to_bytes);
    let rare = filter.status.filter(|status| !matches!(status, Status::Queued | Status::Succeeded));
    if let Some(status) = filter.status.filter(|status| status.is_open() && (workflow.is_some() || rare.is_none()))
        && let Some(open) = few_open(db)?
    {
        for id in open.into_iter().rev().filter(|id| (from..before).contains(id)) {
            if let Some(found) = row(db, SCAN_ONE, params![id, status.as_str(), workflow], read_scanned)?
                && !each(found)?
            {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let sql = match (workflow, rare) {
        (Some(_), Some(status)) if !status.is_open() => SCAN_WORKFLOW_BAD_END,
        (Some(_), _) => SCAN_WORKFLOW,
        (None, Some(_)) => SCAN_RARE_STATUS,
        (None, None) => SCAN,
    };
    let mut statement = db.prepare_cached(sql)?;
    let mut found = match (workflow, rare) {
        (Some(workflow), Some(status)) if !status.is_open() => {
            statement.query(params![before, from, limit, workflow, status.as_str()])?
        }
        (Some(workflow), _) => statement.query(params![before, from, limit, workflow])?,
        (None, Some(status)) => statement.query(params![before, from, limit, status.as_str()])?,
        (None, None) => statement.query(params![before, from, limit])?,
    };
    let mut left = limit;
    while let Some(row) = found.next()? {
        left -= 1;
        if !each(read_scanned(row)?)? {
            return Ok(false);
        }
    }
    Ok(left > 0)
}

fn read_scanned(row: &Row<'_>) -> rusqlite::Result<Scanned> {
    let status = row.get_ref(1)?.as_str()?.parse().map_err(rusqlite::types::FromSqlError::other)?;
    Ok(Scanned {
        id: ExecutionId::from_bytes(row.get(0)?),
        status,
        answer: row.get(2)?,
        is_test: row.get(3)?,
        event: row.get(4)?,
        accepted_at: Timestamp::from_micros(row.get(5)?),
        finished_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
    })
}

/// All that has not ended, oldest first. `None`: too many to look at each.
fn few_open(db: &Connection) -> rusqlite::Result<Option<Vec<[u8; 16]>>> {
    let mut open: Vec<[u8; 16]> = rows(db, OPEN, [ROWS_MAX], |row| row.get(0))?;
    open.sort_unstable();
    Ok(Some(open).filter(|open| open.len() < ROWS_MAX as usize))
}

pub(super) async fn list(store: &Sqlite, filter: ExecutionFilter) -> Result<Listed<ExecutionHead, ExecutionId>> {
    store.read("execution_list", move |db| Ok(listed(db, &filter)?)).await
}

fn listed(db: &Connection, filter: &ExecutionFilter) -> rusqlite::Result<Listed<ExecutionHead, ExecutionId>> {
    let mut search = filter.text.as_deref().map(Search::new);
    let mut wanted: Vec<ExecutionId> = Vec::new();
    let mut last = None;
    let all = scan(db, filter, ROWS_MAX, |found| {
        let is_wanted = found.is_wanted(filter)
            && match &mut search {
                Some(search) => finds_in_event(search, db, found.event)?,
                None => true,
            };
        if is_wanted && wanted.len() == filter.limit as usize {
            return Ok(false);
        }
        last = Some(found.id);
        if is_wanted {
            wanted.push(found.id);
        }
        Ok(search.as_ref().is_none_or(Search::goes_on))
    })?;
    let heads = wanted.iter().map(|id| row(db, HEAD, [id.to_bytes()], read_head));
    let items = heads.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?;
    Ok(Listed { items, next: if all { None } else { last } })
}

pub(super) async fn causes(store: &Sqlite, executions: Vec<ExecutionId>) -> Result<Vec<Option<Cause>>> {
    store
        .read("execution_causes", move |db| {
            let causes = executions.iter().map(|id| {
                let found = row(db, CAUSE, params![id.to_bytes(), CAUSE_BYTES_MAX], |row| {
                    let status: Status =
                        row.get_ref(0)?.as_str()?.parse().map_err(rusqlite::types::FromSqlError::other)?;
                    let records: Option<Json<Vec<NodeRun>>> = row.get(2)?;
                    let note: Option<String> = row.get(1)?;
                    Ok(Cause::of(
                        status,
                        note.as_ref(),
                        records.and_then(|records| records.0.into_iter().next_back()).as_ref(),
                    ))
                })?;
                Ok(found.flatten())
            });
            Ok(causes.collect::<rusqlite::Result<_>>()?)
        })
        .await
}
