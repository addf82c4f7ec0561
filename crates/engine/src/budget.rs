//! What requests in memory may cost in all. Spent, the next request is answered 503: nothing is kept half.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::Limits;

#[derive(Debug)]
pub(crate) struct Budget {
    bytes_max: usize,
    nodes_max: usize,
    bytes: AtomicUsize,
    nodes: AtomicUsize,
}

/// What one request takes of the budget, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
    nodes: usize,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            bytes_max: limits.body_bytes_in_memory_max,
            nodes_max: limits.parsed_nodes_max,
            bytes: AtomicUsize::new(0),
            nodes: AtomicUsize::new(0),
        })
    }

    /// A share for a body of `bytes` with `nodes` JSON values, if there is that much left.
    pub(crate) fn share(self: &Arc<Self>, bytes: usize, nodes: usize) -> Option<Share> {
        let share = self.share_for_claimed(bytes, nodes);
        let fits = self.bytes.load(Ordering::Relaxed) <= self.bytes_max
            && self.nodes.load(Ordering::Relaxed) <= self.nodes_max;
        fits.then_some(share)
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= self.bytes_max || self.nodes.load(Ordering::Relaxed) >= self.nodes_max
    }

    /// A share for an execution that is durable already and has to be run: counted, never refused.
    pub(crate) fn share_for_claimed(self: &Arc<Self>, bytes: usize, nodes: usize) -> Share {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.nodes.fetch_add(nodes, Ordering::Relaxed);
        Share { budget: Arc::clone(self), bytes, nodes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.nodes.fetch_sub(self.nodes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_comes_back() {
        let limits = Limits { body_bytes_in_memory_max: 10, parsed_nodes_max: 3, ..Limits::default() };
        let budget = Budget::new(&limits);
        let share = budget.share(6, 1).unwrap();
        assert!(budget.share(6, 1).is_none(), "bytes");
        assert!(budget.share(1, 3).is_none(), "nodes");
        drop(share);
        assert!(budget.share(10, 3).is_some());
    }
}
