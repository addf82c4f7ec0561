//! Executions counted. Bounded: of very many the newest are, and that is said.

use std::collections::HashMap;

use domain::id::{ExecutionId, WorkflowId};

use super::Postgres;
use super::execution_list::{Scan, searched};
use super::fault::Fault;
use super::search::{EVENT_TEXT, finds_next, texts};
use super::sql::{Bin, Db, read, rows, statements};
use crate::error::Result;
use crate::list::{ALL_ROWS_MAX, COUNTED_MAX, LAST_ROWS_MAX, Search, WAITING_ROWS_MAX, WORKFLOW_ROWS_MAX, p95};
use crate::row::{Buckets, ExecutionCounts, ExecutionFilter, StatusCounts, WorkflowFigures};

statements! {
    WORKFLOWS = "select id from workflow where deleted_at is null order by id desc";
    /// The second condition is the one of the index.
    WAITING = "select workflow_id from execution
                where status = 'waiting' and status not in ('queued', 'succeeded') order by id desc limit $1";
}

pub(super) async fn counts(store: &Postgres, filter: ExecutionFilter, buckets: Buckets) -> Result<ExecutionCounts> {
    let filter = within(filter, buckets);
    read!(store, "execution_counts", async |db| counted(db, &filter, buckets).await)
}

async fn counted(db: &Db, filter: &ExecutionFilter, buckets: Buckets) -> Result<ExecutionCounts, Fault> {
    let mut search = filter.text.as_deref().map(Search::new);
    let mut counts = vec![StatusCounts::default(); buckets.count as usize];
    let mut scan = Scan::new(db, filter, COUNTED_MAX).await?;
    while let Some(slice) = scan.next(db).await? {
        let mut texts = texts(db, EVENT_TEXT, searched(search.as_ref(), &slice, filter));
        for found in slice {
            let wanted = found.is_wanted(filter)
                && match &mut search {
                    Some(search) => finds_next(search, &mut texts).await?,
                    None => true,
                };
            if let (true, Some(bucket)) = (wanted, buckets.of(found.accepted_at)) {
                counts[bucket].count(found.status);
            }
            if search.as_ref().is_some_and(|search| !search.goes_on()) {
                return Ok(ExecutionCounts { counts, partial: true });
            }
        }
    }
    Ok(ExecutionCounts { counts, partial: !scan.is_end() })
}

/// The filter with the times of the buckets.
fn within(filter: ExecutionFilter, buckets: Buckets) -> ExecutionFilter {
    let before = ExecutionId::new(buckets.start(buckets.count), 0);
    ExecutionFilter { from: Some(buckets.from), before: Some(before), ..filter }
}

pub(super) async fn workflows(store: &Postgres, buckets: Buckets) -> Result<Vec<WorkflowFigures>> {
    read!(store, "workflow_figures", async |db| {
        let mut waiting: HashMap<[u8; 16], u64> = HashMap::new();
        for workflow in
            rows(db, WAITING, &[&i64::from(WAITING_ROWS_MAX)], |row| Ok(row.try_get::<_, Bin<16>>(0)?)).await?
        {
            *waiting.entry(workflow.0).or_default() += 1;
        }
        let mut left = ALL_ROWS_MAX;
        let mut all = Vec::new();
        for Bin(id) in rows(db, WORKFLOWS, &[], |row| Ok(row.try_get::<_, Bin<16>>(0)?)).await? {
            let waiting = waiting.get(&id).copied().unwrap_or_default();
            all.push(figures(db, WorkflowId::from_bytes(id), buckets, waiting, &mut left).await?);
        }
        Ok(all)
    })
}

async fn figures(
    db: &Db,
    workflow: WorkflowId,
    buckets: Buckets,
    waiting: u64,
    left: &mut u32,
) -> Result<WorkflowFigures, Fault> {
    let filter = ExecutionFilter { workflow: Some(workflow), test: Some(false), ..ExecutionFilter::default() };
    let filter = within(filter, buckets);
    let mut counts = vec![StatusCounts::default(); buckets.count as usize];
    let mut times = Vec::new();
    let mut scan = Scan::new(db, &filter, WORKFLOW_ROWS_MAX.min(*left)).await?;
    while let Some(slice) = scan.next(db).await? {
        for found in slice {
            *left -= 1;
            if let (true, Some(bucket)) = (found.is_wanted(&filter), buckets.of(found.accepted_at)) {
                counts[bucket].count(found.status);
                times.extend(found.finished_at.map(|at| at.since(found.accepted_at)));
            }
        }
    }
    let partial = !scan.is_end();
    let ever = ExecutionFilter { from: None, before: None, ..filter };
    let mut last = None;
    let mut newest = Scan::new(db, &ever, LAST_ROWS_MAX).await?;
    while let (None, Some(slice)) = (last, newest.next(db).await?) {
        let found = slice.into_iter().find(|found| found.is_wanted(&ever));
        last = found.map(|found| (found.accepted_at, found.answer));
    }
    Ok(WorkflowFigures { workflow, counts, waiting, p95: p95(times), last, partial })
}
