//! The pure interpreter of a compiled plan.
//! ```text
//!            feed(input, now)                 Turn { records, action }
//! engine ──────────────────────▶ Machine ──────────────────────────────▶ engine
//!    Advance                        Run     perform an effect, then feed EffectDone
//!    EffectDone                     Sleep   feed Advance at that time; needs no memory until then
//!    Cancelled                      Yield   feed Advance, others may go first
//!    Resolve                        Pause   as Sleep, before the next attempt of an effect
//!    Park                           Ask     feed Resolve once a person has said how to go on
//!                                   Parked  forget it; a rebuild goes on from here
//!                                   Finish  the end, with the answer for a caller that waits
//! ```
//! A turn is one write: its records, and the state its action leads to, become durable together,
//! before the action is performed.
//!
//! Invariants
//! - It never waits, never reads a clock and holds no randomness: the same plan, event and inputs give the same turns.
//! - What the journal records as finished is never run or evaluated again.
//! - A `Run` comes with its `running` record.
//! - Once finished it answers every input with nothing.
//! - What it records can be read back: values deeper than that are their node's error.
//!
//! Not here: performing effects (`engine::worker`), keeping records (`store`), how kinds become operations (`nodes`).

mod effect;
mod preview;
mod rebuild;
mod retry;
mod turn;

use std::sync::Arc;
use std::time::Duration;

pub use preview::{Preview, preview};
pub use rebuild::{CannotBeginAt, JournalMismatch};
use retry::Tries;
pub use turn::{Action, Facts, Finish, Input, Resolution, Run, Turn};

use crate::answer::Answer;
use crate::event::TriggerValues;
use crate::execution::journal::{NodeError, NodeRun};
use crate::execution::status::{End, NodeStatus};
use crate::flow::document::Mode;
use crate::flow::plan::{Branch, Goto, Interrupted, Operation, Outcome, Plan, Step, StepIndex};
use crate::secret::Slot;
use crate::template::Missing;
use crate::template::scope::{Results, Scope, System};
use crate::time::Timestamp;
use crate::value::{self, DEPTH_MAX, Value, is_too_deep};

/// Pure steps taken in one turn before others get theirs; one step that holds JSONata is a turn of its own.
const STEPS_PER_TURN_MAX: usize = 100;
/// The longest wait: ten years.
const WAIT_MS_MAX: u64 = 10 * 366 * 24 * 3_600 * 1_000;

/// One execution, in memory.
#[derive(Debug)]
pub struct Machine {
    plan: Arc<Plan>,
    facts: Facts,
    trigger: TriggerValues,
    results: Results,
    position: Position,
    tries: Tries,
    cancelled: bool,
    parking: bool,
    /// Records that no turn has carried yet.
    unsaved: Vec<NodeRun>,
    /// Whether `unsaved` holds what cannot be evaluated again: the outcome of an effect or a wait.
    unsaved_matters: bool,
}

#[derive(Debug)]
enum Position {
    /// About to take this step; `None`: past the last one.
    Before(Option<StepIndex>),
    /// The effect of this run is being performed.
    InFlight(StepIndex, NodeRun),
    /// The effect of this run was being performed when the process died.
    Interrupted(StepIndex, NodeRun),
    /// A person has to say how to go on with this run, whose outcome was lost.
    Asking(StepIndex, NodeRun),
    /// This attempt failed; the next one follows at its `wake_at`.
    Retrying(StepIndex, NodeRun),
    Asleep(StepIndex, NodeRun),
    Finished,
}

/// Where a step leads.
enum Taken {
    Next(Option<StepIndex>),
    InFlight(NodeRun, Arc<Value>),
    Asleep(NodeRun),
    Retrying(StepIndex, NodeRun),
    Finished(End, Option<Answer>),
}

impl Machine {
    /// A machine before its first step.
    pub fn new(plan: Arc<Plan>, facts: Facts, trigger: TriggerValues) -> Self {
        let first = plan.first;
        Self {
            plan,
            facts,
            trigger,
            results: Results::new(),
            position: Position::Before(first),
            tries: Tries::default(),
            cancelled: false,
            parking: false,
            unsaved: Vec::new(),
            unsaved_matters: false,
        }
    }

    /// The same execution before its first step.
    pub fn unbegun(&self) -> Self {
        let trigger = TriggerValues::new(Arc::clone(self.trigger.event()));
        Self::new(Arc::clone(&self.plan), self.facts.clone(), trigger)
    }

    /// Gives up what can be parsed again. About how many bytes its values take until the next turn.
    pub fn rest(&mut self) -> usize {
        self.trigger.forget_body();
        let input = match &self.position {
            Position::InFlight(_, run)
            | Position::Interrupted(_, run)
            | Position::Asking(_, run)
            | Position::Retrying(_, run)
            | Position::Asleep(_, run) => run.input.as_deref(),
            Position::Before(_) | Position::Finished => None,
        };
        input.into_iter().chain(self.results.values()).map(value::memory).sum()
    }

    /// Whether the next turn may take long because a step that it may take holds JSONata.
    pub fn is_heavy(&self) -> bool {
        let next = match self.position {
            Position::Before(next) => next,
            // What it waits for leads on to the next step in the same turn.
            Position::InFlight(index, _)
            | Position::Interrupted(index, _)
            | Position::Asking(index, _)
            | Position::Asleep(index, _) => self.plan.step(index).next,
            // The attempt is made with the input of the first one.
            Position::Retrying(..) | Position::Finished => None,
        };
        next.is_some_and(|index| self.plan.step(index).operation.is_heavy())
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When [`Input::Advance`] has to be fed even though nothing else happened.
    pub fn timeout_at(&self) -> Option<Timestamp> {
        self.facts.timeout_at
    }

    /// `None`: there is nothing to do until the next input.
    pub fn feed(&mut self, input: Input, now: Timestamp) -> Option<Turn> {
        match (std::mem::replace(&mut self.position, Position::Finished), input) {
            (Position::Finished, _) => None,
            (Position::InFlight(index, run), Input::EffectDone(outcome)) => {
                let taken = self.effect_done(index, run, outcome, now);
                self.go_on(taken, now)
            }
            // A result nobody waits for: of an attempt that was given up.
            (position, Input::EffectDone(_)) => {
                self.position = position;
                None
            }
            (position, Input::Cancelled) => {
                self.cancelled = true;
                self.at_boundary(position, now)
            }
            (position, Input::Resolve(resolution)) => self.resolve(position, resolution, now),
            (position, Input::Park) => {
                self.parking = true;
                self.at_boundary(position, now)
            }
            (position, Input::Advance) => self.advance(position, now),
        }
    }

    /// A wish takes hold at a node boundary: an effect that has begun is let finish.
    fn at_boundary(&mut self, position: Position, now: Timestamp) -> Option<Turn> {
        if matches!(position, Position::InFlight(..)) {
            self.position = position;
            return None;
        }
        self.advance(position, now)
    }

    fn advance(&mut self, position: Position, now: Timestamp) -> Option<Turn> {
        let timed_out = self.timed_out(now);
        match position {
            Position::InFlight(_, run) if timed_out => self.abandon(run, NodeStatus::TimedOut, End::TimedOut, now),
            Position::InFlight(index, run) => {
                self.position = Position::InFlight(index, run);
                None
            }
            Position::Interrupted(_, run) | Position::Asking(_, run) | Position::Asleep(_, run) if timed_out => {
                self.abandon(run, NodeStatus::TimedOut, End::TimedOut, now)
            }
            Position::Interrupted(_, run) | Position::Asking(_, run) | Position::Asleep(_, run) if self.cancelled => {
                self.abandon(run, NodeStatus::Cancelled, End::Cancelled, now)
            }
            // The failed attempt is recorded as what it is.
            Position::Retrying(..) if timed_out => self.finish(End::TimedOut, None),
            Position::Retrying(..) if self.cancelled => self.finish(End::Cancelled, None),
            Position::Interrupted(..) if self.parking => self.turn(Action::Parked),
            Position::Interrupted(index, run) => match self.policy(index).interrupted {
                Interrupted::RunAgain => self.run_again(run, now),
                Interrupted::Ask => self.ask(index, run),
            },
            Position::Asking(index, run) => {
                self.position = Position::Asking(index, run);
                self.turn(Action::Ask { until: self.facts.timeout_at })
            }
            Position::Retrying(index, run) => match run.wake_at {
                Some(until) if now < until => {
                    self.position = Position::Retrying(index, run);
                    self.turn(Action::Pause { until: self.next_look(until) })
                }
                _ if self.parking => self.turn(Action::Parked),
                _ => self.next_attempt(&run, now),
            },
            Position::Asleep(index, mut run) => match run.wake_at {
                Some(until) if now < until => {
                    self.position = Position::Asleep(index, run);
                    self.turn(Action::Sleep { until: self.next_look(until) })
                }
                _ => {
                    run.status = NodeStatus::Succeeded;
                    run.finished_at = Some(now);
                    self.record(run, true);
                    let next = self.plan.step(index).next;
                    self.go_on(Taken::Next(next), now)
                }
            },
            Position::Before(next) => self.go_on(Taken::Next(next), now),
            Position::Finished => None,
        }
    }

    /// Takes pure steps until something has to happen outside.
    fn go_on(&mut self, mut taken: Taken, now: Timestamp) -> Option<Turn> {
        for steps in 0.. {
            let next = match taken {
                Taken::Next(next) => next,
                Taken::InFlight(run, input) => return self.start_effect(run, input),
                Taken::Asleep(run) => return self.fall_asleep(run),
                Taken::Retrying(index, run) => return self.pause(index, run, now),
                Taken::Finished(end, answer) => return self.finish(end, answer),
            };
            if self.timed_out(now) {
                return self.finish(End::TimedOut, None);
            }
            if self.cancelled {
                return self.finish(End::Cancelled, None);
            }
            let Some(index) = next else {
                return self.finish(End::Succeeded, None);
            };
            if self.parking {
                return self.turn(Action::Parked);
            }
            self.position = Position::Before(Some(index));
            if steps == STEPS_PER_TURN_MAX || (steps > 0 && self.plan.step(index).operation.is_heavy()) {
                // What can be evaluated again can be written later, with something that cannot.
                let records = if self.unsaved_matters { self.take_unsaved() } else { Vec::new() };
                return Some(Turn { records, action: Action::Yield });
            }
            taken = self.take(index, now);
        }
        unreachable!("the loop returns")
    }

    fn take(&mut self, index: StepIndex, now: Timestamp) -> Taken {
        let plan = Arc::clone(&self.plan);
        let step = plan.step(index);
        let mut run = NodeRun {
            node: step.key.clone(),
            kind: step.kind.clone(),
            visit: String::new(),
            attempt: 1,
            status: NodeStatus::Succeeded,
            input: None,
            slots: Vec::new(),
            result: None,
            error: None,
            missing: Vec::new(),
            started_at: now,
            finished_at: Some(now),
            wake_at: None,
        };
        if step.disabled {
            run.status = NodeStatus::Skipped;
            self.record(run, false);
            return Taken::Next(step.next);
        }
        let mut missing = Vec::new();
        let done = self.evaluate(step, &mut missing, now);
        run.missing = missing;
        match done {
            Ok(Evaluated::Result(result)) => {
                self.results.insert(step.key.clone(), result.clone());
                run.result = Some(result);
                self.record(run, false);
                Taken::Next(step.next)
            }
            Ok(Evaluated::Outcome(outcome)) => {
                let taken = follow(step, outcome);
                if let Taken::Finished(end, _) = taken {
                    run.status = node_status(end);
                }
                self.results.insert(step.key.clone(), outcome.result.clone());
                run.result = Some(outcome.result.clone());
                self.record(run, false);
                taken
            }
            Ok(Evaluated::Answer(answer)) => {
                run.result = Some(answered(&answer));
                self.record(run, false);
                Taken::Finished(End::Succeeded, Some(answer))
            }
            Ok(Evaluated::End(end)) => {
                run.status = node_status(end);
                self.record(run, false);
                Taken::Finished(end, None)
            }
            Ok(Evaluated::Effect(input, slots)) => {
                run.slots = slots;
                run.status = NodeStatus::Running;
                run.finished_at = None;
                let input = Arc::new(input);
                run.input = Some(Arc::clone(&input));
                Taken::InFlight(run, input)
            }
            Ok(Evaluated::Wait(duration)) => {
                run.status = NodeStatus::Waiting;
                run.finished_at = None;
                run.wake_at = Some(now.plus(duration));
                run.input = Some(Arc::new(waited(duration)));
                Taken::Asleep(run)
            }
            Err(error) => {
                run.status = NodeStatus::Error;
                run.error = Some(error);
                self.record(run, false);
                Taken::Finished(End::Error, None)
            }
        }
    }

    fn evaluate<'p>(
        &self,
        step: &'p Step,
        missing: &mut Vec<Missing>,
        now: Timestamp,
    ) -> Result<Evaluated<'p>, NodeError> {
        let scope = Scope {
            trigger: &self.trigger,
            nodes: &self.results,
            system: System {
                now,
                execution_id: self.facts.execution,
                workflow_key: self.facts.workflow_key.as_str(),
                revision: self.facts.revision,
            },
        };
        evaluate(step, &scope, missing)
    }

    fn fall_asleep(&mut self, run: NodeRun) -> Option<Turn> {
        let index = self.index_of(&run);
        let until = self.next_look(run.wake_at.unwrap_or(run.started_at));
        self.record(run.clone(), true);
        self.position = Position::Asleep(index, run);
        self.turn(Action::Sleep { until })
    }

    fn finish(&mut self, end: End, answer: Option<Answer>) -> Option<Turn> {
        self.position = Position::Finished;
        let answer = match self.plan.mode {
            Mode::Sync => Some(answer.unwrap_or_else(|| Answer::for_end(end, self.facts.execution))),
            Mode::Async => None,
        };
        self.turn(Action::Finish(Finish { end, answer }))
    }

    fn record(&mut self, run: NodeRun, matters: bool) {
        self.unsaved.push(run);
        self.unsaved_matters |= matters;
    }

    /// A turn with every record so far.
    fn turn(&mut self, action: Action) -> Option<Turn> {
        Some(Turn { records: self.take_unsaved(), action })
    }

    /// Hands out what no turn has carried yet, for a caller that makes the execution durable at another moment.
    pub fn take_unsaved(&mut self) -> Vec<NodeRun> {
        self.unsaved_matters = false;
        std::mem::take(&mut self.unsaved)
    }

    fn timed_out(&self, now: Timestamp) -> bool {
        self.facts.timeout_at.is_some_and(|timeout_at| now >= timeout_at)
    }

    /// When something happens next: the timer, or the timeout before it.
    fn next_look(&self, wake_at: Timestamp) -> Timestamp {
        self.facts.timeout_at.map_or(wake_at, |timeout_at| timeout_at.min(wake_at))
    }

    fn index_of(&self, run: &NodeRun) -> StepIndex {
        self.plan.find(&run.node).expect("a run is made from a step of this plan")
    }
}

/// What a step came to.
enum Evaluated<'p> {
    Result(Value),
    Outcome(&'p Outcome),
    Answer(Answer),
    End(End),
    Effect(Value, Vec<Slot>),
    Wait(Duration),
}

fn evaluate<'p>(step: &'p Step, scope: &Scope<'_>, missing: &mut Vec<Missing>) -> Result<Evaluated<'p>, NodeError> {
    Ok(match &step.operation {
        Operation::Compute(value) => Evaluated::Result(recordable(value.render(scope, "", missing)?)?),
        Operation::Branch(branch) => Evaluated::Outcome(decide(branch, scope, missing)?),
        Operation::Answer(answer) => Evaluated::Answer(answer.render(scope, "", missing)?),
        Operation::End(end) => Evaluated::End(*end),
        Operation::Effect { input, .. } => {
            let mut slots = Vec::new();
            Evaluated::Effect(recordable(input.render_noting(scope, missing, &mut slots)?)?, slots)
        }
        Operation::Wait { amount, unit_ms } => {
            Evaluated::Wait(wait_duration(&amount.render(scope, "/amount", missing)?, *unit_ms)?)
        }
    })
}

/// A value on its way into the journal: one that could not be read back is the node's error.
fn recordable(value: Value) -> Result<Value, NodeError> {
    if is_too_deep(&value) {
        return Err(NodeError::new(
            "value.too_deep",
            format!("lists and objects are nested deeper than {DEPTH_MAX}, which cannot be recorded"),
        ));
    }
    Ok(value)
}

fn decide<'p>(branch: &'p Branch, scope: &Scope<'_>, missing: &mut Vec<Missing>) -> Result<&'p Outcome, NodeError> {
    for case in &branch.cases {
        if case.rule.holds(scope, &case.at, missing)? {
            return Ok(&case.outcome);
        }
    }
    Ok(&branch.otherwise)
}

fn follow(step: &Step, outcome: &Outcome) -> Taken {
    match outcome.goto {
        Goto::Branch(branch) => Taken::Next(step.branches.get(branch).and_then(|(_, first)| *first).or(step.next)),
        Goto::Next => Taken::Next(step.next),
        Goto::End(end) => Taken::Finished(end, None),
    }
}

fn node_status(end: End) -> NodeStatus {
    match end {
        End::Succeeded => NodeStatus::Succeeded,
        End::Failed => NodeStatus::Failed,
        End::Error => NodeStatus::Error,
        End::TimedOut => NodeStatus::TimedOut,
        End::Cancelled => NodeStatus::Cancelled,
    }
}

/// What a wait has as its input.
fn waited(duration: Duration) -> Value {
    serde_json::json!({ "duration_ms": duration.as_millis() as u64 })
}

/// What an answer leaves as the node's result.
fn answered(answer: &Answer) -> Value {
    serde_json::json!({ "status": answer.status })
}

/// A part of a millisecond is cut off.
fn wait_duration(amount: &Value, unit_ms: u64) -> Result<Duration, NodeError> {
    let ms = match amount.as_u64() {
        Some(whole) => whole.checked_mul(unit_ms),
        None => amount.as_f64().filter(|part| *part >= 0.0).map(|part| (part * unit_ms as f64) as u64),
    };
    ms.filter(|ms| *ms <= WAIT_MS_MAX).map(Duration::from_millis).ok_or_else(|| {
        let most = WAIT_MS_MAX / unit_ms.max(1);
        NodeError::new("wait.duration", format!("a wait is a number from 0 to {most} of its unit, not {amount}"))
    })
}
