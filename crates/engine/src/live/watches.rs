//! Whether anybody looks on, and whose node runs somebody wants to see.
//!
//! One who goes is waited for: for a while all is told on as before, so that it misses nothing if it comes back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::{ExecutionId, WorkflowId};
use store::ExecutionHead;
use tokio::time::Instant;

/// How long one who went is waited for.
pub(super) const LINGER: Duration = Duration::from_secs(60);
/// Watched by nobody at present; more are let go at once.
const LINGERING_MAX: usize = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// Executions, requests and workflows: all who listen hear of them.
    Heads,
    /// Node runs, also below.
    Workflow(WorkflowId),
    Execution(ExecutionId),
}

#[derive(Debug)]
struct Watch {
    /// All of it behind this position is told.
    began: u64,
    listeners: usize,
    /// While nobody listens.
    until: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Watches {
    any: AtomicBool,
    any_of_nodes: AtomicBool,
    watches: Mutex<HashMap<Subject, Watch>>,
}

impl Watches {
    /// Whether anybody looks on, or did so a moment ago.
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::SeqCst)
    }

    pub(super) fn has(&self, head: &ExecutionHead) -> bool {
        self.any_of_nodes.load(Ordering::SeqCst) && {
            let watches = self.lock();
            watches.contains_key(&Subject::Workflow(head.workflow))
                || watches.contains_key(&Subject::Execution(head.id))
        }
    }

    /// One more listens. Returns the position from which on nothing is missing; `now` makes it for a new watch.
    pub(super) fn watch(&self, subject: Subject, now: impl FnOnce() -> u64) -> u64 {
        let mut watches = self.lock();
        // Before the position is made: what is told from then on is told.
        self.any.store(true, Ordering::SeqCst);
        if subject != Subject::Heads {
            self.any_of_nodes.store(true, Ordering::SeqCst);
        }
        let watch = watches.entry(subject).or_insert_with(|| Watch { began: now(), listeners: 0, until: None });
        watch.listeners += 1;
        watch.until = None;
        watch.began
    }

    /// One less listens.
    pub(super) fn leave(&self, subject: Subject) {
        let mut watches = self.lock();
        let lingers = watches.len() <= LINGERING_MAX;
        let Some(watch) = watches.get_mut(&subject) else { return };
        watch.listeners -= 1;
        if watch.listeners == 0 {
            watch.until = Some(Instant::now() + LINGER);
            if !lingers {
                watches.remove(&subject);
            }
        }
        self.note(&watches);
    }

    /// Lets those go that nobody came back for.
    pub(super) fn sweep(&self) {
        if self.any.load(Ordering::Relaxed) {
            let mut watches = self.lock();
            let now = Instant::now();
            watches.retain(|_, watch| watch.until.is_none_or(|until| now < until));
            self.note(&watches);
        }
    }

    fn note(&self, watches: &HashMap<Subject, Watch>) {
        self.any.store(!watches.is_empty(), Ordering::SeqCst);
        self.any_of_nodes.store(watches.keys().any(|subject| *subject != Subject::Heads), Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Watch>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
