//! How much parsed JSON flows hold at the same time: small objects take thirty times the memory of their text.
//! ```text
//! a turn over a large body ─▶ waits until there is room for it ─▶ evaluates ─▶ keeps what it still needs, gives back the rest
//! ```
//! Nobody is refused for it: a turn is short, and who waits for one waits in line anyway. One workflow takes three
//! quarters at most.
//!
//! Invariants
//! - A turn that would never fit goes alone.
//! - Who holds something already goes on at the latest when no other turn is under way, so that those who wait for
//!   each other's room do not wait for ever. Who holds nothing never adds to what is too much already.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::id::WorkflowId;
use tokio::sync::oneshot;

/// Parsed bodies up to here are not counted: there are no more of them at a time than threads.
pub(crate) const SMALL_TREE_BYTES: usize = 256 << 10;

#[derive(Debug)]
pub(crate) struct Parsed {
    max: usize,
    per_workflow_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    /// Turns under way.
    turns: usize,
    queues: HashMap<WorkflowId, Queue>,
    /// Workflows with someone waiting, the next to be looked at in front.
    order: VecDeque<WorkflowId>,
}

#[derive(Debug, Default)]
struct Queue {
    held: usize,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    bytes: usize,
    holds_some: bool,
    go: oneshot::Sender<Room>,
}

/// What an execution holds, until it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    parsed: Arc<Parsed>,
    workflow: WorkflowId,
    bytes: usize,
    in_turn: bool,
}

impl Parsed {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, per_workflow_max: max - max / 4, state: Mutex::default() })
    }

    /// Room for a turn that needs `bytes`, beside what its execution holds already. Dropping the future gives the wait up.
    pub(crate) async fn turn(self: &Arc<Self>, workflow: WorkflowId, bytes: usize, holds_some: bool) -> Room {
        let (go, may_go) = oneshot::channel();
        {
            let mut state = self.state();
            let State { queues, order, .. } = &mut *state;
            let queue = queues.entry(workflow).or_default();
            let was_empty = queue.waiting.is_empty();
            let waiting = Waiting { bytes, holds_some, go };
            if holds_some {
                // Those who wait for what it holds must not stand before it.
                queue.waiting.push_front(waiting);
            } else {
                queue.waiting.push_back(waiting);
            }
            if was_empty {
                order.push_back(workflow);
            }
        }
        self.pass_on();
        may_go.await.expect("who waits stays in line until it may go")
    }

    /// Lets those go for whom there is room, workflow by workflow.
    fn pass_on(self: &Arc<Self>) {
        let mut passed = Vec::new();
        let mut state = self.state();
        let State { held, turns, queues, order } = &mut *state;
        let mut stuck = 0;
        while stuck < order.len() {
            let Some(workflow) = order.pop_front() else { break };
            let Some(queue) = queues.get_mut(&workflow) else { continue };
            // Those who gave up are passed over.
            queue.waiting.retain(|waiting| !waiting.go.is_closed());
            let may_go = queue.waiting.front().is_some_and(|next| {
                let fits = *held + next.bytes <= self.max && queue.held + next.bytes <= self.per_workflow_max;
                fits || *held == 0 || (next.holds_some && *turns == 0)
            });
            if may_go && let Some(Waiting { bytes, go, .. }) = queue.waiting.pop_front() {
                *held += bytes;
                *turns += 1;
                queue.held += bytes;
                passed.push((go, Room { parsed: Arc::clone(self), workflow, bytes, in_turn: true }));
                stuck = 0;
            } else {
                stuck += 1;
            }
            if !queue.waiting.is_empty() {
                order.push_back(workflow);
            } else {
                stuck = stuck.saturating_sub(1);
                if queue.held == 0 {
                    queues.remove(&workflow);
                }
            }
        }
        drop(state);
        for (go, room) in passed {
            // Room that nobody takes is given back when it is dropped here.
            let _ = go.send(room);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// The turn is over; until the next one its execution holds so much.
    pub(crate) fn keep(&mut self, bytes: usize) {
        let mut state = self.parsed.state();
        state.held = state.held.saturating_sub(self.bytes) + bytes;
        state.turns -= usize::from(self.in_turn);
        if let Some(queue) = state.queues.get_mut(&self.workflow) {
            queue.held = queue.held.saturating_sub(self.bytes) + bytes;
            if queue.held == 0 && queue.waiting.is_empty() {
                state.queues.remove(&self.workflow);
            }
        }
        (self.bytes, self.in_turn) = (bytes, false);
        let someone_waits = !state.order.is_empty();
        drop(state);
        if someone_waits {
            self.parsed.pass_on();
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.keep(0);
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

    async fn waits(turn: impl Future<Output = Room>) -> bool {
        timeout(Duration::from_millis(20), turn).await.is_err()
    }

    #[tokio::test]
    async fn what_fits_goes_at_once_and_the_rest_waits_its_turn() {
        let parsed = Parsed::new(100);
        let first = parsed.turn(workflow(1), 60, false).await;
        assert!(waits(parsed.turn(workflow(1), 20, false)).await, "three quarters are all that one workflow gets");
        let other = parsed.turn(workflow(2), 40, false).await;
        assert!(waits(parsed.turn(workflow(3), 1, false)).await);
        drop(first);
        drop(parsed.turn(workflow(3), 60, false).await);
        drop(other);
        let state = parsed.state();
        assert_eq!((state.held, state.turns, state.queues.len(), state.order.len()), (0, 0, 0, 0));
    }

    #[tokio::test]
    async fn what_would_never_fit_goes_alone() {
        let parsed = Parsed::new(100);
        let huge = parsed.turn(workflow(1), 1_000, false).await;
        assert!(waits(parsed.turn(workflow(2), 1, false)).await);
        drop(huge);
        let small = parsed.turn(workflow(2), 1, false).await;
        assert!(waits(parsed.turn(workflow(1), 1_000, false)).await);
        drop(small);
        drop(parsed.turn(workflow(1), 1_000, false).await);
    }

    #[tokio::test]
    async fn those_who_hold_something_do_not_wait_for_each_other() {
        let parsed = Parsed::new(100);
        let mut held = Vec::new();
        for number in 1..=2 {
            let mut room = parsed.turn(workflow(number), 50, false).await;
            room.keep(50);
            held.push(room);
        }
        assert!(waits(parsed.turn(workflow(3), 50, false)).await, "who holds nothing waits");
        let next = parsed.turn(workflow(1), 50, true).await;
        assert!(waits(parsed.turn(workflow(2), 50, true)).await, "one at a time");
        drop(next);
        drop(parsed.turn(workflow(2), 50, true).await);
    }

    #[tokio::test]
    async fn who_holds_something_does_not_stand_behind_those_who_wait_for_it() {
        let parsed = Parsed::new(100);
        let mut room = parsed.turn(workflow(1), 75, false).await;
        room.keep(75);
        let next = tokio::spawn({
            let parsed = Arc::clone(&parsed);
            async move { parsed.turn(workflow(1), 75, false).await }
        });
        tokio::task::yield_now().await;
        drop(timeout(Duration::from_secs(5), parsed.turn(workflow(1), 75, true)).await.unwrap());
        assert!(!next.is_finished());
        drop(room);
        drop(timeout(Duration::from_secs(5), next).await.unwrap().unwrap());
    }

    #[tokio::test]
    async fn who_gives_up_waiting_holds_up_nobody() {
        let parsed = Parsed::new(100);
        let mut room = parsed.turn(workflow(1), 75, false).await;
        let huge = tokio::spawn({
            let parsed = Arc::clone(&parsed);
            async move { parsed.turn(workflow(1), 75, false).await }
        });
        tokio::task::yield_now().await;
        huge.abort();
        assert!(huge.await.is_err());
        room.keep(25);
        drop(parsed.turn(workflow(1), 50, false).await);
        drop(room);
        assert_eq!(parsed.state().held, 0);
        assert!(parsed.state().queues.is_empty());
    }
}
