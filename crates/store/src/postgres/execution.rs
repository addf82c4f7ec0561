//! Executions: born with their event, moved on by their owner, read by anyone.
//!
//! Not here: how they are written (`batch`), who owns one (`server`), how it comes to an owner (`claim`), its end
//! (`retention`).

use domain::answer::Answer;
use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::execution::status::Status;
use domain::id::{EventId, ExecutionId, WorkflowId};
use domain::time::Timestamp;
use domain::value::Value;
use futures_util::future::try_join4;
use tokio_postgres::Row;

use super::Postgres;
use super::batch::EncodedAnswer;
use super::fault::Fault;
use super::sql::{Bin, Db, Json, Text, Whole, Word, execute, read, row, rows, statements, transact};
use crate::error::Result;
use crate::row::{Execution, ExecutionHead, SentAnswer};

/// What `read_head` reads.
macro_rules! head {
    () => {
        "id, workflow_id, workflow_key, revision, status, mode, reason, answer_status, accepted_at, finished_at, replay_of,
         coalesce((select method from event where event.id = event_id), '')"
    };
}
pub(super) use head;

statements! {
    FIRST_ANSWER = "update execution set answer_status = $2, answer_sent_at = $3, answer_headers = $4, answer_body = $5
                     where id = $1 and answer_status is null";
    GET = concat!(
        "select ", head!(), ", event_id, notes, answer_sent_at, answer_headers, answer_body from execution where id = $1"
    );
    HEAD = concat!("select ", head!(), " from execution where id = $1");
    HEADS = concat!("select ", head!(), " from execution where id = any($1)");
    FAIL_QUARANTINED = "update execution set status = 'error', reason = null, due_at = null, finished_at = $2
                         where id = $1 and due_at is not null and reason = 'quarantined'";
    REPLAYS = "select id from execution where replay_of = $1 order by id";
    GET_DRAFT = "select flow from tested_draft where execution_id = $1";
    GET_ANSWER = "select status, answer_status, answer_sent_at, answer_headers, answer_body from execution where id = $1";
    GET_EVENT = "select method, headers, query_string, remote_addr, received_at, body, id from event where id = $1";
    /// What ended in its first write has all of it in its own row.
    GET_JOURNAL = "select records from (
                       select 0 as part, records from execution where id = $1 and records is not null
                       union all
                       select part, records from journal where execution_id = $1) as journal order by part";
}

pub(super) async fn get(store: &Postgres, execution: ExecutionId) -> Result<Option<Execution>> {
    let id = Bin(execution.to_bytes());
    read!(store, "execution_get", async |db| {
        let found = row(db, GET, &[&id], |row| {
            let notes: Option<Json<Vec<String>>> = row.try_get(13)?;
            Ok((read_head(row)?, row.try_get::<_, Bin<16>>(12)?, notes, read_answer(row, 7, 14)?))
        })
        .await?;
        let Some((head, event, notes, answer)) = found else { return Ok(None) };
        let (event, records, replays, draft) = try_join4(
            read_event(db, event),
            read_journal(db, id),
            rows(db, REPLAYS, &[&id], |row| Ok(ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0))),
            async { if head.revision.is_none() { read_draft(db, id).await } else { Ok(None) } },
        )
        .await?;
        let notes = notes.map_or_else(Vec::new, |notes| notes.0);
        Ok(Some(Execution { head, event, records, answer, notes, replays, draft }))
    })
}

pub(super) async fn get_head(store: &Postgres, execution: ExecutionId) -> Result<Option<ExecutionHead>> {
    read!(store, "execution_head", async |db| row(db, HEAD, &[&Bin(execution.to_bytes())], read_head).await)
}

pub(super) async fn get_heads(store: &Postgres, executions: Vec<ExecutionId>) -> Result<Vec<ExecutionHead>> {
    let executions: Vec<_> = executions.iter().map(|id| Bin(id.to_bytes())).collect();
    read!(store, "execution_heads", async |db| rows(db, HEADS, &[&executions], read_head).await)
}

pub(super) async fn fail_quarantined(
    store: &Postgres,
    execution: ExecutionId,
    answer: Option<SentAnswer>,
    at: Timestamp,
) -> Result<bool> {
    let id = Bin(execution.to_bytes());
    let answer = answer.map(EncodedAnswer::new);
    transact!(store, "execution_fail_quarantined", async |db| {
        let failed = execute(db, FAIL_QUARANTINED, &[&id, &at.as_micros()]).await? == 1;
        if failed && let Some(answer) = &answer {
            let params =
                [&id as _, &answer.status as _, &answer.sent_at as _, &answer.headers as _, &answer.body() as _];
            execute(db, FIRST_ANSWER, &params).await?;
        }
        Ok(failed)
    })
}

pub(super) async fn answer(store: &Postgres, execution: ExecutionId) -> Result<Option<(Status, Option<SentAnswer>)>> {
    read!(store, "execution_answer", async |db| {
        row(db, GET_ANSWER, &[&Bin(execution.to_bytes())], |row| {
            Ok((row.try_get::<_, Word<Status>>(0)?.0, read_answer(row, 1, 2)?))
        })
        .await
    })
}

pub(super) fn read_head(row: &Row) -> Result<ExecutionHead, Fault> {
    Ok(ExecutionHead {
        id: ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
        workflow: WorkflowId::from_bytes(row.try_get::<_, Bin<16>>(1)?.0),
        workflow_key: row.try_get::<_, Word<_>>(2)?.0,
        revision: row.try_get::<_, Option<Whole<_>>>(3)?.map(|number| number.0),
        status: row.try_get::<_, Word<_>>(4)?.0,
        mode: row.try_get::<_, Word<_>>(5)?.0,
        reason: row.try_get::<_, Option<Word<_>>>(6)?.map(|reason| reason.0),
        answer_status: row.try_get::<_, Option<Whole<_>>>(7)?.map(|status| status.0),
        accepted_at: Timestamp::from_micros(row.try_get(8)?),
        finished_at: row.try_get::<_, Option<i64>>(9)?.map(Timestamp::from_micros),
        replay_of: row.try_get::<_, Option<Bin<16>>>(10)?.map(|id| ExecutionId::from_bytes(id.0)),
        method: row.try_get::<_, Text>(11)?.0,
    })
}

/// The status at column `status`; time, headers and body from column `rest` on.
fn read_answer(row: &Row, status: usize, rest: usize) -> Result<Option<SentAnswer>, Fault> {
    let Some(Whole(status)) = row.try_get(status)? else { return Ok(None) };
    let headers = row.try_get::<_, Json<_>>(rest + 1)?.0;
    let answer = Answer { status, headers, body: row.try_get::<_, Vec<u8>>(rest + 2)?.into() };
    Ok(Some(SentAnswer { answer, sent_at: Timestamp::from_micros(row.try_get(rest)?) }))
}

pub(super) async fn read_event(db: &Db, event: Bin<16>) -> Result<Event, Fault> {
    let found = row(db, GET_EVENT, &[&event], |row| {
        Ok(Event {
            id: EventId::from_bytes(row.try_get::<_, Bin<16>>(6)?.0),
            method: row.try_get::<_, Text>(0)?.0,
            headers: row.try_get::<_, Json<_>>(1)?.0,
            query_string: row.try_get::<_, Text>(2)?.0,
            remote_addr: row.try_get::<_, Word<_>>(3)?.0,
            received_at: Timestamp::from_micros(row.try_get(4)?),
            body: row.try_get::<_, Vec<u8>>(5)?.into(),
        })
    })
    .await?;
    found.ok_or_else(|| Fault::unreadable(NoSuchRow))
}

#[derive(Debug, thiserror::Error)]
#[error("a row that belongs to it is not there")]
pub(super) struct NoSuchRow;

pub(super) async fn read_draft(db: &Db, execution: Bin<16>) -> Result<Option<Value>, Fault> {
    row(db, GET_DRAFT, &[&execution], |row| Ok(row.try_get::<_, Json<Value>>(0)?.0)).await
}

pub(super) async fn read_journal(db: &Db, execution: Bin<16>) -> Result<Vec<NodeRun>, Fault> {
    let parts = rows(db, GET_JOURNAL, &[&execution], |row| Ok(row.try_get::<_, Json<Vec<NodeRun>>>(0)?.0)).await?;
    Ok(parts.into_iter().flatten().collect())
}
