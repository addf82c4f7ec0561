//! What becomes of an effect: done, failed, tried again, interrupted, asked about, given up.
//!
//! Not here: when the next attempt begins (`retry`).

use std::sync::Arc;

use super::{Action, Machine, Position, Resolution, Run, Taken, Turn, recordable};
use crate::execution::journal::{Failure, INTERRUPTED, NodeError, NodeRun};
use crate::execution::status::{End, NodeStatus};
use crate::flow::plan::{Operation, Policy, StepIndex};
use crate::time::Timestamp;
use crate::value::Value;

impl Machine {
    pub(super) fn effect_done(
        &mut self,
        index: StepIndex,
        mut run: NodeRun,
        outcome: Result<Value, Failure>,
        now: Timestamp,
    ) -> Taken {
        run.finished_at = Some(now);
        let recorded = match outcome {
            Ok(value) => recordable(value).map_err(Failure::lasting),
            Err(failure) => Err(failure),
        };
        match recorded {
            Ok(result) => {
                run.status = NodeStatus::Succeeded;
                self.results.insert(run.node.clone(), result.clone());
                run.result = Some(result);
                self.record(run, true);
                Taken::Next(self.plan.step(index).next)
            }
            Err(failure) => self.effect_failed(index, run, failure, now),
        }
    }

    fn effect_failed(&mut self, index: StepIndex, mut run: NodeRun, failure: Failure, now: Timestamp) -> Taken {
        let policy = self.policy(index);
        run.status = NodeStatus::Error;
        self.tries.have_seen(&run, policy);
        run.wake_at = self.tries.next_at(&policy.retry, &self.key_of(&run), &failure, now);
        if run.wake_at.is_some() {
            run.error = Some(failure.error);
            self.record(run.clone(), true);
            return Taken::Retrying(index, run);
        }
        if !policy.ignore_failure {
            run.error = Some(failure.error);
            self.record(run, true);
            return Taken::Finished(End::Error, None);
        }
        let Failure { error, mut result, .. } = failure;
        let told = serde_json::json!({ "code": error.code, "message": error.message });
        result.insert("error".to_owned(), told.clone());
        // What is shown beside an error is not worth a second one.
        let result = recordable(Value::Object(result)).unwrap_or_else(|_| serde_json::json!({ "error": told }));
        self.results.insert(run.node.clone(), result.clone());
        run.result = Some(result);
        run.error = Some(error);
        self.record(run, true);
        Taken::Next(self.plan.step(index).next)
    }

    pub(super) fn start_effect(&mut self, run: NodeRun, input: Arc<Value>) -> Option<Turn> {
        let index = self.index_of(&run);
        let action = Action::Run(Run {
            kind: run.kind.clone(),
            idempotency_key: self.key_of(&run),
            attempt: run.attempt,
            input,
            slots: run.slots.clone(),
        });
        self.tries.have_seen(&run, self.policy(index));
        self.record(run.clone(), true);
        self.position = Position::InFlight(index, run);
        self.turn(action)
    }

    /// The same on every attempt.
    fn key_of(&self, run: &NodeRun) -> String {
        format!("{}.{}.{}", self.facts.execution, run.node, run.visit)
    }

    pub(super) fn policy(&self, index: StepIndex) -> Policy {
        match &self.plan.step(index).operation {
            Operation::Effect { policy, .. } => *policy,
            _ => Policy::default(),
        }
    }

    /// The outcome of the last attempt will never be known: it is closed, and the same effect is tried again.
    pub(super) fn run_again(&mut self, mut run: NodeRun, now: Timestamp) -> Option<Turn> {
        run.status = NodeStatus::Error;
        run.error = Some(NodeError::new(
            INTERRUPTED,
            "the server stopped before the outcome was known; the node was run again with the same idempotency key",
        ));
        run.finished_at = Some(now);
        let index = self.index_of(&run);
        self.tries.have_seen(&run, self.policy(index));
        self.record(run.clone(), true);
        self.next_attempt(&run, now)
    }

    pub(super) fn next_attempt(&mut self, run: &NodeRun, now: Timestamp) -> Option<Turn> {
        let next = NodeRun {
            attempt: run.attempt.saturating_add(1),
            status: NodeStatus::Running,
            error: None,
            started_at: now,
            finished_at: None,
            wake_at: None,
            ..run.clone()
        };
        let input = next.input.clone().unwrap_or_default();
        self.start_effect(next, input)
    }

    pub(super) fn pause(&mut self, index: StepIndex, run: NodeRun, now: Timestamp) -> Option<Turn> {
        // There will be no next attempt: the wish came, or the time passed, while this one was under way.
        if self.timed_out(now) {
            return self.finish(End::TimedOut, None);
        }
        if self.cancelled {
            return self.finish(End::Cancelled, None);
        }
        let until = self.next_look(run.wake_at.unwrap_or(run.started_at));
        self.position = Position::Retrying(index, run);
        self.turn(Action::Pause { until })
    }

    pub(super) fn ask(&mut self, index: StepIndex, mut run: NodeRun) -> Option<Turn> {
        run.status = NodeStatus::Waiting;
        run.error = Some(NodeError::new(
            INTERRUPTED,
            "the server stopped before the outcome was known: say whether to run the node again, to skip it or to fail",
        ));
        self.record(run.clone(), true);
        self.position = Position::Asking(index, run);
        self.turn(Action::Ask { until: self.facts.timeout_at })
    }

    /// Whether there is a node whose outcome was lost, and which can be skipped.
    pub fn can_skip(&self) -> bool {
        matches!(self.position, Position::Asking(..) | Position::Interrupted(..))
    }

    /// A person's word. `None` where it means nothing: there is no node to skip between two nodes.
    pub(super) fn resolve(&mut self, position: Position, resolution: Resolution, now: Timestamp) -> Option<Turn> {
        match (position, resolution) {
            // Too late: nothing begins any more.
            (position, Resolution::RunAgain) if self.timed_out(now) || self.cancelled => self.advance(position, now),
            (Position::Asking(_, run) | Position::Interrupted(_, run), Resolution::RunAgain) => {
                self.run_again(run, now)
            }
            (Position::Asking(index, mut run) | Position::Interrupted(index, mut run), Resolution::Skip(result)) => {
                run.status = NodeStatus::Skipped;
                run.error = None;
                run.finished_at = Some(now);
                if let Some(result) = &result {
                    self.results.insert(run.node.clone(), result.clone());
                }
                run.result = result;
                self.record(run, true);
                let next = self.plan.step(index).next;
                self.go_on(Taken::Next(next), now)
            }
            (Position::Asking(_, run) | Position::Interrupted(_, run), Resolution::Fail) => {
                self.abandon(run, NodeStatus::Error, End::Error, now)
            }
            (Position::Finished, _) => None,
            (_, Resolution::Fail) => self.finish(End::Error, None),
            (position, Resolution::RunAgain) => self.advance(position, now),
            (position, Resolution::Skip(_)) => {
                self.position = position;
                None
            }
        }
    }

    /// Gives up a run that has begun, and with it the execution.
    pub(super) fn abandon(&mut self, mut run: NodeRun, status: NodeStatus, end: End, now: Timestamp) -> Option<Turn> {
        // Nobody is asked any more; one that failed by a person's word has no other reason.
        if run.error.is_some() || status == NodeStatus::Error {
            run.error = Some(NodeError::new(INTERRUPTED, "the server stopped before the outcome was known"));
        }
        run.status = status;
        run.finished_at = Some(now);
        self.record(run, true);
        self.finish(end, None)
    }
}
