//! Effects that fail: tried again as the author says, and no more.

use std::time::{Duration, Instant};

use domain::execution::journal::latest;
use domain::execution::status::{NodeStatus, Reason, Status};
use engine::Limits;
use engine::handle::LateAnswer;
use serde_json::json;

use crate::bench::{Bench, answered, ended, start, ticket, until};
use crate::crash::{image, runtime};
use crate::sink::{Reply, Sink};

/// 503 so many times, then 200.
fn fails(times: usize) -> impl FnMut(usize) -> Reply + Send {
    move |n| Reply::with(if n < times { 503 } else { 200 })
}

/// Within a tenth, and what a busy machine needs.
fn about(pause: u128, expected: u128) -> bool {
    pause >= expected * 9 / 10 && pause <= expected * 11 / 10 + 400
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again_on_schedule_with_the_same_key() {
    let (bench, sink) = (Bench::new().await, Sink::new());
    sink.answer(fails(3));
    let retry = json!({ "retry": { "attempts": 4, "pause_ms": 200, "pause_max_ms": 500 } });
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [sink.node("call", &retry)] })).await;
    let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    let stored = bench.ended(id).await;
    assert_eq!(stored.head.status, Status::Succeeded);
    let runs = latest(stored.records);
    let statuses: Vec<_> = runs.iter().map(|run| (run.attempt, run.status)).collect();
    let error = NodeStatus::Error;
    assert_eq!(statuses, [(1, error), (2, error), (3, error), (4, NodeStatus::Succeeded)]);
    assert_eq!(runs[0].error.as_ref().unwrap().code, "http.status");
    let pauses = sink.pauses();
    assert!(pauses.iter().zip([200, 400, 500]).all(|(pause, expected)| about(*pause, expected)), "{pauses:?}");
    let keys = sink.keys();
    assert!(keys.iter().all(|key| *key == format!("{id}.call.")), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_far_side_is_left_alone_as_long_as_it_asks_up_to_the_longest_pause() {
    let (bench, sink) = (Bench::new().await, Sink::new());
    sink.answer(|n| Reply {
        retry_after: Some(["1", "3600", "soon"][n.min(2)]),
        ..Reply::with([429, 503, 200][n.min(2)])
    });
    let retry = json!({ "retry": { "attempts": 3, "pause_ms": 50, "pause_max_ms": 1_500 } });
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [sink.node("call", &retry)] })).await;
    let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    assert_eq!(bench.ended(id).await.head.status, Status::Succeeded);
    let pauses = sink.pauses();
    assert!((1_000..1_400).contains(&pauses[0]) && (1_500..1_900).contains(&pauses[1]), "{pauses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_at_the_last_attempt_and_at_the_total_time_and_never_begins_for_what_cannot_pass() {
    let (bench, sink) = (Bench::new().await, Sink::new());
    for (status, retry, tries) in [
        (500, json!({ "attempts": 3, "pause_ms": 10 }), 3..=3),
        (500, json!({ "attempts": 100, "pause_ms": 100, "pause_max_ms": 100, "total_max_ms": 450 }), 3..=5),
        (404, json!({ "attempts": 3, "pause_ms": 10 }), 1..=1),
        (500, json!(null), 1..=1),
    ] {
        sink.answer(move |_| Reply::with(status));
        let before = sink.seen().len();
        let endpoint =
            bench.publish(json!({ "mode": "async", "nodes": [sink.node("call", &json!({ "retry": retry }))] })).await;
        let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
        let stored = bench.ended(id).await;
        assert_eq!(stored.head.status, Status::Error);
        let tried = sink.seen().len() - before;
        assert!(tries.contains(&tried), "{retry}: {tried}");
        let last = latest(stored.records).pop().unwrap();
        assert_eq!((last.attempt as usize, last.wake_at), (tried, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_pause_is_spent_outside_memory() {
    let (bench, sink) = (Bench::new().await, Sink::new());
    sink.answer(fails(1));
    let retry = json!({ "retry": { "attempts": 2, "pause_ms": 6_000 } });
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [sink.node("call", &retry)] })).await;
    let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    until("it waits", async || bench.stored(id).await.head.reason == Some(Reason::Timer)).await;
    until("it has left memory", async || bench.engine.counters().in_memory == 0).await;
    assert_eq!(bench.ended(id).await.head.status, Status::Succeeded);
    assert!(about(sink.pauses()[0], 6_000), "{:?}", sink.pauses());
}

/// Whoever waits gets the answer if it comes in time; else the ticket, and then nothing stays in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_waits_through_a_pause_but_not_behind_its_deadline() {
    let (bench, sink) = (Bench::new().await, Sink::new());
    let respond = json!({ "kind": "response", "config": { "status": 201 } });
    let flow = |pause: u64| {
        let nodes = json!([sink.node("call", &json!({ "retry": { "attempts": 2, "pause_ms": pause } })), respond]);
        json!({ "mode": "sync", "answer_deadline_ms": 1_500, "nodes": nodes })
    };
    sink.answer(fails(1));
    let short = bench.publish(flow(100)).await;
    assert_eq!(answered(&bench.send(&short, &json!({})).await.unwrap()).status, 201);

    sink.answer(|_| Reply::with(503));
    let long = bench.publish(flow(60_000)).await;
    let began = Instant::now();
    let accepted = bench.send(&long, &json!({})).await.unwrap();
    assert!((1_400..3_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert!(matches!(bench.engine.late_answer(ticket(&accepted)).await.unwrap(), LateAnswer::Pending { .. }));
    until("it has left memory", async || bench.engine.counters().in_memory == 0).await;
    // And who changes his mind is heard at once.
    assert!(bench.engine.cancel(accepted.execution).await.unwrap());
    assert_eq!(bench.ended(accepted.execution).await.head.status, Status::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_or_the_timeout_ends_it_in_a_pause_and_behind_a_failure() {
    let (bench, sink) = (Bench::new().await, Sink::new());
    sink.answer(|_| Reply { after: Duration::from_millis(200), ..Reply::with(503) });
    let retry = json!({ "retry": { "attempts": 9, "pause_ms": 3_000 } });
    let flow = |timeout: u64| json!({ "mode": "async", "timeout_ms": timeout, "nodes": [sink.node("call", &retry)] });
    let timed = bench.publish(flow(600)).await;
    let id = bench.send(&timed, &json!({})).await.unwrap().execution;
    let stored = bench.ended(id).await;
    assert_eq!((stored.head.status, latest(stored.records).len()), (Status::TimedOut, 1));

    let endpoint = bench.publish(flow(0)).await;
    for in_the_pause in [true, false] {
        let seen = sink.seen().len();
        let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
        until("it is tried", async || sink.seen().len() > seen).await;
        if in_the_pause {
            until("it pauses", async || bench.stored(id).await.head.status == Status::Waiting).await;
        }
        let began = Instant::now();
        assert!(bench.engine.cancel(id).await.unwrap());
        let stored = bench.ended(id).await;
        assert_eq!(stored.head.status, Status::Cancelled);
        assert!(began.elapsed() < Duration::from_millis(1_500), "{in_the_pause}: {:?}", began.elapsed());
        let run = latest(stored.records).pop().unwrap();
        assert_eq!((run.status, run.attempt), (NodeStatus::Error, 1), "what failed is told as what it is");
    }
}

#[test]
fn a_crash_in_the_middle_of_a_pause_changes_neither_the_time_nor_the_count() {
    let sink = Sink::new();
    sink.answer(|_| Reply::with(503));
    let first = runtime();
    let (image, id, wake_at) = first.block_on(async {
        let bench = Bench::new().await;
        let retry = json!({ "retry": { "attempts": 2, "pause_ms": 1_500 } });
        let endpoint = bench.publish(json!({ "mode": "async", "nodes": [sink.node("call", &retry)] })).await;
        let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
        until("it pauses", async || bench.stored(id).await.head.status == Status::Waiting).await;
        let image = image(bench.folder.path());
        (image, id, latest(bench.stored(id).await.records)[0].wake_at.unwrap())
    });
    first.shutdown_background();
    runtime().block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        let stored = ended(&engine, id).await;
        assert_eq!((stored.head.status, sink.seen().len()), (Status::Error, 2));
        let runs = latest(stored.records);
        assert_eq!(runs.len(), 2);
        assert!(runs[1].started_at >= wake_at && runs[1].started_at.since(wake_at) < Duration::from_secs(2));
        assert_eq!(runs[0].error.as_ref().unwrap().code, "http.status", "the first one failed, nothing cut it off");
        engine.stop().await;
    });
}

/// The far side never refused the attempt that the crash cut off.
#[test]
fn an_attempt_that_a_crash_cut_off_is_none_of_those_that_may_fail() {
    let sink = Sink::new();
    sink.answer(|n| Reply { after: Duration::from_millis(if n == 0 { 60_000 } else { 0 }), ..Reply::with(503) });
    let first = runtime();
    let (image, id) = first.block_on(async {
        let bench = Bench::new().await;
        let retry = json!({ "retry": { "attempts": 2, "pause_ms": 50 } });
        let endpoint = bench.publish(json!({ "mode": "async", "nodes": [sink.node("call", &retry)] })).await;
        let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
        until("it is tried", async || sink.seen().len() == 1).await;
        (image(bench.folder.path()), id)
    });
    first.shutdown_background();
    runtime().block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        let stored = ended(&engine, id).await;
        let codes: Vec<_> = latest(stored.records).iter().map(|run| run.error.clone().unwrap().code).collect();
        assert_eq!(codes, ["node.interrupted", "http.status", "http.status"]);
        engine.stop().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_failure_is_a_result_that_later_nodes_read() {
    let (bench, sink) = (Bench::new().await, Sink::new());
    sink.answer(|_| Reply::with(503));
    let call = sink.node("call", &json!({ "ignore_failure": true, "retry": { "attempts": 2, "pause_ms": 10 } }));
    let body = json!({ "code": "{{ nodes.call.error.code }}", "status": "{{ nodes.call.status }}" });
    let respond = json!({ "kind": "response", "config": { "status": 202, "body": body } });
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [call, respond] })).await;
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    assert_eq!(answered(&accepted).body.as_ref(), br#"{"code":"http.status","status":503}"#);
    let stored = bench.stored(accepted.execution).await;
    assert_eq!((stored.head.status, sink.seen().len()), (Status::Succeeded, 2));
    let runs = latest(stored.records);
    assert_eq!((runs[1].status, runs[1].attempt), (NodeStatus::Error, 2));
    assert_eq!(runs[1].result.as_ref().unwrap()["error"]["code"], "http.status");
}
