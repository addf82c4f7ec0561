//! Who may run: a bounded number of executions at a time, picked fairly between workflows.
//! ```text
//! place ── an execution held in memory: bounded per workflow and in all; some are kept for what waits in the store
//! turn ─── the right to run: bounded per workflow and in all; who waits is served workflow by workflow
//! ```
//! A flood of one workflow fills its own queue; the others' executions wait behind at most one of
//! its executions each.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use domain::id::WorkflowId;
use tokio::sync::{Notify, oneshot};

use crate::budget::{Limit, Spent};
use crate::drain::{Rate, retry_after_s};
use crate::limits::Limits;

#[derive(Debug)]
pub(crate) struct Turns {
    limits: TurnLimits,
    state: Mutex<State>,
    /// Told when a place becomes free and someone said they miss one.
    pub(crate) place_freed: Notify,
    missed: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct TurnLimits {
    running: usize,
    running_per_workflow: usize,
    places: usize,
    places_per_workflow: usize,
}

/// How many of the places new executions leave to those that wait in the store. However many come, some of
/// those get in; and as new ones never take these, a claim of as many fits whatever comes meanwhile.
fn kept(places: usize) -> usize {
    places / 4
}

#[derive(Debug, Default)]
struct State {
    queues: HashMap<WorkflowId, Queue>,
    /// Workflows with someone waiting, the next to be served in front.
    order: VecDeque<WorkflowId>,
    running: usize,
    places: usize,
    left: Rate,
}

#[derive(Debug, Default)]
struct Queue {
    running: usize,
    places: usize,
    /// Executions that gave up their place.
    left: Rate,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

impl Turns {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Self::within(TurnLimits {
            running: limits.executions_running_max,
            running_per_workflow: limits.executions_running_per_workflow_max,
            places: limits.executions_in_memory_max,
            places_per_workflow: limits.executions_in_memory_per_workflow_max,
        })
    }

    /// Turns alone, of something that has no places.
    pub(crate) fn bounded(running: usize, running_per_workflow: usize) -> Arc<Self> {
        Self::within(TurnLimits { running, running_per_workflow, places: 0, places_per_workflow: 0 })
    }

    fn within(limits: TurnLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default(), place_freed: Notify::new(), missed: AtomicBool::new(false) })
    }

    /// A place in memory for a new execution, unless those of the workflow or the server are taken.
    pub(crate) fn place(self: &Arc<Self>, workflow: WorkflowId) -> Result<Place, Spent> {
        let mut state = self.state();
        let room = self.room_for_one(&state, workflow);
        if room.is_err() {
            self.missed.store(true, Ordering::Relaxed);
        }
        room.map(|()| self.take_place(&mut state, workflow))
    }

    /// Whether a new execution would find a place now.
    pub(crate) fn has_place(&self, workflow: WorkflowId) -> Result<(), Spent> {
        self.room_for_one(&self.state(), workflow)
    }

    fn room_for_one(&self, state: &State, workflow: WorkflowId) -> Result<(), Spent> {
        let TurnLimits { places, places_per_workflow, .. } = self.limits;
        let spent = |limit, held: usize, left: &Rate| {
            // A place becomes free long before; but all who hold one now are before whoever comes next.
            Spent { limit, retry_after_s: retry_after_s(left.drains_in(held, Instant::now())) }
        };
        if let Some(queue) = state.queues.get(&workflow)
            && queue.places >= places_per_workflow - kept(places_per_workflow)
        {
            return Err(spent(Limit::ExecutionsPerWorkflow, queue.places, &queue.left));
        }
        if state.places >= places - kept(places) {
            return Err(spent(Limit::Executions, state.places, &state.left));
        }
        Ok(())
    }

    /// A place for an execution that already belongs to this server; the claim was sized to fit.
    pub(crate) fn place_for_claimed(self: &Arc<Self>, workflow: WorkflowId) -> Place {
        let mut state = self.state();
        self.take_place(&mut state, workflow)
    }

    fn take_place(self: &Arc<Self>, state: &mut State, workflow: WorkflowId) -> Place {
        state.places += 1;
        state.queues.entry(workflow).or_default().places += 1;
        Place { turns: Arc::clone(self), workflow }
    }

    /// How many may be claimed, how many of one workflow, and of which workflows none.
    pub(crate) fn room(&self) -> Room {
        let TurnLimits { places, places_per_workflow, .. } = self.limits;
        let per_workflow = kept(places_per_workflow).max(1);
        let state = self.state();
        let full = state.queues.iter().filter(|(_, queue)| queue.places + per_workflow > places_per_workflow);
        let room = Room {
            // New ones may come while the claim is under way.
            free: places.saturating_sub(state.places.max(places.saturating_sub(kept(places).max(1)))),
            per_workflow,
            full: full.map(|(id, _)| *id).collect(),
        };
        if room.free == 0 || !room.full.is_empty() {
            self.missed.store(true, Ordering::Relaxed);
        }
        room
    }

    pub(crate) fn held(&self) -> Held {
        let state = self.state();
        let waiting = state.queues.values().flat_map(|queue| &queue.waiting).filter(|waiter| !waiter.is_closed());
        Held { in_memory: state.places as u64, running: state.running as u64, waiting: waiting.count() as u64 }
    }

    /// A turn, if there is one and nobody waits for it.
    pub(crate) fn at_once(self: &Arc<Self>, workflow: WorkflowId) -> Option<Turn> {
        let mut state = self.state();
        if !state.order.is_empty() || state.running >= self.limits.running {
            return None;
        }
        let queue = state.queues.entry(workflow).or_default();
        if queue.running >= self.limits.running_per_workflow {
            return None;
        }
        queue.running += 1;
        state.running += 1;
        Some(Turn { turns: Arc::clone(self), workflow })
    }

    /// Waits until it is this workflow's turn. Dropping the future gives the wait up.
    pub(crate) async fn turn(self: &Arc<Self>, workflow: WorkflowId) -> Turn {
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.state();
            let State { queues, order, .. } = &mut *state;
            let queue = queues.entry(workflow).or_default();
            queue.waiting.push_back(sender);
            if queue.waiting.len() == 1 {
                order.push_back(workflow);
            }
        }
        self.pass_on();
        receiver.await.expect("a waiter stays in its queue until it is given a turn")
    }

    /// Gives turns to those who wait, workflow by workflow, as far as there are turns.
    fn pass_on(self: &Arc<Self>) {
        let mut passed = Vec::new();
        let mut state = self.state();
        let State { queues, order, running, .. } = &mut *state;
        let mut at_their_limit = 0;
        while *running < self.limits.running && at_their_limit < order.len() {
            let Some(workflow) = order.pop_front() else { break };
            let Some(queue) = queues.get_mut(&workflow) else { continue };
            if queue.running >= self.limits.running_per_workflow {
                order.push_back(workflow);
                at_their_limit += 1;
                continue;
            }
            at_their_limit = 0;
            // Those who gave up are passed over.
            while let Some(waiter) = queue.waiting.pop_front() {
                if !waiter.is_closed() {
                    queue.running += 1;
                    *running += 1;
                    passed.push((waiter, Turn { turns: Arc::clone(self), workflow }));
                    break;
                }
            }
            if !queue.waiting.is_empty() {
                order.push_back(workflow);
            } else if queue.is_idle() {
                queues.remove(&workflow);
            }
        }
        drop(state);
        for (waiter, turn) in passed {
            // A turn that nobody takes is given back when it is dropped here.
            let _ = waiter.send(turn);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Queue {
    fn is_idle(&self) -> bool {
        self.running == 0 && self.places == 0 && self.waiting.is_empty()
    }
}

impl State {
    fn forget_if_idle(&mut self, workflow: WorkflowId) {
        if self.queues.get(&workflow).is_some_and(Queue::is_idle) {
            self.queues.remove(&workflow);
        }
    }
}

/// How many executions there are in memory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) in_memory: u64,
    /// Have a turn.
    pub(crate) running: u64,
    /// Wait for one.
    pub(crate) waiting: u64,
}

/// What can be claimed.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) free: usize,
    pub(crate) per_workflow: usize,
    /// Workflows with too few free places.
    pub(crate) full: Vec<WorkflowId>,
}

/// An execution's place in memory, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    turns: Arc<Turns>,
    workflow: WorkflowId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        let now = Instant::now();
        state.places = state.places.saturating_sub(1);
        state.left.add(1, now);
        if let Some(queue) = state.queues.get_mut(&self.workflow) {
            queue.places = queue.places.saturating_sub(1);
            queue.left.add(1, now);
            state.forget_if_idle(self.workflow);
        }
        drop(state);
        if self.turns.missed.swap(false, Ordering::Relaxed) {
            self.turns.place_freed.notify_one();
        }
    }
}

/// The right to run, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Arc<Turns>,
    workflow: WorkflowId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        state.running = state.running.saturating_sub(1);
        if let Some(queue) = state.queues.get_mut(&self.workflow) {
            queue.running = queue.running.saturating_sub(1);
            state.forget_if_idle(self.workflow);
        }
        let someone_waits = !state.order.is_empty();
        drop(state);
        if someone_waits {
            self.turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    fn turns(running: usize, running_per_workflow: usize) -> Arc<Turns> {
        Turns::new(&Limits {
            executions_running_max: running,
            executions_running_per_workflow_max: running_per_workflow,
            executions_in_memory_max: 5,
            executions_in_memory_per_workflow_max: 4,
            ..Limits::default()
        })
    }

    fn workflow(number: u64) -> WorkflowId {
        WorkflowId::new(Timestamp::from_micros(1), number)
    }

    #[tokio::test]
    async fn a_flood_of_one_workflow_lets_the_others_in() {
        let turns = turns(1, 1);
        let first = turns.turn(workflow(1)).await;
        let served = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for number in [1, 1, 1, 1, 2, 3] {
            let (turns, served) = (Arc::clone(&turns), Arc::clone(&served));
            tasks.push(tokio::spawn(async move {
                let _turn = turns.turn(workflow(number)).await;
                served.lock().unwrap().push(number);
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*served.lock().unwrap(), [1, 2, 3, 1, 1, 1]);
    }

    #[tokio::test]
    async fn one_workflow_cannot_take_every_turn() {
        let turns = turns(3, 2);
        let (a, b) = (turns.turn(workflow(1)).await, turns.turn(workflow(1)).await);
        let third = tokio::time::timeout(std::time::Duration::from_millis(20), turns.turn(workflow(1)));
        assert!(third.await.is_err());
        let other = turns.turn(workflow(2)).await;
        drop((a, b, other));
    }

    #[tokio::test]
    async fn who_gives_up_waiting_takes_no_turn_along() {
        let turns = turns(1, 1);
        for _ in 0..3 {
            let turn = turns.turn(workflow(1)).await;
            let given_up = tokio::time::timeout(std::time::Duration::from_millis(5), turns.turn(workflow(1)));
            assert!(given_up.await.is_err());
            assert_eq!(turns.held(), Held { in_memory: 0, running: 1, waiting: 0 });
            drop(turn);
        }
        drop(turns.turn(workflow(2)).await);
        assert_eq!(turns.state().running, 0);
        assert!(turns.state().queues.is_empty(), "idle queues are forgotten");
    }

    #[test]
    fn places_are_bounded_per_workflow_and_in_all() {
        let turns = turns(1, 1);
        let held: Vec<_> = (0..3).map(|_| turns.place(workflow(1)).unwrap()).collect();
        assert_eq!(turns.place(workflow(1)).unwrap_err().limit, Limit::ExecutionsPerWorkflow);
        assert!(turns.has_place(workflow(1)).is_err() && turns.has_place(workflow(2)).is_ok());
        let other = turns.place(workflow(2)).unwrap();
        assert_eq!(turns.place(workflow(3)).unwrap_err().limit, Limit::Executions);
        let room = turns.room();
        assert_eq!((room.free, room.per_workflow, room.full), (1, 1, vec![]), "one is kept for what is claimed");
        let claimed = turns.place_for_claimed(workflow(1));
        let room = turns.room();
        assert_eq!((room.free, room.full), (0, vec![workflow(1)]));
        drop((other, claimed));
        assert!(turns.place(workflow(3)).is_ok());
        drop(held);
        assert_eq!(turns.held().in_memory, 0);
    }
}
