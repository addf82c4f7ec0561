//! A store that fails, a node that panics, a person who changes his mind: nobody is told what is not so,
//! and nothing stays where no one looks again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::execution::status::Status;
use domain::flow::document::Mode;
use domain::flow::plan::{Operation, Plan, Step, StepIndex};
use domain::problem::Problems;
use domain::template::{Evaluator, Expression, ExpressionError, Templated};
use domain::time::Timestamp;
use domain::value::Value;
use engine::Limits;
use engine::catalog::{Endpoint, Live, Lookup};
use engine::handle::Reply;
use serde_json::json;
use store::sqlite::{Options, Sqlite};
use store::{Error, Store};

use crate::bench::{Bench, answered, ended, respond, send, start_over, ticket, until, wait};

fn failed() -> Error {
    Error::Database { operation: "test", source: "on purpose".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_created_is_refused_and_not_kept() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let sync = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let later = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    for error in [failed, || Error::Overloaded, || Error::Full] {
        for endpoint in [&sync, &later] {
            store.fail_times("execution_create", 1, error);
            bench.send(endpoint, &json!({})).await.unwrap_err();
        }
    }
    assert_eq!(bench.all().await, []);
    until("no place is held", async || bench.engine.counters().in_memory == 0).await;
    bench.send(&sync, &json!({})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_that_finds_no_room_is_tried_again() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [bench.effect("one", 0), respond()] })).await;
    for error in [|| Error::Overloaded, || Error::Full] as [fn() -> Error; 2] {
        store.fail_times("execution_progress", 3, error);
        let accepted = bench.send(&endpoint, &json!({ "id": 1 })).await.unwrap();
        assert_eq!(answered(&accepted).status, 201);
    }
    assert_eq!(bench.effects("out").len(), 2, "no effect twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_let_go_at_the_deadline_though_there_is_no_room_for_the_end() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let nodes = json!([bench.effect("one", 0), respond()]);
    let endpoint = bench.publish(json!({ "mode": "sync", "answer_deadline_ms": 300, "nodes": nodes })).await;
    store.fail(|operation| (operation == "execution_progress").then_some(Error::Full));
    let accepted = tokio::time::timeout(Duration::from_secs(3), bench.send(&endpoint, &json!({}))).await;
    let accepted = accepted.expect("at its deadline").unwrap();
    ticket(&accepted);
    store.fail(|_| None);
    assert_eq!(bench.ended(accepted.execution).await.head.status, Status::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_at_all_ends_as_an_error_with_the_reason() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [bench.effect("one", 0), respond()] })).await;
    store.fail_times("execution_progress", 1, failed);
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    assert_eq!(answered(&accepted).status, 500);
    let stored = bench.stored(accepted.execution).await;
    assert_eq!((stored.head.status, stored.notes.len()), (Status::Error, 1), "{:?}", stored.notes);
    assert!(bench.engine.counters().ended.contains(&(Status::Error, 1)));
    assert_eq!(stored.answer.unwrap().answer, *answered(&accepted));
}

/// The sender of what is on disk must not send it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_event_is_kept_is_never_told_that_it_is_not() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [bench.effect("one", 0), respond()] })).await;
    store.fail(|operation| (operation == "execution_progress").then(|| Error::Broken { reason: "test".to_owned() }));
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    ticket(&accepted);
    assert!(bench.stored(accepted.execution).await.head.status.is_open());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_store_is_told_and_nothing_is_accepted_any_more() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    store.fail_times("execution_create", 1, || Error::Broken { reason: "the disk is gone".to_owned() });
    bench.send(&endpoint, &json!({})).await.unwrap_err();
    let reason = tokio::time::timeout(Duration::from_secs(1), bench.engine.broken()).await.unwrap();
    assert!(reason.contains("the disk is gone"), "{reason}");
    assert!(bench.engine.ready().is_err());
    // The store would take it by now, but what it said once counts.
    bench.send(&endpoint, &json!({})).await.unwrap_err();
    assert_eq!(bench.all().await, []);
    tokio::time::timeout(Duration::from_secs(5), bench.engine.stop()).await.expect("it stops all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_cannot_be_read_now_is_read_later() {
    let (bench, _) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [wait(1_500), bench.effect("one", 0)] })).await;
    let asleep = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    until("it sleeps", async || bench.stored(asleep).await.head.status == Status::Waiting).await;
    // Switched off, so that the next start does not read the revision for the endpoint.
    bench.publish(json!({ "key": endpoint.key, "mode": "async", "nodes": [], "enabled": false })).await;
    bench.engine.stop().await;

    let store = Sqlite::open(Options::new(bench.folder.path().join("hookflow.db"))).unwrap();
    let store = crate::faulty::Faulty::new(store);
    store.fail_times("revision_get", 1, || Error::Overloaded);
    let engine = start_over(Arc::clone(&store) as Arc<dyn Store>, Limits::default()).await;
    let stored = ended(&engine, asleep).await;
    assert_eq!(stored.head.status, Status::Succeeded, "{:?}", stored.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_that_failed_to_read_a_change_reads_it_with_the_next_apply() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [] })).await;
    let mut document = json!({ "hookflow": 1, "key": endpoint.key, "title": "Test", "mode": "sync",
        "trigger": { "kind": "webhook" }, "nodes": [respond()] });
    for operation in ["revision_get", "key_retired"] {
        document["nodes"][0]["title"] = json!(operation);
        // `revision_get` is first asked by `apply` itself, for what is live.
        let mut calls = 0;
        store.fail(move |called| {
            calls += u32::from(called == operation);
            (called == operation && (operation == "key_retired" || calls == 2)).then_some(Error::Overloaded)
        });
        bench.engine.apply(vec![document.clone()], true).await.unwrap_err();
        assert!(live(&bench, &endpoint).is_some(), "a failure does not switch it off");
        store.fail(|_| None);
        let applied = bench.engine.apply(vec![document.clone()], true).await.unwrap();
        assert!(!applied[0].changed);
        assert_eq!(live(&bench, &endpoint), applied[0].revision);
    }
}

fn live(bench: &Bench, endpoint: &Endpoint) -> Option<u32> {
    match bench.engine.endpoint(endpoint.key.as_str()) {
        Lookup::Found(endpoint) => endpoint.live.as_ref().map(|live| live.revision),
        other => panic!("{other:?}"),
    }
}

#[derive(Debug)]
struct Panics;

impl Evaluator for Panics {
    fn compile(&self, _: &str, _: &[String]) -> Result<Arc<dyn Expression>, ExpressionError> {
        Ok(Arc::new(Self))
    }
}

impl Expression for Panics {
    fn evaluate(&self, _: &[Option<&Value>], _: Timestamp) -> Result<Option<Value>, ExpressionError> {
        panic!("on purpose")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_over_a_flow_ends_its_execution_and_answers_the_caller() {
    let bench = Bench::new().await;
    let published = bench.publish(json!({ "mode": "sync", "nodes": [] })).await;
    let panics = Templated::parse(&json!("{{ $panic() }}"), "", &Panics, &mut Problems::new());
    let step = |key: &str, operation, next| Step {
        key: key.parse().unwrap(),
        kind: "test".into(),
        disabled: false,
        operation,
        branches: Vec::new(),
        next,
    };
    let plan = Plan {
        mode: Mode::Sync,
        timeout_ms: 0,
        answer_deadline_ms: 10_000,
        configured_answer: None,
        declared_headers: Vec::new(),
        steps: vec![step("panics", Operation::Compute(panics), None)],
        first: Some(StepIndex(0)),
    };
    let endpoint = Endpoint {
        workflow: published.workflow,
        key: published.key.clone(),
        when_off: published.when_off,
        credentials: None,
        live: Some(Live { revision: 1, plan: Arc::new(plan) }),
    };
    let accepted = send(&bench.engine, &endpoint, &json!({})).await.unwrap();
    assert_eq!(answered(&accepted).status, 500);
    let stored = bench.stored(accepted.execution).await;
    assert_eq!((stored.head.status, stored.notes.len()), (Status::Error, 1));
    until("nothing is left of it in memory", async || !bench.engine.cancel(accepted.execution).await.unwrap()).await;
}

/// The wish comes after the execution has begun to leave memory and before it has left.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_meets_an_execution_falling_asleep_is_not_lost() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [wait(60_000)] })).await;
    store.slow_down("execution_progress", Duration::from_millis(200));
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    until("it is asleep on disk", async || bench.stored(accepted.execution).await.head.status == Status::Waiting).await;
    assert!(bench.engine.cancel(accepted.execution).await.unwrap());
    assert_eq!(bench.ended(accepted.execution).await.head.status, Status::Cancelled);
}

/// Asleep on disk and due at once: the next task of the same execution begins before the last one is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_ends_leaves_the_next_one_reachable() {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let nodes = json!([wait(0), bench.effect("one", 3_000), bench.effect("two", 0)]);
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": nodes })).await;
    store.slow_down("execution_progress", Duration::from_millis(1_500));
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    until("it is asleep on disk", async || bench.stored(accepted.execution).await.head.status == Status::Waiting).await;
    store.slow_down("execution_progress", Duration::ZERO);
    until("the effect has begun", async || bench.effects("out").len() == 1).await;
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    assert!(bench.engine.cancel(accepted.execution).await.unwrap());
    assert_eq!(bench.ended(accepted.execution).await.head.status, Status::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_stops_nothing() {
    let bench = Bench::new().await;
    let nodes = json!([bench.effect("one", 100), bench.effect("two", 0), respond()]);
    for mode in ["sync", "async"] {
        let nodes = if mode == "sync" { nodes.clone() } else { json!([nodes[0], nodes[1]]) };
        let endpoint = bench.publish(json!({ "mode": mode, "nodes": nodes })).await;
        for patience in [0, 20] {
            let patience = Duration::from_millis(patience);
            drop(tokio::time::timeout(patience, bench.send(&endpoint, &json!({}))).await);
        }
    }
    until("all have run", async || bench.effects("out").len() == 8).await;
    until("all have ended", async || bench.all().await.iter().all(|one| one.status == Status::Succeeded)).await;
    assert_eq!(bench.all().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_refuses_says_so_and_is_tried_again_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { database_bytes_max: Some(1 << 20), ..Options::new(folder.path().join("hookflow.db")) };
    let limits = Limits { full_pause: Duration::from_millis(200), retention_days: 0, ..Limits::default() };
    let engine = start_over(Sqlite::open(options).unwrap(), limits).await;
    let bench = Bench { folder, engine };
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [] })).await;
    let body = json!({ "text": "x".repeat(20_000) });
    let mut kept = Vec::new();
    let refused = loop {
        match bench.send(&endpoint, &body).await {
            Ok(accepted) => kept.push(accepted.execution),
            Err(refused) => break refused,
        }
    };
    assert!(refused.retry_after_s > 0 && kept.len() > 10);
    assert_eq!(bench.engine.ready(), Err("the disk is full".to_owned()));
    let listed = bench.all().await;
    assert_eq!(listed.len(), kept.len(), "what was refused is not there");
    // No request comes, since whoever asked `ready` sends none.
    until("it may be tried again", async || bench.engine.ready().is_ok()).await;
    bench.send(&endpoint, &body).await.unwrap_err();
    assert!(bench.engine.ready().is_err());

    bench.engine.retain().await.unwrap();
    bench.send(&endpoint, &body).await.expect("there is room again");
    bench.engine.ready().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stops_at_once_and_one_more_end_alike() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [bench.effect("one", 100), respond()] })).await;
    let caller = {
        let (engine, endpoint) = (bench.engine.clone(), Arc::clone(&endpoint));
        tokio::spawn(async move { send(&engine, &endpoint, &json!({})).await })
    };
    until("it runs", async || !bench.effects("out").is_empty()).await;
    let began = Instant::now();
    tokio::join!(bench.engine.stop(), bench.engine.stop());
    bench.engine.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(matches!(caller.await.unwrap().unwrap().reply, Reply::Later { .. }));
}
