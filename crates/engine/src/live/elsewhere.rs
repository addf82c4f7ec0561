//! Those who look on at other servers: they are told what happened, and read the rest themselves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use store::{Outcome, Store};

use super::Change;

#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    is_watched: AtomicBool,
    store: OnceLock<Arc<dyn Store>>,
}

impl Elsewhere {
    pub(super) fn lead(&self, store: Arc<dyn Store>) {
        let _ = self.store.set(store);
    }

    pub(super) fn is_watched(&self, is_watched: bool) {
        self.is_watched.store(is_watched, Ordering::Relaxed);
    }

    /// The way there, while somebody looks on.
    pub(super) fn way(&self) -> Option<&Arc<dyn Store>> {
        self.is_watched.load(Ordering::Relaxed).then(|| self.store.get()).flatten()
    }
}

impl Change {
    /// `None`: an execution's node runs stand in its journal.
    pub(super) fn word(&self) -> Option<store::Change> {
        Some(match self {
            Self::Execution(head) => store::Change::Execution(head.id),
            Self::NodeRun { .. } => return None,
            Self::Request(head) => match head.outcome {
                Outcome::Accepted { execution } => store::Change::Accepted(execution),
                Outcome::Refused { request, .. } => store::Change::Refused(request),
            },
            Self::Workflow(workflow) => store::Change::Workflow(*workflow),
        })
    }
}
