//! Whatever changes durably is told: who listens knows in the end what the store knows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::execution::status::Status;
use domain::id::ExecutionId;
use engine::live::{Change, Filter, Heard, Listener};
use engine::{Engine, Limits};
use serde_json::json;
use store::sqlite::{Options, Sqlite};
use store::{Error, ExecutionHead, Store};

use crate::bench::{Bench, start_over, until, wait};
use crate::faulty::Faulty;

fn listen(engine: &Engine) -> Listener {
    engine.listen(Filter::default(), None).unwrap()
}

/// States of executions until `enough`.
async fn hear(listener: &mut Listener, enough: impl Fn(&[ExecutionHead]) -> bool) -> Vec<ExecutionHead> {
    let told = std::sync::Mutex::new(Vec::new());
    while !enough(&told.lock().unwrap()) {
        match tokio::time::timeout(Duration::from_secs(10), listener.next()).await.expect("there is more to hear") {
            Heard::Hello => {}
            Heard::Changes(batch) => {
                let keep = |_, change: &Change| {
                    if let Change::Execution(head) = change {
                        told.lock().unwrap().push(head.clone());
                    }
                    bytes::Bytes::new()
                };
                batch.encoded(keep).for_each(drop);
            }
            Heard::Gap { .. } => panic!("a gap"),
        }
    }
    told.into_inner().unwrap()
}

fn statuses(told: &[ExecutionHead], id: ExecutionId) -> Vec<Status> {
    told.iter().filter(|head| head.id == id).map(|head| head.status).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_knows_in_the_end_what_the_store_knows() {
    let bench = Bench::new().await;
    let mut listener = listen(&bench.engine);
    let effect = bench.effect("one", 150);
    let sync = bench.publish(json!({ "mode": "sync", "nodes": [effect] })).await;
    let sleeping = bench.publish(json!({ "mode": "async", "nodes": [wait(200)] })).await;
    let cancelled = bench.publish(json!({ "mode": "async", "nodes": [wait(60_000)] })).await;
    let timed_out = bench.publish(json!({ "mode": "async", "timeout_ms": 150, "nodes": [wait(60_000)] })).await;
    for endpoint in [&sync, &sleeping, &timed_out, &cancelled] {
        for _ in 0..3 {
            bench.send(endpoint, &json!({})).await.unwrap();
        }
    }
    for head in bench.all().await.into_iter().filter(|head| head.workflow == cancelled.workflow) {
        bench.engine.cancel(head.id).await.unwrap();
    }
    let ended = |told: &[ExecutionHead]| told.iter().filter(|head| !head.status.is_open()).count() == 12;
    let told: HashMap<_, _> = hear(&mut listener, ended).await.into_iter().map(|head| (head.id, head)).collect();
    let stored: HashMap<_, _> = bench.all().await.into_iter().map(|head| (head.id, head)).collect();
    assert_eq!(told, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_up_is_told_though_it_waits_for_its_turn() {
    let bench = Bench::with(Limits { executions_running_max: 1, ..Limits::default() }).await;
    let mut listener = listen(&bench.engine);
    let short = bench.publish(json!({ "mode": "async", "nodes": [wait(300)] })).await;
    let long = bench.publish(json!({ "mode": "async", "nodes": [bench.effect("one", 1_000)] })).await;
    let taken_up = bench.send(&short, &json!({})).await.unwrap().execution;
    until("it sleeps", async || bench.stored(taken_up).await.head.status == Status::Waiting).await;
    bench.send(&long, &json!({})).await.unwrap();
    let ended = |told: &[ExecutionHead]| statuses(told, taken_up).last() == Some(&Status::Succeeded);
    let told = statuses(&hear(&mut listener, ended).await, taken_up);
    assert_eq!(told, [Status::Waiting, Status::Running, Status::Succeeded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_is_told() {
    let (bench, _) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [wait(1_500)] })).await;
    let asleep = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    until("it sleeps", async || bench.stored(asleep).await.head.status == Status::Waiting).await;
    // Switched off, so that the next start does not read the revision for the endpoint.
    bench.publish(json!({ "key": endpoint.key, "mode": "async", "nodes": [], "enabled": false })).await;
    bench.engine.stop().await;

    let store = Faulty::new(Sqlite::open(Options::new(bench.folder.path().join("hookflow.db"))).unwrap());
    store.fail_times("revision_get", 1, || Error::Overloaded);
    let engine = start_over(Arc::clone(&store) as Arc<dyn Store>, Limits::default()).await;
    let mut listener = listen(&engine);
    let ended = |told: &[ExecutionHead]| told.iter().any(|head| !head.status.is_open());
    let told = statuses(&hear(&mut listener, ended).await, asleep);
    assert_eq!(told, [Status::Queued, Status::Succeeded]);
}
