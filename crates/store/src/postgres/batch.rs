//! What one transaction writes of several executions: a statement a table, whatever their number.
//!
//! Not here: who gathers them, and what becomes of those that cannot be written (`writer`).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::flow::document::Mode;
use domain::id::{ExecutionId, WorkflowId};
use domain::time::Timestamp;
use futures_util::future::try_join5;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::sql::{Bin, Db, execute, json, rows, statements};
use crate::row::{NewExecution, Pinned, Progress, SentAnswer};

statements! {
    /// The fence: only at the epoch it was claimed at, and only while it is open. Names those that passed.
    PROGRESS = "update execution
                   set status = new.status, reason = new.reason, owner = new.owner, due_at = new.due_at,
                       finished_at = new.finished_at,
                       takeovers = case when new.gets_on then 0 else takeovers end,
                       notes = case when new.notes is null then execution.notes
                                    when execution.notes is null then new.notes
                                    else left(execution.notes, -1) || ',' || substr(new.notes, 2) end,
                       answer_status = coalesce(new.answer_status, execution.answer_status),
                       answer_sent_at = coalesce(new.answer_sent_at, execution.answer_sent_at),
                       answer_headers = coalesce(new.answer_headers, execution.answer_headers),
                       answer_body = coalesce(new.answer_body, execution.answer_body)
                  from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::bigint[],
                              $8::boolean[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::bytea[])
                       as new (id, epoch, status, reason, owner, due_at, finished_at, gets_on, notes, answer_status,
                               answer_sent_at, answer_headers, answer_body)
                 where execution.id = new.id and execution.epoch = new.epoch and execution.due_at is not null
             returning execution.id";
    /// Names those that were made: not those that were there already.
    INSERT = "insert into execution
                     (id, workflow_id, workflow_key, revision, event_id, mode, status, reason, owner, epoch, due_at,
                      accepted_at, timeout_at, finished_at, notes, answer_status, answer_sent_at, answer_headers, answer_body,
                      replay_of)
              select id, workflow_id, workflow_key, revision, event_id, mode, status, reason, owner, 1, due_at,
                     accepted_at, timeout_at, finished_at, notes, answer_status, answer_sent_at, answer_headers, answer_body,
                     replay_of
                from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[],
                            $8::text[], $9::uuid[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
                            $14::text[], $15::bigint[], $16::bigint[], $17::text[], $18::bytea[], $19::uuid[])
                     as new (id, workflow_id, workflow_key, revision, event_id, mode, status,
                             reason, owner, due_at, accepted_at, timeout_at, finished_at,
                             notes, answer_status, answer_sent_at, answer_headers, answer_body, replay_of)
         on conflict (id) do nothing
           returning id";
    /// A replay brings the event that is there already, unless it was edited.
    INSERT_EVENT = "insert into event (id, executions, method, headers, query_string, remote_addr, received_at, body)
                    select * from unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::text[], $5::bytea[], $6::text[],
                                         $7::bigint[], $8::bytea[])
               on conflict (id) do update set executions = event.executions + excluded.executions";
    APPEND = "insert into journal (execution_id, part, epoch, records)
              select execution_id, nextval('journal_part'), epoch, records
                from unnest($1::uuid[], $2::bigint[], $3::text[]) as new (execution_id, epoch, records)";
    INSERT_DRAFT = "insert into tested_draft (execution_id, flow) select * from unnest($1::uuid[], $2::text[])";
}

/// A progress as its columns want it.
#[derive(Debug)]
pub(super) struct Encoded {
    status: &'static str,
    reason: Option<&'static str>,
    owner: Option<Bin<16>>,
    /// `None` once it has ended: by this an open one is known.
    due_at: Option<i64>,
    finished_at: Option<i64>,
    /// A node has finished since the last write, or the execution was given back on purpose.
    gets_on: bool,
    /// `None` when there is nothing new.
    records: Option<String>,
    /// Likewise.
    notes: Option<String>,
    answer: Option<EncodedAnswer>,
}

#[derive(Debug)]
pub(super) struct EncodedAnswer {
    pub(super) status: i64,
    pub(super) sent_at: i64,
    pub(super) headers: String,
    body: Bytes,
}

impl EncodedAnswer {
    pub(super) fn new(SentAnswer { answer, sent_at }: SentAnswer) -> Self {
        let headers = json(&answer.headers);
        Self { status: answer.status.into(), sent_at: sent_at.as_micros(), headers, body: answer.body }
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Encoded {
    fn new(progress: Progress) -> Self {
        Self {
            status: progress.status.as_str(),
            reason: progress.reason.map(|reason| reason.as_str()),
            owner: progress.owner.map(|owner| Bin(owner.to_bytes())),
            due_at: progress.status.is_open().then(|| progress.due_at.as_micros()),
            finished_at: progress.finished_at.map(Timestamp::as_micros),
            gets_on: progress.owner.is_none() || progress.records.iter().any(NodeRun::gets_on),
            records: (!progress.records.is_empty()).then(|| json(&progress.records)),
            notes: (!progress.notes.is_empty()).then(|| json(&progress.notes)),
            answer: progress.answer.map(EncodedAnswer::new),
        }
    }

    fn bytes(&self) -> usize {
        self.records.as_ref().map_or(0, String::len)
            + self.notes.as_ref().map_or(0, String::len)
            + self.answer.as_ref().map_or(0, |answer| answer.headers.len() + answer.body.len())
    }
}

/// What is written of one execution.
#[derive(Debug)]
pub(super) enum Command {
    Create(Box<Create>),
    Progress { execution: ExecutionId, epoch: u32, to: Box<Encoded> },
}

#[derive(Debug)]
pub(super) struct Create {
    id: ExecutionId,
    workflow: WorkflowId,
    workflow_key: String,
    revision: Option<i64>,
    draft: Option<String>,
    replay_of: Option<Bin<16>>,
    mode: &'static str,
    event: Arc<Event>,
    headers: String,
    remote_addr: String,
    accepted_at: i64,
    timeout_at: Option<i64>,
    progress: Encoded,
}

impl Command {
    pub(super) fn create(new: NewExecution) -> Self {
        Self::Create(Box::new(Create {
            id: new.id,
            workflow: new.workflow,
            workflow_key: new.workflow_key.as_str().to_owned(),
            revision: new.pinned.revision().map(i64::from),
            draft: match &new.pinned {
                Pinned::Revision(_) => None,
                Pinned::Draft(flow) => Some(json(flow)),
            },
            replay_of: new.replay_of.map(|id| Bin(id.to_bytes())),
            mode: mode_word(new.mode),
            headers: json(&new.event.headers),
            remote_addr: new.event.remote_addr.to_string(),
            event: new.event,
            accepted_at: new.accepted_at.as_micros(),
            timeout_at: new.timeout_at.map(Timestamp::as_micros),
            progress: Encoded::new(new.progress),
        }))
    }

    pub(super) fn progress(execution: ExecutionId, epoch: u32, progress: Progress) -> Self {
        Self::Progress { execution, epoch, to: Box::new(Encoded::new(progress)) }
    }

    pub(super) fn execution(&self) -> ExecutionId {
        match self {
            Self::Create(new) => new.id,
            Self::Progress { execution, .. } => *execution,
        }
    }

    /// The workflow of a new execution.
    pub(super) fn whose(&self) -> Option<WorkflowId> {
        match self {
            Self::Create(new) => Some(new.workflow),
            Self::Progress { .. } => None,
        }
    }

    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::Create(_) => "execution_create",
            Self::Progress { .. } => "execution_progress",
        }
    }

    /// About what it holds.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Create(new) => {
                new.headers.len()
                    + new.event.query_string.len()
                    + new.event.body.len()
                    + new.draft.as_ref().map_or(0, String::len)
                    + new.progress.bytes()
            }
            Self::Progress { to, .. } => to.bytes(),
        }
    }
}

/// Writes all of them, each of another execution. The answer names those that could be written: when it is not all of
/// them, the transaction holds what must not be committed.
pub(super) async fn write(db: &Db, commands: &[&Command]) -> Result<HashSet<ExecutionId>, Fault> {
    let (mut made, mut moved) = (Vec::new(), Vec::new());
    for command in commands {
        match command {
            Command::Create(new) => made.push(&**new),
            Command::Progress { execution, epoch, to } => moved.push((Bin(execution.to_bytes()), *epoch, &**to)),
        }
    }
    // Sent together, done in this order.
    let (passed, created, (), (), ()) = try_join5(
        progress(db, &moved),
        insert(db, &made),
        events(db, &made),
        append(db, &moved, &made),
        drafts(db, &made),
    )
    .await?;
    Ok(passed.into_iter().chain(created).collect())
}

async fn progress(db: &Db, moved: &[(Bin<16>, u32, &Encoded)]) -> Result<Vec<ExecutionId>, Fault> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let to = || moved.iter().map(|(_, _, to)| *to);
    let answers = || to().map(|to| to.answer.as_ref());
    let params: [&(dyn ToSql + Sync); 13] = [
        &each(moved.iter(), |(id, ..)| *id),
        &each(moved.iter(), |(_, epoch, _)| i64::from(*epoch)),
        &each(to(), |to| to.status),
        &each(to(), |to| to.reason),
        &each(to(), |to| to.owner),
        &each(to(), |to| to.due_at),
        &each(to(), |to| to.finished_at),
        &each(to(), |to| to.gets_on),
        &each(to(), |to| to.notes.as_deref()),
        &each(answers(), |answer| answer.map(|answer| answer.status)),
        &each(answers(), |answer| answer.map(|answer| answer.sent_at)),
        &each(answers(), |answer| answer.map(|answer| answer.headers.as_str())),
        &each(answers(), |answer| answer.map(|answer| answer.body())),
    ];
    rows(db, PROGRESS, &params, read_id).await
}

async fn insert(db: &Db, made: &[&Create]) -> Result<Vec<ExecutionId>, Fault> {
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let new = || made.iter().copied();
    let answers = || new().map(|new| new.progress.answer.as_ref());
    let params: [&(dyn ToSql + Sync); 19] = [
        &each(new(), |new| Bin(new.id.to_bytes())),
        &each(new(), |new| Bin(new.workflow.to_bytes())),
        &each(new(), |new| new.workflow_key.as_str()),
        &each(new(), |new| new.revision),
        &each(new(), |new| Bin(new.event.id.to_bytes())),
        &each(new(), |new| new.mode),
        &each(new(), |new| new.progress.status),
        &each(new(), |new| new.progress.reason),
        &each(new(), |new| new.progress.owner),
        &each(new(), |new| new.progress.due_at),
        &each(new(), |new| new.accepted_at),
        &each(new(), |new| new.timeout_at),
        &each(new(), |new| new.progress.finished_at),
        &each(new(), |new| new.progress.notes.as_deref()),
        &each(answers(), |answer| answer.map(|answer| answer.status)),
        &each(answers(), |answer| answer.map(|answer| answer.sent_at)),
        &each(answers(), |answer| answer.map(|answer| answer.headers.as_str())),
        &each(answers(), |answer| answer.map(|answer| answer.body())),
        &each(new(), |new| new.replay_of),
    ];
    rows(db, INSERT, &params, read_id).await
}

/// Each once, in the order of their ids: so nobody waits for who waits for him.
async fn events(db: &Db, made: &[&Create]) -> Result<(), Fault> {
    let mut events: BTreeMap<[u8; 16], (&Create, i64)> = BTreeMap::new();
    for new in made {
        events.entry(new.event.id.to_bytes()).or_insert((new, 0)).1 += 1;
    }
    if events.is_empty() {
        return Ok(());
    }
    let new = || events.values().map(|(new, _)| *new);
    let params: [&(dyn ToSql + Sync); 8] = [
        &each(events.keys(), |id| Bin(*id)),
        &each(events.values(), |(_, executions)| *executions),
        &each(new(), |new| new.event.method.as_bytes()),
        &each(new(), |new| new.headers.as_str()),
        &each(new(), |new| new.event.query_string.as_bytes()),
        &each(new(), |new| new.remote_addr.as_str()),
        &each(new(), |new| new.event.received_at.as_micros()),
        &each(new(), |new| new.event.body.as_ref()),
    ];
    execute(db, INSERT_EVENT, &params).await.map(drop)
}

async fn append(db: &Db, moved: &[(Bin<16>, u32, &Encoded)], made: &[&Create]) -> Result<(), Fault> {
    let moved = moved.iter().map(|(id, epoch, to)| (*id, i64::from(*epoch), to.records.as_deref()));
    let made = made.iter().map(|new| (Bin(new.id.to_bytes()), 1, new.progress.records.as_deref()));
    let parts: Vec<_> = moved.chain(made).filter_map(|(id, epoch, records)| Some((id, epoch, records?))).collect();
    if parts.is_empty() {
        return Ok(());
    }
    let params: [&(dyn ToSql + Sync); 3] = [
        &each(parts.iter(), |(id, ..)| *id),
        &each(parts.iter(), |(_, epoch, _)| *epoch),
        &each(parts.iter(), |(.., records)| *records),
    ];
    execute(db, APPEND, &params).await.map(drop)
}

async fn drafts(db: &Db, made: &[&Create]) -> Result<(), Fault> {
    let drafts = || made.iter().filter_map(|new| Some((Bin(new.id.to_bytes()), new.draft.as_deref()?)));
    if drafts().next().is_none() {
        return Ok(());
    }
    execute(db, INSERT_DRAFT, &[&each(drafts(), |(id, _)| id), &each(drafts(), |(_, flow)| flow)]).await.map(drop)
}

/// A column.
fn each<I: Iterator, T>(rows: I, of: impl Fn(I::Item) -> T) -> Vec<T> {
    rows.map(of).collect()
}

fn read_id(row: &tokio_postgres::Row) -> Result<ExecutionId, Fault> {
    Ok(ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0))
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Sync => "sync",
        Mode::Async => "async",
    }
}
