//! Lists of executions: what is scanned, what of it is wanted, and why each ended.
//! ```text
//! scan (newest first, a few columns, bounded) ─▶ wanted? ─▶ text of the event? ─▶ the whole head
//! ```
//!
//! Not here: what they are counted for (`figures`).

use domain::execution::journal::NodeRun;
use domain::execution::status::Status;
use domain::id::ExecutionId;
use domain::time::Timestamp;
use futures_util::future::try_join_all;
use tokio_postgres::Row;

use super::Postgres;
use super::execution::{HEAD, read_head};
use super::fault::Fault;
use super::search::{EVENT_TEXT, finds_next, texts};
use super::slices::Slices;
use super::sql::{Bin, Db, Json, Whole, Word, read, row, rows, statements};
use crate::error::Result;
use crate::list::{CAUSE_BYTES_MAX, ROWS_MAX, Scanned, Search};
use crate::row::{Cause, ExecutionFilter, ExecutionHead, Listed};

/// Of those that have not ended, how many are looked at in one statement.
const OPEN_SLICE: usize = 1_000;

/// What [`Scanned`] is read from.
macro_rules! scanned {
    () => {
        "select id, status, answer_status, revision is null, event_id, accepted_at, finished_at from execution "
    };
}

macro_rules! scan {
    ($($condition:literal)?) => {
        concat!(scanned!(), "where id < $1 and id >= $2 ", $($condition,)? " order by id desc limit $3")
    };
}

statements! {
    SCAN = scan!();
    SCAN_WORKFLOW = scan!("and workflow_id = $4");
    /// The second condition is the one of the index.
    SCAN_RARE_STATUS = scan!("and status = $4 and status not in ('queued', 'succeeded')");
    /// The last two conditions are those of the index.
    SCAN_WORKFLOW_BAD_END = scan!(
        "and workflow_id = $4 and status = $5 and due_at is null and status <> 'succeeded'"
    );
    /// All that has not ended, in no order of use.
    OPEN = "select id from execution where due_at is not null limit $1";
    SCAN_SOME = concat!(
        scanned!(), "where id = any($1) and status = $2 and ($3::uuid is null or workflow_id = $3) order by id desc"
    );
    /// What is too large comes as null. All notes, and not the last of them: the database refuses U+0000 when it reads JSON.
    CAUSE = "select status, notes,
                    case when execution.records is null then
                        (select case when octet_length(records) <= $2::bigint then records end from journal
                          where execution_id = execution.id order by part desc limit 1)
                    when octet_length(execution.records) <= $2::bigint then execution.records end
               from execution where id = $1";
}

/// A look at the newest that the filter's workflow, status and times let look at.
pub(super) struct Scan<'f> {
    filter: &'f ExecutionFilter,
    from: [u8; 16],
    slices: Slices,
    /// What has not ended, oldest first, of which those are; when it is few.
    open: Option<Vec<[u8; 16]>>,
}

impl<'f> Scan<'f> {
    /// Of at most `limit`.
    pub(super) async fn new(db: &Db, filter: &'f ExecutionFilter, limit: u32) -> Result<Self, Fault> {
        // Ids begin with the time.
        let from = filter.from.map_or([0; 16], |from| ExecutionId::new(from, 0).to_bytes());
        let before = filter.before.map(ExecutionId::to_bytes);
        let open = match filter.status {
            Some(status) if status.is_open() && (filter.workflow.is_some() || rare(filter).is_none()) => {
                few_open(db).await?
            }
            _ => None,
        };
        let within = |id: &[u8; 16]| *id >= from && before.is_none_or(|before| *id < before);
        let open = open.map(|open| open.into_iter().filter(within).collect());
        Ok(Self { filter, from, slices: Slices::new(before, limit), open })
    }

    /// The next ones, newest first; may be none of them. `None`: there are no more, or enough were looked at.
    pub(super) async fn next(&mut self, db: &Db) -> Result<Option<Vec<Scanned<[u8; 16]>>>, Fault> {
        if self.open.is_some() {
            return self.next_open(db).await;
        }
        let Some((before, size)) = self.slices.ask() else { return Ok(None) };
        let from = Bin(self.from);
        let workflow = self.filter.workflow.map(|workflow| Bin(workflow.to_bytes()));
        let found = match (workflow, rare(self.filter)) {
            (Some(workflow), Some(status)) if !status.is_open() => {
                let params = [&before as _, &from as _, &size as _, &workflow as _, &status.as_str() as _];
                rows(db, SCAN_WORKFLOW_BAD_END, &params, read_scanned).await?
            }
            (Some(workflow), _) => rows(db, SCAN_WORKFLOW, &[&before, &from, &size, &workflow], read_scanned).await?,
            (None, Some(status)) => {
                rows(db, SCAN_RARE_STATUS, &[&before, &from, &size, &status.as_str()], read_scanned).await?
            }
            (None, None) => rows(db, SCAN, &[&before, &from, &size], read_scanned).await?,
        };
        self.slices.came(found.len(), found.last().map(|last| last.id.to_bytes()));
        Ok(Some(found))
    }

    async fn next_open(&mut self, db: &Db) -> Result<Option<Vec<Scanned<[u8; 16]>>>, Fault> {
        let (Some(open), Some(status)) = (&mut self.open, self.filter.status) else { return Ok(None) };
        let newest = open.split_off(open.len().saturating_sub(OPEN_SLICE));
        if newest.is_empty() {
            return Ok(None);
        }
        let ids: Vec<_> = newest.into_iter().map(Bin).collect();
        let workflow = self.filter.workflow.map(|workflow| Bin(workflow.to_bytes()));
        rows(db, SCAN_SOME, &[&ids, &status.as_str(), &workflow], read_scanned).await.map(Some)
    }

    /// Whether nothing is behind what was handed out.
    pub(super) fn is_end(&self) -> bool {
        self.open.as_ref().map_or(self.slices.is_end(), Vec::is_empty)
    }
}

/// The filter's status, if it has an index of its own.
fn rare(filter: &ExecutionFilter) -> Option<Status> {
    filter.status.filter(|status| !matches!(status, Status::Queued | Status::Succeeded))
}

fn read_scanned(row: &Row) -> Result<Scanned<[u8; 16]>, Fault> {
    Ok(Scanned {
        id: ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
        status: row.try_get::<_, Word<_>>(1)?.0,
        answer: row.try_get::<_, Option<Whole<_>>>(2)?.map(|status| status.0),
        is_test: row.try_get(3)?,
        event: row.try_get::<_, Bin<16>>(4)?.0,
        accepted_at: Timestamp::from_micros(row.try_get(5)?),
        finished_at: row.try_get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
    })
}

/// All that has not ended, oldest first. `None`: too many to look at each.
async fn few_open(db: &Db) -> Result<Option<Vec<[u8; 16]>>, Fault> {
    let mut open = rows(db, OPEN, &[&i64::from(ROWS_MAX)], |row| Ok(row.try_get::<_, Bin<16>>(0)?.0)).await?;
    open.sort_unstable();
    Ok(Some(open).filter(|open| open.len() < ROWS_MAX as usize))
}

pub(super) async fn list(store: &Postgres, filter: ExecutionFilter) -> Result<Listed<ExecutionHead, ExecutionId>> {
    read!(store, "execution_list", async |db| listed(db, &filter).await)
}

async fn listed(db: &Db, filter: &ExecutionFilter) -> Result<Listed<ExecutionHead, ExecutionId>, Fault> {
    let (wanted, next) = wanted(db, filter).await?;
    let heads = wanted.iter().map(|id| async move { row(db, HEAD, &[&Bin(id.to_bytes())], read_head).await });
    Ok(Listed { items: try_join_all(heads).await?.into_iter().flatten().collect(), next })
}

/// And where to go on.
async fn wanted(db: &Db, filter: &ExecutionFilter) -> Result<(Vec<ExecutionId>, Option<ExecutionId>), Fault> {
    let mut search = filter.text.as_deref().map(Search::new);
    let mut wanted: Vec<ExecutionId> = Vec::new();
    let mut last = None;
    let mut scan = Scan::new(db, filter, ROWS_MAX).await?;
    while let Some(slice) = scan.next(db).await? {
        let mut texts = texts(db, EVENT_TEXT, searched(search.as_ref(), &slice, filter));
        for found in slice {
            let is_wanted = found.is_wanted(filter)
                && match &mut search {
                    Some(search) => finds_next(search, &mut texts).await?,
                    None => true,
                };
            if is_wanted && wanted.len() == filter.limit as usize {
                return Ok((wanted, last));
            }
            last = Some(found.id);
            if is_wanted {
                wanted.push(found.id);
            }
            if search.as_ref().is_some_and(|search| !search.goes_on()) {
                return Ok((wanted, last));
            }
        }
    }
    Ok((wanted, if scan.is_end() { None } else { last }))
}

/// The events that are looked through.
pub(super) fn searched(
    search: Option<&Search>,
    slice: &[Scanned<[u8; 16]>],
    filter: &ExecutionFilter,
) -> Vec<[u8; 16]> {
    let looked_through = slice.iter().filter(|found| search.is_some() && found.is_wanted(filter));
    looked_through.map(|found| found.event).collect()
}

pub(super) async fn causes(store: &Postgres, executions: Vec<ExecutionId>) -> Result<Vec<Option<Cause>>> {
    read!(store, "execution_causes", async |db| {
        let causes = executions.iter().map(|id| async move {
            let (id, bytes_max) = (Bin(id.to_bytes()), i64::from(CAUSE_BYTES_MAX));
            let found = row(db, CAUSE, &[&id, &bytes_max], |row| {
                let status: Status = row.try_get::<_, Word<_>>(0)?.0;
                let notes: Option<Json<Vec<String>>> = row.try_get(1)?;
                let records: Option<Json<Vec<NodeRun>>> = row.try_get(2)?;
                Ok(Cause::of(
                    status,
                    notes.and_then(|mut notes| notes.0.pop()).as_ref(),
                    records.and_then(|records| records.0.into_iter().next_back()).as_ref(),
                ))
            })
            .await?;
            Ok::<_, Fault>(found.flatten())
        });
        try_join_all(causes).await
    })
}
