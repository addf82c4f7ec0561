//! The request log: accepted requests are executions with their events, refused ones have rows of their own.
//! Tests and replays are no requests.

use domain::id::{ExecutionId, RequestId, WorkflowId};
use domain::time::Timestamp;
use tokio_postgres::Row;

use super::Postgres;
use super::fault::Fault;
use super::search::{EVENT_TEXT, REFUSED_TEXT, finds_next, texts};
use super::slices::Slices;
use super::sql::{Bin, Db, Json, Text, Whole, Word, execute, json, read, row, rows, statements, transact};
use crate::error::Result;
use crate::list::{ROWS_MAX, Search};
use crate::row::{Listed, Outcome, RefusedRequest, RequestFilter, RequestHead};

/// The limit within keeps it at one look at an event for each execution, and from reading all events first.
macro_rules! accepted {
    ($($condition:literal)?) => {
        concat!(
            "select execution.id, workflow_id, workflow_key, received_at, method, remote_addr, bytes, event_id
               from execution cross join lateral
                    (select received_at, method, remote_addr, octet_length(body) as bytes
                       from event where event.id = execution.event_id limit 1) event
              where execution.id < $1 and execution.id >= $2 and replay_of is null and revision is not null ", $($condition,)? " order by execution.id desc limit $3"
        )
    };
}

macro_rules! refused {
    ($($condition:literal)?) => {
        concat!(
            "select id, workflow_id, workflow_key, received_at, method, remote_addr, octet_length(body), code, status, detail
               from refused_request where id < $1 and id >= $2 ", $($condition,)? " order by id desc limit $3"
        )
    };
}

statements! {
    /// All of them in one statement: each by itself would cost a way to the database and back.
    APPEND = "insert into refused_request (id, workflow_id, workflow_key, code, status, detail, method, headers,
                     query_string, remote_addr, received_at, body)
              select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::bytea[],
                     $7::bytea[], $8::text[], $9::bytea[], $10::text[], $11::bigint[], $12::bytea[])";
    GET = "select workflow_id, workflow_key, code, status, detail, method, headers, query_string, remote_addr,
                  received_at, body
             from refused_request where id = $1";
    ACCEPTED = accepted!();
    ACCEPTED_WORKFLOW = accepted!("and workflow_id = $4");
    REFUSED = refused!();
    REFUSED_WORKFLOW = refused!("and workflow_id = $4");
    ACCEPTED_HEADS = "select execution.id, workflow_id, workflow_key, received_at, method, remote_addr, octet_length(body)
                        from execution join event on event.id = execution.event_id
                       where execution.id = any($1) and replay_of is null and revision is not null";
    REFUSED_HEADS = "select id, workflow_id, workflow_key, received_at, method, remote_addr, octet_length(body), code, status, detail
                       from refused_request where id = any($1)";
    NEXT_WORKFLOW = "select workflow_id from refused_request where workflow_id > $1 order by workflow_id limit 1";
    OLDEST_BEYOND = "select id from refused_request where id <= (
                         select id from refused_request order by id desc limit 1 offset $1)
                      order by id limit $2";
    OLDEST_BEYOND_WORKFLOW = "select id from refused_request where workflow_id = $3 and id <= (
                                  select id from refused_request where workflow_id = $3 order by id desc limit 1 offset $1)
                               order by id limit $2";
    DELETE = "delete from refused_request where id = any($1)";
}

pub(super) async fn append(store: &Postgres, requests: Vec<RefusedRequest>) -> Result<()> {
    fn each<'r, T>(requests: &'r [RefusedRequest], of: impl Fn(&'r RefusedRequest) -> T) -> Vec<T> {
        requests.iter().map(of).collect()
    }
    transact!(store, "request_append", async |db| {
        let requests = &requests[..];
        execute(
            db,
            APPEND,
            &[
                &each(requests, |request| Bin(request.id.to_bytes())),
                &each(requests, |request| Bin(request.workflow.to_bytes())),
                &each(requests, |request| request.workflow_key.as_str()),
                &each(requests, |request| request.code.as_str()),
                &each(requests, |request| i64::from(request.status)),
                &each(requests, |request| request.detail.as_bytes()),
                &each(requests, |request| request.method.as_bytes()),
                &each(requests, |request| json(&request.headers)),
                &each(requests, |request| request.query_string.as_bytes()),
                &each(requests, |request| request.remote_addr.to_string()),
                &each(requests, |request| request.received_at.as_micros()),
                &each(requests, |request| request.body.as_ref()),
            ],
        )
        .await
        .map(drop)
    })
}

pub(super) async fn list(store: &Postgres, filter: RequestFilter) -> Result<Listed<RequestHead, [u8; 16]>> {
    read!(store, "request_list", async |db| listed(db, &filter).await)
}

/// Each kind is walked by itself; what one has not come to yet is left out of the other, too.
async fn listed(db: &Db, filter: &RequestFilter) -> Result<Listed<RequestHead, [u8; 16]>, Fault> {
    let only_refused = filter.code.is_some() || filter.status.is_some();
    let (mut items, mut horizon) = (Vec::new(), None);
    let mut add = |(heads, next): (Vec<RequestHead>, Option<[u8; 16]>)| {
        items.extend(heads);
        horizon = horizon.max(next);
    };
    if filter.accepted != Some(false) && !only_refused {
        add(part(db, &ACCEPTED_PART, filter).await?);
    }
    if filter.accepted != Some(true) {
        add(part(db, &REFUSED_PART, filter).await?);
    }
    items.retain(|head| horizon.is_none_or(|horizon| head.cursor() >= horizon));
    items.sort_unstable_by_key(|head| std::cmp::Reverse(head.cursor()));
    if items.len() > filter.limit as usize {
        items.truncate(filter.limit as usize);
        horizon = items.last().map(RequestHead::cursor);
    }
    Ok(Listed { items, next: horizon })
}

/// How one kind is read.
struct Part {
    all: &'static str,
    of_workflow: &'static str,
    read: fn(&Row) -> Result<RequestHead, Fault>,
    /// By which id, in this column.
    text: &'static str,
    text_id: usize,
}

const ACCEPTED_PART: Part =
    Part { all: ACCEPTED, of_workflow: ACCEPTED_WORKFLOW, read: read_accepted, text: EVENT_TEXT, text_id: 7 };
const REFUSED_PART: Part =
    Part { all: REFUSED, of_workflow: REFUSED_WORKFLOW, read: read_refused, text: REFUSED_TEXT, text_id: 0 };

/// The newest of one kind that are wanted; and where they end, if there may be more behind.
async fn part(db: &Db, kind: &Part, filter: &RequestFilter) -> Result<(Vec<RequestHead>, Option<[u8; 16]>), Fault> {
    // Ids begin with the time, and all share one layout.
    let from = Bin(filter.from.map_or([0; 16], |from| RequestId::new(from, 0).to_bytes()));
    let workflow = filter.workflow.map(|workflow| Bin(workflow.to_bytes()));
    let mut search = filter.text.as_deref().map(Search::new);
    let mut slices = Slices::new(filter.before, ROWS_MAX);
    let (mut heads, mut last) = (Vec::new(), None);
    let read = |row: &Row| Ok(((kind.read)(row)?, row.try_get::<_, Bin<16>>(kind.text_id)?.0));
    while let Some((before, size)) = slices.ask() {
        let slice: Vec<(RequestHead, [u8; 16])> = match workflow {
            None => rows(db, kind.all, &[&before, &from, &size], read).await?,
            Some(workflow) => rows(db, kind.of_workflow, &[&before, &from, &size, &workflow], read).await?,
        };
        slices.came(slice.len(), slice.last().map(|(head, _)| head.cursor()));
        let searched = slice.iter().filter(|(head, _)| search.is_some() && head.is_wanted(filter));
        let mut texts = texts(db, kind.text, searched.map(|(_, id)| *id).collect());
        for (head, _) in slice {
            let is_wanted = head.is_wanted(filter)
                && match &mut search {
                    Some(search) => finds_next(search, &mut texts).await?,
                    None => true,
                };
            if is_wanted && heads.len() == filter.limit as usize {
                return Ok((heads, last));
            }
            last = Some(head.cursor());
            if is_wanted {
                heads.push(head);
            }
            if search.as_ref().is_some_and(|search| !search.goes_on()) {
                return Ok((heads, last));
            }
        }
    }
    Ok((heads, if slices.is_end() { None } else { last }))
}

pub(super) async fn get(store: &Postgres, request: RequestId) -> Result<Option<RefusedRequest>> {
    read!(store, "request_get", async |db| {
        row(db, GET, &[&Bin(request.to_bytes())], |row| {
            Ok(RefusedRequest {
                id: request,
                workflow: WorkflowId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
                workflow_key: row.try_get::<_, Word<_>>(1)?.0,
                code: row.try_get(2)?,
                status: row.try_get::<_, Whole<_>>(3)?.0,
                detail: row.try_get::<_, Text>(4)?.0,
                method: row.try_get::<_, Text>(5)?.0,
                headers: row.try_get::<_, Json<_>>(6)?.0,
                query_string: row.try_get::<_, Text>(7)?.0,
                remote_addr: row.try_get::<_, Word<_>>(8)?.0,
                received_at: Timestamp::from_micros(row.try_get(9)?),
                body: row.try_get::<_, Vec<u8>>(10)?.into(),
            })
        })
        .await
    })
}

pub(super) async fn heads(store: &Postgres, cursors: Vec<[u8; 16]>) -> Result<Vec<RequestHead>> {
    let cursors: Vec<_> = cursors.into_iter().map(Bin).collect();
    read!(store, "request_heads", async |db| {
        let mut heads = rows(db, ACCEPTED_HEADS, &[&cursors], read_accepted).await?;
        heads.extend(rows(db, REFUSED_HEADS, &[&cursors], read_refused).await?);
        Ok(heads)
    })
}

pub(super) async fn trim(store: &Postgres, per_workflow_max: u32, total_max: u32, limit: u32) -> Result<u32> {
    // Counting takes a while; by the time of the deleting nothing can have come back.
    let beyond =
        read!(store, "request_trim", async |db| beyond(db, per_workflow_max.into(), total_max.into(), limit).await)?;
    if beyond.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = beyond.into_iter().map(Bin).collect();
    let deleted = transact!(store, "request_trim", async |db| execute(db, DELETE, &[&ids]).await)?;
    Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
}

/// At most `limit` requests beyond a cap, the oldest of each kind first.
async fn beyond(db: &Db, per_workflow_max: i64, total_max: i64, limit: u32) -> Result<Vec<[u8; 16]>, Fault> {
    let id = |row: &Row| Ok(row.try_get::<_, Bin<16>>(0)?.0);
    let rows_max = i64::from(limit);
    let mut found = rows(db, OLDEST_BEYOND, &[&total_max, &rows_max], id).await?;
    // Below every id.
    let mut at = Bin([0; 16]);
    while let Some(workflow) = row(db, NEXT_WORKFLOW, &[&at], id).await? {
        found.extend(rows(db, OLDEST_BEYOND_WORKFLOW, &[&per_workflow_max, &rows_max, &Bin(workflow)], id).await?);
        at = Bin(workflow);
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(limit as usize);
    Ok(found)
}

fn read_accepted(row: &Row) -> Result<RequestHead, Fault> {
    read_head(row, Outcome::Accepted { execution: ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0) })
}

fn read_refused(row: &Row) -> Result<RequestHead, Fault> {
    let request = RequestId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0);
    let (code, status, detail) = (row.try_get(7)?, row.try_get::<_, Whole<_>>(8)?.0, row.try_get::<_, Text>(9)?.0);
    read_head(row, Outcome::Refused { request, code, status, detail })
}

fn read_head(row: &Row, outcome: Outcome) -> Result<RequestHead, Fault> {
    Ok(RequestHead {
        workflow: WorkflowId::from_bytes(row.try_get::<_, Bin<16>>(1)?.0),
        workflow_key: row.try_get::<_, Word<_>>(2)?.0,
        received_at: Timestamp::from_micros(row.try_get(3)?),
        method: row.try_get::<_, Text>(4)?.0,
        remote_addr: row.try_get::<_, Word<_>>(5)?.0,
        bytes: row.try_get::<_, Whole<_>>(6)?.0,
        outcome,
    })
}
