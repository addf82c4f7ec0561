//! What happens, as it happens, for whoever looks on.
//! ```text
//! tell ─▶ inbox ──a tick──▶ segment ─▶ ring ─▶ listeners, each at a position of its own
//! ```
//! Invariants
//! - Who tells never waits: a change goes into the inbox, or is left out and counted.
//! - What is told is on disk: a list that is read after a change was heard shows it.
//! - Behind its position a listener hears everything that its filter lets pass, once and in order; or it
//!   hears of a gap.
//! - While nobody listens, nothing is told: it costs a look at a flag.
//! - However slowly a listener reads, it holds no more than its place in the ring.
//!
//! Not here: what a change looks like outside, connections (`server::api::live`).

mod elsewhere;
mod listener;
mod position;
mod ring;
mod service;
mod watches;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use domain::execution::journal::NodeRun;
use domain::id::{ExecutionId, WorkflowId};
use domain::time::Timestamp;
use store::{ExecutionHead, Outcome, RequestHead, Store};
use tokio::sync::{Notify, watch};

pub use self::listener::{Heard, Listener};
pub use self::position::Position;
pub use self::ring::Batch;
pub(crate) use self::service::Service;

use self::elsewhere::Elsewhere;
use self::ring::Ring;
use self::watches::{Subject, Watches};
use crate::clock;
use crate::limits::Limits;

/// Something that others may see from now on: it is on disk.
#[derive(Debug, Clone)]
pub enum Change {
    /// An execution as it is now.
    Execution(ExecutionHead),
    /// Its input and its result are left out: they can be large, and the execution shows them.
    NodeRun { execution: ExecutionId, workflow: WorkflowId, run: Box<NodeRun> },
    /// A request, accepted or refused.
    Request(RequestHead),
    /// It was made, changed or deleted.
    Workflow(WorkflowId),
}

/// What a listener wants to hear of; both: what is about both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    pub workflow: Option<WorkflowId>,
    pub execution: Option<ExecutionId>,
}

/// As many listen as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many listen already")]
pub struct TooManyListeners;

/// A change in the inbox and in the ring.
#[derive(Debug)]
struct Told {
    about: Filter,
    /// `None`: node runs that became durable while somebody began to watch, and that nobody kept.
    change: Option<Box<Change>>,
    /// As it goes out, made once for all listeners.
    encoded: OnceLock<Bytes>,
}

#[derive(Debug, Default)]
struct Inbox {
    told: Vec<Told>,
    left_out: bool,
}

#[derive(Debug)]
pub(crate) struct Live {
    limits: LiveLimits,
    /// Tells the positions of this process from those of another.
    boot: u64,
    began: Timestamp,
    inbox: Mutex<Inbox>,
    /// The inbox is no longer empty.
    filled: Notify,
    ring: Mutex<Ring>,
    /// The position of the newest change.
    newest: watch::Sender<u64>,
    watches: Watches,
    /// Told when somebody began to look on, and nobody did before.
    watched: Notify,
    elsewhere: Elsewhere,
    listeners: AtomicUsize,
    left_out: AtomicU64,
    gaps: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct LiveLimits {
    changes: usize,
    changes_per_second: u32,
    listeners: usize,
}

impl Live {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let limits = LiveLimits {
            changes: limits.live_changes_max.max(1),
            changes_per_second: limits.live_changes_per_second_max,
            listeners: limits.live_listeners_max,
        };
        let began_at = clock::now();
        let began = position::time(began_at);
        Arc::new(Self {
            limits,
            boot: clock::random(),
            began: began_at,
            inbox: Mutex::default(),
            filled: Notify::new(),
            ring: Mutex::new(Ring::new(began, limits.changes)),
            newest: watch::Sender::new(began),
            watches: Watches::default(),
            watched: Notify::new(),
            elsewhere: Elsewhere::default(),
            listeners: AtomicUsize::new(0),
            left_out: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
        })
    }

    /// By this way others hear of what happens here, while somebody [looks on there](Self::is_watched_elsewhere).
    pub(crate) fn leads_to_others(&self, store: Arc<dyn Store>) {
        self.elsewhere.lead(store);
    }

    pub(crate) fn is_watched_elsewhere(&self, is_watched: bool) {
        self.elsewhere.is_watched(is_watched);
    }

    /// Whether anybody looks on here, or did so a moment ago.
    pub(crate) fn is_watched(&self) -> bool {
        self.watches.any()
    }

    /// Resolves when somebody looks on, and nobody did before; perhaps once too often.
    pub(crate) async fn began_to_be_watched(&self) {
        self.watched.notified().await;
    }

    /// Never waits. `change` is made only if anybody looks on.
    pub(crate) fn tell(&self, change: impl FnOnce() -> Change) {
        let (here, elsewhere) = (self.watches.any(), self.elsewhere.way());
        if !here && elsewhere.is_none() {
            return;
        }
        let change = change();
        if let Some((store, word)) = elsewhere.zip(change.word()) {
            store.tell(word);
        }
        if here {
            self.hear(change);
        }
    }

    /// Of something that happened on another server.
    pub(crate) fn hear(&self, change: Change) {
        self.put(Told { about: change.about(), change: Some(Box::new(change)), encoded: OnceLock::new() });
    }

    /// Something may have happened on another server that nobody told: all who listen hear of a gap.
    pub(crate) fn missed(&self) {
        if self.watches.any() {
            self.inbox().left_out = true;
            self.put(Told { about: Filter::default(), change: None, encoded: OnceLock::new() });
        }
    }

    /// Whether somebody wants to see the node runs of this execution.
    pub(crate) fn wants_nodes(&self, head: &ExecutionHead) -> bool {
        self.watches.has(head)
    }

    /// The node runs that somebody wants to see once they are durable; `None`: nobody does so far.
    pub(crate) fn wants(&self, head: &ExecutionHead, records: &[NodeRun]) -> Option<Vec<NodeRun>> {
        if records.is_empty() {
            return Some(Vec::new());
        }
        let seen = |run: &NodeRun| NodeRun {
            node: run.node.clone(),
            kind: run.kind.clone(),
            visit: run.visit.clone(),
            attempt: run.attempt,
            status: run.status,
            input: None,
            slots: Vec::new(),
            result: None,
            error: run.error.clone(),
            missing: Vec::new(),
            started_at: run.started_at,
            finished_at: run.finished_at,
            wake_at: run.wake_at,
        };
        self.watches.has(head).then(|| records.iter().map(seen).collect())
    }

    /// An execution was saved; `records` is what [`Live::wants`] said before.
    pub(crate) fn saved(&self, head: &ExecutionHead, records: Option<Vec<NodeRun>>) {
        match records {
            Some(records) => {
                for run in records {
                    let run = Box::new(run);
                    self.tell(|| Change::NodeRun { execution: head.id, workflow: head.workflow, run });
                }
            }
            // Who began to watch meanwhile may have looked before these could be seen.
            None if self.watches.has(head) => {
                let about = Filter { workflow: Some(head.workflow), execution: Some(head.id) };
                self.put(Told { about, change: None, encoded: OnceLock::new() });
            }
            None => {}
        }
        self.tell(|| Change::Execution(head.clone()));
    }

    fn put(&self, told: Told) {
        let mut inbox = self.inbox();
        if inbox.told.len() >= self.limits.changes {
            inbox.left_out = true;
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let is_first = inbox.told.is_empty();
        inbox.told.push(told);
        drop(inbox);
        if is_first {
            self.filled.notify_one();
        }
    }

    /// From `after` on, an id that was heard earlier; or from now on.
    pub(crate) fn listen(self: &Arc<Self>, filter: Filter, after: Option<&str>) -> Result<Listener, TooManyListeners> {
        let was_watched = self.watches.any();
        let listener = Listener::new(Arc::clone(self), filter, after)?;
        if !was_watched {
            self.watched.notify_one();
        }
        Ok(listener)
    }

    /// Those who listen now.
    pub(crate) fn listeners(&self) -> usize {
        self.listeners.load(Ordering::Relaxed)
    }

    /// Changes that found no room in the inbox.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }

    /// Gaps that listeners were told of.
    pub(crate) fn gaps(&self) -> u64 {
        self.gaps.load(Ordering::Relaxed)
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Change {
    /// What it is about.
    fn about(&self) -> Filter {
        match self {
            Self::Execution(head) => Filter { workflow: Some(head.workflow), execution: Some(head.id) },
            Self::NodeRun { execution, workflow, .. } => {
                Filter { workflow: Some(*workflow), execution: Some(*execution) }
            }
            Self::Request(head) => {
                let execution = match head.outcome {
                    Outcome::Accepted { execution } => Some(execution),
                    Outcome::Refused { .. } => None,
                };
                Filter { workflow: Some(head.workflow), execution }
            }
            Self::Workflow(workflow) => Filter { workflow: Some(*workflow), execution: None },
        }
    }
}

impl Told {
    /// Node runs go to those only who asked for their workflow or execution.
    fn is_of_nodes(&self) -> bool {
        matches!(self.change.as_deref(), None | Some(Change::NodeRun { .. }))
    }
}

impl Filter {
    fn passes(&self, told: &Told) -> bool {
        let Self { workflow, execution } = *self;
        workflow.is_none_or(|workflow| told.about.workflow == Some(workflow))
            && execution.is_none_or(|execution| told.about.execution == Some(execution))
            && !(told.is_of_nodes() && workflow.is_none() && execution.is_none())
    }

    /// Whose node runs it asks for.
    fn subject(&self) -> Option<Subject> {
        self.execution.map(Subject::Execution).or(self.workflow.map(Subject::Workflow))
    }
}

#[cfg(test)]
mod tests;
