//! The machine where the simulator cannot lead it: values at the edge, and a journal that is not its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

use std::sync::Arc;
use std::time::Duration;

use domain::event::{Event, TriggerValues};
use domain::execution::journal::{Failure, NodeError, NodeRun};
use domain::execution::machine::{Action, CannotBeginAt, Facts, Input, Machine, Resolution, Turn};
use domain::execution::status::{End, NodeStatus};
use domain::flow::document::Mode;
use domain::flow::plan::{Interrupted, Operation, Plan, Policy, Retry, Step, StepIndex};
use domain::id::{EventId, ExecutionId};
use domain::problem::Problems;
use domain::secret::{self, SecretValue};
use domain::template::Templated;
use domain::testing::evaluator::NoExpressions;
use domain::time::Timestamp;
use domain::value::{DEPTH_MAX, Value};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

fn plan(operation: Operation) -> Arc<Plan> {
    let steps = vec![Step {
        key: "only".parse().unwrap(),
        kind: "test".into(),
        disabled: false,
        operation,
        branches: Vec::new(),
        next: None,
    }];
    Arc::new(Plan {
        mode: Mode::Sync,
        timeout_ms: 0,
        answer_deadline_ms: 1_000,
        configured_answer: None,
        declared_headers: Vec::new(),
        steps,
        first: Some(StepIndex(0)),
    })
}

fn facts() -> (Facts, TriggerValues) {
    let event = Event {
        id: EventId::new(NOW, 1),
        method: "POST".to_owned(),
        headers: Vec::new(),
        query_string: String::new(),
        body: nested(64, json!(1)).to_string().into(),
        remote_addr: [127, 0, 0, 1].into(),
        received_at: NOW,
    };
    let facts = Facts {
        execution: ExecutionId::new(NOW, 1),
        workflow_key: "simulated0000".parse().unwrap(),
        revision: Some(1),
        timeout_at: None,
    };
    (facts, TriggerValues::new(Arc::new(event)))
}

fn machine(plan: &Arc<Plan>) -> Machine {
    let (facts, trigger) = facts();
    Machine::new(Arc::clone(plan), facts, trigger)
}

/// `inner` inside `depth` lists.
fn nested(depth: usize, inner: Value) -> Value {
    (0..depth).fold(inner, |inner, _| json!([inner]))
}

/// As deep as a document can be, around a body as deep as a request can be.
fn around_the_body(depth: usize) -> Templated {
    let value = nested(depth - 64, json!("{{ trigger.body }}"));
    Templated::parse(&value, "", &NoExpressions, &mut Problems::new())
}

fn reads_back(records: &[NodeRun]) {
    let text = serde_json::to_string(records).unwrap();
    assert_eq!(serde_json::from_str::<Vec<NodeRun>>(&text).unwrap(), records);
}

fn too_deep(turn: &Turn) {
    reads_back(&turn.records);
    let run = turn.records.last().unwrap();
    assert_eq!((run.status, run.error.as_ref().unwrap().code.as_str()), (NodeStatus::Error, "value.too_deep"));
    assert!(matches!(&turn.action, Action::Finish(finish) if finish.end == End::Error));
}

#[test]
fn what_is_rendered_can_be_read_back_or_is_an_error() {
    for depth in [DEPTH_MAX, DEPTH_MAX + 1, DEPTH_MAX + 64] {
        for operation in [
            Operation::Compute(around_the_body(depth)),
            Operation::Effect { input: around_the_body(depth), policy: Policy::default() },
        ] {
            let turn = machine(&plan(operation)).feed(Input::Advance, NOW).unwrap();
            reads_back(&turn.records);
            if depth > DEPTH_MAX {
                too_deep(&turn);
            } else {
                assert!(turn.records.iter().all(|run| run.error.is_none()));
            }
        }
    }
}

#[test]
fn what_an_effect_brings_can_be_read_back_or_is_an_error() {
    let effect = plan(Operation::Effect { input: around_the_body(64), policy: Policy::default() });
    for (depth, fits) in [(DEPTH_MAX, true), (DEPTH_MAX + 1, false), (1_000, false)] {
        let mut machine = machine(&effect);
        machine.feed(Input::Advance, NOW).unwrap();
        let turn = machine.feed(Input::EffectDone(Ok(nested(depth, json!(1)))), NOW).unwrap();
        if fits {
            reads_back(&turn.records);
            assert!(matches!(&turn.action, Action::Finish(finish) if finish.end == End::Succeeded));
        } else {
            too_deep(&turn);
        }
    }
}

/// Nothing would follow it, and its execution would stay open for ever.
#[test]
fn a_journal_at_its_end_makes_no_machine() {
    let plan = plan(Operation::End(End::Failed));
    let records = machine(&plan).feed(Input::Advance, NOW).unwrap().records;
    let (facts, trigger) = facts();
    let mismatch = Machine::rebuild(plan, facts, trigger, records).unwrap_err();
    assert!(mismatch.to_string().contains("come to its end"), "{mismatch}");
}

/// A chain of nodes that compute their own key, each `(key, kind, disabled)`.
fn chain(nodes: &[(&str, &str, bool)]) -> Arc<Plan> {
    let step = |(index, (key, kind, disabled)): (usize, &(&str, &str, bool))| Step {
        key: key.parse().unwrap(),
        kind: (*kind).into(),
        disabled: *disabled,
        operation: Operation::Compute(Templated::parse(&json!(key), "", &NoExpressions, &mut Problems::new())),
        branches: Vec::new(),
        next: (index + 1 < nodes.len()).then_some(StepIndex(index + 1)),
    };
    let steps = nodes.iter().enumerate().map(step).collect();
    Arc::new(Plan { steps, ..Arc::into_inner(plan(Operation::End(End::Failed))).unwrap() })
}

#[test]
fn an_execution_begins_at_a_node_only_where_the_flow_before_it_is_the_same() {
    let old = chain(&[("a", "text", false), ("b", "text", true), ("c", "text", false)]);
    let records = machine(&old).feed(Input::Advance, NOW).unwrap().records;
    let begin_at = |node: &str, plan: &Arc<Plan>, records: &[NodeRun]| {
        let (facts, trigger) = facts();
        Machine::begin_at(&node.parse().unwrap(), Arc::clone(plan), facts, trigger, records.to_vec())
    };
    let says = |node: &str, plan: &Arc<Plan>, records: &[NodeRun]| begin_at(node, plan, records).unwrap_err();

    let (mut begun, taken_over) = begin_at("c", &old, &records).unwrap();
    assert_eq!(taken_over, records[..2]);
    let turn = begun.feed(Input::Advance, NOW).unwrap();
    assert_eq!(turn.records.iter().map(|run| run.node.as_str()).collect::<Vec<_>>(), ["c"], "nothing runs again");
    let next = begin_at("c", &old, &records[..2]);
    assert!(next.is_ok(), "it was to come next when the old execution ended");

    let unknown = says("d", &old, &records);
    assert!(matches!(unknown, CannotBeginAt::UnknownNode(_)), "{unknown}");
    let never = says("c", &old, &records[..1]);
    assert!(matches!(never, CannotBeginAt::NeverReached(_)), "{never}");
    let others = [
        (chain(&[("a", "text", false), ("c", "text", false)]), "it has no node `b`"),
        (chain(&[("b", "text", true), ("a", "text", false), ("c", "text", false)]), "node `a` does not come next"),
        (chain(&[("a", "sum", false), ("b", "text", true), ("c", "text", false)]), "was a text node and is a sum node"),
        (chain(&[("a", "text", false), ("b", "text", false), ("c", "text", false)]), "`b` was switched on or off"),
        (
            chain(&[("a", "text", false), ("b", "text", true), ("new", "text", false), ("c", "text", false)]),
            "it leads elsewhere",
        ),
    ];
    for (plan, difference) in others {
        let says = says("c", &plan, &records).to_string();
        assert!(says.contains("before node `c`") && says.contains(difference), "{says}");
    }
}

/// Otherwise a condition that asks whether it exists would say another thing after a restart.
#[test]
fn a_result_of_null_is_one_after_a_rebuild_too() {
    let mut machine = machine(&plan(Operation::Compute(Templated::Constant(Value::Null))));
    let records = machine.feed(Input::Advance, NOW).unwrap().records;
    assert_eq!(records[0].result, Some(Value::Null));
    reads_back(&records);
}

/// One effect that may fail twice, and what a crash does to it.
fn trying(interrupted: Interrupted) -> Arc<Plan> {
    let second = Duration::from_secs(1);
    let retry = Retry { attempts_max: 2, pause: second, pause_max: second, total_max: Duration::from_secs(60) };
    let policy = Policy { retry, interrupted, ignore_failure: false };
    plan(Operation::Effect { input: Templated::Constant(json!({})), policy })
}

fn rebuilt(plan: &Arc<Plan>, records: &[NodeRun]) -> Machine {
    let (facts, trigger) = facts();
    Machine::rebuild(Arc::clone(plan), facts, trigger, records.to_vec()).unwrap()
}

/// Fails until it ends; how often that was. With `rebuild`, from its journal in each pause.
fn failures(plan: &Arc<Plan>, mut machine: Machine, mut records: Vec<NodeRun>, rebuild: bool) -> usize {
    for failed in 1.. {
        let failure = Failure::passing(NodeError::new("test.failed", "no"));
        let turn = machine.feed(Input::EffectDone(Err(failure)), NOW).unwrap();
        records.extend(turn.records);
        let Action::Pause { until } = turn.action else { return failed };
        if rebuild {
            machine = rebuilt(plan, &records);
        }
        let turn = machine.feed(Input::Advance, until).unwrap();
        assert!(matches!(turn.action, Action::Run(_)), "{turn:?}");
        records.extend(turn.records);
    }
    unreachable!()
}

#[test]
fn what_a_crash_cut_off_has_not_failed_and_a_word_starts_anew() {
    for rebuild in [false, true] {
        // One that failed, then one that is cut off.
        for (interrupted, left) in [(Interrupted::RunAgain, 1), (Interrupted::Ask, 2)] {
            let plan = trying(interrupted);
            let mut machine = machine(&plan);
            let mut records = machine.feed(Input::Advance, NOW).unwrap().records;
            let failure = Failure::passing(NodeError::new("test.failed", "no"));
            records.extend(machine.feed(Input::EffectDone(Err(failure)), NOW).unwrap().records);
            let later = NOW.plus(Duration::from_secs(2));
            records.extend(machine.feed(Input::Advance, later).unwrap().records);

            let mut machine = rebuilt(&plan, &records);
            let mut turn = machine.feed(Input::Advance, later).unwrap();
            if interrupted == Interrupted::Ask {
                assert_eq!(turn.action, Action::Ask { until: None });
                records.extend(turn.records);
                machine = rebuilt(&plan, &records);
                turn = machine.feed(Input::Resolve(Resolution::RunAgain), later).unwrap();
            }
            records.extend(turn.records);
            assert!(matches!(&turn.action, Action::Run(run) if run.attempt == 3), "{:?}", turn.action);
            assert_eq!(failures(&plan, machine, records, rebuild), left, "{interrupted:?}, {rebuild}");
        }
    }
}

/// The wish, or the time, came while the attempt was under way: nothing more is tried, and nothing waits.
#[test]
fn a_wish_that_came_during_an_attempt_ends_it_when_that_has_failed() {
    let plan = trying(Interrupted::RunAgain);
    let mut machine = machine(&plan);
    machine.feed(Input::Advance, NOW).unwrap();
    assert_eq!(machine.feed(Input::Cancelled, NOW), None);
    let failure = Failure::passing(NodeError::new("test.failed", "no"));
    let turn = machine.feed(Input::EffectDone(Err(failure)), NOW).unwrap();
    assert!(matches!(&turn.action, Action::Finish(finish) if finish.end == End::Cancelled), "{:?}", turn.action);
    assert_eq!(turn.records[0].status, NodeStatus::Error, "the attempt is told as what it was");
}

/// A word that comes behind the timeout begins nothing.
#[test]
fn nothing_runs_again_behind_the_timeout() {
    let plan = trying(Interrupted::Ask);
    let records = machine(&plan).feed(Input::Advance, NOW).unwrap().records;
    let (facts, trigger) = facts();
    let facts = Facts { timeout_at: Some(NOW.plus(Duration::from_secs(1))), ..facts };
    let mut machine = Machine::rebuild(plan, facts, trigger, records).unwrap();
    let turn = machine.feed(Input::Resolve(Resolution::RunAgain), NOW.plus(Duration::from_secs(2))).unwrap();
    assert!(matches!(&turn.action, Action::Finish(finish) if finish.end == End::TimedOut), "{:?}", turn.action);
}

/// Every attempt is sent from the same record, and what the caller wrote is data in each of them.
#[test]
fn what_is_put_in_is_known_by_its_place_after_a_crash_and_on_a_retry_too() {
    let config = json!({"token": "t={{ secrets.shop }}", "body": "{{ trigger.body }}"});
    let input = Templated::parse(&config, "", &NoExpressions, &mut Problems::new());
    let retry = Retry { attempts_max: 5, total_max: Duration::from_secs(60), ..Retry::default() };
    let plan = plan(Operation::Effect { input, policy: Policy { retry, ..Policy::default() } });
    let machine = || {
        let (facts, _) = facts();
        let event = Event {
            id: EventId::new(NOW, 1),
            method: "POST".to_owned(),
            headers: Vec::new(),
            query_string: String::new(),
            body: json!("t=‹secret:shop›").to_string().into(),
            remote_addr: [127, 0, 0, 1].into(),
            received_at: NOW,
        };
        (facts, TriggerValues::new(Arc::new(event)))
    };
    let secret = SecretValue::new("the value".to_owned()).unwrap();
    let sent = |turn: &Turn| {
        let Action::Run(run) = &turn.action else { panic!("{turn:?}") };
        assert!(!format!("{turn:?}").contains("the value"));
        let mut input = (*run.input).clone();
        secret::fill(&mut input, &run.slots, |_| Some(&secret)).unwrap();
        input
    };
    let expected = json!({"token": "t=the value", "body": "t=‹secret:shop›"});
    let (facts, trigger) = machine();
    let mut first = Machine::new(Arc::clone(&plan), facts, trigger);
    let mut journal = Vec::new();
    let turn = first.feed(Input::Advance, NOW).unwrap();
    assert_eq!(sent(&turn), expected);
    reads_back(&turn.records);
    journal.extend(turn.records);

    let (facts, trigger) = machine();
    let mut rebuilt = Machine::rebuild(Arc::clone(&plan), facts, trigger, journal.clone()).unwrap();
    let turn = rebuilt.feed(Input::Advance, NOW).unwrap();
    assert_eq!(sent(&turn), expected, "what was in flight");
    journal.extend(turn.records);
    let failure = Failure::passing(NodeError::new("test.failed", "no"));
    let turn = rebuilt.feed(Input::EffectDone(Err(failure)), NOW).unwrap();
    journal.extend(turn.records);
    let Action::Pause { until } = turn.action else { panic!("{:?}", turn.action) };
    assert_eq!(sent(&rebuilt.feed(Input::Advance, until).unwrap()), expected, "the next attempt");
    let (facts, trigger) = machine();
    let mut rebuilt = Machine::rebuild(plan, facts, trigger, journal).unwrap();
    assert_eq!(sent(&rebuilt.feed(Input::Advance, until).unwrap()), expected, "the same, rebuilt");
}
