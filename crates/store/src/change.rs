//! What servers let each other know.
//! ```text
//! tell ─▶ gathered for some milliseconds ─▶ word to the others ─▶ changes()
//! a word only makes others look sooner: the truth is what the database says, and they look now and then anyway
//! ```
//!
//! Not here: how word gets about (the backends), what comes of it (`engine::others`).

use domain::id::{ExecutionId, RequestId, WorkflowId};

/// A word from another server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Something that servers keep in memory is another: [`changed_since`](crate::Store::changed_since) says what.
    Stale,
    /// Something can be claimed that could not be before.
    Work,
    /// A server came or went, or somebody began to look on there.
    Servers,
    /// Somebody wished that this execution end.
    Cancel(ExecutionId),
    /// It is as it is now in the store. Told only while somebody looks on elsewhere, as is what follows.
    Execution(ExecutionId),
    /// A request was accepted: it began this execution.
    Accepted(ExecutionId),
    /// A request was refused.
    Refused(RequestId),
    /// A workflow was made, changed or deleted, its draft alone perhaps.
    Workflow(WorkflowId),
    /// Words were lost.
    Missed,
}

/// What servers keep in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stale {
    /// Of a workflow: its key, what is live, its settings, that it is there at all.
    Workflow(WorkflowId),
    /// Those of `setting_set`.
    Settings,
    Secrets,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// For the next call.
    pub number: u64,
    /// Each once.
    pub stale: Vec<Stale>,
}
