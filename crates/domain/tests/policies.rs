//! What becomes of an effect that does not succeed at once: random chains of nodes, random policies, and
//! whatever can happen to them, down to the shortest life that breaks a rule.
//!
//! Beside the machine that never dies lives another that is made anew from the journal after every record
//! that leaves it at rest. They have to do the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::event::{Event, TriggerValues};
use domain::execution::journal::{Failure, INTERRUPTED, NodeError, NodeRun};
use domain::execution::machine::{Action, Facts, Input, Machine, Resolution, Run, Turn};
use domain::execution::status::{End, NodeStatus};
use domain::flow::document::Mode;
use domain::flow::plan::{Interrupted, Operation, Plan, Policy, Retry, Step, StepIndex};
use domain::id::{EventId, ExecutionId};
use domain::problem::Problems;
use domain::template::Templated;
use domain::testing::evaluator::NoExpressions;
use domain::time::Timestamp;
use proptest::prelude::*;
use serde_json::json;

const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A node of the chain.
#[derive(Debug, Clone, Copy)]
enum Node {
    Effect(Policy),
    Wait(u64),
    Compute,
}

/// What happens next. What makes no sense at the moment is read as the nearest that does.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Done,
    Fails {
        may_pass: bool,
        retry_after_ms: Option<u64>,
    },
    /// The process dies.
    Crash,
    /// A look at the clock, too early to matter.
    Early,
    Cancel,
    Park,
    Says(Word),
}

#[derive(Debug, Clone, Copy)]
enum Word {
    RunAgain,
    Skip(bool),
    Fail,
}

fn node() -> impl Strategy<Value = Node> {
    let policy = (1..5u32, 0..2_000u64, 0..5_000u64, 0..20_000u64, any::<bool>(), any::<bool>());
    let policy = policy.prop_map(|(attempts_max, pause, pause_max, total, asks, ignore_failure)| Policy {
        retry: Retry {
            attempts_max,
            pause: Duration::from_millis(pause),
            pause_max: Duration::from_millis(pause_max),
            total_max: Duration::from_millis(total),
        },
        interrupted: if asks { Interrupted::Ask } else { Interrupted::RunAgain },
        ignore_failure,
    });
    prop_oneof![4 => policy.prop_map(Node::Effect), 1 => (0..1_000u64).prop_map(Node::Wait), 1 => Just(Node::Compute)]
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        3 => Just(Happens::Done),
        6 => (prop::bool::weighted(0.8), prop::option::of(0..9_000u64))
            .prop_map(|(may_pass, retry_after_ms)| Happens::Fails { may_pass, retry_after_ms }),
        4 => Just(Happens::Crash),
        2 => Just(Happens::Early),
        1 => Just(Happens::Cancel),
        2 => Just(Happens::Park),
        2 => Just(Happens::Says(Word::RunAgain)),
        1 => any::<bool>().prop_map(|result| Happens::Says(Word::Skip(result))),
        1 => Just(Happens::Says(Word::Fail)),
    ]
}

fn plan(nodes: &[Node]) -> Arc<Plan> {
    let templated = |value| Templated::parse(&value, "", &NoExpressions, &mut Problems::new());
    let step = |(index, node): (usize, &Node)| Step {
        key: format!("n{index}").parse().unwrap(),
        kind: "test".into(),
        disabled: false,
        operation: match *node {
            Node::Effect(policy) => Operation::Effect { input: templated(json!({ "of": index })), policy },
            Node::Wait(ms) => Operation::Wait { amount: templated(json!(ms)), unit_ms: 1 },
            Node::Compute => Operation::Compute(templated(json!("{{ system.now }}"))),
        },
        branches: Vec::new(),
        next: (index + 1 < nodes.len()).then_some(StepIndex(index + 1)),
    };
    Arc::new(Plan {
        mode: Mode::Async,
        timeout_ms: 0,
        answer_deadline_ms: 1_000,
        configured_answer: None,
        declared_headers: Vec::new(),
        steps: nodes.iter().enumerate().map(step).collect(),
        first: (!nodes.is_empty()).then_some(StepIndex(0)),
    })
}

struct Life {
    plan: Arc<Plan>,
    now: Timestamp,
    journal: Vec<NodeRun>,
    straight: Machine,
    twin: Machine,
    /// Attempts of each node, by what it was that brought each about.
    attempts: BTreeMap<String, u32>,
    cut_off: BTreeMap<String, u32>,
    cancelled: bool,
    /// The process is told to go: this only its own machine knows.
    parking: bool,
}

impl Life {
    fn new(nodes: &[Node]) -> Self {
        let plan = plan(nodes);
        let made = || Machine::new(Arc::clone(&plan), facts(), trigger());
        Self {
            now: START,
            journal: Vec::new(),
            straight: made(),
            twin: made(),
            plan: Arc::clone(&plan),
            attempts: BTreeMap::new(),
            cut_off: BTreeMap::new(),
            cancelled: false,
            parking: false,
        }
    }

    fn rebuilt(&self) -> Machine {
        Machine::rebuild(Arc::clone(&self.plan), facts(), trigger(), self.journal.clone())
            .unwrap_or_else(|mismatch| panic!("{mismatch}: {:#?}", self.journal))
    }

    /// Both do the same; what they record becomes durable.
    fn feed(&mut self, input: &Input) -> Option<Action> {
        self.parking |= *input == Input::Park;
        let turn = self.straight.feed(input.clone(), self.now);
        assert_eq!(turn, self.twin.feed(input.clone(), self.now), "the rebuilt one does something else");
        let Turn { records, action } = turn?;
        self.journal.extend(records);
        // At rest: a flow is never long enough to yield here.
        if !matches!(action, Action::Run(_) | Action::Finish(_)) && !self.parking {
            self.twin = self.rebuilt();
        }
        Some(action)
    }

    fn crash(&mut self) -> Action {
        self.parking = false;
        (self.straight, self.twin) = (self.rebuilt(), self.rebuilt());
        self.feed(&Input::Advance).expect("it goes on")
    }

    fn policy(&self, run: &NodeRun) -> Policy {
        match &self.plan.step(self.plan.find(&run.node).unwrap()).operation {
            Operation::Effect { policy, .. } => *policy,
            other => panic!("{other:?}"),
        }
    }

    fn last(&self) -> &NodeRun {
        self.journal.last().unwrap()
    }

    fn begins(&mut self, run: &Run) {
        let last = self.last().clone();
        assert!(!self.cancelled, "an effect begins after the cancel");
        assert_eq!((last.status, last.attempt), (NodeStatus::Running, run.attempt));
        assert_eq!(run.idempotency_key, format!("{}.{}.", facts().execution, last.node));
        let attempts = self.attempts.entry(last.node.to_string()).or_default();
        *attempts += 1;
        assert_eq!(run.attempt, *attempts, "each attempt has the next number");
        let cut_off = self.cut_off.get(last.node.as_str()).copied().unwrap_or(0);
        // Said to run again, it has all its tries once more.
        let policy = self.policy(&last);
        let lives = if policy.interrupted == Interrupted::Ask { cut_off + 1 } else { 1 };
        let most = policy.retry.attempts_max * lives + cut_off;
        assert!(run.attempt <= most, "{} is tried {} times", last.node, run.attempt);
    }

    /// After this attempt, which was under way, the process was gone.
    fn was_cut_off(&mut self, action: &Action, node: &NodeRun) {
        *self.cut_off.entry(node.node.to_string()).or_default() += 1;
        match self.policy(node).interrupted {
            Interrupted::RunAgain => assert!(matches!(action, Action::Run(_)), "{action:?}"),
            Interrupted::Ask => {
                assert_eq!(*action, Action::Ask { until: None });
                assert_eq!((self.last().status, self.last().attempt), (NodeStatus::Waiting, node.attempt));
            }
        }
    }

    fn failed(&self, action: &Action, failure: &Failure) {
        let failed = self.journal.iter().rev().find(|run| run.finished_at == Some(self.now) && run.error.is_some());
        let failed = failed.expect("it is recorded");
        let policy = self.policy(failed);
        if let Action::Pause { until } = action {
            let all = self.journal.iter().filter(|run| run.node == failed.node && run.wake_at.is_some());
            assert!(
                failure.may_pass
                    && (policy.interrupted == Interrupted::Ask || all.count() < policy.retry.attempts_max as usize)
            );
            let (least, asked) =
                (policy.retry.pause.min(policy.retry.pause_max), failure.retry_after.unwrap_or_default());
            let pause = until.since(self.now);
            assert!(pause >= least.mul_f64(0.89) && pause >= asked.min(policy.retry.pause_max), "{pause:?}");
            assert!(pause <= policy.retry.pause_max.mul_f64(1.11), "{pause:?}");
        } else if !policy.ignore_failure {
            assert!(matches!(action, Action::Finish(finish) if finish.end != End::Succeeded), "{action:?}");
        } else if !self.cancelled {
            assert!(!matches!(action, Action::Finish(finish) if finish.end == End::Error), "{action:?}");
        }
    }

    fn live(&mut self, script: &[Happens]) {
        let mut script = script.iter().copied();
        let mut action = self.feed(&Input::Advance).expect("it begins");
        // Each thing that happens in the script leads to a few turns; then all goes well.
        for _ in 0..1_000 {
            let next = script.next().unwrap_or(Happens::Done);
            action = match action {
                Action::Finish(_) => return self.ended(),
                Action::Run(run) => self.in_flight(&run, next),
                Action::Sleep { until } | Action::Pause { until } => self.at_rest(until, next),
                Action::Ask { until } => {
                    assert_eq!(until, None);
                    self.asked(next)
                }
                Action::Yield => self.feed(&Input::Advance).expect("it goes on"),
                Action::Parked => self.crash(),
            };
        }
        panic!("no end");
    }

    fn in_flight(&mut self, run: &Run, next: Happens) -> Action {
        self.begins(run);
        let node = self.last().clone();
        self.now = self.now.plus(Duration::from_millis(7));
        let outcome = match next {
            Happens::Crash => {
                let action = self.crash();
                self.was_cut_off(&action, &node);
                return action;
            }
            Happens::Fails { may_pass, retry_after_ms } => Err(Failure {
                may_pass,
                retry_after: retry_after_ms.map(Duration::from_millis),
                ..Failure::lasting(NodeError::new("test.failed", "no"))
            }),
            Happens::Cancel | Happens::Park => {
                self.now = self.now.plus(Duration::from_millis(1));
                let wish = if matches!(next, Happens::Cancel) { Input::Cancelled } else { Input::Park };
                self.cancelled |= wish == Input::Cancelled;
                assert_eq!(self.feed(&wish), None, "an effect that has begun is let finish");
                if run.attempt % 2 == 1 {
                    Ok(json!(1))
                } else {
                    Err(Failure::passing(NodeError::new("test.failed", "no")))
                }
            }
            Happens::Early => {
                assert_eq!(self.feed(&Input::Advance), None);
                Ok(json!(2))
            }
            Happens::Done | Happens::Says(_) => Ok(json!(3)),
        };
        let action = self.feed(&Input::EffectDone(outcome.clone())).expect("it goes on");
        if let Err(failure) = outcome {
            self.failed(&action, &failure);
        }
        if !matches!(action, Action::Run(_)) {
            assert_eq!(self.feed(&Input::EffectDone(Ok(json!("again")))), None, "an outcome counts once");
        }
        match next {
            Happens::Park if !matches!(action, Action::Finish(_)) => self.crash(),
            _ => action,
        }
    }

    fn at_rest(&mut self, until: Timestamp, next: Happens) -> Action {
        match next {
            Happens::Early if self.now < until => {
                let action = self.feed(&Input::Advance).expect("it says until when");
                assert!(matches!(action, Action::Sleep { until: at } | Action::Pause { until: at } if at == until));
                action
            }
            Happens::Cancel => {
                self.cancelled = true;
                let action = self.feed(&Input::Cancelled).expect("it ends");
                assert!(matches!(&action, Action::Finish(finish) if finish.end == End::Cancelled), "{action:?}");
                action
            }
            Happens::Park => {
                let action = self.feed(&Input::Park).expect("it says so");
                assert!(!matches!(action, Action::Run(_)), "it goes on in a process that is going");
                if matches!(action, Action::Finish(_)) { action } else { self.crash() }
            }
            Happens::Crash => self.crash(),
            Happens::Says(Word::Fail) => {
                let action = self.feed(&Input::Resolve(Resolution::Fail)).expect("it ends");
                assert!(matches!(&action, Action::Finish(finish) if finish.end == End::Error), "{action:?}");
                action
            }
            Happens::Says(Word::Skip(_)) => {
                assert_eq!(self.feed(&Input::Resolve(Resolution::Skip(None))), None, "there is nothing to skip");
                self.at_rest(until, Happens::Done)
            }
            _ => {
                self.now = self.now.max(until);
                self.feed(&Input::Advance).expect("it goes on")
            }
        }
    }

    fn asked(&mut self, next: Happens) -> Action {
        let node = self.last().clone();
        assert!(self.straight.can_skip());
        match next {
            Happens::Crash | Happens::Early | Happens::Park => {
                let action = if matches!(next, Happens::Crash) {
                    self.crash()
                } else {
                    self.feed(&Input::Advance).expect("it asks")
                };
                assert_eq!(action, Action::Ask { until: None }, "it asks again, and runs nothing");
                action
            }
            Happens::Cancel => {
                self.cancelled = true;
                let action = self.feed(&Input::Cancelled).expect("it ends");
                assert!(matches!(&action, Action::Finish(finish) if finish.end == End::Cancelled), "{action:?}");
                action
            }
            Happens::Says(Word::Skip(result)) => {
                let result = result.then(|| json!({ "said": true }));
                let action = self.feed(&Input::Resolve(Resolution::Skip(result.clone()))).expect("it goes on");
                let skipped = self.journal.iter().rev().find(|run| run.node == node.node).unwrap();
                assert_eq!((skipped.status, &skipped.result), (NodeStatus::Skipped, &result));
                action
            }
            Happens::Says(Word::Fail) => {
                let action = self.feed(&Input::Resolve(Resolution::Fail)).expect("it ends");
                assert!(matches!(&action, Action::Finish(finish) if finish.end == End::Error), "{action:?}");
                action
            }
            _ => {
                let action = self.feed(&Input::Resolve(Resolution::RunAgain)).expect("it goes on");
                let closed = &self.journal[self.journal.len() - 2];
                assert_eq!(closed.error.as_ref().map(|error| error.code.as_str()), Some(INTERRUPTED));
                assert!(matches!(&action, Action::Run(run) if run.attempt == node.attempt + 1), "{action:?}");
                action
            }
        }
    }

    fn ended(&mut self) {
        for input in [Input::Advance, Input::Cancelled, Input::Resolve(Resolution::RunAgain), Input::Park] {
            assert_eq!(self.feed(&input), None, "a final status is never left");
        }
    }
}

fn facts() -> Facts {
    Facts {
        execution: ExecutionId::new(START, 1),
        workflow_key: "policies00000".parse().unwrap(),
        revision: Some(1),
        timeout_at: None,
    }
}

fn trigger() -> TriggerValues {
    TriggerValues::new(Arc::new(Event {
        id: EventId::new(START, 1),
        method: "POST".to_owned(),
        headers: Vec::new(),
        query_string: String::new(),
        body: "{}".into(),
        remote_addr: [127, 0, 0, 1].into(),
        received_at: START,
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn policies_are_kept_whatever_happens(
        nodes in prop::collection::vec(node(), 0..5),
        script in prop::collection::vec(happens(), 0..40),
    ) {
        Life::new(&nodes).live(&script);
    }
}
