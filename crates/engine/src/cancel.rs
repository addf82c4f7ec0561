//! A person's wish to end an execution, on its way to whoever runs it.
//! ```text
//! in memory      wish ─▶ its task, which ends it at the next node boundary
//! in the store   claim it and begin its task with the wish
//! elsewhere      kept in the store for whichever server runs it, and that one is told
//! ```
//! A wish that comes while a task leaves memory (it falls asleep, it parks) is followed up from the
//! store, so that no wish which was taken is lost.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::ExecutionId;
use store::Change;
use tokio::sync::Notify;

use crate::claims;
use crate::handle::Inner;

/// The executions in memory, and the way to tell each.
#[derive(Debug, Default)]
pub(crate) struct Cancels {
    listening: Mutex<HashMap<ExecutionId, Arc<Wish>>>,
}

#[derive(Debug, Default)]
struct Wish {
    wished: AtomicBool,
    told: Notify,
}

impl Cancels {
    /// From now on, until what it returns is dropped, wishes for this execution arrive there.
    pub(crate) fn listen(self: &Arc<Self>, execution: ExecutionId) -> Listener {
        let wish = Arc::<Wish>::default();
        self.lock().insert(execution, Arc::clone(&wish));
        Listener { cancels: Arc::clone(self), execution, wish }
    }

    /// `false`: nobody listens.
    pub(crate) fn wish(&self, execution: ExecutionId) -> bool {
        let listening = self.lock();
        let Some(wish) = listening.get(&execution) else { return false };
        wish.wished.store(true, Ordering::Relaxed);
        wish.told.notify_one();
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ExecutionId, Arc<Wish>>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of the way: held by the task that runs the execution.
#[derive(Debug)]
pub(crate) struct Listener {
    cancels: Arc<Cancels>,
    execution: ExecutionId,
    wish: Arc<Wish>,
}

impl Listener {
    /// Whether there ever was a wish.
    pub(crate) fn is_wished(&self) -> bool {
        self.wish.wished.load(Ordering::Relaxed)
    }

    /// Resolves once for each wish.
    pub(crate) async fn wished(&self) {
        self.wish.told.notified().await;
    }

    /// Stops listening. Whether there ever was a wish.
    pub(crate) fn close(&self) -> bool {
        let mut listening = self.cancels.lock();
        // Who claimed the execution meanwhile listens in this one's place, and goes on.
        if listening.get(&self.execution).is_some_and(|wish| Arc::ptr_eq(wish, &self.wish)) {
            listening.remove(&self.execution);
        }
        drop(listening);
        self.is_wished()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.close();
    }
}

/// An execution between the store and its task belongs to this server, and nobody listens yet: for a moment.
const HANDOVER: Duration = Duration::from_millis(20);
/// Where nobody else can have it, and where another server may.
const HANDOVERS_MAX: u32 = 50;
const HANDOVERS_SHARED_MAX: u32 = 3;

impl Inner {
    /// Ends an open execution at its next node boundary. `false`: there is none, or it has ended.
    pub(crate) async fn cancel(self: &Arc<Self>, execution: ExecutionId) -> Result<bool, store::Error> {
        let is_shared = self.store.is_shared();
        for _ in 0..if is_shared { HANDOVERS_SHARED_MAX } else { HANDOVERS_MAX } {
            if self.cancels.wish(execution) {
                return Ok(true);
            }
            if let Some(claimed) = self.store.execution_claim_one(execution, self.server()).await? {
                claims::take_up(self, claimed, true).await?;
                return Ok(true);
            }
            match self.store.execution_answer(execution).await? {
                Some((status, _)) if status.is_open() => tokio::time::sleep(HANDOVER).await,
                _ => return Ok(false),
            }
        }
        let is_kept = self.store.execution_cancel(execution).await?;
        if is_kept {
            self.store.tell(Change::Cancel(execution));
            // If it was ours after all.
            self.cancels.wish(execution);
        }
        Ok(is_kept)
    }
}
