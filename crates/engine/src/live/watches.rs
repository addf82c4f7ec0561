//! Whose node runs somebody wants to see.
//!
//! One who goes is waited for: for a while its node runs are told on, so that it misses none if it comes back.

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
    Workflow(WorkflowId),
    Execution(ExecutionId),
}

#[derive(Debug)]
struct Watch {
    /// All its node runs behind this position are told.
    began: u64,
    listeners: usize,
    /// While nobody listens.
    until: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct Watches {
    any: AtomicBool,
    watches: Mutex<HashMap<Subject, Watch>>,
}

impl Watches {
    pub(super) fn has(&self, head: &ExecutionHead) -> bool {
        self.any.load(Ordering::SeqCst) && {
            let watches = self.lock();
            watches.contains_key(&Subject::Workflow(head.workflow))
                || watches.contains_key(&Subject::Execution(head.id))
        }
    }

    /// One more listens. Returns the position from which on nothing is missing; `now` makes it for a new watch.
    pub(super) fn watch(&self, subject: Subject, now: impl FnOnce() -> u64) -> u64 {
        let mut watches = self.lock();
        self.any.store(true, Ordering::SeqCst);
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
        self.any.store(!watches.is_empty(), Ordering::SeqCst);
    }

    /// Lets those go that nobody came back for.
    pub(super) fn sweep(&self) {
        if self.any.load(Ordering::Relaxed) {
            let mut watches = self.lock();
            let now = Instant::now();
            watches.retain(|_, watch| watch.until.is_none_or(|until| now < until));
            self.any.store(!watches.is_empty(), Ordering::SeqCst);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Watch>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
