//! What bodies may take of the memory, from their first byte until their execution leaves it: in all, and of one
//! workflow, so that a flood of one leaves room for the others.
//! ```text
//! would it fit? ─no─▶ refused before a byte of it is read
//!   └─yes─▶ share ─ grows as bytes come ─▶ goes on with the execution ─▶ given back when dropped
//! ```
//! What a sender announces is looked at and not set aside: only bytes that have come take room from others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::id::WorkflowId;

use crate::drain::{Rate, retry_after_s};

/// A limit that a request ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Executions,
    ExecutionsPerWorkflow,
    Bytes,
    BytesPerWorkflow,
    StoreQueue,
    TurnWait,
}

impl Limit {
    pub const ALL: [Self; 6] = [
        Self::Executions,
        Self::ExecutionsPerWorkflow,
        Self::Bytes,
        Self::BytesPerWorkflow,
        Self::StoreQueue,
        Self::TurnWait,
    ];

    /// The setting that says how much it is.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executions => "executions_in_memory_max",
            Self::ExecutionsPerWorkflow => "executions_in_memory_per_workflow_max",
            Self::Bytes => "body_bytes_in_memory_max",
            Self::BytesPerWorkflow => "body_bytes_in_memory_per_workflow_max",
            Self::StoreQueue => "store_queue_bytes_max",
            Self::TurnWait => "turn_wait_max_ms",
        }
    }

    /// Whether other workflows still have room.
    pub const fn is_of_one_workflow(self) -> bool {
        matches!(self, Self::ExecutionsPerWorkflow | Self::BytesPerWorkflow | Self::TurnWait)
    }
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    pub limit: Limit,
    pub retry_after_s: u32,
}

/// Bytes held at the same time.
#[derive(Debug)]
pub struct Budget {
    max: usize,
    per_workflow_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    all: Held,
    /// Of those that hold something.
    each: HashMap<WorkflowId, Held>,
}

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    freed: Rate,
}

/// What one body holds of the budget; given back when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    /// `None`: of no workflow, and so bounded by what there is in all.
    workflow: Option<WorkflowId>,
    bytes: usize,
}

impl Budget {
    pub fn new(max: usize, per_workflow_max: usize) -> Arc<Self> {
        Arc::new(Self { max, per_workflow_max, state: Mutex::default() })
    }

    /// Nothing yet.
    pub fn share(self: &Arc<Self>, workflow: Option<WorkflowId>) -> Share {
        Share { budget: Arc::clone(self), workflow, bytes: 0 }
    }

    /// Whether a body of `bytes` would have room now.
    pub(crate) fn fits(&self, workflow: WorkflowId, bytes: usize) -> Result<(), Spent> {
        self.over(&self.state(), Some(workflow), bytes)
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.state().all.bytes >= self.max
    }

    /// With `more`.
    fn over(&self, state: &State, workflow: Option<WorkflowId>, more: usize) -> Result<(), Spent> {
        let spent = |limit, held: &Held, max: usize| {
            let excess = (held.bytes + more).saturating_sub(max);
            let retry_after_s = retry_after_s(held.freed.drains_in(excess, Instant::now()));
            if excess > 0 { Err(Spent { limit, retry_after_s }) } else { Ok(()) }
        };
        // Whose fault it is comes first: a workflow that is over its own share is told so.
        if let Some(held) = workflow.and_then(|workflow| state.each.get(&workflow)) {
            spent(Limit::BytesPerWorkflow, held, self.per_workflow_max)?;
        } else if workflow.is_some() {
            spent(Limit::BytesPerWorkflow, &Held::default(), self.per_workflow_max)?;
        }
        spent(Limit::Bytes, &state.all, self.max)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// So many bytes more have come.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Spent> {
        let mut state = self.budget.state();
        self.budget.over(&state, self.workflow, bytes)?;
        state.take(self.workflow, bytes);
        self.bytes += bytes;
        Ok(())
    }

    /// The same for what is on disk already: counted, never refused.
    pub fn take(&mut self, bytes: usize) {
        self.budget.state().take(self.workflow, bytes);
        self.bytes += bytes;
    }

    /// So many of its bytes are gone.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.state().give_back(self.workflow, bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

impl State {
    fn take(&mut self, workflow: Option<WorkflowId>, bytes: usize) {
        self.all.bytes += bytes;
        if let Some(workflow) = workflow.filter(|_| bytes > 0) {
            self.each.entry(workflow).or_default().bytes += bytes;
        }
    }

    fn give_back(&mut self, workflow: Option<WorkflowId>, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let now = Instant::now();
        let give_back = |held: &mut Held| {
            held.bytes = held.bytes.saturating_sub(bytes);
            held.freed.add(bytes, now);
            held.bytes
        };
        give_back(&mut self.all);
        if let Some(workflow) = workflow
            && self.each.get_mut(&workflow).map(give_back) == Some(0)
        {
            self.each.remove(&workflow);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    fn workflow(number: u64) -> Option<WorkflowId> {
        Some(WorkflowId::new(Timestamp::from_micros(1), number))
    }

    fn limit(refused: Result<(), Spent>) -> Option<Limit> {
        refused.err().map(|spent| spent.limit)
    }

    #[test]
    fn one_workflow_leaves_room_for_the_others_and_all_together_end_somewhere() {
        let budget = Budget::new(10, 7);
        let mut flood = budget.share(workflow(1));
        flood.grow(7).unwrap();
        assert_eq!(limit(flood.grow(1)), Some(Limit::BytesPerWorkflow));
        let mut other = budget.share(workflow(2));
        other.grow(3).unwrap();
        assert_eq!(limit(other.grow(1)), Some(Limit::Bytes));
        assert_eq!(limit(budget.share(None).grow(1)), Some(Limit::Bytes));
        assert!(budget.is_spent());
        drop(flood);
        other.grow(4).unwrap();
        other.shrink(5);
        assert_eq!(limit(budget.fits(workflow(2).unwrap(), 5)), None);
        assert_eq!(limit(budget.fits(workflow(2).unwrap(), 6)), Some(Limit::BytesPerWorkflow));
        drop(other);
        assert_eq!(budget.state().all.bytes, 0);
        assert!(budget.state().each.is_empty(), "who holds nothing is forgotten");
    }

    #[test]
    fn what_is_on_disk_already_is_counted_and_not_refused() {
        let budget = Budget::new(10, 10);
        let mut share = budget.share(workflow(1));
        share.take(20);
        assert_eq!(limit(budget.share(workflow(2)).grow(1)), Some(Limit::Bytes));
        drop(share);
        assert_eq!(budget.share(workflow(2)).grow(1), Ok(()));
    }

    #[test]
    fn what_was_refused_holds_no_more_than_before() {
        let budget = Budget::new(10, 10);
        let mut share = budget.share(workflow(1));
        share.grow(6).unwrap();
        assert!(share.grow(6).is_err());
        assert_eq!(budget.state().all.bytes, 6);
    }
}
