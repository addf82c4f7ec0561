//! Many executions: who waits where, who goes first, and when.

use std::time::{Duration, Instant};

use domain::execution::status::Status;
use engine::Limits;
use serde_json::json;
use store::sqlite::{Options, Sqlite};

use crate::bench::{Bench, start_over, until, wait};

fn narrow() -> Limits {
    Limits {
        executions_running_max: 2,
        executions_in_memory_max: 8,
        executions_in_memory_per_workflow_max: 4,
        ..Limits::default()
    }
}

/// What is parked falls due at once, so whoever goes on claiming would never be done.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_with_a_backlog_ends() {
    let bench = Bench::with(narrow()).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [bench.effect("one", 20)] })).await;
    for _ in 0..60 {
        bench.send(&endpoint, &json!({})).await.unwrap();
    }
    let began = Instant::now();
    tokio::time::timeout(Duration::from_secs(5), bench.engine.stop()).await.expect("it ends");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_workflow_does_not_starve_another() {
    let bench = Bench::with(Limits { executions_running_max: 1, ..Limits::default() }).await;
    let flood = bench.publish(json!({ "mode": "async", "nodes": [bench.effect("flood", 20)] })).await;
    let lone = bench.publish(json!({ "mode": "async", "nodes": [bench.effect("lone", 0)] })).await;
    for _ in 0..30 {
        bench.send(&flood, &json!({})).await.unwrap();
    }
    let id = bench.send(&lone, &json!({})).await.unwrap().execution;
    bench.ended(id).await;
    let before = bench.effects("out").iter().take_while(|line| !line.contains("lone")).count();
    assert!(before < 20, "{before} of the flood went first");
}

/// While the workflow never has a free place for long: new requests come faster than they are run.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_the_database_gets_on_though_new_requests_keep_coming() {
    let bench = Bench::with(narrow()).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [wait(100), bench.effect("one", 10)] })).await;
    let first = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    let flood =
        bench.publish(json!({ "key": endpoint.key, "mode": "async", "nodes": [bench.effect("two", 10)] })).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        bench.send(&flood, &json!({})).await.unwrap();
        assert!(bench.engine.counters().in_memory <= 8);
        if !bench.stored(first).await.head.status.is_open() {
            return;
        }
    }
    panic!("the sleeper never got a place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_fires_on_time_though_a_later_one_is_set_meanwhile() {
    let bench = Bench::new().await;
    let plain = |ms| json!({ "mode": "async", "nodes": [wait(ms)] });
    let (short, middle, long) =
        (bench.publish(plain(150)).await, bench.publish(plain(600)).await, bench.publish(plain(1_500)).await);
    let began = Instant::now();
    let middle = bench.send(&middle, &json!({})).await.unwrap().execution;
    let short = bench.send(&short, &json!({})).await.unwrap().execution;
    bench.ended(short).await;
    // Set after the look that knew of the middle one.
    tokio::time::sleep(Duration::from_millis(50)).await;
    bench.send(&long, &json!({})).await.unwrap();
    bench.ended(middle).await;
    assert!(began.elapsed() < Duration::from_millis(1_050), "{:?}", began.elapsed());
}

/// A place alone does not let them in: what they hold counts.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_fall_due_together_stay_within_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { claim_bytes_max: 100_000, ..Options::new(folder.path().join("hookflow.db")) };
    let limits = Limits { body_bytes_in_memory_max: 250_000, ..Limits::default() };
    let engine = start_over(Sqlite::open(options).unwrap(), limits).await;
    let bench = Bench { folder, engine };
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [wait(1_000), bench.effect("one", 30)] })).await;
    for _ in 0..12 {
        until("it is let in", async || bench.send(&endpoint, &json!({ "text": "x".repeat(100_000) })).await.is_ok())
            .await;
    }
    until("all have ended", async || {
        assert!(bench.engine.counters().in_memory <= 4);
        bench.all().await.iter().all(|one| one.status == Status::Succeeded)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_by_age_leaves_what_is_young_or_open() {
    let bench = Bench::with(Limits { retention_days: 0, ..Limits::default() }).await;
    let old = bench.publish(json!({ "mode": "sync", "nodes": [] })).await;
    let young = bench.publish(json!({ "mode": "sync", "nodes": [], "retention": { "days": 1 } })).await;
    let sleeping = bench.publish(json!({ "mode": "async", "nodes": [wait(60_000)] })).await;
    let old = bench.send(&old, &json!({})).await.unwrap().execution;
    let young = bench.send(&young, &json!({})).await.unwrap().execution;
    let asleep = bench.send(&sleeping, &json!({})).await.unwrap().execution;
    bench.engine.retain().await.unwrap();
    let left: Vec<_> = bench.all().await.iter().map(|one| one.id).collect();
    assert!(!left.contains(&old) && left.contains(&young) && left.contains(&asleep), "{left:?}");
}
