//! What the engine counts is what happened; what stands in the way of requests is told.

use std::time::Duration;

use domain::execution::status::Status;
use engine::Limits;
use engine::counters::Counters;
use serde_json::json;
use store::{Distribution, Error};

use crate::bench::{Bench, ended, respond, send, start, ticket, until, wait};

/// How many fell into the ranges up to `seconds`.
fn within(times: &Distribution, seconds: f64) -> u64 {
    times.ranges.iter().filter(|(bound, _)| *bound <= seconds).map(|(_, count)| count).sum()
}

fn counts(counters: &Counters) -> [u64; 3] {
    [&counters.accept_times, &counters.queue_times, &counters.run_times].map(Distribution::count)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_is_counted_by_its_status_and_timed_by_its_stages() {
    let bench = Bench::new().await;
    let ends = |status: &str| json!({ "kind": "end", "config": { "status": status } });
    let flows = [
        (Status::Succeeded, json!({ "mode": "sync", "nodes": [respond()] })),
        (Status::Succeeded, json!({ "mode": "async", "nodes": [bench.effect("one", 0)] })),
        (Status::Failed, json!({ "mode": "sync", "nodes": [ends("failed")] })),
        (Status::Failed, json!({ "mode": "async", "nodes": [ends("failed")] })),
        (Status::Failed, json!({ "mode": "async", "nodes": [wait(20), ends("failed")] })),
        (
            Status::Error,
            json!({ "mode": "sync", "nodes": [{ "kind": "test_effect", "config": { "file": "/", "sleep_ms": 0 } }] }),
        ),
        (Status::TimedOut, json!({ "mode": "async", "timeout_ms": 50, "nodes": [wait(60_000)] })),
        (Status::Cancelled, json!({ "mode": "async", "nodes": [wait(60_000)] })),
    ];
    let mut expected: Vec<(Status, u64)> = bench.engine.counters().ended;
    for (end, flow) in &flows {
        let endpoint = bench.publish(flow.clone()).await;
        let id = bench.send(&endpoint, &json!({ "id": 1 })).await.unwrap().execution;
        if *end == Status::Cancelled {
            until("it is cancelled", async || bench.engine.cancel(id).await.unwrap()).await;
        }
        assert_eq!(bench.ended(id).await.head.status, *end, "{flow}");
        expected.iter_mut().find(|(status, _)| status == end).unwrap().1 += 1;
    }
    let all = flows.len() as u64;
    // An end is counted a moment after it is on disk.
    until("all are counted", async || bench.engine.counters().run_times.count() >= all).await;
    let counters = bench.engine.counters();
    assert_eq!(counters.ended, expected);
    assert_eq!((counters.accepted, counts(&counters)), (all, [all; 3]));
    until("none is left in memory", async || bench.engine.counters().in_memory == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_stage_takes_the_time_it_took() {
    let bench = Bench::with(Limits { executions_running_max: 1, ..Limits::default() }).await;
    let slow = bench.publish(json!({ "mode": "async", "nodes": [bench.effect("slow", 400)] })).await;
    let quick = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    bench.send(&slow, &json!({})).await.unwrap();
    until("it runs", async || bench.effects("out").len() == 1).await;
    for _ in 0..3 {
        bench.send(&quick, &json!({})).await.unwrap();
    }
    until("three wait", async || bench.engine.counters().waiting_for_turn == 3).await;
    let counters = bench.engine.counters();
    assert_eq!((counters.in_memory, counters.running), (4, 1));
    until("all have ended", async || bench.engine.counters().run_times.count() == 4).await;

    let counters = bench.engine.counters();
    assert_eq!(counts(&counters), [4; 3]);
    // The slow one ran and the others waited, for most of the 400 ms; nobody waited for the disk that long.
    assert_eq!((within(&counters.queue_times, 0.1), within(&counters.run_times, 0.25)), (1, 3), "{counters:?}");
    assert!(counters.accept_times.sum < 0.2 && counters.queue_times.sum > 0.3, "{counters:?}");
    assert!((0.4..2.0).contains(&counters.run_times.sum), "{counters:?}");
    until("no turn is held", async || bench.engine.counters().running == 0).await;
}

/// Its first turn was the other server's, and only its journal knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_outlives_its_server_is_timed_from_its_first_turn() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [wait(600)] })).await;
    let asleep = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    until("it sleeps", async || bench.stored(asleep).await.head.status == Status::Waiting).await;
    assert_eq!(counts(&bench.engine.counters()), [1, 1, 0]);
    bench.engine.stop().await;

    let engine = start(bench.folder.path(), Limits::default()).await;
    ended(&engine, asleep).await;
    until("it is counted", async || engine.counters().run_times.count() == 1).await;
    let counters = engine.counters();
    assert_eq!(counts(&counters), [0, 0, 1], "accepted and begun elsewhere");
    assert!(counters.run_times.sum >= 0.6, "{counters:?}");
    assert!(counters.ended.contains(&(Status::Succeeded, 1)));
}

/// Accepted without a place in memory: its wait in the database counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_in_the_database_is_a_wait_for_the_first_turn() {
    let limits = Limits {
        executions_running_max: 1,
        executions_in_memory_max: 4,
        executions_in_memory_per_workflow_max: 4,
        ..Limits::default()
    };
    let bench = Bench::with(limits).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [bench.effect("one", 150)] })).await;
    for _ in 0..6 {
        bench.send(&endpoint, &json!({})).await.unwrap();
    }
    until("all have ended", async || bench.engine.counters().run_times.count() == 6).await;
    let counters = bench.engine.counters();
    assert_eq!(counts(&counters), [6; 3]);
    // 0 + 150 + … + 750 ms.
    assert!(counters.queue_times.sum > 2.0, "{counters:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_not_ready_for_a_while_after_the_database_was_full_or_overloaded() {
    let full_pause = Duration::from_millis(300);
    let (bench, store) = Bench::faulty(Limits { full_pause, ..Limits::default() }).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    bench.engine.ready().unwrap();
    for (error, why) in [
        ((|| Error::Full) as fn() -> Error, "the disk is full"),
        (|| Error::Overloaded, "too much is waiting for the database"),
    ] {
        store.fail_times("execution_create", 1, error);
        bench.send(&endpoint, &json!({})).await.unwrap_err();
        assert_eq!(bench.engine.ready(), Err(why.to_owned()));
        until("it lets the next one try", async || bench.engine.ready().is_ok()).await;
        bench.send(&endpoint, &json!({})).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_holds_as_much_as_it_may_is_not_ready() {
    let bench = Bench::with(Limits { body_bytes_in_memory_max: 10, ..Limits::default() }).await;
    let nodes = json!([bench.effect("one", 500)]);
    let endpoint = bench.publish(json!({ "mode": "sync", "answer_deadline_ms": 100, "nodes": nodes })).await;
    let accepted = send(&bench.engine, &endpoint, &json!("12345678")).await.unwrap();
    ticket(&accepted);
    assert_eq!(bench.engine.ready(), Err("too many requests are in memory".to_owned()));
    bench.ended(accepted.execution).await;
    until("there is room", async || bench.engine.ready().is_ok()).await;
}
