//! The machine over a simulated world, with a crash at every place where one can hurt.
//!
//! Each seed makes a random flow, random effect outcomes and a random pace of time. The flow runs
//! once straight. Then it runs again for every journal record it wrote, dying right after that record
//! became durable (before what follows it happened), and for every effect, dying after the world was
//! touched and before the outcome was recorded. Each time it is rebuilt from the journal alone. And it
//! dies several times in one life: in the re-run of an effect too, after an orderly stop, and after a
//! save between two turns, as a caller's deadline brings it.
//!
//! Same end, same answer, same results; each effect once, and once more, with the same key, for each
//! time that its outcome was lost.

#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::event::{Event, TriggerValues};
use domain::execution::journal::{Failure, NodeError, NodeRun, latest};
use domain::execution::machine::{Action, Facts, Finish, Input, Machine, Turn};
use domain::execution::status::{End, NodeStatus};
use domain::flow::plan::Plan;
use domain::id::{EventId, ExecutionId};
use domain::testing::random::{FlowMaker, Random};
use domain::time::Timestamp;
use domain::value::Value;
use serde_json::json;

const SEEDS: u64 = 1_500;
const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// Where a life of the process ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Crash {
    /// Right after the n-th write (from 0), before its action is performed. The last write is the end itself.
    AfterWrite(usize),
    /// After the n-th effect was performed, before its outcome reached the machine.
    AfterEffect(usize),
    /// No crash: an orderly stop before the n-th turn.
    Park(usize),
    /// Before the n-th turn, right after all there is was saved, as it is when a caller is let go.
    AfterLetGo(usize),
}

#[derive(Debug, Default)]
struct World {
    /// What survives: the journal and the finish, written in one piece.
    journal: Vec<NodeRun>,
    finish: Option<Finish>,
    writes: usize,
    /// Every time the world was touched, by idempotency key, and how many records were durable then.
    effects: Vec<(String, u32)>,
    /// The keys whose outcome died with the process.
    lost: Vec<String>,
    now_ms: u64,
    turns: usize,
}

impl World {
    fn now(&self) -> Timestamp {
        START.plus(Duration::from_millis(self.now_ms))
    }
}

/// The outcome of an effect depends on its key alone, as that of a far side that honours the key does.
fn perform(seed: u64, key: &str) -> (Result<Value, Failure>, u64) {
    let hash = key.bytes().fold(seed, |hash, byte| Random(hash ^ u64::from(byte)).next());
    let took_ms = hash % 50;
    if hash % 17 == 0 {
        (Err(Failure::lasting(NodeError::new("effect.refused", "no"))), took_ms)
    } else {
        (Ok(json!({ "luck": hash % 10 })), took_ms)
    }
}

/// Runs until the end, with these crashes one after the other, each as soon as its point is reached.
/// Returns whether all were.
fn live(plan: &Arc<Plan>, seed: u64, crashes: &[Crash]) -> (World, bool) {
    live_from(None, plan, seed, crashes)
}

/// The same, but it begins at the node of this run, with what another life's journal has of those before it.
fn live_from(from: Option<(&NodeRun, &World)>, plan: &Arc<Plan>, seed: u64, crashes: &[Crash]) -> (World, bool) {
    let mut world = World::default();
    let execution = ExecutionId::new(START, seed);
    let facts = Facts {
        execution,
        workflow_key: "simulated0000".parse().unwrap(),
        revision: Some(1),
        timeout_at: (plan.timeout_ms > 0).then(|| START.plus(Duration::from_millis(plan.timeout_ms))),
    };
    let trigger = || {
        TriggerValues::new(Arc::new(Event {
            id: EventId::new(START, seed),
            method: "POST".to_owned(),
            headers: Vec::new(),
            query_string: String::new(),
            body: Bytes::from(json!({ "id": seed % 10 }).to_string()),
            remote_addr: IpAddr::V4(Ipv4Addr::LOCALHOST),
            received_at: START,
        }))
    };
    let rebuild = |journal: Vec<NodeRun>| {
        Machine::rebuild(Arc::clone(plan), facts.clone(), trigger(), journal)
            .unwrap_or_else(|mismatch| panic!("seed {seed}, {crashes:?}: {mismatch}"))
    };
    let mut left: VecDeque<_> = crashes.iter().copied().collect();
    let mut machine = Machine::new(Arc::clone(plan), facts.clone(), trigger());
    if let Some((run, other)) = from {
        let (plan, journal) = (Arc::clone(plan), other.journal.clone());
        (machine, world.journal) = Machine::begin_at(&run.node, plan, facts.clone(), trigger(), journal)
            .unwrap_or_else(|cannot| panic!("seed {seed}: {cannot}"));
        world.now_ms = run.started_at.since(START).as_millis() as u64;
    }
    let mut input = Input::Advance;
    for turn in 0..10_000 {
        let crash = left.front().copied();
        if matches!(crash, Some(Crash::AfterLetGo(at)) if turn >= at) && input == Input::Advance {
            left.pop_front();
            world.journal.extend(machine.take_unsaved());
            machine = rebuild(world.journal.clone());
        }
        let mut parked = None;
        let parking = matches!(crash, Some(Crash::Park(at)) if turn >= at);
        if parking {
            parked = machine.feed(Input::Park, world.now());
        }
        let taken = parked.or_else(|| machine.feed(std::mem::replace(&mut input, Input::Advance), world.now()));
        let Some(Turn { records, action }) = taken else {
            panic!("seed {seed}, {crashes:?}: the machine stands still");
        };
        // One write: the records, and the end if this is it.
        if !records.is_empty() || matches!(action, Action::Finish(_)) {
            world.journal.extend(records);
            if let Action::Finish(finish) = action {
                world.finish = Some(finish);
                world.turns = turn + 1;
                assert!(machine.feed(Input::Advance, world.now()).is_none(), "a finished machine acts");
                assert!(machine.feed(Input::Cancelled, world.now()).is_none(), "a finished machine acts");
                return (world, left.is_empty());
            }
            world.writes += 1;
        }
        let mut dead = matches!(crash, Some(Crash::AfterWrite(at)) if world.writes > at);
        match action {
            _ if dead => {}
            Action::Parked => dead = true,
            Action::Run(run) => {
                let begun = latest(world.journal.clone());
                assert!(
                    begun.iter().any(|known| known.status == NodeStatus::Running && known.attempt == run.attempt),
                    "an effect began before its record was durable"
                );
                let (outcome, took_ms) = perform(seed, &run.idempotency_key);
                world.effects.push((run.idempotency_key.clone(), run.attempt));
                if matches!(crash, Some(Crash::AfterEffect(at)) if world.effects.len() > at) {
                    dead = true;
                    world.lost.push(run.idempotency_key);
                } else {
                    world.now_ms += took_ms;
                    input = Input::EffectDone(outcome);
                }
            }
            Action::Ask { .. } => unreachable!("no effect here asks"),
            Action::Sleep { until } | Action::Pause { until } => {
                world.now_ms = world.now_ms.max(until.since(START).as_millis() as u64);
            }
            Action::Yield => {}
            Action::Finish(_) => unreachable!("handled with its write"),
        }
        if dead {
            left.pop_front();
            machine = rebuild(world.journal.clone());
            input = Input::Advance;
        }
    }
    panic!("seed {seed}, {crashes:?}: no end");
}

/// What must not depend on crashes: the final record of each node, without times and attempts.
fn meaning(world: &World) -> BTreeMap<String, (NodeStatus, Option<Value>)> {
    let mut meaning = BTreeMap::new();
    for run in latest(world.journal.clone()) {
        meaning.insert(run.node.to_string(), (run.status, run.result));
    }
    meaning
}

fn counts(world: &World) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for (key, _) in &world.effects {
        *counts.entry(key.as_str()).or_insert(0) += 1;
    }
    counts
}

/// How often each effect happened, less the times its outcome was lost.
fn counts_kept(world: &World) -> BTreeMap<&str, usize> {
    let mut counts = counts(world);
    for key in &world.lost {
        *counts.get_mut(key.as_str()).unwrap() -= 1;
    }
    counts
}

/// The crashes change neither the end nor the effects. Whether all were reached.
fn same_as(straight: &World, plan: &Arc<Plan>, seed: u64, crashes: &[Crash]) -> bool {
    let (broken, reached) = live(plan, seed, crashes);
    assert_eq!(meaning(&broken), meaning(straight), "seed {seed}, {crashes:?}");
    assert_eq!(counts_kept(&broken), counts(straight), "seed {seed}, {crashes:?}: effects");
    assert_eq!(broken.finish, straight.finish, "seed {seed}, {crashes:?}: the end");
    let lost = crashes.iter().filter(|crash| matches!(crash, Crash::AfterEffect(_))).count();
    assert!(broken.lost.len() <= lost, "seed {seed}, {crashes:?}: only a lost outcome repeats an effect");
    for lost in &broken.lost {
        let attempts = broken.effects.iter().filter(|(key, _)| key == lost).map(|(_, attempt)| *attempt);
        assert!(attempts.is_sorted_by(|a, b| a < b), "seed {seed}, {crashes:?}: each try has a number of its own");
    }
    reached
}

#[test]
fn a_crash_after_any_record_changes_neither_the_end_nor_the_effects() {
    let mut crashes = 0;
    for seed in 0..SEEDS {
        let plan = Arc::new(FlowMaker::plan(seed));
        let (straight, _) = live(&plan, seed, &[]);
        assert!(counts(&straight).values().all(|count| *count == 1), "seed {seed}: an effect repeats without a crash");
        let points =
            (0..straight.writes).map(Crash::AfterWrite).chain((0..straight.effects.len()).map(Crash::AfterEffect));
        for crash in points {
            assert!(same_as(&straight, &plan, seed, &[crash]), "seed {seed}, {crash:?}: not reached");
            crashes += 1;
        }
        for turn in 0..straight.turns {
            same_as(&straight, &plan, seed, &[Crash::Park(turn)]);
            same_as(&straight, &plan, seed, &[Crash::AfterLetGo(turn)]);
        }
    }
    assert!(crashes > 3_000, "only {crashes} crashes: the flows are too tame");
}

#[test]
fn neither_do_several_crashes_in_one_life() {
    let mut reached = 0;
    for seed in 0..SEEDS {
        let plan = Arc::new(FlowMaker::plan(seed));
        let (straight, _) = live(&plan, seed, &[]);
        for effect in 0..straight.effects.len() {
            let again = [Crash::AfterEffect(effect), Crash::AfterEffect(effect + 1), Crash::AfterEffect(effect + 2)];
            assert!(same_as(&straight, &plan, seed, &again), "seed {seed}, {again:?}: not reached");
        }
        let mut random = Random(!seed);
        for _ in 0..20 {
            let crashes: Vec<_> = (0..2 + random.below(3))
                .map(|_| {
                    let at = random.below(straight.turns as u64 + 2) as usize;
                    [Crash::AfterWrite(at), Crash::AfterEffect(at), Crash::Park(at), Crash::AfterLetGo(at)]
                        [random.below(4) as usize]
                })
                .collect();
            reached += usize::from(same_as(&straight, &plan, seed, &crashes));
        }
    }
    assert!(reached > 2_000, "only {reached} of the lives were as troubled as they should be");
}

/// From whatever node an execution begins with the results of another, it comes to the same end, and
/// touches the world only from there on. A crash changes nothing about that.
#[test]
fn what_begins_at_a_node_of_another_life_ends_as_that_one_did() {
    let mut lives = 0;
    for seed in 0..SEEDS {
        let plan = Arc::new(FlowMaker::plan(seed));
        let (straight, _) = live(&plan, seed, &[]);
        // A timeout counts from the beginning, and this one begins later.
        if plan.timeout_ms > 0 {
            continue;
        }
        let mut effects_before = 0;
        for run in latest(straight.journal.clone()) {
            let at = format!("seed {seed}, from {}", run.node);
            let (later, _) = live_from(Some((&run, &straight)), &plan, seed, &[]);
            assert_eq!(meaning(&later), meaning(&straight), "{at}");
            assert_eq!(later.finish, straight.finish, "{at}");
            assert_eq!(later.effects, straight.effects[effects_before..], "{at}");
            for crash in (0..later.writes).map(Crash::AfterWrite) {
                let (broken, reached) = live_from(Some((&run, &straight)), &plan, seed, &[crash]);
                assert!(reached, "{at}, {crash:?}: not reached");
                assert_eq!(
                    (meaning(&broken), counts_kept(&broken)),
                    (meaning(&later), counts(&later)),
                    "{at}, {crash:?}"
                );
            }
            effects_before += usize::from(run.input.is_some() && run.wake_at.is_none());
            lives += 1;
        }
    }
    assert!(lives > 3_000, "only {lives} lives");
}

/// Cancelled at any moment, the execution ends as cancelled at the next node boundary, or was at its end anyway.
#[test]
fn cancelling_at_any_turn_ends_it() {
    for seed in 0..SEEDS {
        let plan = Arc::new(FlowMaker::plan(seed));
        for turn in 0..6 {
            let facts = Facts {
                execution: ExecutionId::new(START, seed),
                workflow_key: "simulated0000".parse().unwrap(),
                revision: Some(1),
                timeout_at: None,
            };
            let event = Event {
                id: EventId::new(START, seed),
                method: "POST".to_owned(),
                headers: Vec::new(),
                query_string: String::new(),
                body: Bytes::new(),
                remote_addr: IpAddr::V4(Ipv4Addr::LOCALHOST),
                received_at: START,
            };
            let mut machine = Machine::new(Arc::clone(&plan), facts, TriggerValues::new(Arc::new(event)));
            let mut input = Input::Advance;
            let mut effects_after_cancel = 0;
            let mut cancelled = false;
            'life: for step in 0.. {
                let mut taken = None;
                if step == turn {
                    cancelled = true;
                    taken = machine.feed(Input::Cancelled, START);
                }
                let taken = taken.or_else(|| machine.feed(std::mem::replace(&mut input, Input::Advance), START));
                match taken.expect("it goes on").action {
                    Action::Run(run) => {
                        effects_after_cancel += usize::from(cancelled);
                        input = Input::EffectDone(perform(seed, &run.idempotency_key).0);
                    }
                    Action::Finish(finish) => {
                        assert!(!cancelled || matches!(finish.end, End::Cancelled | End::Error), "seed {seed}");
                        break 'life;
                    }
                    Action::Ask { .. } => unreachable!("no effect here asks"),
                    Action::Sleep { .. } | Action::Pause { .. } if cancelled => {
                        panic!("seed {seed}: a cancelled execution sleeps")
                    }
                    Action::Sleep { .. } | Action::Pause { .. } => break 'life,
                    Action::Yield | Action::Parked => {}
                }
            }
            assert_eq!(effects_after_cancel, 0, "seed {seed}: an effect began after the cancel");
        }
    }
}
