//! A machine from a journal, its own or another execution's: what is recorded as finished is taken as it
//! stands, never evaluated again.

use std::sync::Arc;

use super::{Facts, Machine, Position, Taken, follow};
use crate::event::TriggerValues;
use crate::execution::journal::{self, INTERRUPTED, NodeRun};
use crate::execution::status::NodeStatus;
use crate::flow::document::NodeKey;
use crate::flow::plan::{Operation, Plan, StepIndex};

/// The journal does not fit the plan: it belongs to another revision, or was damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal does not fit the revision: {0}")]
pub struct JournalMismatch(String);

/// Why an execution cannot begin in the middle of a flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotBeginAt {
    #[error("there is no node `{0}` in what is to be run")]
    UnknownNode(NodeKey),
    #[error("the old execution never came to node `{0}`, so nothing can be taken over up to there")]
    NeverReached(NodeKey),
    #[error("what is to be run differs from the old execution before node `{node}`: {difference}")]
    Differs { node: NodeKey, difference: String },
}

impl Machine {
    /// A machine before `node`, with what the journal of another execution of the same event says was
    /// finished by then: those records, each in its last state, are returned beside it.
    pub fn begin_at(
        node: &NodeKey,
        plan: Arc<Plan>,
        facts: Facts,
        trigger: TriggerValues,
        records: impl IntoIterator<Item = NodeRun>,
    ) -> Result<(Self, Vec<NodeRun>), CannotBeginAt> {
        let index = plan.find(node).ok_or_else(|| CannotBeginAt::UnknownNode(node.clone()))?;
        let mut taken_over = journal::latest(records);
        let reached = taken_over.iter().position(|run| run.node == *node);
        taken_over.truncate(reached.unwrap_or(taken_over.len()));
        let mut machine = Self::new(plan, facts, trigger);
        let fits = taken_over.iter().try_for_each(|run| {
            machine.is_same_step(run)?;
            machine.replay(run.clone()).map_err(|mismatch| mismatch.0)
        });
        match (fits, &machine.position) {
            // Also where it was to come next when the old execution timed out or was cancelled.
            (Ok(()), Position::Before(Some(next))) if *next == index => Ok((machine, taken_over)),
            _ if reached.is_none() => Err(CannotBeginAt::NeverReached(node.clone())),
            (Err(difference), _) => Err(CannotBeginAt::Differs { node: node.clone(), difference }),
            (Ok(()), _) => {
                let difference = "it leads elsewhere from there".to_owned();
                Err(CannotBeginAt::Differs { node: node.clone(), difference })
            }
        }
    }

    /// A key alone does not make a step of another revision the same.
    fn is_same_step(&self, run: &NodeRun) -> Result<(), String> {
        let Some(index) = self.plan.find(&run.node) else { return Ok(()) };
        let step = self.plan.step(index);
        if step.kind != run.kind {
            return Err(format!("node `{}` was a {} node and is a {} node", run.node, run.kind, step.kind));
        }
        // What a person skipped had begun.
        let was_disabled = run.status == NodeStatus::Skipped && run.input.is_none();
        if step.disabled != was_disabled {
            return Err(format!("node `{}` was switched on or off", run.node));
        }
        Ok(())
    }

    /// A machine as far as its journal says it had come.
    pub fn rebuild(
        plan: Arc<Plan>,
        facts: Facts,
        trigger: TriggerValues,
        records: impl IntoIterator<Item = NodeRun>,
    ) -> Result<Self, JournalMismatch> {
        let mut machine = Self::new(plan, facts, trigger);
        for run in journal::latest(records) {
            machine.replay(run)?;
        }
        // The last record and the end are one write, so an open execution never has such a journal.
        if matches!(machine.position, Position::Finished) {
            return Err(JournalMismatch("it has come to its end".to_owned()));
        }
        Ok(machine)
    }

    /// Takes in one journal record, which must be of the step the machine stands before.
    fn replay(&mut self, run: NodeRun) -> Result<(), JournalMismatch> {
        let index =
            self.plan.find(&run.node).ok_or_else(|| JournalMismatch(format!("it has no node `{}`", run.node)))?;
        let expected = match &self.position {
            Position::Before(next) => *next,
            // The next attempt of the same node.
            Position::Interrupted(at, _)
            | Position::Asking(at, _)
            | Position::Retrying(at, _)
            | Position::Asleep(at, _)
            | Position::InFlight(at, _) => Some(*at),
            Position::Finished => None,
        };
        if expected != Some(index) {
            return Err(JournalMismatch(format!("node `{}` does not come next", run.node)));
        }
        self.see_try(index, &run);
        let plan = Arc::clone(&self.plan);
        let step = plan.step(index);
        self.position = match run.status {
            NodeStatus::Running => Position::Interrupted(index, run),
            NodeStatus::Waiting if matches!(step.operation, Operation::Effect { .. }) => Position::Asking(index, run),
            NodeStatus::Waiting => Position::Asleep(index, run),
            // The attempt a crash cut off; the attempt that follows it stands next in the journal.
            NodeStatus::Error if run.error.as_ref().is_some_and(|error| error.code == INTERRUPTED) => {
                Position::Interrupted(index, run)
            }
            NodeStatus::Error if run.wake_at.is_some() => Position::Retrying(index, run),
            // Of a flow that did not ignore it there is no result to go on with.
            NodeStatus::Error if self.policy(index).ignore_failure && run.result.is_some() => {
                if let Some(result) = run.result {
                    self.results.insert(run.node, result);
                }
                Position::Before(step.next)
            }
            NodeStatus::Skipped => {
                if let Some(result) = run.result {
                    self.results.insert(run.node, result);
                }
                Position::Before(step.next)
            }
            NodeStatus::Succeeded => {
                let next = match &step.operation {
                    Operation::Branch(branch) => {
                        match branch.outcome_of(run.result.as_ref()).map(|o| follow(step, o)) {
                            Some(Taken::Next(next)) => Position::Before(next),
                            Some(_) => Position::Finished,
                            None => return Err(JournalMismatch(format!("node `{}` has no such outcome", run.node))),
                        }
                    }
                    Operation::Answer(_) | Operation::End(_) => Position::Finished,
                    _ => Position::Before(step.next),
                };
                if let Some(result) = run.result {
                    self.results.insert(run.node, result);
                }
                next
            }
            NodeStatus::Failed | NodeStatus::Error | NodeStatus::TimedOut | NodeStatus::Cancelled => Position::Finished,
        };
        Ok(())
    }

    /// Of each attempt only the last state stands here.
    fn see_try(&mut self, index: StepIndex, run: &NodeRun) {
        let policy = self.policy(index);
        let began = NodeRun { status: NodeStatus::Running, error: None, ..run.clone() };
        self.tries.have_seen(&began, policy);
        if run.status == NodeStatus::Error {
            self.tries.have_seen(run, policy);
        }
    }
}
