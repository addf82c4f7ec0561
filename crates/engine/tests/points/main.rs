//! Every place of `store::points`, made to panic, to abort, to be slow and to return an error, in a child
//! process under a small load; then the same folder without that.
//!
//! What was acknowledged is stored and ends. Without a death it ends in the same process, unless that one says
//! that it must be restarted. An effect touches the world once, and once more, with the same key, only where
//! its outcome was lost.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "this is a test")]

#[path = "../engine/bench.rs"]
#[allow(dead_code, reason = "it is for another test too")]
mod bench;
#[path = "../engine/faulty.rs"]
#[allow(dead_code, reason = "it is for another test too")]
mod faulty;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::execution::status::Status;
use engine::Limits;
use serde_json::json;
use store::{ExecutionFilter, points};
use tempfile::TempDir;

use bench::{Bench, effects, respond, send, start};

const POINT: &str = "HOOKFLOW_TEST_POINT";
const FOLDER: &str = "HOOKFLOW_TEST_FOLDER";
/// Times a place is passed before it fails.
const PASSED: u32 = 2;
const REQUESTS: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Action {
    Panic,
    Abort,
    Error,
    Sleep,
}

const ACTIONS: [Action; 4] = [Action::Panic, Action::Abort, Action::Error, Action::Sleep];

fn arm(point: &str, action: Action, passed: u32) {
    let before = if passed == 0 { String::new() } else { format!("{passed}*off->") };
    match action {
        Action::Panic => fail::cfg(point, &format!("{before}1*panic")).unwrap(),
        Action::Error => fail::cfg(point, &format!("{before}1*return")).unwrap(),
        Action::Sleep => fail::cfg(point, &format!("{before}3*sleep(300)")).unwrap(),
        Action::Abort => {
            let count = AtomicU32::new(0);
            let abort = move || {
                if count.fetch_add(1, Ordering::Relaxed) == passed {
                    std::process::abort();
                }
            };
            fail::cfg_callback(point, abort).unwrap();
        }
    }
}

fn limits() -> Limits {
    Limits { lease: Duration::from_millis(150), drain: Duration::from_secs(1), ..Limits::default() }
}

/// Not a test by itself: what the child processes run.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(case) = std::env::var(POINT) else { return };
    let (point, action) = case.split_once(' ').unwrap();
    let action = ACTIONS.into_iter().find(|one| format!("{one:?}") == action).unwrap();
    let folder = TempDir::with_prefix_in("child-", std::env::var(FOLDER).unwrap()).unwrap().keep();
    let _scenario = fail::FailScenario::setup();
    if point == points::MIGRATION_STEP {
        arm(point, action, 0);
    }
    let engine = start(&folder, limits()).await;
    let mut acknowledged = std::fs::File::create(folder.join("acknowledged")).unwrap();
    // The folder is the parent's, and outlives this process.
    let bench = Bench { folder: TempDir::new().unwrap(), engine };
    let out = folder.join("out").display().to_string();
    let effect = |key: &str| json!({ "key": key, "kind": "test_effect", "config": { "file": out, "sleep_ms": 20 } });
    let nodes = json!([effect("one"), effect("two")]);
    let later = bench.publish(json!({ "mode": "async", "nodes": nodes })).await;
    let sync = bench.publish(json!({ "mode": "sync", "nodes": [effect("one"), effect("two"), respond()] })).await;
    if point != points::MIGRATION_STEP {
        arm(point, action, PASSED);
    }
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..REQUESTS {
        let (engine, endpoint) = (bench.engine.clone(), Arc::clone(if n % 2 == 0 { &later } else { &sync }));
        calls.spawn(async move { send(&engine, &endpoint, &json!({ "id": n })).await });
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    while let Some(answer) = calls.join_next().await {
        if let Ok(Ok(accepted)) = answer {
            writeln!(acknowledged, "{}", accepted.execution).unwrap();
            acknowledged.sync_data().unwrap();
        }
    }
    // The load is over sooner than a few beats.
    tokio::time::sleep(2 * limits().lease).await;
    let deadline = Instant::now() + Duration::from_secs(8);
    while tokio::time::timeout(Duration::from_millis(30), bench.engine.broken()).await.is_err() {
        let filter = ExecutionFilter { limit: 500, ..ExecutionFilter::default() };
        // A broken one cannot say, and the engine notices.
        if let Ok(all) = bench.engine.store().execution_list(filter).await
            && all.items.iter().all(|one| !one.status.is_open())
        {
            break;
        }
        assert!(Instant::now() < deadline, "it neither ends nor says that it must be restarted");
    }
    // Without a stop, as whoever restarts it may do.
    println!("the child is done");
    std::process::exit(0);
}

async fn try_one(point: &'static str, action: Action) {
    let case = format!("{point} {action:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child", "--nocapture"]).env(POINT, &case).env(FOLDER, folder.path());
    let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    let said = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let refused = point == points::MIGRATION_STEP && matches!(action, Action::Panic | Action::Error);
    let lives = action != Action::Abort && !refused;
    assert_eq!(said.contains("the child is done"), lives, "{case}: {said}");
    let data = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    after(&case, &data, action).await;
}

/// The next process finds everything in order.
async fn after(case: &str, data: &Path, action: Action) {
    let engine = start(data, limits()).await;
    let bench = Bench { folder: TempDir::new().unwrap(), engine };
    let acknowledged = std::fs::read_to_string(data.join("acknowledged")).unwrap_or_default();
    for id in acknowledged.lines() {
        let stored = bench.engine.store().execution_head(id.parse().unwrap()).await.unwrap();
        assert!(stored.is_some(), "{case}: {id} was acknowledged and is lost");
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while bench.all().await.iter().any(|one| one.status.is_open()) {
        assert!(Instant::now() < deadline, "{case}: these do not end: {:#?}", bench.all().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let lines = effects(data, "out");
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len(), "{case}: one attempt twice: {lines:?}");
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for line in &lines {
        *times.entry(line.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    for one in bench.all().await {
        let count = |node| times.remove(&format!("{}.{node}.", one.id)).unwrap_or(0);
        let counts = ["one", "two"].map(count);
        let most = if action == Action::Sleep { 1 } else { 2 };
        assert!(counts.iter().all(|count| *count <= most), "{case}: {counts:?} effects of {}", one.id);
        if one.status == Status::Succeeded {
            assert!(counts.iter().all(|count| *count > 0), "{case}: {} left out an effect", one.id);
        } else {
            assert!(!matches!(action, Action::Sleep | Action::Abort), "{case}: {} is {}", one.id, one.status);
        }
    }
    assert!(times.is_empty(), "{case}: effects of what is not stored: {times:?}");
    bench.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_it_fails_nothing_acknowledged_is_lost_and_everything_ends() {
    let began = Instant::now();
    let cases = points::ALL.into_iter().flat_map(|point| ACTIONS.map(|action| (point, action)));
    let mut left: Vec<_> = cases.collect();
    let tried = left.len();
    let mut under_way = tokio::task::JoinSet::new();
    loop {
        while under_way.len() < 4
            && let Some((point, action)) = left.pop()
        {
            under_way.spawn(try_one(point, action));
        }
        match under_way.join_next().await {
            Some(tried) => tried.unwrap(),
            None => break,
        }
    }
    println!("{tried} failures in {:?}", began.elapsed());
}
