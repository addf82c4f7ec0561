//! Executions: born with their event, moved on by their owner, read by anyone.
//!
//! Not here: who owns one (`server`), how it comes to an owner (`claim`), its end (`retention`).

use bytes::Bytes;
use domain::answer::Answer;
use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::execution::status::Status;
use domain::flow::document::Mode;
use domain::id::{EventId, ExecutionId, WorkflowId};
use domain::time::Timestamp;
use domain::value::Value;
use rusqlite::{Connection, Row, params};

use super::Sqlite;
use super::fault::Fault;
use super::sql::{Json, Word, execute, json, row, rows, statements};
use crate::error::{Error, Result};
use crate::row::{Execution, ExecutionHead, NewExecution, Pinned, Progress, SentAnswer};

/// What `read_head` reads.
macro_rules! head {
    () => {
        "id, workflow_id, workflow_key, revision, status, mode, reason, answer_status, accepted_at, finished_at, replay_of,
         coalesce((select method from event where event.place = event_place), '')"
    };
}
pub(super) use head;

statements! {
    INSERT_EVENT = "insert into event (id, method, headers, query_string, remote_addr, received_at, body)
                    values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    /// A replay brings the event that is there already, unless it was edited.
    SHARE_EVENT = "update event set executions = executions + 1
                    where place = (select event_place from execution where id = ?1) and id = ?2
                returning place";
    INSERT = "insert into execution
                     (id, workflow_id, workflow_key, revision, event_place, mode, status, reason, owner, epoch, due_at,
                      accepted_at, timeout_at, finished_at, notes, answer_status, answer_sent_at, answer_headers, answer_body,
                      replay_of, journal_end)
              values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";
    INSERT_DRAFT = "insert into tested_draft (execution_id, flow) values (?1, ?2)";
    APPEND = "insert into journal (before_place, epoch, records) values (?1, ?2, ?3)";
    /// The fence: only at the epoch it was claimed at, and only while it is open.
    FENCE = "select journal_end from execution where id = ?1 and epoch = ?2 and due_at is not null";
    PROGRESS = "update execution set status = ?2, reason = ?3, owner = ?4, due_at = ?5, finished_at = ?6,
                       takeovers = case when ?7 then 0 else takeovers end, journal_end = ?8
                 where id = ?1";
    FIRST_ANSWER = "update execution set answer_status = ?2, answer_sent_at = ?3, answer_headers = ?4, answer_body = ?5
                     where id = ?1 and answer_status is null";
    ANSWER = "update execution set answer_status = ?2, answer_sent_at = ?3, answer_headers = ?4, answer_body = ?5
               where id = ?1";
    NOTE = "update execution set notes = json_insert(coalesce(notes, '[]'), '$[#]', ?2) where id = ?1";
    GET = concat!(
        "select ", head!(), ", event_place, notes, answer_sent_at, answer_headers, answer_body from execution where id = ?1"
    );
    HEAD = concat!("select ", head!(), " from execution where id = ?1");
    FAIL_QUARANTINED = "update execution set status = 'error', reason = null, due_at = null, finished_at = ?2
                         where id = ?1 and due_at is not null and reason = 'quarantined'";
    REPLAYS = "select id from execution where replay_of = ?1 order by id";
    GET_DRAFT = "select flow from tested_draft where execution_id = ?1";
    GET_ANSWER = "select status, answer_status, answer_sent_at, answer_headers, answer_body from execution where id = ?1";
    GET_EVENT = "select method, headers, query_string, remote_addr, received_at, body, id from event where place = ?1";
    /// Last part first.
    GET_JOURNAL = "with recursive part (records, before) as (
                       select records, before_place from journal
                        where place = (select journal_end from execution where id = ?1)
                        union all
                       select journal.records, before_place from part cross join journal on place = before
                   )
                   select records from part";
}

/// A progress as its columns want it, made before it goes to the writer's thread.
pub(super) struct Encoded {
    status: Status,
    reason: Option<&'static str>,
    owner: Option<[u8; 16]>,
    /// `None` once it has ended: by this an open one is known.
    due_at: Option<i64>,
    finished_at: Option<i64>,
    /// A node has finished since the last write, or the execution was given back on purpose.
    gets_on: bool,
    /// `None` when there is nothing new.
    records: Option<String>,
    notes: Vec<String>,
    answer: Option<EncodedAnswer>,
}

struct EncodedAnswer {
    status: u16,
    sent_at: i64,
    headers: String,
    body: Bytes,
}

impl Encoded {
    fn new(progress: Progress) -> Self {
        Self {
            status: progress.status,
            reason: progress.reason.map(|reason| reason.as_str()),
            owner: progress.owner.map(|owner| owner.to_bytes()),
            due_at: progress.status.is_open().then(|| progress.due_at.as_micros()),
            finished_at: progress.finished_at.map(Timestamp::as_micros),
            gets_on: progress.owner.is_none() || progress.records.iter().any(NodeRun::gets_on),
            records: (!progress.records.is_empty()).then(|| json(&progress.records)),
            notes: progress.notes,
            answer: progress.answer.map(EncodedAnswer::new),
        }
    }

    fn bytes(&self) -> usize {
        self.records.as_ref().map_or(0, String::len)
            + self.notes.iter().map(String::len).sum::<usize>()
            + self.answer.as_ref().map_or(0, |answer| answer.headers.len() + answer.body.len())
    }
}

impl EncodedAnswer {
    fn new(SentAnswer { answer, sent_at }: SentAnswer) -> Self {
        Self { status: answer.status, sent_at: sent_at.as_micros(), headers: json(&answer.headers), body: answer.body }
    }
}

pub(super) async fn create(store: &Sqlite, new: NewExecution) -> Result<()> {
    let NewExecution { id, workflow, workflow_key, pinned, replay_of, mode, event, accepted_at, timeout_at, progress } =
        new;
    let draft = match &pinned {
        Pinned::Revision(_) => None,
        Pinned::Draft(flow) => Some(json(flow)),
    };
    let progress = Encoded::new(progress);
    let headers = json(&event.headers);
    let bytes = headers.len()
        + event.query_string.len()
        + event.body.len()
        + draft.as_ref().map_or(0, String::len)
        + progress.bytes();
    let work = move |db: &Connection| {
        let shared = match replay_of {
            Some(of) => row(db, SHARE_EVENT, params![of.to_bytes(), event.id.to_bytes()], |row| row.get(0))?,
            None => None,
        };
        let event_place = match shared {
            Some(place) => place,
            None => insert_event(db, &event, &headers)?,
        };
        let journal_end = append(db, None, 1, progress.records.as_deref())?;
        let answer = progress.answer.as_ref();
        execute(
            db,
            INSERT,
            params![
                id.to_bytes(),
                workflow.to_bytes(),
                workflow_key.as_str(),
                pinned.revision(),
                event_place,
                mode_word(mode),
                progress.status.as_str(),
                progress.reason,
                progress.owner,
                progress.due_at,
                accepted_at.as_micros(),
                timeout_at.map(Timestamp::as_micros),
                progress.finished_at,
                (!progress.notes.is_empty()).then(|| json(&progress.notes)),
                answer.map(|answer| answer.status),
                answer.map(|answer| answer.sent_at),
                answer.map(|answer| &answer.headers),
                answer.map(|answer| answer.body.as_ref()),
                replay_of.map(ExecutionId::to_bytes),
                journal_end,
            ],
        )?;
        if let Some(draft) = &draft {
            execute(db, INSERT_DRAFT, params![id.to_bytes(), draft])?;
        }
        Ok(())
    };
    store.write_for(workflow, "execution_create", bytes, work).await
}

/// Where it is then.
fn insert_event(db: &Connection, event: &Event, headers: &str) -> rusqlite::Result<i64> {
    execute(
        db,
        INSERT_EVENT,
        params![
            event.id.to_bytes(),
            event.method,
            headers,
            event.query_string,
            event.remote_addr.to_string(),
            event.received_at.as_micros(),
            event.body.as_ref(),
        ],
    )?;
    Ok(db.last_insert_rowid())
}

pub(super) async fn progress(store: &Sqlite, execution: ExecutionId, epoch: u32, progress: Progress) -> Result<()> {
    let progress = Encoded::new(progress);
    let bytes = progress.bytes();
    store.write("execution_progress", bytes, move |db| move_on(db, execution, epoch, &progress)).await
}

fn move_on(db: &Connection, execution: ExecutionId, epoch: u32, to: &Encoded) -> Result<(), Fault> {
    let id = execution.to_bytes();
    let fence = row(db, FENCE, params![id, epoch], |row| row.get::<_, Option<i64>>(0))?;
    let journal_end = fence.ok_or(Error::LeaseLost { execution })?;
    let journal_end = append(db, journal_end, epoch, to.records.as_deref())?;
    execute(
        db,
        PROGRESS,
        params![id, to.status.as_str(), to.reason, to.owner, to.due_at, to.finished_at, to.gets_on, journal_end],
    )?;
    if let Some(answer) = &to.answer {
        execute(db, ANSWER, params![id, answer.status, answer.sent_at, answer.headers, answer.body.as_ref()])?;
    }
    for note in &to.notes {
        execute(db, NOTE, params![id, note])?;
    }
    Ok(())
}

/// Where the journal ends from then on, which ended at `end`.
fn append(db: &Connection, end: Option<i64>, epoch: u32, records: Option<&str>) -> rusqlite::Result<Option<i64>> {
    let Some(records) = records else { return Ok(end) };
    execute(db, APPEND, params![end, epoch, records])?;
    Ok(Some(db.last_insert_rowid()))
}

pub(super) async fn get(store: &Sqlite, execution: ExecutionId) -> Result<Option<Execution>> {
    store
        .read("execution_get", move |db| {
            let found = row(db, GET, [execution.to_bytes()], |row| {
                let notes: Option<Json<Vec<String>>> = row.get(13)?;
                let answer = read_answer(row, 7, 14)?;
                Ok((read_head(row)?, row.get(12)?, notes, answer))
            })?;
            let Some((head, event, notes, answer)) = found else { return Ok(None) };
            let event = read_event(db, event)?;
            let records = read_journal(db, execution)?;
            let replays = rows(db, REPLAYS, [execution.to_bytes()], |row| Ok(ExecutionId::from_bytes(row.get(0)?)))?;
            let draft = if head.revision.is_none() { read_draft(db, execution)? } else { None };
            let notes = notes.map_or_else(Vec::new, |notes| notes.0);
            Ok(Some(Execution { head, event, records, answer, notes, replays, draft }))
        })
        .await
}

pub(super) async fn get_head(store: &Sqlite, execution: ExecutionId) -> Result<Option<ExecutionHead>> {
    store.read("execution_head", move |db| Ok(row(db, HEAD, [execution.to_bytes()], read_head)?)).await
}

pub(super) async fn get_heads(store: &Sqlite, executions: Vec<ExecutionId>) -> Result<Vec<ExecutionHead>> {
    store
        .read("execution_heads", move |db| {
            let heads = executions.iter().map(|id| row(db, HEAD, [id.to_bytes()], read_head));
            Ok(heads.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?)
        })
        .await
}

pub(super) async fn fail_quarantined(
    store: &Sqlite,
    execution: ExecutionId,
    answer: Option<SentAnswer>,
    at: Timestamp,
) -> Result<bool> {
    let answer = answer.map(EncodedAnswer::new);
    store
        .write("execution_fail_quarantined", 0, move |db| {
            let id = execution.to_bytes();
            let failed = execute(db, FAIL_QUARANTINED, params![id, at.as_micros()])? == 1;
            if failed && let Some(answer) = &answer {
                execute(
                    db,
                    FIRST_ANSWER,
                    params![id, answer.status, answer.sent_at, answer.headers, answer.body.as_ref()],
                )?;
            }
            Ok(failed)
        })
        .await
}

pub(super) async fn answer(store: &Sqlite, execution: ExecutionId) -> Result<Option<(Status, Option<SentAnswer>)>> {
    store
        .read("execution_answer", move |db| {
            Ok(row(db, GET_ANSWER, [execution.to_bytes()], |row| {
                Ok((row.get::<_, Word<Status>>(0)?.0, read_answer(row, 1, 2)?))
            })?)
        })
        .await
}

pub(super) fn read_head(row: &Row<'_>) -> rusqlite::Result<ExecutionHead> {
    Ok(ExecutionHead {
        id: ExecutionId::from_bytes(row.get(0)?),
        workflow: WorkflowId::from_bytes(row.get(1)?),
        workflow_key: row.get::<_, Word<_>>(2)?.0,
        revision: row.get(3)?,
        status: row.get::<_, Word<_>>(4)?.0,
        mode: row.get::<_, Word<_>>(5)?.0,
        reason: row.get::<_, Option<Word<_>>>(6)?.map(|reason| reason.0),
        answer_status: row.get(7)?,
        accepted_at: Timestamp::from_micros(row.get(8)?),
        finished_at: row.get::<_, Option<i64>>(9)?.map(Timestamp::from_micros),
        replay_of: row.get::<_, Option<_>>(10)?.map(ExecutionId::from_bytes),
        method: row.get(11)?,
    })
}

/// The status at column `status`; time, headers and body from column `rest` on.
fn read_answer(row: &Row<'_>, status: usize, rest: usize) -> rusqlite::Result<Option<SentAnswer>> {
    let Some(status) = row.get(status)? else { return Ok(None) };
    let answer =
        Answer { status, headers: row.get::<_, Json<_>>(rest + 1)?.0, body: row.get::<_, Vec<u8>>(rest + 2)?.into() };
    Ok(Some(SentAnswer { answer, sent_at: Timestamp::from_micros(row.get(rest)?) }))
}

pub(super) fn read_event(db: &Connection, place: i64) -> rusqlite::Result<Event> {
    let event = row(db, GET_EVENT, [place], |row| {
        Ok(Event {
            id: EventId::from_bytes(row.get(6)?),
            method: row.get(0)?,
            headers: row.get::<_, Json<_>>(1)?.0,
            query_string: row.get(2)?,
            remote_addr: row.get::<_, Word<_>>(3)?.0,
            received_at: Timestamp::from_micros(row.get(4)?),
            body: row.get::<_, Vec<u8>>(5)?.into(),
        })
    })?;
    event.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

pub(super) fn read_draft(db: &Connection, execution: ExecutionId) -> rusqlite::Result<Option<Value>> {
    row(db, GET_DRAFT, [execution.to_bytes()], |row| Ok(row.get::<_, Json<Value>>(0)?.0))
}

pub(super) fn read_journal(db: &Connection, execution: ExecutionId) -> rusqlite::Result<Vec<NodeRun>> {
    let parts = rows(db, GET_JOURNAL, [execution.to_bytes()], |row| Ok(row.get::<_, Json<Vec<NodeRun>>>(0)?.0))?;
    Ok(parts.into_iter().rev().flatten().collect())
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Sync => "sync",
        Mode::Async => "async",
    }
}
