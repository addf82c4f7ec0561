//! Tests of a draft, and replays in their five ways.

use std::time::{Duration, Instant};

use domain::answer::Answer;
use domain::event::written::WrittenLimits;
use domain::execution::journal::latest;
use domain::execution::status::{NodeStatus, Status};
use domain::id::{ExecutionId, WorkflowId};
use domain::time::Timestamp;
use engine::Limits;
use engine::catalog::Endpoint;
use engine::handle::Incoming;
use engine::runs::{Replay, RunError, Wanted, WrittenRequest};
use serde_json::{Value, json};
use store::{Execution, RequestFilter, RetentionRule, WorkflowSave};

use crate::bench::{Bench, ended, respond, start, until, wait};
use crate::crash::{image, runtime};

const PATIENCE: Duration = Duration::from_secs(10);

fn of(wanted: Wanted) -> Replay {
    Replay { wanted, ..Replay::default() }
}

fn from(node: &str, wanted: Wanted) -> Replay {
    Replay { wanted, from_node: Some(node.parse().unwrap()), event: None }
}

fn body(body: &Value) -> WrittenRequest {
    WrittenRequest { body: body.to_string().into(), ..WrittenRequest::default() }
}

fn answer(execution: &Execution) -> &Answer {
    &execution.answer.as_ref().expect("it has an answer").answer
}

impl Bench {
    async fn replay(&self, id: ExecutionId, replay: Replay) -> Execution {
        let new = self.engine.replay(id, replay).await.unwrap();
        let stored = self.ended(new).await;
        assert_eq!(stored.head.replay_of, Some(id));
        stored
    }

    async fn refused(&self, id: ExecutionId, replay: Replay) -> RunError {
        let count = self.all().await.len();
        let error = self.engine.replay(id, replay).await.unwrap_err();
        assert_eq!(self.all().await.len(), count, "nothing was kept: {error}");
        error
    }

    async fn test(&self, endpoint: &Endpoint, event: WrittenRequest) -> Execution {
        let id = self.engine.test(endpoint.key.as_str(), event, PATIENCE).await.unwrap();
        self.stored(id).await
    }

    /// The nodes whose effects an execution performed, in order.
    fn performed(&self, id: ExecutionId) -> Vec<String> {
        let lines = self.effects("out");
        let own = lines.iter().filter_map(|line| line.strip_prefix(&format!("{id}.")));
        own.map(|line| line.split('.').next().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_runs_the_same_the_live_the_drafts_or_a_given_flow() {
    let bench = Bench::new().await;
    let flow = |name: &str| json!({ "mode": "async", "nodes": [bench.effect(name, 0)] });
    let endpoint = bench.publish(flow("one")).await;
    let old = bench.send(&endpoint, &json!({ "id": 1 })).await.unwrap().execution;
    let old = bench.ended(old).await;
    let mut two = flow("two");
    two["key"] = json!(endpoint.key);
    bench.publish(two).await;
    bench.draft(&endpoint, flow("three")).await;

    let cases = [
        (Wanted::Same, Some(1), "one"),
        (Wanted::Live, Some(2), "two"),
        (Wanted::Draft, None, "three"),
        (Wanted::Revision(1), Some(1), "one"),
        (Wanted::Revision(2), Some(2), "two"),
    ];
    let mut replays = Vec::new();
    for (wanted, revision, node) in cases {
        let new = bench.replay(old.head.id, of(wanted)).await;
        assert_eq!((new.head.status, new.head.revision), (Status::Succeeded, revision), "{wanted:?}: {:?}", new.notes);
        assert_eq!(bench.performed(new.head.id), [node], "{wanted:?}");
        assert_eq!(new.event, old.event, "{wanted:?}");
        assert!(new.head.accepted_at > old.head.accepted_at && new.notes.is_empty());
        replays.push(new.head.id);
    }
    assert_eq!(bench.stored(old.head.id).await.replays, replays);
    assert!(matches!(bench.refused(old.head.id, of(Wanted::Revision(3))).await, RunError::UnknownRevision(3)));
    let nobody = ExecutionId::new(Timestamp::from_micros(1), 1);
    assert!(matches!(bench.refused(nobody, of(Wanted::Same)).await, RunError::UnknownExecution(id) if id == nobody));
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_and_replays_are_no_requests() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    bench.replay(old, of(Wanted::Same)).await;
    bench.test(&endpoint, WrittenRequest::default()).await;
    assert_eq!(bench.all().await.len(), 3);
    let requests = bench.engine.store().request_list(RequestFilter { limit: 9, ..RequestFilter::default() }).await;
    assert_eq!(requests.unwrap().items.len(), 1);
    assert_eq!(bench.engine.counters().accepted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_runs_the_draft_and_records_the_answer() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    let respond = json!({ "kind": "response", "config": {
        "body": { "id": "{{ trigger.body.id }}", "revision": "{{ system.revision }}" } } });
    bench.draft(&endpoint, json!({ "mode": "sync", "nodes": [bench.effect("draft", 50), respond] })).await;
    let stored = bench.test(&endpoint, body(&json!({ "id": 7 }))).await;
    assert_eq!(stored.head.status, Status::Succeeded, "it has ended when it is told");
    assert_eq!((stored.head.revision, stored.head.replay_of), (None, None));
    assert_eq!((answer(&stored).status, answer(&stored).body.as_ref()), (200, br#"{"id":7,"revision":null}"#.as_ref()));
    assert_eq!(bench.performed(stored.head.id), ["draft"], "effects included");
    assert!(stored.event.remote_addr.is_loopback());

    let by_id = bench.engine.test(&endpoint.workflow.to_string(), WrittenRequest::default(), PATIENCE).await.unwrap();
    let stored = bench.stored(by_id).await;
    assert_eq!((stored.event.method.as_str(), stored.event.body.len()), ("POST", 0), "an empty POST");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_told_at_a_wait_and_after_patience_and_goes_on() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [] })).await;
    bench.draft(&endpoint, json!({ "mode": "sync", "nodes": [wait(400), respond()] })).await;
    let stored = bench.test(&endpoint, body(&json!({ "id": 7 }))).await;
    assert_eq!(stored.head.status, Status::Waiting);
    assert_eq!(answer(&bench.ended(stored.head.id).await).status, 201);

    bench.draft(&endpoint, json!({ "mode": "sync", "nodes": [bench.effect("slow", 800), respond()] })).await;
    let began = Instant::now();
    let patience = Duration::from_millis(50);
    let id = bench.engine.test(endpoint.key.as_str(), WrittenRequest::default(), patience).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(700), "after {:?}", began.elapsed());
    assert!(bench.stored(id).await.head.status.is_open());
    assert_eq!(bench.ended(id).await.head.status, Status::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_with_problems_runs_nowhere() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    let mut workflow = bench.engine.workflow(endpoint.key.as_str()).await.unwrap();
    workflow.draft["nodes"] = json!([{ "key": "a", "kind": "nothing" }]);
    workflow.edit += 1;
    let save = WorkflowSave { made_from: Some(workflow.changed_at), workflow, publish: None };
    bench.engine.store().workflow_save(vec![save]).await.unwrap();
    let tested = bench.engine.test(endpoint.key.as_str(), WrittenRequest::default(), PATIENCE).await.unwrap_err();
    for error in [tested, bench.refused(old, of(Wanted::Draft)).await] {
        let RunError::Invalid(problems) = error else { panic!("{error:?}") };
        assert_eq!((problems.len(), problems[0].pointer.as_str()), (1, "/nodes/0/kind"));
    }
    assert_eq!(bench.replay(old, of(Wanted::Same)).await.head.status, Status::Succeeded);
    for unknown in ["nobodysworkflow", "?", &WorkflowId::new(Timestamp::from_micros(1), 1).to_string()] {
        let error = bench.engine.test(unknown, WrittenRequest::default(), PATIENCE).await.unwrap_err();
        assert!(matches!(&error, RunError::UnknownWorkflow(name) if name == unknown), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_of_a_test_is_the_same_copy_of_the_draft() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    bench.draft(&endpoint, json!({ "mode": "async", "nodes": [bench.effect("first", 0)] })).await;
    let tested = bench.test(&endpoint, WrittenRequest::default()).await;
    bench.draft(&endpoint, json!({ "mode": "async", "nodes": [bench.effect("second", 0)] })).await;
    let again = bench.replay(tested.head.id, of(Wanted::Same)).await;
    assert_eq!((again.head.revision, &again.draft), (None, &tested.draft));
    assert_eq!(bench.performed(again.head.id), ["first"]);
    let twice = bench.replay(again.head.id, of(Wanted::Draft)).await;
    assert_eq!(bench.performed(twice.head.id), ["second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_request_looks_as_one_that_came_in() {
    let bench = Bench::new().await;
    let trigger = json!({ "kind": "webhook", "headers": [{ "name": "X-Hub-Signature" }, { "name": "Authorization" }] });
    let credentials = json!({ "basic": { "username": "hook", "password": "s3cret" } });
    let flow = json!({ "mode": "sync", "trigger": trigger, "nodes": [respond()], "credentials": credentials });
    let endpoint = bench.publish(flow).await;
    let incoming = Incoming {
        method: "POST".to_owned(),
        headers: Vec::new(),
        query_string: String::new(),
        body: r#"{"id":"old"}"#.into(),
        share: bench.engine.admit(&endpoint, 0).unwrap(),
        tree_bytes: 0,
        remote_addr: [203, 0, 113, 7].into(),
    };
    let old = bench.engine.accept(&endpoint, incoming).await.unwrap().execution;
    let old = bench.stored(old).await;

    let written = ["X-Got", "Authorization", "X-Hub-Signature", "X-Other-Signature"];
    let headers = written.map(|name| (name.to_owned(), " v ".to_owned())).to_vec();
    let event = WrittenRequest { headers, query_string: "a=1".to_owned(), ..body(&json!({ "id": "new" })) };
    let tested = bench.test(&endpoint, event.clone()).await;
    let new = bench.replay(old.head.id, Replay { event: Some(event), ..Replay::default() }).await;
    assert_eq!((&answer(&new).body, &tested.event.headers), (&answer(&tested).body, &new.event.headers));
    assert_eq!(answer(&new).body, r#"{"id":"new"}"#);
    let kept = ["x-got", "x-hub-signature"].map(|name| (name.to_owned(), "v".to_owned()));
    assert_eq!(new.event.headers, kept, "what proves who sent it only if it is declared");
    assert_eq!((new.event.query_string.as_str(), new.event.remote_addr), ("a=1", old.event.remote_addr));
    assert!(new.event.id != old.event.id && new.event.received_at > old.event.received_at);
    assert!(new.notes[0].contains("edited") && new.notes[0].contains(&old.head.id.to_string()), "{:?}", new.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_no_endpoint_takes_is_refused_with_a_sentence() {
    let written = WrittenLimits { head_bytes_max: 50, body_bytes_max: 100, body_depth_max: 3 };
    let bench = Bench::with(Limits { written, ..Limits::default() }).await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    let raw = |body: &'static str| WrittenRequest { body: body.into(), ..WrittenRequest::default() };
    let cases = [
        (raw("{"), "not JSON"),
        (raw("[[[[1]]]]"), "deeper than 3"),
        (body(&json!("x".repeat(100))), "larger than 100 bytes"),
        (WrittenRequest { query_string: "x".repeat(51), ..raw("") }, "larger than 50 bytes"),
        (WrittenRequest { method: "GET".to_owned(), ..raw("") }, "must be `POST`"),
        (WrittenRequest { headers: vec![("a:b".to_owned(), String::new())], ..raw("") }, "no header name"),
    ];
    for (event, sentence) in cases {
        let replayed = bench.refused(old, Replay { event: Some(event.clone()), ..Replay::default() }).await;
        let tested = bench.engine.test(endpoint.key.as_str(), event, PATIENCE).await.unwrap_err();
        for error in [replayed, tested] {
            assert!(matches!(&error, RunError::Event(said) if said.contains(sentence)), "{error:?}");
        }
    }
    assert_eq!(bench.all().await.len(), 1);
}

/// `a`, then `b`, which fails as it is, then an answer that reads what `a` brought.
fn fragile(bench: &Bench, fails: Option<&str>) -> Value {
    let mut b = bench.effect("b", 0);
    b["config"]["fail"] = json!(fails);
    let answer = json!({ "key": "answer", "kind": "response", "config": { "body": "{{ nodes.a.attempt }}" } });
    json!({ "mode": "sync", "nodes": [bench.effect("a", 0), b, answer] })
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_failed_node_nothing_before_it_runs_again() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(fragile(&bench, Some("broken"))).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    assert_eq!(bench.stored(old).await.head.status, Status::Error);
    let again = bench.replay(old, from("b", Wanted::Same)).await;
    assert_eq!(again.head.status, Status::Error, "it is as broken as it was");
    assert_eq!(bench.performed(again.head.id), ["b"]);

    let mut mended = fragile(&bench, None);
    mended["key"] = json!(endpoint.key);
    bench.publish(mended).await;
    for wanted in [Wanted::Live, Wanted::Draft, Wanted::Revision(2)] {
        let new = bench.replay(old, from("b", wanted)).await;
        assert_eq!(new.head.status, Status::Succeeded, "{wanted:?}");
        assert_eq!(bench.performed(new.head.id), ["b"], "{wanted:?}: `a` ran again");
        assert_eq!(answer(&new).body, "1", "{wanted:?}: the result of `a` is there");
        let nodes: Vec<_> = latest(new.records).iter().map(|run| (run.node.to_string(), run.status)).collect();
        assert_eq!(nodes, ["a", "b", "answer"].map(|node| (node.to_owned(), NodeStatus::Succeeded)));
        assert!(new.notes[0].contains("begins at node `b`") && new.notes[0].contains(&old.to_string()));
    }
    let first = bench.replay(old, from("a", Wanted::Live)).await;
    assert_eq!(bench.performed(first.head.id), ["a", "b"], "the first node is the start");
    let later = bench.replay(first.head.id, from("answer", Wanted::Same)).await;
    assert_eq!((later.head.status, bench.performed(later.head.id).len()), (Status::Succeeded, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_be_the_start_is_refused_with_a_sentence() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(fragile(&bench, Some("broken"))).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    let other = json!({ "mode": "sync", "nodes": [bench.effect("new", 0), bench.effect("b", 0)] });
    bench.draft(&endpoint, other).await;
    let with_event = Replay { event: Some(WrittenRequest::default()), ..from("b", Wanted::Same) };
    let cases = [
        (from("nowhere", Wanted::Same), "no node `nowhere`"),
        (from("answer", Wanted::Same), "never came to node `answer`"),
        (from("b", Wanted::Draft), "differs from the old execution before node `b`: it has no node `a`"),
        (with_event, "replay the edited request from the start"),
    ];
    for (replay, sentence) in cases {
        let error = bench.refused(old, replay).await;
        assert!(matches!(&error, RunError::FromNode(said) if said.contains(sentence)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_still_runs_can_be_replayed() {
    let bench = Bench::new().await;
    let nodes = json!([bench.effect("a", 0), wait(600), bench.effect("b", 0)]);
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": nodes })).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    until("it sleeps", async || bench.stored(old).await.head.status == Status::Waiting).await;
    let node = bench.stored(old).await.records.last().unwrap().node.to_string();
    let never = bench.refused(old, from("b", Wanted::Same)).await;
    assert!(matches!(&never, RunError::FromNode(said) if said.contains("never came")), "{never:?}");
    let waits = bench.engine.replay(old, from(&node, Wanted::Same)).await.unwrap();
    let whole = bench.engine.replay(old, of(Wanted::Same)).await.unwrap();
    assert!(bench.stored(old).await.head.status.is_open(), "the old one goes its way");
    for (id, performed) in [(old, vec!["a", "b"]), (waits, vec!["b"]), (whole, vec!["a", "b"])] {
        assert_eq!(bench.ended(id).await.head.status, Status::Succeeded);
        assert_eq!(bench.performed(id), performed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_outlives_what_it_replays() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let old = bench.send(&endpoint, &json!({ "id": "kept" })).await.unwrap().execution;
    let new = bench.replay(old, of(Wanted::Same)).await;
    let rule = RetentionRule { workflow: endpoint.workflow, before: Timestamp::from_micros(0), keep: 1, limit: 10 };
    assert_eq!(bench.forget(rule).await, 1);
    assert!(bench.engine.store().execution_get(old).await.unwrap().is_none());
    let stored = bench.stored(new.head.id).await;
    assert_eq!((stored.event, stored.head.replay_of), (new.event, Some(old)));
    let again = bench.replay(new.head.id, of(Wanted::Same)).await;
    assert_eq!(answer(&again).body, r#"{"id":"kept"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_workflow_replays_what_it_was_and_nothing_else() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let old = bench.send(&endpoint, &json!({ "id": 1 })).await.unwrap().execution;
    bench.engine.store().workflow_delete(endpoint.workflow, bench.engine.now()).await.unwrap();
    for wanted in [Wanted::Same, Wanted::Revision(1)] {
        let new = bench.replay(old, of(wanted)).await;
        assert_eq!((new.head.status, &new.head.workflow_key), (Status::Succeeded, &endpoint.key));
    }
    for wanted in [Wanted::Live, Wanted::Draft] {
        let error = bench.refused(old, of(wanted)).await;
        assert!(matches!(&error, RunError::UnknownWorkflow(id) if *id == endpoint.workflow.to_string()), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_senders_are_kept_out_by_a_switch() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let old = bench.send(&endpoint, &json!({ "id": 1 })).await.unwrap().execution;
    bench.publish(json!({ "key": endpoint.key, "mode": "sync", "nodes": [respond()], "enabled": false })).await;
    assert_eq!(bench.replay(old, of(Wanted::Live)).await.head.status, Status::Succeeded);

    let never =
        json!({ "hookflow": 1, "title": "Never", "mode": "sync", "trigger": { "kind": "webhook" }, "nodes": [] });
    let applied = bench.engine.apply(vec![never], false).await.unwrap();
    let tested = bench.engine.test(applied[0].key.as_ref().unwrap().as_str(), WrittenRequest::default(), PATIENCE);
    let tested = tested.await.unwrap();
    assert!(matches!(bench.refused(tested, of(Wanted::Live)).await, RunError::NothingLive));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_it_waits_in_the_database() {
    let no_place =
        Limits { executions_in_memory_max: 4, executions_in_memory_per_workflow_max: 4, ..Limits::default() };
    let no_bytes = Limits { body_bytes_in_memory_max: 64, ..Limits::default() };
    for (limits, blocked_by) in [(no_place, 3), (no_bytes, 1)] {
        let bench = Bench::with(limits).await;
        let endpoint = bench.publish(json!({ "mode": "async", "nodes": [bench.effect("a", 400)] })).await;
        let large = json!({ "text": "x".repeat(40) });
        let mut busy = Vec::new();
        for _ in 0..blocked_by {
            busy.push(bench.send(&endpoint, &large).await.unwrap().execution);
        }
        let began = Instant::now();
        let replay = bench.engine.replay(busy[0], of(Wanted::Same)).await.unwrap();
        let test = bench.engine.test(endpoint.key.as_str(), body(&large), PATIENCE).await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(350), "a test in memory would be waited for");
        assert!(bench.engine.counters().in_memory <= 4);
        for id in [replay, test] {
            assert_eq!(bench.ended(id).await.head.status, Status::Succeeded);
            assert_eq!(bench.performed(id), ["a"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_can_be_cancelled_and_have_a_timeout_of_their_own() {
    let bench = Bench::new().await;
    let flow = |timeout_ms: u64| json!({ "mode": "async", "timeout_ms": timeout_ms, "nodes": [wait(60_000)] });
    let endpoint = bench.publish(flow(0)).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    let replay = bench.engine.replay(old, of(Wanted::Same)).await.unwrap();
    let test = bench.test(&endpoint, WrittenRequest::default()).await.head.id;
    for id in [replay, test] {
        assert!(bench.engine.cancel(id).await.unwrap());
        let stored = bench.ended(id).await;
        assert_eq!((stored.head.status, stored.answer), (Status::Cancelled, None));
    }
    assert!(bench.stored(old).await.head.status.is_open());

    bench.draft(&endpoint, flow(300)).await;
    let began = Instant::now();
    let timed = bench.engine.replay(old, of(Wanted::Draft)).await.unwrap();
    assert_eq!(bench.ended(timed).await.head.status, Status::TimedOut);
    assert!(began.elapsed() >= Duration::from_millis(290), "it counts from now: {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_answer_is_for_who_sends_a_request() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    assert!(bench.ended(old).await.answer.is_some());
    assert_eq!(bench.replay(old, of(Wanted::Same)).await.answer, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_starts_nothing() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [] })).await;
    let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    bench.ended(old).await;
    bench.engine.drain();
    assert!(matches!(bench.refused(old, of(Wanted::Same)).await, RunError::NotDurable(_)));
    let tested = bench.engine.test(endpoint.key.as_str(), WrittenRequest::default(), PATIENCE).await;
    assert!(matches!(tested, Err(RunError::NotDurable(_))));
}

#[test]
fn a_crash_in_the_middle_of_a_test_and_of_a_replay_goes_on_from_the_last_finished_node() {
    let first = runtime();
    let (bench, image, test, replay) = first.block_on(async {
        let bench = Bench::new().await;
        let nodes =
            json!([bench.effect("a", 0), bench.effect("b", 0), bench.effect("slow", 1_500), bench.effect("c", 0)]);
        let endpoint = bench.publish(json!({ "mode": "async", "nodes": nodes })).await;
        let old = bench.send(&endpoint, &json!({})).await.unwrap().execution;
        bench.ended(old).await;
        let replay = bench.engine.replay(old, from("b", Wanted::Same)).await.unwrap();
        let patience = Duration::from_millis(1);
        let test = bench.engine.test(endpoint.key.as_str(), WrittenRequest::default(), patience).await.unwrap();
        // What runs on is the copy that the test began with.
        bench.draft(&endpoint, json!({ "mode": "async", "nodes": [] })).await;
        until("both are in the slow node", async || {
            [test, replay].iter().all(|id| bench.performed(*id).last().is_some_and(|node| node == "slow"))
        })
        .await;
        let image = image(bench.folder.path());
        (bench, image, test, replay)
    });
    first.shutdown_background();
    runtime().block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        for (id, performed) in [(test, vec!["a", "b", "slow", "slow", "c"]), (replay, vec!["b", "slow", "slow", "c"])] {
            let stored = ended(&engine, id).await;
            assert_eq!(stored.head.status, Status::Succeeded, "{:?}", stored.notes);
            assert_eq!(bench.performed(id), performed);
            assert_eq!(stored.head.revision.is_none(), id == test);
        }
        engine.stop().await;
    });
}
