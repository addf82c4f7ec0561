//! What a caller gets and what becomes of the execution.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::execution::journal::latest;
use domain::execution::status::{NodeStatus, Reason, Status};
use engine::Limits;
use engine::authoring::AuthoringError;
use engine::catalog::Lookup;
use engine::handle::LateAnswer;
use serde_json::{Value, json};
use store::{ExecutionFilter, RetentionRule};

use crate::bench::{Bench, answered, ended, respond, send, start, ticket, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_answer_is_the_stored_one_and_costs_one_flush() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let before = bench.engine.store().stats();
    let accepted = bench.send(&endpoint, &json!({ "id": 9_007_199_254_740_993_u64 })).await.unwrap();
    let after = bench.engine.store().stats();
    assert_eq!(after.flushes - before.flushes, 1, "event, execution, journal and answer in one flush");
    let stored = bench.stored(accepted.execution).await;
    assert_eq!(stored.head.status, Status::Succeeded);
    assert_eq!(&stored.answer.unwrap().answer, answered(&accepted));
    assert_eq!(answered(&accepted).status, 201);
    assert_eq!(answered(&accepted).body, r#"{"id":9007199254740993}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_async_answer_leaves_after_the_flush_and_before_the_run() {
    let bench = Bench::new().await;
    let slow =
        json!({ "key": "slow", "kind": "test_effect", "config": { "file": bench.file("out"), "sleep_ms": 300 } });
    let answer = json!({ "status": 201, "headers": [{ "name": "X-Got", "value": "{{ trigger.body.id }}" }], "body": "got {{ trigger.body.id }}" });
    let endpoint = bench
        .publish(json!({ "mode": "async", "trigger": { "kind": "webhook", "answer": answer }, "nodes": [slow] }))
        .await;
    let accepted = bench.send(&endpoint, &json!({ "id": 7 })).await.unwrap();
    let stored = bench.stored(accepted.execution).await;
    assert!(stored.head.status.is_open(), "answered before the run ends");
    assert_eq!(answered(&accepted).status, 201);
    assert_eq!(answered(&accepted).body, "got 7");
    assert!(answered(&accepted).headers.contains(&("X-Got".to_owned(), "7".to_owned())));
    let stored = bench.ended(accepted.execution).await;
    assert_eq!(stored.head.status, Status::Succeeded);
    assert_eq!(bench.effects("out"), [format!("{}.slow. 1", accepted.execution)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_async_answer_whose_template_fails_goes_out_empty_and_is_noted() {
    let bench = Bench::new().await;
    let answer = json!({ "body": "{{ $error(\"broken\") }}" });
    let endpoint = bench
        .publish(json!({ "mode": "async", "trigger": { "kind": "webhook", "answer": answer }, "nodes": [] }))
        .await;
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    assert_eq!((answered(&accepted).status, answered(&accepted).body.as_ref()), (200, b"".as_ref()));
    let stored = bench.ended(accepted.execution).await;
    assert_eq!(stored.head.status, Status::Succeeded);
    assert_eq!(stored.notes.len(), 1, "{:?}", stored.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_response_the_end_decides() {
    let bench = Bench::new().await;
    let succeeded = bench.publish(json!({ "mode": "sync", "nodes": [] })).await;
    let accepted = bench.send(&succeeded, &json!({})).await.unwrap();
    assert_eq!((answered(&accepted).status, answered(&accepted).body.as_ref()), (200, b"".as_ref()));

    let failed =
        bench.publish(json!({ "mode": "sync", "nodes": [{ "kind": "end", "config": { "status": "failed" } }] })).await;
    let accepted = bench.send(&failed, &json!({})).await.unwrap();
    assert_eq!(answered(&accepted).status, 500);
    let body: Value = serde_json::from_slice(&answered(&accepted).body).unwrap();
    assert_eq!(body["code"], "execution.failed");
    assert_eq!(bench.stored(accepted.execution).await.head.status, Status::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeout_of_the_workflow_answers_408() {
    let bench = Bench::new().await;
    let slow =
        json!({ "key": "slow", "kind": "test_effect", "config": { "file": bench.file("out"), "sleep_ms": 5_000 } });
    let endpoint = bench.publish(json!({ "mode": "sync", "timeout_ms": 100, "nodes": [slow, respond()] })).await;
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    assert_eq!(answered(&accepted).status, 408);
    let stored = bench.stored(accepted.execution).await;
    assert_eq!(stored.head.status, Status::TimedOut);
    assert_eq!(latest(stored.records)[0].status, NodeStatus::TimedOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_also_ends_an_execution_that_sleeps() {
    let bench = Bench::new().await;
    let wait = json!({ "kind": "test_wait", "config": { "ms": 60_000 } });
    let endpoint = bench.publish(json!({ "mode": "async", "timeout_ms": 200, "nodes": [wait] })).await;
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    assert_eq!(bench.ended(accepted.execution).await.head.status, Status::TimedOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_answer_deadline_the_caller_gets_a_ticket_to_the_final_answer() {
    let bench = Bench::new().await;
    let slow =
        json!({ "key": "slow", "kind": "test_effect", "config": { "file": bench.file("out"), "sleep_ms": 400 } });
    let endpoint =
        bench.publish(json!({ "mode": "sync", "answer_deadline_ms": 100, "nodes": [slow, respond()] })).await;
    let accepted = bench.send(&endpoint, &json!({ "id": "late" })).await.unwrap();
    let ticket = ticket(&accepted);
    assert!(matches!(bench.engine.late_answer(ticket).await.unwrap(), LateAnswer::Pending { .. }));
    bench.ended(accepted.execution).await;
    match bench.engine.late_answer(ticket).await.unwrap() {
        LateAnswer::Ready { execution, answer } => {
            assert_eq!(execution, accepted.execution);
            assert_eq!((answer.status, answer.body.as_ref()), (201, br#"{"id":"late"}"#.as_ref()));
        }
        other => panic!("{other:?}"),
    }
    for forged in [format!("{}.{}", accepted.execution, "0".repeat(25)), accepted.execution.to_string(), String::new()]
    {
        assert!(matches!(bench.engine.late_answer(&forged).await.unwrap(), LateAnswer::Unknown), "{forged}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_however_short_gives_the_caller_a_ticket_and_holds_no_place() {
    let bench = Bench::new().await;
    let wait = json!({ "kind": "test_wait", "config": { "ms": 150 } });
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [wait, respond()] })).await;
    let accepted = bench.send(&endpoint, &json!({ "id": 1 })).await.unwrap();
    let _ticket = ticket(&accepted);
    let asleep = bench.stored(accepted.execution).await;
    assert_eq!((asleep.head.status, asleep.head.reason), (Status::Waiting, Some(Reason::Timer)));
    let slept = Instant::now();
    let stored = bench.ended(accepted.execution).await;
    assert!(slept.elapsed() < Duration::from_millis(900), "woken by its timer, not by the slow look");
    assert_eq!(stored.head.status, Status::Succeeded);
    assert_eq!(stored.answer.unwrap().answer.status, 201);
    until("no place is held", async || bench.engine.counters().in_memory == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_a_sleeping_and_a_working_execution() {
    let bench = Bench::new().await;
    let wait = json!({ "kind": "test_wait", "config": { "ms": 60_000 } });
    let sleeping = bench.publish(json!({ "mode": "async", "nodes": [wait] })).await;
    let asleep = bench.send(&sleeping, &json!({})).await.unwrap();
    let slow = |key: &str| json!({ "key": key, "kind": "test_effect", "config": { "file": bench.file("out"), "sleep_ms": 200 } });
    let working = bench.publish(json!({ "mode": "sync", "nodes": [slow("one"), slow("two"), respond()] })).await;
    let engine = bench.engine.clone();
    let caller = tokio::spawn(async move { send(&engine, &working, &json!({})).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let running = bench
        .engine
        .store()
        .execution_list(ExecutionFilter { limit: 10, ..ExecutionFilter::default() })
        .await
        .unwrap()
        .items;
    for head in running {
        assert!(bench.engine.cancel(head.id).await.unwrap(), "{head:?}");
    }
    assert_eq!(bench.ended(asleep.execution).await.head.status, Status::Cancelled);
    let accepted = caller.await.unwrap().unwrap();
    assert_eq!(answered(&accepted).status, 500);
    assert_eq!(bench.stored(accepted.execution).await.head.status, Status::Cancelled);
    assert_eq!(bench.effects("out").len(), 1, "the second node never began");
    assert!(!bench.engine.cancel(asleep.execution).await.unwrap(), "what has ended cannot be cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_parks_what_runs_and_the_next_start_goes_on() {
    let bench = Bench::new().await;
    let slow = |key: &str| json!({ "key": key, "kind": "test_effect", "config": { "file": bench.file("out"), "sleep_ms": 300 } });
    let flow = json!({ "mode": "sync", "nodes": [slow("one"), slow("two"), respond()] });
    let endpoint = bench.publish(flow).await;
    let engine = bench.engine.clone();
    let at = Arc::clone(&endpoint);
    let caller = tokio::spawn(async move { send(&engine, &at, &json!({ "id": 5 })).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    bench.engine.stop().await;
    let accepted = caller.await.unwrap().unwrap();
    let ticket = ticket(&accepted).to_owned();
    assert!(bench.send(&endpoint, &json!({})).await.is_err(), "a stopping server accepts nothing");
    assert_eq!(bench.effects("out").len(), 1, "parked at the node boundary");

    let engine = start(bench.folder.path(), Limits::default()).await;
    let stored = ended(&engine, accepted.execution).await;
    assert_eq!(stored.head.status, Status::Succeeded);
    let lines: Vec<_> = ["one", "two"].iter().map(|node| format!("{}.{node}. 1", accepted.execution)).collect();
    assert_eq!(bench.effects("out"), lines, "nothing ran twice");
    assert!(
        matches!(engine.late_answer(&ticket).await.unwrap(), LateAnswer::Ready { answer, .. } if answer.status == 201)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_place_in_memory_waits_in_the_database() {
    let limits = Limits {
        executions_in_memory_max: 8,
        executions_in_memory_per_workflow_max: 4,
        executions_running_max: 2,
        ..Limits::default()
    };
    let bench = Bench::with(limits).await;
    let slow = json!({ "key": "slow", "kind": "test_effect", "config": { "file": bench.file("out"), "sleep_ms": 5 } });
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [slow] })).await;
    let mut accepted = Vec::new();
    for number in 0..60 {
        accepted.push(bench.send(&endpoint, &json!({ "n": number })).await.unwrap().execution);
        assert!(bench.engine.counters().in_memory <= 8);
    }
    for id in accepted {
        assert_eq!(bench.ended(id).await.head.status, Status::Succeeded);
    }
    assert_eq!(bench.effects("out").len(), 60, "each ran once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_fails_says_which_template_and_why() {
    let bench = Bench::new().await;
    let bad =
        json!({ "key": "bad", "kind": "response", "config": { "body": { "total": "{{ trigger.body.total * 2 }}" } } });
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [bad] })).await;
    let accepted = bench.send(&endpoint, &json!({ "total": "many" })).await.unwrap();
    assert_eq!(answered(&accepted).status, 500);
    let run = latest(bench.stored(accepted.execution).await.records).remove(0);
    assert_eq!(run.status, NodeStatus::Error);
    let message = run.error.unwrap().message;
    assert!(message.contains("/body/total") && message.contains("trigger.body.total * 2"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_path_yields_null_and_is_noted() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let accepted = bench.send(&endpoint, &json!({ "other": 1 })).await.unwrap();
    assert_eq!(answered(&accepted).body, r#"{"id":null}"#);
    let run = latest(bench.stored(accepted.execution).await.records).remove(0);
    assert_eq!(run.missing.len(), 1);
    assert_eq!((run.missing[0].template.as_str(), run.missing[0].path.as_str()), ("/body/id", "trigger.body.id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_does_not_change_what_is_under_way() {
    let bench = Bench::new().await;
    let wait = json!({ "kind": "test_wait", "config": { "ms": 200 } });
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [wait, respond()] })).await;
    let accepted = bench.send(&endpoint, &json!({ "id": "old" })).await.unwrap();
    let key = endpoint.key.clone();
    bench.publish(json!({ "key": key, "mode": "async", "nodes": [], "enabled": false })).await;
    let stored = bench.ended(accepted.execution).await;
    assert_eq!((stored.head.revision, stored.answer.unwrap().answer.status), (Some(1), 201));
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_the_same_document_again_changes_nothing() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let document = json!({ "hookflow": 1, "key": endpoint.key, "title": "Test", "mode": "sync", "trigger": { "kind": "webhook" }, "nodes": [respond()] });
    let applied = bench.engine.apply(vec![document], true).await.unwrap();
    assert_eq!((applied[0].created, applied[0].changed, applied[0].revision), (false, false, Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn if_one_document_is_broken_none_is_applied() {
    let bench = Bench::new().await;
    let good = json!({ "hookflow": 1, "title": "Good", "mode": "sync", "trigger": { "kind": "webhook" }, "nodes": [] });
    let bad = json!({ "hookflow": 1, "title": "Bad", "mode": "sync", "trigger": { "kind": "webhook" }, "nodes": [{ "kind": "nothing" }] });
    match bench.engine.apply(vec![good, bad], true).await {
        Err(AuthoringError::Invalid(applied)) => {
            assert!(applied[0].problems.is_empty() && applied[0].id.is_none());
            assert_eq!(applied[1].problems[0].pointer, "/nodes/0/kind");
        }
        other => panic!("{other:?}"),
    }
    assert!(bench.engine.store().workflow_list(None, 10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_is_gone_and_cannot_be_applied_again() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [] })).await;
    let rotated = bench.engine.rotate(endpoint.key.as_str()).await.unwrap();
    assert!(matches!(bench.engine.endpoint(endpoint.key.as_str()), Lookup::Retired { .. }));
    assert!(matches!(bench.engine.endpoint(rotated.key.as_str()), Lookup::Found(_)));
    let document = json!({ "hookflow": 1, "key": endpoint.key, "title": "Test", "mode": "sync", "trigger": { "kind": "webhook" }, "nodes": [] });
    match bench.engine.apply(vec![document], true).await {
        Err(AuthoringError::Invalid(applied)) => assert_eq!(applied[0].problems[0].code, "key.retired"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_forgets_finished_executions_only() {
    let bench = Bench::new().await;
    let done = bench.publish(json!({ "mode": "sync", "nodes": [], "retention": { "executions_max": 2 } })).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(bench.send(&done, &json!({})).await.unwrap().execution);
    }
    let wait = json!({ "kind": "test_wait", "config": { "ms": 60_000 } });
    let sleeping = bench
        .publish(json!({ "mode": "async", "nodes": [wait], "retention": { "executions_max": 1, "days": 1 } }))
        .await;
    let asleep = bench.send(&sleeping, &json!({})).await.unwrap().execution;
    bench.engine.retain().await.unwrap();
    for (index, id) in ids.iter().enumerate() {
        let kept = bench.engine.store().execution_get(*id).await.unwrap().is_some();
        assert_eq!(kept, index >= 3, "execution {index}");
    }
    assert!(bench.engine.store().execution_get(asleep).await.unwrap().is_some());
    let rule = RetentionRule {
        workflow: done.workflow,
        before: domain::time::Timestamp::from_micros(i64::MAX),
        keep: 0,
        limit: 1,
    };
    assert_eq!(bench.forget(rule).await, 1, "in slices");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_bytes_in_memory_are_refused_and_nothing_is_kept() {
    let bench = Bench::with(Limits { body_bytes_in_memory_max: 64, ..Limits::default() }).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    let refused = bench.send(&endpoint, &json!({ "text": "x".repeat(100) })).await.unwrap_err();
    assert!(refused.retry_after_s > 0);
    assert!(bench.send(&endpoint, &json!({ "text": "x" })).await.is_ok());
    let kept = bench
        .engine
        .store()
        .execution_list(ExecutionFilter { limit: 10, ..ExecutionFilter::default() })
        .await
        .unwrap()
        .items;
    assert_eq!(kept.len(), 1);
}
