//! A machine from its journal: what is recorded as finished is taken as it stands, never evaluated again.

use std::sync::Arc;

use super::{Facts, INTERRUPTED, Machine, Position, Taken, follow};
use crate::event::TriggerValues;
use crate::execution::journal::{self, NodeRun};
use crate::execution::status::NodeStatus;
use crate::flow::plan::{Operation, Plan};

/// The journal does not fit the plan: it belongs to another revision, or was damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal does not fit the revision: {0}")]
pub struct JournalMismatch(String);

impl Machine {
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
        if run.attempt == 1 {
            self.tried_since = Some(run.started_at);
        }
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
            NodeStatus::Error if self.policy(index).ignore_failure => {
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
}
