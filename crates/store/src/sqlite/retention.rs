//! Keeping the house: old executions go, and the space they took.
//!
//! Readers look for what can go, in their own time, and read all of it, so that the writer does not wait for the
//! disk: what is old is in nobody's memory. The writer deletes a few at a time, in the batches in which it writes
//! what others wait for, and looks again at what it deletes.

use std::sync::Arc;

use domain::id::{ExecutionId, WorkflowId};
use rusqlite::{Connection, params};

use super::Sqlite;
use super::fault::Fault;
use super::sql::{execute, row, rows, statements};
use crate::error::Result;
use crate::row::RetentionRule;

/// Free pages that stay in the file, since new rows will want them soon: 4 MiB.
const FREE_PAGES_KEPT: u32 = 1_024;
/// Pages given back in one slice: 1 MiB.
const SLICE_PAGES: u32 = 256;
/// Deleted by one command, which is in a batch with others that somebody waits for: it takes about a millisecond.
const PIECE: usize = 20;

statements! {
    /// The newest one that is too many.
    BEYOND = "select id from execution where workflow_id = ?1 order by id desc limit 1 offset ?2";
    /// An execution ends after it began, so one whose id is later than the bound cannot have ended before it.
    EXPIRED = "select id from execution
                where workflow_id = ?1 and id <= max(?2, ?3) and due_at is null and (id <= ?2 or finished_at < ?4)
                order by id limit ?5";
    PLACES = "select event_place, journal_end from execution where id = ?1";
    TOUCH_EVENT = "select executions from event where place = ?1";
    TOUCH_PART = "select before_place from journal where place = ?1";
    DELETE = "delete from execution where id = ?1 and due_at is null returning event_place, journal_end, revision";
    /// Also says which part was before it.
    DELETE_PART = "delete from journal where place = ?1 returning before_place";
    DELETE_DRAFT = "delete from tested_draft where execution_id = ?1";
    SHARE_LESS = "update event set executions = executions - 1 where place = ?1 and executions > 1";
    DELETE_EVENT = "delete from event where place = ?1";
    NEXT_WORKFLOW = "select workflow_id from execution where workflow_id > ?1 order by workflow_id limit 1";
    FREE_PAGES = "pragma freelist_count";
}

pub(super) async fn find(store: &Sqlite, rule: RetentionRule) -> Result<Vec<ExecutionId>> {
    store.read("retention_find", move |db| Ok(found(db, &rule)?)).await
}

fn found(db: &Connection, rule: &RetentionRule) -> rusqlite::Result<Vec<ExecutionId>> {
    let workflow = rule.workflow.to_bytes();
    let beyond: Option<[u8; 16]> = row(db, BEYOND, params![workflow, rule.keep], |row| row.get(0))?;
    let bound = ExecutionId::new(rule.before, u64::MAX).to_bytes();
    let params = params![workflow, beyond.unwrap_or([0; 16]), bound, rule.before.as_micros(), rule.limit];
    rows(db, EXPIRED, params, |row| Ok(ExecutionId::from_bytes(row.get(0)?)))
}

pub(super) async fn delete(store: &Sqlite, executions: Vec<ExecutionId>) -> Result<u32> {
    let mut deleted = 0;
    for piece in executions.chunks(PIECE) {
        let piece: Arc<[[u8; 16]]> = piece.iter().map(|id| id.to_bytes()).collect();
        let touched = Arc::clone(&piece);
        store.read("retention_delete", move |db| Ok(touched.iter().try_for_each(|id| touch(db, id))?)).await?;
        let delete_all = move |db: &Connection| {
            let mut deleted = 0;
            for id in &*piece {
                deleted += u32::from(delete_one(db, id)?);
            }
            Ok(deleted)
        };
        deleted += store.write("retention_delete", 0, delete_all).await?;
    }
    Ok(deleted)
}

/// Reads the pages that an execution's rows are in.
fn touch(db: &Connection, id: &[u8; 16]) -> rusqlite::Result<()> {
    let places = row(db, PLACES, [id], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
    let Some((event, mut part)) = places else { return Ok(()) };
    row(db, TOUCH_EVENT, [event], |_| Ok(()))?;
    while let Some(place) = part {
        part = row(db, TOUCH_PART, [place], |row| row.get::<_, Option<i64>>(0))?.flatten();
    }
    Ok(())
}

/// Whether it was there, and finished.
fn delete_one(db: &Connection, id: &[u8; 16]) -> Result<bool, Fault> {
    let deleted = row(db, DELETE, [id], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, Option<u32>>(2)?)))?;
    let Some((event, mut part, revision)) = deleted else { return Ok(false) };
    while let Some(place) = part {
        part = row(db, DELETE_PART, [place], |row| row.get::<_, Option<i64>>(0))?.flatten();
    }
    if revision.is_none() {
        execute(db, DELETE_DRAFT, [id])?;
    }
    if execute(db, SHARE_LESS, [event])? == 0 {
        execute(db, DELETE_EVENT, [event])?;
    }
    Ok(true)
}

pub(super) async fn workflows(store: &Sqlite) -> Result<Vec<WorkflowId>> {
    store
        .read("retention_workflows", |db| {
            let mut workflows = Vec::new();
            let mut at = Vec::new();
            while let Some(workflow) = row(db, NEXT_WORKFLOW, [&at], |row| row.get::<_, [u8; 16]>(0))? {
                workflows.push(WorkflowId::from_bytes(workflow));
                at = workflow.to_vec();
            }
            Ok(workflows)
        })
        .await
}

pub(super) async fn space(store: &Sqlite) -> Result<()> {
    let free = store.read("space_slice", |db| Ok(row(db, FREE_PAGES, [], |row| row.get::<_, u32>(0))?)).await?;
    let spare = free.unwrap_or(0).saturating_sub(FREE_PAGES_KEPT).min(SLICE_PAGES);
    if spare == 0 {
        return Ok(());
    }
    // Each step of the statement gives one page back, so it has to be stepped to its end.
    let sql = format!("pragma incremental_vacuum({spare})");
    store
        .write("space_slice", 0, move |db| {
            Ok(db.prepare(&sql)?.query_map([], |_| Ok(()))?.try_for_each(|step| step)?)
        })
        .await
}
