//! What may take long without waiting for anything: JSONata, and all that reads a large body.
//! ```text
//! work ─▶ waits for its workflow's turn ─▶ a thread of few, of low priority ─▶ outcome
//!                                             └─ after some milliseconds: of the lowest there is (threads)
//! ```
//! Threads that requests run on never do it: with as many cores as a small machine has, a few such pieces at a
//! time would hold up everybody's. Here they hold up each other at most, and of one workflow never all threads.
//!
//! Invariants
//! - There are as many turns as threads: what has its turn runs at once.
//! - A turn is given back when the work is done, also when nobody waits for it any more.

mod threads;

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use domain::id::WorkflowId;
use tokio::sync::oneshot;

use crate::caught::Panicked;
use crate::turns::{Turn, Turns};
use threads::Threads;

/// Reading a body above this may take long.
pub(crate) const LARGE_BODY_BYTES: usize = 256 << 10;
/// So that one workflow can be kept from taking all of them.
const THREADS_MIN: usize = 2;

/// The threads, and who may use them. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Heavy {
    turns: Arc<Turns>,
    threads: Threads,
}

impl Heavy {
    /// `threads`: 0 for half of the cores.
    pub(crate) fn new(threads: usize) -> std::io::Result<Self> {
        let half = || thread::available_parallelism().map_or(1, NonZero::get) / 2;
        let threads = if threads == 0 { half().max(THREADS_MIN) } else { threads };
        Ok(Self { turns: Turns::bounded(threads, (threads - 1).max(1)), threads: Threads::start(threads)? })
    }

    /// Waits for a turn. Dropping the future gives the wait up.
    pub(crate) async fn turn(&self, workflow: WorkflowId) -> Turn {
        self.turns.turn(workflow).await
    }

    /// What `work` comes to, unless it panics.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (tell, told) = oneshot::channel();
        let whole = move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            drop(turn);
            let _ = tell.send(done);
        };
        self.threads.hand(Box::new(whole));
        told.await.map_or(Err(Panicked), |done| done.map_err(|_| Panicked))
    }

    /// The same, from the wait on.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        workflow: WorkflowId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let turn = self.turn(workflow).await;
        self.work(turn, work).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::time::Timestamp;
    use tokio::time::timeout;

    use super::*;

    fn workflow(number: u64) -> WorkflowId {
        WorkflowId::new(Timestamp::from_micros(1), number)
    }

    #[tokio::test]
    async fn who_burns_leaves_a_thread_to_the_others() {
        let heavy = Arc::new(Heavy::new(2).unwrap());
        let (let_go, held) = crossbeam_channel::bounded::<()>(0);
        for _ in 0..5 {
            let (heavy, held) = (Arc::clone(&heavy), held.clone());
            tokio::spawn(async move { heavy.run(workflow(1), move || held.recv().is_ok()).await });
        }
        tokio::task::yield_now().await;
        for number in 2..5 {
            let done = timeout(Duration::from_secs(5), heavy.run(workflow(number), move || number)).await;
            assert_eq!(done.unwrap().unwrap(), number);
        }
        drop(let_go);
        assert!(!timeout(Duration::from_secs(5), heavy.run(workflow(1), || false)).await.unwrap().unwrap());
    }

    #[tokio::test]
    async fn a_panic_is_the_works_own_and_its_turn_comes_back() {
        let heavy = Heavy::new(1).unwrap();
        for _ in 0..3 {
            assert!(heavy.run(workflow(1), || panic!("on purpose")).await.is_err());
        }
        assert_eq!(heavy.run(workflow(1), || 7).await.unwrap(), 7);
    }

    /// Whoever hangs up does not free a thread that is still busy.
    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_turn_until_it_is_done() {
        let heavy = Heavy::new(1).unwrap();
        let (let_go, held) = crossbeam_channel::bounded::<()>(0);
        let left = timeout(Duration::from_millis(20), heavy.run(workflow(1), move || held.recv().is_ok())).await;
        assert!(left.is_err());
        assert!(timeout(Duration::from_millis(20), heavy.turn(workflow(2))).await.is_err());
        drop(let_go);
        drop(timeout(Duration::from_secs(5), heavy.turn(workflow(2))).await.unwrap());
    }
}
