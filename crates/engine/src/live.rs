//! What happens, as it happens, for whoever looks on.

use domain::execution::journal::NodeRun;
use domain::id::{ExecutionId, WorkflowId};
use store::{ExecutionHead, RequestHead};

/// Something that others may see from now on: it is on disk.
#[derive(Debug, Clone)]
pub enum Change {
    /// An execution as it is now.
    Execution(ExecutionHead),
    /// Its input and its result are left out: they can be large, and the execution shows them.
    NodeRun { execution: ExecutionId, workflow: WorkflowId, run: NodeRun },
    /// A request, accepted or refused.
    Request(RequestHead),
    /// It was made, changed or deleted.
    Workflow(WorkflowId),
}

#[derive(Debug, Default)]
pub struct Live {}

impl Live {
    /// Never waits.
    pub(crate) fn tell(&self, _change: Change) {}

    /// The node runs that somebody wants to see.
    pub(crate) fn wants(&self, _head: &ExecutionHead, _records: &[NodeRun]) -> Vec<NodeRun> {
        Vec::new()
    }
}
