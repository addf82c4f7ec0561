//! The request log: accepted requests are executions with their events, refused ones have rows of their own.
//! Tests and replays are no requests.

use domain::id::{ExecutionId, RequestId, WorkflowId};
use domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::Sqlite;
use super::search::{finds_in_event, finds_in_refused};
use super::sql::{Json, LAST_ID, Word, execute, json, row, rows, statements};
use crate::error::Result;
use crate::list::{ROWS_MAX, Search};
use crate::row::{Listed, Outcome, RefusedRequest, RequestFilter, RequestHead};

macro_rules! accepted {
    ($($condition:literal)?) => {
        concat!(
            "select execution.id, workflow_id, workflow_key, received_at, method, remote_addr, octet_length(body), event_place
               from execution cross join event on event.place = execution.event_place
              where execution.id < ?1 and execution.id >= ?2 and replay_of is null and revision is not null ", $($condition,)? " order by execution.id desc limit ?3"
        )
    };
}

macro_rules! refused {
    ($($condition:literal)?) => {
        concat!(
            "select id, workflow_id, workflow_key, received_at, method, remote_addr, octet_length(body), code, status, detail
               from refused_request where id < ?1 and id >= ?2 ", $($condition,)? " order by id desc limit ?3"
        )
    };
}

statements! {
    APPEND = "insert into refused_request (id, workflow_id, workflow_key, code, status, detail, method, headers,
                     query_string, remote_addr, received_at, body)
              values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    GET = "select workflow_id, workflow_key, code, status, detail, method, headers, query_string, remote_addr,
                  received_at, body
             from refused_request where id = ?1";
    ACCEPTED = accepted!();
    ACCEPTED_WORKFLOW = accepted!("and workflow_id = ?4");
    REFUSED = refused!();
    REFUSED_WORKFLOW = refused!("and workflow_id = ?4");
    ACCEPTED_HEAD = "select execution.id, workflow_id, workflow_key, received_at, method, remote_addr, octet_length(body)
                       from execution cross join event on event.place = execution.event_place
                      where execution.id = ?1 and replay_of is null and revision is not null";
    REFUSED_HEAD = "select id, workflow_id, workflow_key, received_at, method, remote_addr, octet_length(body), code, status, detail
                      from refused_request where id = ?1";
    NEXT_WORKFLOW = "select workflow_id from refused_request where workflow_id > ?1 order by workflow_id limit 1";
    OLDEST_BEYOND = "select id from refused_request where id <= (
                         select id from refused_request order by id desc limit 1 offset ?1)
                      order by id limit ?2";
    OLDEST_BEYOND_WORKFLOW = "select id from refused_request where workflow_id = ?3 and id <= (
                                  select id from refused_request where workflow_id = ?3 order by id desc limit 1 offset ?1)
                               order by id limit ?2";
    DELETE = "delete from refused_request where id = ?1";
}

pub(super) async fn append(store: &Sqlite, requests: Vec<RefusedRequest>) -> Result<()> {
    let bytes = requests.iter().map(size).sum();
    store
        .write("request_append", bytes, move |db| {
            for request in &requests {
                execute(
                    db,
                    APPEND,
                    params![
                        request.id.to_bytes(),
                        request.workflow.to_bytes(),
                        request.workflow_key.as_str(),
                        request.code,
                        request.status,
                        request.detail,
                        request.method,
                        json(&request.headers),
                        request.query_string,
                        request.remote_addr.to_string(),
                        request.received_at.as_micros(),
                        request.body.as_ref(),
                    ],
                )?;
            }
            Ok(())
        })
        .await
}

/// An estimate: all that a sender decides, and something for the rest.
fn size(request: &RefusedRequest) -> usize {
    let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    request.body.len() + request.query_string.len() + headers + 512
}

pub(super) async fn list(store: &Sqlite, filter: RequestFilter) -> Result<Listed<RequestHead, [u8; 16]>> {
    store.read("request_list", move |db| Ok(listed(db, &filter)?)).await
}

/// Each kind is walked by itself; what one has not come to yet is left out of the other, too.
fn listed(db: &Connection, filter: &RequestFilter) -> rusqlite::Result<Listed<RequestHead, [u8; 16]>> {
    let only_refused = filter.code.is_some() || filter.status.is_some();
    let (mut items, mut horizon) = (Vec::new(), None);
    let mut add = |(heads, next): (Vec<RequestHead>, Option<[u8; 16]>)| {
        items.extend(heads);
        horizon = horizon.max(next);
    };
    if filter.accepted != Some(false) && !only_refused {
        add(part(db, (ACCEPTED, ACCEPTED_WORKFLOW), filter, read_accepted, |row, search| {
            finds_in_event(search, db, row.get(7)?)
        })?);
    }
    if filter.accepted != Some(true) {
        add(part(db, (REFUSED, REFUSED_WORKFLOW), filter, read_refused, |row, search| {
            finds_in_refused(search, db, row.get(0)?)
        })?);
    }
    items.retain(|head| horizon.is_none_or(|horizon| head.cursor() >= horizon));
    items.sort_unstable_by_key(|head| std::cmp::Reverse(head.cursor()));
    if items.len() > filter.limit as usize {
        items.truncate(filter.limit as usize);
        horizon = items.last().map(RequestHead::cursor);
    }
    Ok(Listed { items, next: horizon })
}

/// The newest of one kind that are wanted: by the first statement, or by the second within a workflow; and where they
/// end, if there may be more behind.
fn part(
    db: &Connection,
    (all, of_workflow): (&str, &str),
    filter: &RequestFilter,
    read: fn(&Row<'_>) -> rusqlite::Result<RequestHead>,
    found: impl Fn(&Row<'_>, &mut Search) -> rusqlite::Result<bool>,
) -> rusqlite::Result<(Vec<RequestHead>, Option<[u8; 16]>)> {
    let before = filter.before.unwrap_or(LAST_ID);
    // Ids begin with the time, and all share one layout.
    let from = filter.from.map_or([0; 16], |from| RequestId::new(from, 0).to_bytes());
    let mut search = filter.text.as_deref().map(Search::new);
    let mut statement = db.prepare_cached(if filter.workflow.is_some() { of_workflow } else { all })?;
    let mut rows = match filter.workflow.map(WorkflowId::to_bytes) {
        None => statement.query(params![before, from, ROWS_MAX])?,
        Some(workflow) => statement.query(params![before, from, ROWS_MAX, workflow])?,
    };
    let (mut heads, mut last, mut left) = (Vec::new(), None, ROWS_MAX);
    while let Some(row) = rows.next()? {
        left -= 1;
        let head = read(row)?;
        let is_wanted = head.is_wanted(filter)
            && match &mut search {
                Some(search) => found(row, search)?,
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
    Ok((heads, if left == 0 { last } else { None }))
}

pub(super) async fn get(store: &Sqlite, request: RequestId) -> Result<Option<RefusedRequest>> {
    store
        .read("request_get", move |db| {
            Ok(row(db, GET, [request.to_bytes()], |row| {
                Ok(RefusedRequest {
                    id: request,
                    workflow: WorkflowId::from_bytes(row.get(0)?),
                    workflow_key: row.get::<_, Word<_>>(1)?.0,
                    code: row.get(2)?,
                    status: row.get(3)?,
                    detail: row.get(4)?,
                    method: row.get(5)?,
                    headers: row.get::<_, Json<_>>(6)?.0,
                    query_string: row.get(7)?,
                    remote_addr: row.get::<_, Word<_>>(8)?.0,
                    received_at: Timestamp::from_micros(row.get(9)?),
                    body: row.get::<_, Vec<u8>>(10)?.into(),
                })
            })?)
        })
        .await
}

pub(super) async fn heads(store: &Sqlite, cursors: Vec<[u8; 16]>) -> Result<Vec<RequestHead>> {
    store
        .read("request_heads", move |db| {
            let mut heads = Vec::new();
            for cursor in cursors {
                heads.extend(row(db, ACCEPTED_HEAD, [cursor], read_accepted)?);
                heads.extend(row(db, REFUSED_HEAD, [cursor], read_refused)?);
            }
            Ok(heads)
        })
        .await
}

pub(super) async fn trim(store: &Sqlite, per_workflow_max: u32, total_max: u32, limit: u32) -> Result<u32> {
    // Counting is left to a reader; the writer only deletes, and by then nothing can have come back.
    let beyond = store.read("request_trim", move |db| Ok(beyond(db, per_workflow_max, total_max, limit)?)).await?;
    if beyond.is_empty() {
        return Ok(0);
    }
    store
        .write("request_trim", 0, move |db| {
            let mut deleted = 0;
            for id in &beyond {
                deleted += u32::from(execute(db, DELETE, [id])? > 0);
            }
            Ok(deleted)
        })
        .await
}

/// At most `limit` requests beyond a cap, the oldest of each kind first.
fn beyond(db: &Connection, per_workflow_max: u32, total_max: u32, limit: u32) -> rusqlite::Result<Vec<[u8; 16]>> {
    let mut found = rows(db, OLDEST_BEYOND, params![total_max, limit], |row| row.get(0))?;
    let mut at = Vec::new();
    while let Some(workflow) = row(db, NEXT_WORKFLOW, [&at], |row| row.get::<_, [u8; 16]>(0))? {
        let params = params![per_workflow_max, limit, workflow];
        found.extend(rows(db, OLDEST_BEYOND_WORKFLOW, params, |row| row.get::<_, [u8; 16]>(0))?);
        at = workflow.to_vec();
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(limit as usize);
    Ok(found)
}

fn read_accepted(row: &Row<'_>) -> rusqlite::Result<RequestHead> {
    read_head(row, Outcome::Accepted { execution: ExecutionId::from_bytes(row.get(0)?) })
}

fn read_refused(row: &Row<'_>) -> rusqlite::Result<RequestHead> {
    let request = RequestId::from_bytes(row.get(0)?);
    read_head(row, Outcome::Refused { request, code: row.get(7)?, status: row.get(8)?, detail: row.get(9)? })
}

fn read_head(row: &Row<'_>, outcome: Outcome) -> rusqlite::Result<RequestHead> {
    Ok(RequestHead {
        workflow: WorkflowId::from_bytes(row.get(1)?),
        workflow_key: row.get::<_, Word<_>>(2)?.0,
        received_at: Timestamp::from_micros(row.get(3)?),
        method: row.get(4)?,
        remote_addr: row.get::<_, Word<_>>(5)?.0,
        bytes: row.get::<_, u32>(6)?.into(),
        outcome,
    })
}
