//! What goes into the store and comes out of it, where a domain noun alone is not enough.

use std::time::Duration;

use bytes::Bytes;
use domain::answer::Answer;
use domain::event::Event;
use domain::execution::journal::{NodeError, NodeRun};
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::flow::document::{Mode, NodeKey};
use domain::id::{EndpointKey, ExecutionId, RequestId, RevisionId, SampleId, ServerId, WorkflowId};
use domain::time::Timestamp;
use domain::user::{Email, PasswordHash, Role, Session};
use domain::value::Value;
use domain::workflow::Workflow;

use crate::histogram::Distribution;

/// One workflow to write.
#[derive(Debug, Clone)]
pub struct WorkflowSave {
    /// As it shall be: `edit` counts this save, `live` and `draft` are as wanted. `changed_at` is another than ever before.
    pub workflow: Workflow,
    /// `changed_at` of the workflow that the change was made from; `None` for a new one.
    pub made_from: Option<Timestamp>,
    /// Makes a revision with the next number, which becomes live (and `workflow.live` is ignored).
    pub publish: Option<NewRevision>,
}

#[derive(Debug, Clone)]
pub struct NewRevision {
    pub id: RevisionId,
    pub flow: Value,
    pub note: String,
    pub published_at: Timestamp,
}

/// An execution that becomes durable for the first time.
#[derive(Debug, Clone)]
pub struct NewExecution {
    pub id: ExecutionId,
    pub workflow: WorkflowId,
    pub workflow_key: EndpointKey,
    pub pinned: Pinned,
    /// The execution whose event runs once more.
    pub replay_of: Option<ExecutionId>,
    pub mode: Mode,
    /// The one of the execution that is replayed is shared with it.
    pub event: std::sync::Arc<Event>,
    pub accepted_at: Timestamp,
    /// When the workflow's timeout ends it.
    pub timeout_at: Option<Timestamp>,
    /// Starts at epoch 1.
    pub progress: Progress,
}

/// The flow an execution runs to its end, whatever becomes of the workflow meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub enum Pinned {
    Revision(u32),
    /// A test: a copy of the draft, kept with the execution.
    Draft(std::sync::Arc<Value>),
}

impl Pinned {
    pub const fn revision(&self) -> Option<u32> {
        match self {
            Self::Revision(number) => Some(*number),
            Self::Draft(_) => None,
        }
    }
}

/// How far an execution has come: its small row as it shall be, and what is new in the journal.
#[derive(Debug, Clone)]
pub struct Progress {
    pub status: Status,
    pub reason: Option<Reason>,
    /// Who holds it; `None` gives it to whoever claims it once it is due.
    pub owner: Option<ServerId>,
    /// When it can be claimed; ignored once the status is final.
    pub due_at: Timestamp,
    /// Appended to the journal.
    pub records: Vec<NodeRun>,
    /// `None` leaves what is there.
    pub answer: Option<SentAnswer>,
    /// Appended to the execution's notes.
    pub notes: Vec<String>,
    pub finished_at: Option<Timestamp>,
}

impl Progress {
    /// What the small row comes to once this is written.
    pub fn applied_to(&self, head: &ExecutionHead) -> ExecutionHead {
        ExecutionHead {
            status: self.status,
            reason: self.reason,
            answer_status: self.answer.as_ref().map(|sent| sent.answer.status).or(head.answer_status),
            finished_at: self.finished_at,
            ..head.clone()
        }
    }
}

/// An answer and when it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAnswer {
    pub answer: Answer,
    pub sent_at: Timestamp,
}

/// What to claim.
#[derive(Debug, Clone)]
pub struct Claim {
    pub server: ServerId,
    /// Takes what is due by then.
    pub now: Timestamp,
    /// At most this many of one workflow, so that a flood of one leaves room for the others.
    pub per_workflow: u32,
    pub limit: u32,
    /// Workflows that have enough in memory already.
    pub skip: Vec<WorkflowId>,
}

/// An execution that now belongs to the caller, with all that is needed to go on.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// As it is from now on: running.
    pub head: ExecutionHead,
    /// What it waited for until now.
    pub waited_for: Option<Reason>,
    pub pinned: Pinned,
    pub event: Event,
    pub timeout_at: Option<Timestamp>,
    pub epoch: u32,
    pub records: Vec<NodeRun>,
}

/// A line of a list of executions.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionHead {
    pub id: ExecutionId,
    pub workflow: WorkflowId,
    pub workflow_key: EndpointKey,
    /// `None`: a test, which runs a copy of the draft.
    pub revision: Option<u32>,
    /// The execution whose event runs once more.
    pub replay_of: Option<ExecutionId>,
    pub status: Status,
    pub mode: Mode,
    pub reason: Option<Reason>,
    pub answer_status: Option<u16>,
    pub accepted_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Of the event's request.
    pub method: String,
}

/// Everything about an execution.
#[derive(Debug, Clone)]
pub struct Execution {
    pub head: ExecutionHead,
    pub event: Event,
    /// The journal as written, oldest first.
    pub records: Vec<NodeRun>,
    pub answer: Option<SentAnswer>,
    pub notes: Vec<String>,
    /// Executions that ran its event once more, oldest first.
    pub replays: Vec<ExecutionId>,
    /// The copy of the draft that a test runs.
    pub draft: Option<Value>,
}

#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    pub workflow: Option<WorkflowId>,
    pub status: Option<Status>,
    /// Those whose caller got a status from the first to the last of these.
    pub answer: Option<(u16, u16)>,
    /// `Some(true)`: tests of a draft only; `Some(false)`: none of them.
    pub test: Option<bool>,
    /// Found in the query string, the headers or the body of the request, whatever the case of its ASCII letters.
    pub text: Option<String>,
    /// Those accepted then or later.
    pub from: Option<Timestamp>,
    /// Those with an id below this one.
    pub before: Option<ExecutionId>,
    pub limit: u32,
}

/// A part of a list, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T, C> {
    /// Fewer than asked for when what was looked at held no more.
    pub items: Vec<T>,
    /// Where to go on; `None` when there is nothing behind.
    pub next: Option<C>,
}

/// A span of time in parts of the same length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    pub from: Timestamp,
    /// Of each; not zero.
    pub width: Duration,
    pub count: u32,
}

impl Buckets {
    /// `None` outside the span.
    pub fn of(&self, at: Timestamp) -> Option<usize> {
        if at < self.from {
            return None;
        }
        let number = at.since(self.from).as_micros() / self.width.as_micros().max(1);
        usize::try_from(number).ok().filter(|number| *number < self.count as usize)
    }

    /// When part `number` begins.
    pub fn start(&self, number: u32) -> Timestamp {
        self.from.plus(self.width * number)
    }
}

/// How many executions are where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatusCounts {
    pub succeeded: u64,
    pub failed: u64,
    pub error: u64,
    pub timed_out: u64,
    pub cancelled: u64,
    /// Not ended yet.
    pub open: u64,
}

impl StatusCounts {
    pub fn count(&mut self, status: Status) {
        *match status {
            Status::Succeeded => &mut self.succeeded,
            Status::Failed => &mut self.failed,
            Status::Error => &mut self.error,
            Status::TimedOut => &mut self.timed_out,
            Status::Cancelled => &mut self.cancelled,
            Status::Queued | Status::Running | Status::Waiting => &mut self.open,
        } += 1;
    }
}

/// Executions by the time they were accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionCounts {
    /// One a bucket.
    pub counts: Vec<StatusCounts>,
    /// There were more than are looked at; the oldest are not in it.
    pub partial: bool,
}

/// How a workflow has done lately. Tests are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowFigures {
    pub workflow: WorkflowId,
    /// One a bucket.
    pub counts: Vec<StatusCounts>,
    /// Executions that wait now, whenever they were accepted.
    pub waiting: u64,
    /// Nineteen of twenty that ended took no longer from being accepted to the end.
    pub p95: Option<Duration>,
    /// When the newest was accepted, and what its caller got; also from before the buckets.
    pub last: Option<(Timestamp, Option<u16>)>,
    /// There were more than are looked at; the oldest are not in it.
    pub partial: bool,
}

/// Why an execution ended as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `None`: none of its nodes.
    pub node: Option<NodeKey>,
    pub error: NodeError,
}

impl Cause {
    /// From the last of its notes and the last of its records. `None`: it did not end badly, or they do not tell.
    pub fn of(status: Status, note: Option<&String>, last: Option<&NodeRun>) -> Option<Self> {
        match status {
            Status::Failed | Status::Error => {
                let of_node =
                    last.and_then(|run| Some(Self { node: Some(run.node.clone()), error: run.error.clone()? }));
                // What ends without a node says why in its notes.
                let of_none = || {
                    let message = note.cloned().unwrap_or_default();
                    Self { node: None, error: NodeError::new("execution.error", message) }
                };
                of_node.or_else(|| (status == Status::Error).then(of_none))
            }
            Status::TimedOut => {
                let node = last.filter(|run| run.status == NodeStatus::TimedOut).map(|run| run.node.clone());
                let error = NodeError::new("execution.timed_out", "The workflow did not end in time.");
                Some(Self { node, error })
            }
            _ => None,
        }
    }
}

/// A request that was turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    pub id: RequestId,
    pub workflow: WorkflowId,
    pub workflow_key: EndpointKey,
    /// `hook.credentials`, …
    pub code: String,
    /// What the sender was told.
    pub status: u16,
    pub detail: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub query_string: String,
    /// The first bytes, as they came.
    pub body: Bytes,
    pub remote_addr: std::net::IpAddr,
    pub received_at: Timestamp,
}

impl RefusedRequest {
    /// Its line in the request log.
    pub fn head(&self) -> RequestHead {
        RequestHead {
            workflow: self.workflow,
            workflow_key: self.workflow_key.clone(),
            received_at: self.received_at,
            method: self.method.clone(),
            remote_addr: self.remote_addr,
            bytes: self.body.len() as u64,
            outcome: Outcome::Refused {
                request: self.id,
                code: self.code.clone(),
                status: self.status,
                detail: self.detail.clone(),
            },
        }
    }
}

/// A line of the request log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    pub workflow: WorkflowId,
    pub workflow_key: EndpointKey,
    pub received_at: Timestamp,
    pub method: String,
    pub remote_addr: std::net::IpAddr,
    /// Of the body; of a refused one's, those that were kept.
    pub bytes: u64,
    pub outcome: Outcome,
}

impl RequestHead {
    /// Where it stands in the log: what lies behind it is listed with this as [`RequestFilter::before`].
    pub fn cursor(&self) -> [u8; 16] {
        match &self.outcome {
            Outcome::Accepted { execution } => execution.to_bytes(),
            Outcome::Refused { request, .. } => request.to_bytes(),
        }
    }
}

/// What became of a request, and where the rest of it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted { execution: ExecutionId },
    Refused { request: RequestId, code: String, status: u16, detail: String },
}

#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    pub workflow: Option<WorkflowId>,
    /// `Some(true)`: accepted ones only.
    pub accepted: Option<bool>,
    /// Those refused with this code.
    pub code: Option<String>,
    /// Those refused with a status from the first to the last of these.
    pub status: Option<(u16, u16)>,
    /// As in [`ExecutionFilter::text`]; of a refused one's body in what was kept of it.
    pub text: Option<String>,
    /// Those received then or later.
    pub from: Option<Timestamp>,
    /// Those that stand behind this place in the log, see [`RequestHead::cursor`]. All ids share one
    /// layout, so accepted and refused requests are ordered among each other.
    pub before: Option<[u8; 16]>,
    pub limit: u32,
}

/// A request that an author keeps to try a workflow with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSample {
    pub id: SampleId,
    pub workflow: WorkflowId,
    pub name: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub query_string: String,
    pub body: Bytes,
    pub created_at: Timestamp,
}

/// A revision in a list: all but its flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionHead {
    pub id: RevisionId,
    pub number: u32,
    pub note: String,
    pub published_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct RetentionRule {
    pub workflow: WorkflowId,
    pub before: Timestamp,
    pub keep: u32,
    pub limit: u32,
}

/// What the store has done since it was opened, and what it holds now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Transactions that wrote something, each with one flush to disk.
    pub flushes: u64,
    /// How long each of these took to commit, the flush included.
    pub flush_times: Distribution,
    /// Commands committed.
    pub commands: u64,
    /// How many there were in each transaction.
    pub batch_commands: Distribution,
    /// Handed in and not answered yet.
    pub commands_waiting: u64,
    /// About what these hold; a command beyond `queue_bytes_max` of it is refused.
    pub bytes_waiting: u64,
    /// Bytes of the database file and its write-ahead log.
    pub database_bytes: u64,
}

/// What is to be different about a user; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub email: Option<Email>,
    pub name: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
    pub password: Option<NewPassword>,
}

/// Ends the user's sessions but the one it was changed in.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// What it must still be.
    pub old: PasswordHash,
    pub new: PasswordHash,
    /// Digest of the session that stays.
    pub keep: [u8; 32],
}

/// A user chooses a password with an invite, and is logged in by that.
#[derive(Debug, Clone)]
pub struct InviteUse {
    /// Of the invite.
    pub digest: [u8; 32],
    pub password: PasswordHash,
    /// `None` stays.
    pub name: Option<String>,
    /// Whose it is, the invite says.
    pub session: Session,
}

/// A session for a user whose password was right.
#[derive(Debug, Clone)]
pub struct Login {
    pub session: Session,
    /// The one that was right.
    pub password: PasswordHash,
    /// Digest of a session that ends by this.
    pub replaces: Option<[u8; 32]>,
    /// Sessions that were not used since are deleted, whosever they are.
    pub used_before: Timestamp,
    /// Of one user; the one that was used longest ago goes.
    pub max: u32,
}
