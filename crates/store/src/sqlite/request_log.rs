//! The request log: accepted requests are executions with their events, refused ones have rows of their own.
//! Tests and replays are no requests.

use domain::id::{ExecutionId, RequestId, WorkflowId};
use domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::Sqlite;
use super::sql::{Json, LAST_ID, Word, execute, json, row, rows, statements};
use crate::error::Result;
use crate::row::{Outcome, RefusedRequest, RequestFilter, RequestHead};

macro_rules! accepted {
    ($($condition:literal)?) => {
        concat!(
            "select execution.id, workflow_id, workflow_key, received_at, method, remote_addr
               from execution cross join event on event.id = execution.event_id
              where execution.id < ?1 and replay_of is null and revision is not null ", $($condition,)? " order by execution.id desc limit ?2"
        )
    };
}

macro_rules! refused {
    ($($condition:literal)?) => {
        concat!(
            "select id, workflow_id, workflow_key, received_at, method, remote_addr, code, status
               from refused_request where id < ?1 ", $($condition,)? " order by id desc limit ?2"
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
    ACCEPTED_WORKFLOW = accepted!("and workflow_id = ?3");
    REFUSED = refused!();
    REFUSED_WORKFLOW = refused!("and workflow_id = ?3");
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

pub(super) async fn list(store: &Sqlite, filter: RequestFilter) -> Result<Vec<RequestHead>> {
    let RequestFilter { workflow, accepted, before, limit } = filter;
    let before = before.unwrap_or(LAST_ID);
    store
        .read("request_list", move |db| {
            let mut heads = Vec::new();
            if accepted != Some(false) {
                heads.extend(part(db, (ACCEPTED, ACCEPTED_WORKFLOW), workflow, before, limit, read_accepted)?);
            }
            if accepted != Some(true) {
                heads.extend(part(db, (REFUSED, REFUSED_WORKFLOW), workflow, before, limit, read_refused)?);
            }
            heads.sort_unstable_by_key(|head| std::cmp::Reverse(head.cursor()));
            heads.truncate(limit as usize);
            Ok(heads)
        })
        .await
}

/// The newest `limit` of one kind: by the first statement, or by the second within a workflow.
fn part(
    db: &Connection,
    (all, of_workflow): (&str, &str),
    workflow: Option<WorkflowId>,
    before: [u8; 16],
    limit: u32,
    read: fn(&Row<'_>) -> rusqlite::Result<RequestHead>,
) -> rusqlite::Result<Vec<RequestHead>> {
    match workflow {
        None => rows(db, all, params![before, limit], read),
        Some(workflow) => rows(db, of_workflow, params![before, limit, workflow.to_bytes()], read),
    }
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
    read_head(row, Outcome::Refused { request, code: row.get(6)?, status: row.get(7)? })
}

fn read_head(row: &Row<'_>, outcome: Outcome) -> rusqlite::Result<RequestHead> {
    Ok(RequestHead {
        workflow: WorkflowId::from_bytes(row.get(1)?),
        workflow_key: row.get::<_, Word<_>>(2)?.0,
        received_at: Timestamp::from_micros(row.get(3)?),
        method: row.get(4)?,
        remote_addr: row.get::<_, Word<_>>(5)?.0,
        outcome,
    })
}
