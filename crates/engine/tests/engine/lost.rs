//! A mixed load over a store that keeps what it is told and does not say so: after each such loss, as after
//! any failure of the file, the engine asks to be restarted, and the next one goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::execution::status::Status;
use domain::id::ExecutionId;
use engine::catalog::Lookup;
use engine::handle::Reply;
use engine::{Engine, Limits};
use serde_json::{Value, json};
use store::sqlite::{Options, Sqlite};
use store::{Execution, Store};
use tokio::task::JoinSet;

use crate::bench::{Bench, respond, send, start_over, wait};
use crate::faulty::{Faulty, Loss};

const SEEDS: u64 = 4;
/// Lives of the server for each seed before the store is a good one.
const LIVES: u64 = 8;

/// What it was told, by what is in the body of the event.
type Acknowledged = BTreeMap<u64, (ExecutionId, Option<u16>)>;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_though_nobody_said_so_is_neither_lost_nor_done_twice() {
    let (mut lost, mut refused, mut told) = (0, 0, 0);
    let seeds = match std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..SEEDS,
    };
    for seed in seeds {
        let (losses, refusals, acknowledged) = live(seed).await;
        lost += losses;
        refused += refusals;
        told += acknowledged;
    }
    println!("{told} acknowledged, {lost} answers lost, {refused} calls refused");
    assert!(lost >= 10 && refused >= 10 && told >= 50, "{lost} lost, {refused} refused, {told} acknowledged");
}

async fn live(seed: u64) -> (u32, u32, usize) {
    println!("replay with: SEED={seed} cargo test -p engine --all-features --test engine lost::");
    let (bench, _) = Bench::faulty(Limits::default()).await;
    let keys = publish(&bench).await;
    bench.engine.stop().await;
    let mut acknowledged = Acknowledged::new();
    let (mut lost, mut refused) = (0, 0);
    for life in 0..LIVES {
        let store = Faulty::new(open(&bench));
        let limits = Limits { drain: Duration::from_millis(200), ..Limits::default() };
        let engine = start_over(Arc::clone(&store) as Arc<dyn Store>, limits).await;
        let losses = Arc::new(Loss { seed: seed * 1_000 + life, ..Loss::default() });
        store.lose(Arc::clone(&losses));
        load(&engine, &keys, life * 100, &mut acknowledged).await;
        let _ = tokio::time::timeout(Duration::from_millis(300), engine.broken()).await;
        lost += losses.lost.load(Ordering::Relaxed);
        refused += losses.refused.load(Ordering::Relaxed);
        tokio::time::timeout(Duration::from_secs(15), engine.stop()).await.expect("it stops all the same");
    }
    let engine = start_over(open(&bench), Limits::default()).await;
    check(&engine, &bench, &acknowledged, seed).await;
    engine.stop().await;
    (lost, refused, acknowledged.len())
}

fn open(bench: &Bench) -> Arc<Sqlite> {
    Sqlite::open(Options::new(bench.folder.path().join("hookflow.db"))).unwrap()
}

async fn publish(bench: &Bench) -> Vec<String> {
    let (one, two) = (bench.effect("one", 3), bench.effect("two", 0));
    let flows = [
        json!({ "mode": "sync", "nodes": [one, two, respond()] }),
        json!({ "mode": "sync", "nodes": [respond()] }),
        json!({ "mode": "async", "nodes": [one, wait(20), two] }),
    ];
    let mut keys = Vec::new();
    for flow in flows {
        keys.push(bench.publish(flow).await.key.to_string());
    }
    keys
}

async fn load(engine: &Engine, keys: &[String], first: u64, acknowledged: &mut Acknowledged) {
    let mut calls = JoinSet::new();
    for n in first..first + 24 {
        let Lookup::Found(endpoint) = engine.endpoint(&keys[n as usize % keys.len()]) else { panic!("it is live") };
        let engine = engine.clone();
        calls.spawn(async move { (n, send(&engine, &endpoint, &json!({ "id": n })).await) });
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let answers = tokio::time::timeout(Duration::from_secs(20), calls.join_all()).await.expect("no caller hangs");
    for (n, answer) in answers {
        if let Ok(accepted) = answer {
            let status = match &accepted.reply {
                Reply::Answer(answer) => Some(answer.status),
                Reply::Later { .. } => None,
            };
            acknowledged.insert(n, (accepted.execution, status));
        }
    }
}

async fn check(engine: &Engine, bench: &Bench, acknowledged: &Acknowledged, seed: u64) {
    let ids: Vec<_> = {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let filter = store::ExecutionFilter { limit: 500, ..store::ExecutionFilter::default() };
            let all = engine.store().execution_list(filter).await.unwrap().items;
            if all.iter().all(|one| !one.status.is_open()) {
                break all.into_iter().map(|one| one.id).collect();
            }
            assert!(Instant::now() < deadline, "seed {seed}: these do not end: {all:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut events: BTreeMap<u64, Vec<ExecutionId>> = BTreeMap::new();
    let lines = bench.effects("out");
    for id in &ids {
        let stored = engine.store().execution_get(*id).await.unwrap().unwrap();
        let event: Value = serde_json::from_slice(&stored.event.body).unwrap();
        events.entry(event["id"].as_u64().unwrap()).or_default().push(*id);
        effects_are_as_recorded(&stored, &lines, seed);
        if let Some((_, Some(status))) = acknowledged.get(&event["id"].as_u64().unwrap()) {
            assert_eq!(stored.head.answer_status, Some(*status), "seed {seed}: another answer than the one given");
        }
    }
    for (n, (id, _)) in acknowledged {
        assert_eq!(events.get(n), Some(&vec![*id]), "seed {seed}: {n} was acknowledged once");
    }
}

/// Each attempt touched the world at most once, and what is recorded as done touched it.
fn effects_are_as_recorded(stored: &Execution, lines: &[String], seed: u64) {
    let id = stored.head.id;
    for node in ["one", "two"] {
        let mine: Vec<_> = lines.iter().filter(|line| line.starts_with(&format!("{id}.{node}. "))).collect();
        let attempts = stored.records.iter().filter(|run| run.node.as_str() == node).map(|run| run.attempt).max();
        let mut different = mine.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), mine.len(), "seed {seed}: an attempt ran twice: {mine:?}");
        assert!(mine.len() <= attempts.unwrap_or(0) as usize, "seed {seed}: {mine:?}, {attempts:?} attempts");
        let done = stored.records.iter().any(|run| run.node.as_str() == node && run.status.as_str() == "succeeded");
        assert!(!done || !mine.is_empty(), "seed {seed}: {node} of {id} is recorded and did not happen");
    }
    assert!(
        matches!(stored.head.status, Status::Succeeded | Status::Error),
        "seed {seed}: {id} is {}",
        stored.head.status
    );
}
