//! `executions/{id}/resolve`. What becomes of the execution is tested with the engine.

use domain::execution::status::{Reason, Status};
use store::Progress;

use super::*;

/// An execution that asks, made from one that slept, and where it is resolved.
async fn asking(bench: &Bench) -> (String, String) {
    let key = bench.publish(json!({"nodes": [{"key": "wait", "kind": "test_wait", "config": {"ms": 60_000}}]})).await;
    let sent = bench.post_json(&key, &json!({})).await;
    let id = sent.execution().parse().unwrap();
    let store = bench.engine.store();
    let asleep =
        async || store.execution_head(id).await.unwrap().is_some_and(|head| head.reason == Some(Reason::Timer));
    while !asleep().await {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let server = domain::id::ServerId::new(bench.engine.now(), 1);
    let claimed = store.execution_claim_one(id, server).await.unwrap().unwrap();
    let progress = Progress {
        status: Status::Waiting,
        reason: Some(Reason::NeedsAttention),
        owner: None,
        due_at: bench.engine.now().plus(std::time::Duration::from_secs(600)),
        records: Vec::new(),
        answer: None,
        notes: Vec::new(),
        finished_at: None,
    };
    store.execution_progress(id, claimed.epoch, progress).await.unwrap();
    (sent.execution().to_owned(), format!("/executions/{}/resolve", sent.execution()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_is_taken_once() {
    let bench = Bench::new().await;
    let (id, path) = asking(&bench).await;
    let nothing = ask(&bench, "POST", &path, &[JSON], br#"{"action":"skip"}"#).await;
    refused(&nothing, 422, "resolve.nothing_to_skip");
    let resolved = ask(&bench, "POST", &path, &[JSON], br#"{"action":"fail"}"#).await;
    assert_eq!((resolved.status, resolved.json()), (200, json!({"id": id, "status": "error"})));
    let again = ask(&bench, "POST", &path, &[JSON], br#"{"action":"run_again"}"#).await;
    let told = refused(&again, 409, "execution.not_asked");
    assert_eq!(told["detail"], "The execution is error and waits for nobody's word.");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_mean_nothing_are_refused_and_change_nothing() {
    let bench = Bench::new().await;
    let (id, path) = asking(&bench).await;
    for body in [r#"{}"#, r#"{"action":"retry"}"#, r#"{"action":"skip","of":1}"#, "[]"] {
        refused(&ask(&bench, "POST", &path, &[JSON], body.as_bytes()).await, 400, "api.body");
    }
    let stray = ask(&bench, "POST", &path, &[JSON], br#"{"action":"fail","result":1}"#).await;
    refused(&stray, 422, "resolve.result");
    let deep = format!(r#"{{"action":"skip","result":{}1{}}}"#, "[".repeat(121), "]".repeat(121));
    refused(&ask(&bench, "POST", &path, &[JSON], deep.as_bytes()).await, 422, "resolve.result");
    let head = bench.engine.store().execution_head(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((head.status, head.reason), (Status::Waiting, Some(Reason::NeedsAttention)));
    for path in [format!("{NEVER}/resolve"), "/executions/ex_1/resolve".to_owned()] {
        refused(&ask(&bench, "POST", &path, &[JSON], br#"{"action":"fail"}"#).await, 404, "execution.unknown");
    }
}
