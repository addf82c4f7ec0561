//! Executions counted. Bounded: of very many the newest are, and that is said.

use std::collections::HashMap;

use domain::id::{ExecutionId, WorkflowId};
use rusqlite::Connection;

use super::Sqlite;
use super::execution_list::scan;
use super::search::finds_in_event;
use super::sql::{rows, statements};
use crate::error::Result;
use crate::list::{ALL_ROWS_MAX, COUNTED_MAX, LAST_ROWS_MAX, Search, WAITING_ROWS_MAX, WORKFLOW_ROWS_MAX, p95};
use crate::row::{Buckets, ExecutionCounts, ExecutionFilter, StatusCounts, WorkflowFigures};

statements! {
    WORKFLOWS = "select id from workflow where deleted_at is null order by id desc";
    /// The second condition is the one of the index.
    WAITING = "select workflow_id from execution
                where status = 'waiting' and status not in ('queued', 'succeeded') order by id desc limit ?1";
}

pub(super) async fn counts(store: &Sqlite, filter: ExecutionFilter, buckets: Buckets) -> Result<ExecutionCounts> {
    store.read("execution_counts", move |db| Ok(counted(db, filter, buckets)?)).await
}

fn counted(db: &Connection, filter: ExecutionFilter, buckets: Buckets) -> rusqlite::Result<ExecutionCounts> {
    let mut search = filter.text.as_deref().map(Search::new);
    let filter = within(filter, buckets);
    let mut counts = vec![StatusCounts::default(); buckets.count as usize];
    let all = scan(db, &filter, COUNTED_MAX, |found| {
        let wanted = found.is_wanted(&filter)
            && match &mut search {
                Some(search) => finds_in_event(search, db, found.event)?,
                None => true,
            };
        if let (true, Some(bucket)) = (wanted, buckets.of(found.accepted_at)) {
            counts[bucket].count(found.status);
        }
        Ok(search.as_ref().is_none_or(Search::goes_on))
    })?;
    Ok(ExecutionCounts { counts, partial: !all })
}

/// The filter with the times of the buckets.
fn within(filter: ExecutionFilter, buckets: Buckets) -> ExecutionFilter {
    let before = ExecutionId::new(buckets.start(buckets.count), 0);
    ExecutionFilter { from: Some(buckets.from), before: Some(before), ..filter }
}

pub(super) async fn workflows(store: &Sqlite, buckets: Buckets) -> Result<Vec<WorkflowFigures>> {
    store
        .read("workflow_figures", move |db| {
            let mut waiting: HashMap<[u8; 16], u64> = HashMap::new();
            for workflow in rows(db, WAITING, [WAITING_ROWS_MAX], |row| row.get(0))? {
                *waiting.entry(workflow).or_default() += 1;
            }
            let mut left = ALL_ROWS_MAX;
            let ids = rows(db, WORKFLOWS, [], |row| row.get::<_, [u8; 16]>(0))?;
            let figures = ids.into_iter().map(|id| {
                let waiting = waiting.get(&id).copied().unwrap_or_default();
                figures(db, WorkflowId::from_bytes(id), buckets, waiting, &mut left)
            });
            Ok(figures.collect::<rusqlite::Result<_>>()?)
        })
        .await
}

fn figures(
    db: &Connection,
    workflow: WorkflowId,
    buckets: Buckets,
    waiting: u64,
    left: &mut u32,
) -> rusqlite::Result<WorkflowFigures> {
    let filter = ExecutionFilter { workflow: Some(workflow), test: Some(false), ..ExecutionFilter::default() };
    let filter = within(filter, buckets);
    let mut counts = vec![StatusCounts::default(); buckets.count as usize];
    let mut times = Vec::new();
    let limit = WORKFLOW_ROWS_MAX.min(*left);
    let all = scan(db, &filter, limit, |found| {
        *left -= 1;
        if let (true, Some(bucket)) = (found.is_wanted(&filter), buckets.of(found.accepted_at)) {
            counts[bucket].count(found.status);
            times.extend(found.finished_at.map(|at| at.since(found.accepted_at)));
        }
        Ok(true)
    })?;
    let mut last = None;
    let ever = ExecutionFilter { from: None, before: None, ..filter };
    scan(db, &ever, LAST_ROWS_MAX, |found| {
        last = found.is_wanted(&ever).then_some((found.accepted_at, found.answer));
        Ok(last.is_none())
    })?;
    Ok(WorkflowFigures { workflow, counts, waiting, p95: p95(times), last, partial: !all })
}
