//! What goes into the store and comes out of it, where a domain noun alone is not enough.

use bytes::Bytes;
use domain::answer::Answer;
use domain::event::Event;
use domain::execution::journal::NodeRun;
use domain::execution::status::{Reason, Status};
use domain::flow::document::Mode;
use domain::id::{EndpointKey, ExecutionId, RequestId, RevisionId, ServerId, WorkflowId};
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::Workflow;

/// One workflow to write.
#[derive(Debug, Clone)]
pub struct WorkflowSave {
    /// As it shall be: `edit` counts this save, `live` and `draft` are as wanted.
    pub workflow: Workflow,
    /// The edit the change was made from; `None` for a new workflow.
    pub expected_edit: Option<u32>,
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
    pub revision: u32,
    pub mode: Mode,
    pub event: std::sync::Arc<Event>,
    pub accepted_at: Timestamp,
    /// When the workflow's timeout ends it.
    pub timeout_at: Option<Timestamp>,
    /// Starts at epoch 1.
    pub progress: Progress,
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
    pub id: ExecutionId,
    pub workflow: WorkflowId,
    pub workflow_key: EndpointKey,
    pub revision: u32,
    pub mode: Mode,
    pub event: Event,
    pub accepted_at: Timestamp,
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
    pub revision: u32,
    pub status: Status,
    pub mode: Mode,
    pub reason: Option<Reason>,
    pub answer_status: Option<u16>,
    pub accepted_at: Timestamp,
    pub finished_at: Option<Timestamp>,
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
}

#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    pub workflow: Option<WorkflowId>,
    pub status: Option<Status>,
    /// Those with an id below this one.
    pub before: Option<ExecutionId>,
    pub limit: u32,
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

/// A line of the request log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    pub workflow: WorkflowId,
    pub workflow_key: EndpointKey,
    pub received_at: Timestamp,
    pub method: String,
    pub remote_addr: std::net::IpAddr,
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
    Refused { request: RequestId, code: String, status: u16 },
}

#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    pub workflow: Option<WorkflowId>,
    /// `Some(true)`: accepted ones only.
    pub accepted: Option<bool>,
    /// Those that stand behind this place in the log, see [`RequestHead::cursor`]. All ids share one
    /// layout, so accepted and refused requests are ordered among each other.
    pub before: Option<[u8; 16]>,
    pub limit: u32,
}

#[derive(Debug, Clone)]
pub struct RetentionRule {
    pub workflow: WorkflowId,
    pub before: Timestamp,
    pub keep: u32,
    pub limit: u32,
}

/// Counters since the store was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Transactions committed, each with one flush to disk.
    pub flushes: u64,
    /// Commands in them.
    pub commands: u64,
    /// Bytes of the database file and its write-ahead log.
    pub database_bytes: u64,
}
