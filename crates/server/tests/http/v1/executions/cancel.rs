//! `executions/{id}/cancel`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_open_execution_ends_as_cancelled() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({"nodes": [{"key": "wait", "kind": "test_wait", "config": {"ms": 60_000}}]})).await;
    let sent = bench.post_json(&key, &json!({})).await;
    let path = format!("/executions/{}/cancel", sent.execution());
    let taken = ask(&bench, "POST", &path, &[], b"").await;
    let taken = (taken.status, taken.json());
    assert_eq!((taken.0, &taken.1["id"]), (202, &json!(sent.execution())));
    assert_eq!(taken.1.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "status"]);
    assert_eq!(bench.ended(sent.execution()).await.head.status.as_str(), "cancelled");
    let late = refused(&ask(&bench, "POST", &path, &[], b"").await, 409, "execution.ended");
    assert!(late["detail"].as_str().unwrap().contains("cancelled"), "{late}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_or_never_was_cannot_be_cancelled() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    let sent = bench.post_json(&key, &json!({})).await;
    bench.ended(sent.execution()).await;
    let path = format!("/executions/{}/cancel", sent.execution());
    insta::assert_json_snapshot!("ended", refused(&ask(&bench, "POST", &path, &[], b"").await, 409, "execution.ended"));
    for path in [format!("{NEVER}/cancel"), "/executions/ex_1/cancel".to_owned()] {
        refused(&ask(&bench, "POST", &path, &[], b"").await, 404, "execution.unknown");
    }
}
