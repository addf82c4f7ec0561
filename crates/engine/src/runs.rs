//! Executions that a person starts: tests of a draft, and replays.
//! ```text
//! what runs    a revision, or a copy of the draft ──┐
//! which event  the old one, or one that was written ├─▶ begin: on disk, then run in the background
//! from where   the start, or a node of the old one ─┘
//! ```
//! Nobody waits for their answer: what a synchronous flow would have answered stands in the execution;
//! an asynchronous one answers whoever sends a request, and here nobody did.
//!
//! A switch that keeps senders out (a workflow that is off, credentials) does not keep out a person.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use domain::event::body::{self, Checked};
use domain::event::headers;
use domain::event::written::WrittenError;
use domain::event::{Event, TriggerValues};
use domain::execution::journal::NodeRun;
use domain::execution::machine::{CannotBeginAt, Facts, Machine};
use domain::execution::status::Status;
use domain::flow::document::NodeKey;
use domain::flow::plan::Plan;
use domain::id::{EndpointKey, EventId, ExecutionId, RequestId, WorkflowId};
use domain::problem::Problem;
use domain::value::Value;
use domain::workflow::Workflow;
use store::{Execution, ExecutionHead, Pinned};
use tokio::sync::oneshot;

use crate::authoring::AuthoringError;
use crate::begin::{Beginning, timeout_at};
use crate::catalog::NoPlan;
use crate::clock;
use crate::handle::{Engine, Inner, NotDurable};

pub use domain::event::written::WrittenRequest;

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
    /// Takes the results of what finished before this node over from the old execution. Not with an `event`.
    pub from_node: Option<NodeKey>,
}

/// Why an execution was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// There never was one, or, where what it has now is asked for, it was deleted.
    #[error("there is no workflow {0}")]
    UnknownWorkflow(String),
    #[error("there is no execution {0}")]
    UnknownExecution(ExecutionId),
    #[error("there is no request {0}")]
    UnknownRequest(RequestId),
    #[error("the workflow has no revision {0}")]
    UnknownRevision(u32),
    #[error("no revision of the workflow is live")]
    NothingLive,
    /// The draft; or a revision that an older version of Hookflow let pass.
    #[error("what is to be run has problems")]
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
    /// Runs the draft of a workflow, effects included. It is on disk when this returns: as soon as it has
    /// ended or is not in memory (it waits for something, or for a place), at the latest after `patience`.
    pub async fn test(
        &self,
        workflow: &str,
        event: WrittenRequest,
        patience: Duration,
    ) -> Result<ExecutionId, RunError> {
        self.inner.ready().map_err(NotDurable::new)?;
        let workflow = self.workflow(workflow).await.map_err(|error| match error {
            AuthoringError::Store(error) => RunError::Store(error),
            _ => RunError::UnknownWorkflow(workflow.to_owned()),
        })?;
        let target = self.inner.target_of(&workflow, draft_of(&workflow)).await?;
        let (event, tree_bytes) = self.inner.written(event, &target, LOOPBACK)?;
        let run = Wish { target, event, tree_bytes, replay_of: None, from: None, notes: Vec::new() };
        let (execution, left_memory) = self.inner.begin(run).await?;
        let _ = tokio::time::timeout(patience, left_memory).await;
        Ok(execution)
    }

    /// Holds a written request to what endpoints accept, and leaves out the headers that no event of the
    /// workflow's draft would keep. Errors: `Event`.
    pub fn check_written(&self, workflow: &Workflow, mut request: WrittenRequest) -> Result<WrittenRequest, RunError> {
        self.inner.check_written(&mut request)?;
        let declared = declared_in(&workflow.draft);
        request.headers = headers::kept(request.headers, &declared, workflow.settings.credentials.is_some());
        Ok(request)
    }

    /// A new execution of an old event. It is on disk when this returns, and runs in the background.
    pub async fn replay(&self, execution: ExecutionId, replay: Replay) -> Result<ExecutionId, RunError> {
        self.inner.ready().map_err(NotDurable::new)?;
        if replay.event.is_some() && replay.from_node.is_some() {
            return Err(RunError::FromNode(WITH_ANOTHER_EVENT.to_owned()));
        }
        let old = self.inner.store.execution_get(execution).await?;
        let old = old.ok_or(RunError::UnknownExecution(execution))?;
        let target = self.inner.target(&old, replay.wanted).await?;
        let mut notes = Vec::new();
        let (event, tree_bytes) = match replay.event {
            Some(written) => {
                notes.push(format!("the request was edited: it is not the one of {execution}"));
                self.inner.written(written, &target, old.event.remote_addr)?
            }
            None => {
                // It was checked when it came; here it is only counted.
                let tree_bytes = body::check(&old.event.body, usize::MAX).map_or(0, |checked| checked.tree_bytes);
                (Arc::new(old.event), tree_bytes)
            }
        };
        let from = replay.from_node.map(|node| (node, old.records));
        let run = Wish { target, event, tree_bytes, replay_of: Some(execution), from, notes };
        Ok(self.inner.begin(run).await?.0)
    }
}

/// Where a request came from that nobody sent.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

const WITH_ANOTHER_EVENT: &str = "an execution that begins at a node takes over what other nodes made of the old request, so the request cannot be \
     another one: replay the edited request from the start";

/// What is to be run.
struct Target {
    workflow: WorkflowId,
    workflow_key: EndpointKey,
    /// Whether the endpoint has credentials, or may have had.
    checked: bool,
    pinned: Pinned,
    plan: Arc<Plan>,
}

/// An execution that somebody wishes for.
struct Wish {
    target: Target,
    event: Arc<Event>,
    tree_bytes: usize,
    replay_of: Option<ExecutionId>,
    /// The node to begin at, and the journal that has what comes before it.
    from: Option<(NodeKey, Vec<NodeRun>)>,
    notes: Vec<String>,
}

impl Inner {
    async fn target(&self, old: &Execution, wanted: Wanted) -> Result<Target, RunError> {
        let head = &old.head;
        let workflow = self.store.workflow_get(head.workflow).await?;
        let existing = || workflow.as_ref().ok_or_else(|| RunError::UnknownWorkflow(head.workflow.to_string()));
        let pinned = match wanted {
            Wanted::Draft => draft_of(existing()?),
            Wanted::Live => Pinned::Revision(existing()?.live.ok_or(RunError::NothingLive)?),
            Wanted::Revision(number) => Pinned::Revision(number),
            Wanted::Same => match (head.revision, &old.draft) {
                (Some(number), _) => Pinned::Revision(number),
                (None, Some(draft)) => Pinned::Draft(Arc::new(draft.clone())),
                (None, None) => return Err(RunError::UnknownExecution(head.id)),
            },
        };
        match &workflow {
            Some(workflow) => self.target_of(workflow, pinned).await,
            // Its revisions are still there, and so is the event.
            None => {
                let plan = self.plan_of(head.workflow, &pinned).await?;
                let (workflow, workflow_key) = (head.workflow, head.workflow_key.clone());
                Ok(Target { workflow, workflow_key, checked: true, pinned, plan })
            }
        }
    }

    async fn target_of(&self, workflow: &Workflow, pinned: Pinned) -> Result<Target, RunError> {
        let plan = self.plan_of(workflow.id, &pinned).await?;
        let checked = workflow.settings.credentials.is_some();
        Ok(Target { workflow: workflow.id, workflow_key: workflow.key.clone(), checked, pinned, plan })
    }

    async fn plan_of(&self, workflow: WorkflowId, pinned: &Pinned) -> Result<Arc<Plan>, RunError> {
        self.catalog.pinned(workflow, pinned).await.map_err(|error| match (error, pinned) {
            (NoPlan::Unknown(error), _) => RunError::Store(error),
            (NoPlan::Unusable { problems, .. }, Pinned::Revision(number)) if problems.is_empty() => {
                RunError::UnknownRevision(*number)
            }
            (NoPlan::Unusable { problems, .. }, _) => RunError::Invalid(problems),
        })
    }

    pub(crate) fn check_written(&self, request: &mut WrittenRequest) -> Result<Checked, RunError> {
        request.check(&self.limits.written).map_err(|error: WrittenError| RunError::Event(error.to_string()))
    }

    /// An event as if it had just come in, and what its body takes when it is parsed.
    fn written(
        &self,
        mut request: WrittenRequest,
        target: &Target,
        remote_addr: IpAddr,
    ) -> Result<(Arc<Event>, usize), RunError> {
        let checked = self.check_written(&mut request)?;
        let now = clock::now();
        let event = Event {
            id: EventId::new(now, clock::random()),
            method: request.method,
            headers: headers::kept(request.headers, &target.plan.declared_headers, target.checked),
            query_string: request.query_string,
            body: request.body,
            remote_addr,
            received_at: now,
        };
        Ok((Arc::new(event), checked.tree_bytes))
    }

    /// On disk when this returns. What is returned beside the id resolves when it has left memory.
    async fn begin(self: &Arc<Self>, wish: Wish) -> Result<(ExecutionId, oneshot::Receiver<()>), RunError> {
        let Wish { target, event, tree_bytes, replay_of, from, mut notes } = wish;
        let Target { workflow, workflow_key, checked: _, pinned, plan } = target;
        let now = clock::now();
        let id = ExecutionId::new(now, clock::random());
        let mode = plan.mode;
        let timeout_at = timeout_at(&plan, now);
        let facts =
            Facts { execution: id, workflow_key: workflow_key.clone(), revision: pinned.revision(), timeout_at };
        let trigger = TriggerValues::new(Arc::clone(&event));
        let (machine, taken_over) = match from {
            None => (Machine::new(plan, facts, trigger), Vec::new()),
            Some((node, records)) => {
                let begun = Machine::begin_at(&node, plan, facts, trigger, records)
                    .map_err(|cannot: CannotBeginAt| RunError::FromNode(cannot.to_string()))?;
                notes.push(taken_over_note(&node, &begun.1, replay_of));
                begun
            }
        };
        let mut share = self.bodies.share(Some(workflow));
        // Without room it is kept, and waits for some.
        let has_room = share.grow(event.body.len()).is_ok();
        let place = if has_room && !self.leaves_to_workers() { self.turns.place(workflow).ok() } else { None };
        let head = ExecutionHead {
            id,
            workflow,
            workflow_key,
            revision: pinned.revision(),
            replay_of,
            status: Status::Queued,
            mode,
            reason: None,
            answer_status: None,
            accepted_at: now,
            finished_at: None,
            method: event.method.clone(),
        };
        let beginning = Beginning {
            head,
            pinned,
            event,
            timeout_at,
            machine: Box::new(machine),
            taken_over,
            answer: None,
            notes,
            tree_bytes,
            share,
            place,
        };
        let (tell, told) = oneshot::channel();
        let (in_memory, left_memory) = oneshot::channel();
        let engine = Arc::clone(self);
        // Its own task: a caller that hangs up stops nothing.
        self.tasks.spawn(async move {
            match beginning.keep(&engine).await {
                Ok(kept) => {
                    let _ = tell.send(Ok(()));
                    kept.run(engine).await;
                    drop(in_memory);
                }
                Err(error) => drop(tell.send(Err(NotDurable::because(&error)))),
            }
        });
        let kept = told.await.unwrap_or_else(|_| Err(NotDurable::new("the execution was lost before it began")));
        kept?;
        Ok((id, left_memory))
    }
}

/// Lower-case names of the headers that a draft declares, which may have problems elsewhere.
pub(crate) fn declared_in(draft: &Value) -> Vec<String> {
    let rows = draft.pointer("/trigger/headers").and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(|row| Some(row.get("name")?.as_str()?.to_ascii_lowercase())).collect()
}

fn draft_of(workflow: &Workflow) -> Pinned {
    Pinned::Draft(Arc::new(workflow.draft.clone()))
}

fn taken_over_note(node: &NodeKey, taken_over: &[NodeRun], old: Option<ExecutionId>) -> String {
    let old = old.map(|old| format!(" from {old}")).unwrap_or_default();
    match taken_over.len() {
        0 => format!("begins at node `{node}`, the first"),
        1 => format!("begins at node `{node}`: the node run before it was taken over{old}"),
        count => format!("begins at node `{node}`: the {count} node runs before it were taken over{old}"),
    }
}
