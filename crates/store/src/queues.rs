//! The order in which what waits is written: new executions turn about between their workflows, so that those of one
//! that floods wait behind each other and not before everybody else's; all other things first, since they end what
//! has begun.

use std::collections::{BTreeMap, VecDeque};

use domain::id::WorkflowId;

/// The workflow of a new execution; `None`: anything else.
pub(crate) type Whose = Option<WorkflowId>;

#[derive(Debug)]
pub(crate) struct Queues<T> {
    first: VecDeque<T>,
    /// Of workflows that have something here.
    waiting: BTreeMap<WorkflowId, VecDeque<T>>,
    /// The same workflows, the next to be served in front.
    order: VecDeque<WorkflowId>,
    len: usize,
}

impl<T> Queues<T> {
    pub(crate) const fn new() -> Self {
        Self { first: VecDeque::new(), waiting: BTreeMap::new(), order: VecDeque::new(), len: 0 }
    }

    pub(crate) fn push(&mut self, whose: Whose, one: T) {
        self.len += 1;
        let Some(workflow) = whose else { return self.first.push_back(one) };
        let waiting = self.waiting.entry(workflow).or_default();
        if waiting.is_empty() {
            self.order.push_back(workflow);
        }
        waiting.push_back(one);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.len = self.len.saturating_sub(1);
        if let Some(one) = self.first.pop_front() {
            return Some(one);
        }
        let workflow = self.order.pop_front()?;
        let waiting = self.waiting.get_mut(&workflow)?;
        let one = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&workflow);
        } else {
            self.order.push_back(workflow);
        }
        one
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    #[test]
    fn workflows_take_turns_and_each_keeps_its_order() {
        let workflow = |number| Some(WorkflowId::new(Timestamp::from_micros(1), number));
        let mut queues = Queues::new();
        for (number, what) in
            [(1, "flood 1"), (1, "flood 2"), (1, "flood 3"), (2, "other 1"), (3, "third 1"), (2, "other 2")]
        {
            queues.push(workflow(number), what);
        }
        queues.push(None, "goes on");
        let order: Vec<_> = std::iter::from_fn(|| queues.pop()).collect();
        assert_eq!(order, ["goes on", "flood 1", "other 1", "third 1", "flood 2", "other 2", "flood 3"]);
        assert!(queues.is_empty() && queues.waiting.is_empty());
    }
}
