//! What one transaction writes of several executions: a single statement, whatever their number.
//!
//! So it goes to the database and back once, and there is no moment at which a part of it is sent and the rest is not.
//!
//! Not here: who gathers them, and what becomes of those that cannot be written (`writer`).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use deadpool_postgres::Client;
use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::flow::document::Mode;
use domain::id::{ExecutionId, WorkflowId};
use domain::time::Timestamp;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::mark::{Mark, Marks};
use super::sql::{Bin, json, statements};
use crate::row::{NewExecution, Pinned, Progress, SentAnswer};

/// What is new of executions that begin; and now and then the marks before this one go. `$there`: what becomes of an
/// event that is there already.
macro_rules! begun {
    ($there:literal) => {
        concat!(
            "with made as (
                 insert into execution
                        (id, workflow_id, workflow_key, revision, event_id, mode, status, reason, owner, epoch, due_at,
                         accepted_at, timeout_at, finished_at, notes, answer_status, answer_sent_at, answer_headers,
                         answer_body, replay_of, records)
                 select ($4::uuid[])[n], ($5::uuid[])[n], ($6::text[])[n], ($7::bigint[])[n], ($8::uuid[])[n],
                        ($9::text[])[n], ($10::text[])[n], ($11::text[])[n], ($12::uuid[])[n], 1, ($13::bigint[])[n],
                        ($14::bigint[])[n], ($15::bigint[])[n], ($16::bigint[])[n], ($17::text[])[n],
                        ($18::bigint[])[n], ($19::bigint[])[n], ($20::text[])[n], ($21::bytea[])[n], ($22::uuid[])[n],
                        ($23::text[])[n]
                   from generate_series(1, cardinality($4::uuid[])) n),
             events as (
                 insert into event (id, executions, method, headers, query_string, remote_addr, received_at, body)
                 select ($24::uuid[])[n], ($25::bigint[])[n], ($26::bytea[])[n], ($27::text[])[n], ($28::bytea[])[n],
                        ($29::text[])[n], ($30::bigint[])[n], ($31::bytea[])[n]
                   from generate_series(1, cardinality($24::uuid[])) n",
            $there,
            "),
             cleaned as (
                 delete from commit_mark where process = $1 and line = $2 and number < $3 and $3 % 64 = 0)"
        )
    };
}

/// The parts of journals that do not stand with their executions, and drafts that are tested.
macro_rules! beside {
    () => {
        ",
             parts as (
                 insert into journal (execution_id, part, epoch, records)
                 select ($32::uuid[])[n], nextval('journal_part'), ($33::bigint[])[n], ($34::text[])[n]
                   from generate_series(1, cardinality($32::uuid[])) n),
             drafts as (
                 insert into tested_draft (execution_id, flow) select * from unnest($35::uuid[], $36::text[]))"
    };
}

/// Leaves the mark.
macro_rules! marked {
    () => {
        "insert into commit_mark (process, line, number) values ($1, $2, $3)"
    };
}

statements! {
    /// Executions that end at once, each with an event that is new. Where one is not, nothing is kept.
    END = concat!(begun!(""), " ", marked!());
    /// Such that begin, also with an event that is there: a replay brings one, unless it was edited.
    BEGIN = concat!(
        begun!("
                     on conflict (id) do update set executions = event.executions + excluded.executions"),
        beside!(), " ", marked!()
    );
    /// The same, and such that get on: these through the fence, only at the epoch they were claimed at, and only while
    /// they are open. Where one does not pass, a number is divided by zero, and nothing is kept.
    BEGIN_AND_PROGRESS = concat!(
        begun!("
                     on conflict (id) do update set executions = event.executions + excluded.executions"),
        beside!(), ",
             marked as (", marked!(), "),
             moved as (
                 update execution
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
                   from unnest($37::uuid[], $38::bigint[], $39::text[], $40::text[], $41::uuid[], $42::bigint[],
                               $43::bigint[], $44::boolean[], $45::text[], $46::bigint[], $47::bigint[], $48::text[],
                               $49::bytea[])
                        as new (id, epoch, status, reason, owner, due_at, finished_at, gets_on, notes, answer_status,
                                answer_sent_at, answer_headers, answer_body)
                  where execution.id = new.id and execution.epoch = new.epoch and execution.due_at is not null
              returning execution.id)
             select 1 / (count(*) = cardinality($37))::int from moved"
    );
    /// Which would pass.
    PASS = "select execution.id from execution
              join unnest($1::uuid[], $2::bigint[]) as new (id, epoch) using (id)
             where execution.epoch = new.epoch and execution.due_at is not null";
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

    const fn has_ended(&self) -> bool {
        self.due_at.is_none()
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

/// Writes all of them, each of another execution, and leaves `mark`: in one statement, which is a transaction by itself.
pub(super) async fn write(client: &Client, commands: &[&Command], marks: &Marks, mark: &Mark) -> Result<(), Fault> {
    let (made, moved) = sorted(commands);
    // Who is alone may be so because there was one in the batch.
    let all_end = commands.len() > 1
        && made.iter().all(|new| new.replay_of.is_none() && new.draft.is_none() && new.progress.has_ended());
    let sql = match (moved.is_empty(), all_end) {
        (true, true) => END,
        (true, false) => BEGIN,
        (false, _) => BEGIN_AND_PROGRESS,
    };
    let statement = client.prepare_cached(sql).await?;
    let answers = || made.iter().map(|new| new.progress.answer.as_ref());
    // Each once, in the order of their ids: so nobody waits for who waits for him.
    let mut events: BTreeMap<[u8; 16], (&Create, i64)> = BTreeMap::new();
    for new in &made {
        events.entry(new.event.id.to_bytes()).or_insert((new, 0)).1 += 1;
    }
    let event = || events.values().map(|(new, _)| &new.event);
    let parts = || {
        let moved = moved.iter().map(|(id, epoch, to)| (*id, *epoch, to.records.as_deref()));
        let made = made.iter().filter(|new| !new.progress.has_ended());
        let made = made.map(|new| (Bin(new.id.to_bytes()), 1, new.progress.records.as_deref()));
        moved.chain(made).filter_map(|(id, epoch, records)| Some((id, epoch, records?)))
    };
    let drafts = || made.iter().filter_map(|new| Some((Bin(new.id.to_bytes()), new.draft.as_deref()?)));
    let to = || moved.iter().map(|(_, _, to)| *to);
    let given = || to().map(|to| to.answer.as_ref());
    let params: [&(dyn ToSql + Sync); 49] = [
        &marks.process_id(),
        &mark.line,
        &mark.number,
        &each(&made, |new| Bin(new.id.to_bytes())),
        &each(&made, |new| Bin(new.workflow.to_bytes())),
        &each(&made, |new| new.workflow_key.as_str()),
        &each(&made, |new| new.revision),
        &each(&made, |new| Bin(new.event.id.to_bytes())),
        &each(&made, |new| new.mode),
        &each(&made, |new| new.progress.status),
        &each(&made, |new| new.progress.reason),
        &each(&made, |new| new.progress.owner),
        &each(&made, |new| new.progress.due_at),
        &each(&made, |new| new.accepted_at),
        &each(&made, |new| new.timeout_at),
        &each(&made, |new| new.progress.finished_at),
        &each(&made, |new| new.progress.notes.as_deref()),
        &each(answers(), |answer| answer.map(|answer| answer.status)),
        &each(answers(), |answer| answer.map(|answer| answer.sent_at)),
        &each(answers(), |answer| answer.map(|answer| answer.headers.as_str())),
        &each(answers(), |answer| answer.map(|answer| answer.body())),
        &each(&made, |new| new.replay_of),
        &each(&made, |new| new.progress.records.as_deref().filter(|_| new.progress.has_ended())),
        &each(events.keys(), |id| Bin(*id)),
        &each(events.values(), |(_, executions)| *executions),
        &each(event(), |event| event.method.as_bytes()),
        &each(events.values(), |(new, _)| new.headers.as_str()),
        &each(event(), |event| event.query_string.as_bytes()),
        &each(events.values(), |(new, _)| new.remote_addr.as_str()),
        &each(event(), |event| event.received_at.as_micros()),
        &each(event(), |event| event.body.as_ref()),
        &each(parts(), |(id, ..)| id),
        &each(parts(), |(_, epoch, _)| epoch),
        &each(parts(), |(.., records)| records),
        &each(drafts(), |(id, _)| id),
        &each(drafts(), |(_, flow)| flow),
        &each(&moved, |(id, ..)| *id),
        &each(&moved, |(_, epoch, _)| *epoch),
        &each(to(), |to| to.status),
        &each(to(), |to| to.reason),
        &each(to(), |to| to.owner),
        &each(to(), |to| to.due_at),
        &each(to(), |to| to.finished_at),
        &each(to(), |to| to.gets_on),
        &each(to(), |to| to.notes.as_deref()),
        &each(given(), |answer| answer.map(|answer| answer.status)),
        &each(given(), |answer| answer.map(|answer| answer.sent_at)),
        &each(given(), |answer| answer.map(|answer| answer.headers.as_str())),
        &each(given(), |answer| answer.map(|answer| answer.body())),
    ];
    client.execute(&statement, &params[..statement.params().len()]).await?;
    Ok(())
}

/// Those that did not pass the fence. The rest may be written.
pub(super) async fn refused(client: &Client, commands: &[&Command]) -> Result<HashSet<ExecutionId>, Fault> {
    let (_, moved) = sorted(commands);
    let statement = client.prepare_cached(PASS).await?;
    let (ids, epochs) = (each(&moved, |(id, ..)| *id), each(&moved, |(_, epoch, _)| *epoch));
    let mut refused: HashSet<ExecutionId> = ids.iter().map(|id| ExecutionId::from_bytes(id.0)).collect();
    for row in client.query(&statement, &[&ids, &epochs]).await? {
        refused.remove(&ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0));
    }
    Ok(refused)
}

/// Those that begin, and those that get on, with their epochs.
fn sorted<'c>(commands: &[&'c Command]) -> (Vec<&'c Create>, Vec<(Bin<16>, i64, &'c Encoded)>) {
    let (mut made, mut moved) = (Vec::new(), Vec::new());
    for command in commands {
        match command {
            Command::Create(new) => made.push(&**new),
            Command::Progress { execution, epoch, to } => {
                moved.push((Bin(execution.to_bytes()), i64::from(*epoch), &**to));
            }
        }
    }
    (made, moved)
}

/// A column.
fn each<I: IntoIterator, T>(rows: I, of: impl Fn(I::Item) -> T) -> Vec<T> {
    rows.into_iter().map(of).collect()
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Sync => "sync",
        Mode::Async => "async",
    }
}
