//! `workflows/{key}/test`.

use super::*;

/// A draft whose nodes leave a trace in `file`; what is live does not.
async fn with_effect(bench: &Bench, sleep_ms: u64, answer_deadline_ms: u64) -> (String, std::path::PathBuf) {
    let (_, path) = live(bench).await;
    let file = bench.folder.path().join("trace");
    let mut draft = flow("{{ trigger.body.id }} {{ trigger.query.a }}");
    draft["answer_deadline_ms"] = json!(answer_deadline_ms);
    let effect = json!({"key": "call", "kind": "test_effect", "config": {"file": file, "sleep_ms": sleep_ms}});
    draft["nodes"].as_array_mut().unwrap().insert(0, effect);
    let saved = send_if(bench, "PUT", &format!("{path}/draft"), "*", &draft).await;
    assert_eq!(saved.json()["problems"], json!([]));
    (path, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_runs_the_draft_effects_included() {
    let bench = Bench::new().await;
    let (path, file) = with_effect(&bench, 0, 30_000).await;
    let event = json!({"headers": [["Content-Type", "application/json"], ["X-A", " 1 "]], "query_string": "a=b", "body": "{\"id\": 7}"});
    let tested = send(&bench, "POST", &format!("{path}/test"), &json!({"event": event})).await;
    assert_eq!(tested.status, 200, "{tested:?}");
    let tested = tested.json();
    assert_eq!((&tested["status"], &tested["test"]), (&json!("succeeded"), &json!(true)));
    assert_eq!(tested["answer"]["body"], "7 b");
    let mut shown = steady(&tested);
    shown["node_runs"][0]["input"]["file"] = json!("FILE");
    insta::assert_json_snapshot!("tested", shown);
    let trace = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        trace,
        format!("{}.call. 0\n", tested["id"].as_str().unwrap())
            .replace(" 0", &format!(" {}", tested["node_runs"][0]["attempt"]))
    );
    assert_eq!(get(&bench, &format!("/executions/{}", tested["id"].as_str().unwrap())).await, tested);
    assert_eq!(get(&bench, &path).await["revision"], 1, "nothing was published");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_without_an_event_is_an_empty_post() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/test");
    for (headers, body) in [(&[][..], ""), (&[JSON][..], "{}"), (&[JSON], "{\"event\":{}}"), (&[JSON], "null")] {
        let event = ask(&bench, "POST", &path, headers, body.as_bytes()).await.json()["event"].clone();
        assert_eq!(
            (&event["method"], &event["body"], &event["query_string"]),
            (&json!("POST"), &json!(""), &json!(""))
        );
        assert_eq!(event["headers"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_test_is_shown_as_it_stands_and_goes_on() {
    let bench = Bench::new().await;
    let (path, _) = with_effect(&bench, 700, 50).await;
    let began = std::time::Instant::now();
    let tested = ask(&bench, "POST", &format!("{path}/test"), &[], b"").await.json();
    assert!(began.elapsed().as_millis() < 600, "patience is the draft's answer deadline");
    assert_eq!((&tested["status"], &tested["finished_at"]), (&json!("running"), &Value::Null));
    let ended = bench.ended(tested["id"].as_str().unwrap()).await;
    assert_eq!(ended.head.status.as_str(), "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_endpoint_would_accept_is_not_run() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/test");
    let count = bench.executions().await;
    for (event, status, code, told) in [
        (json!({"body": "{"}), 422, "event.invalid", "line 1 column 1"),
        (json!({"method": "GET"}), 422, "event.invalid", "POST"),
        (json!({"headers": [["a b", "1"]]}), 422, "event.invalid", "a b"),
        (json!({"headers": [["a", "1\r\nb: 2"]]}), 422, "event.invalid", "line break"),
        (json!({"query_string": "a b"}), 422, "event.invalid", "%20"),
        (json!({"query_string": "a".repeat(100_000)}), 422, "event.invalid", "larger"),
        (json!({"body": format!("\"{}\"", "a".repeat(11 << 20))}), 422, "event.invalid", "larger"),
        (json!({"body": "", "body_base64": ""}), 422, "event.invalid", "not both"),
        (json!({"body_base64": "ab?"}), 422, "event.invalid", "base 64"),
        (json!({"boby": ""}), 400, "api.body", "boby"),
        (json!({"headers": {"a": "b"}}), 400, "api.body", "a list"),
        (json!("body"), 400, "api.body", "an object"),
    ] {
        let answer = send(&bench, "POST", &path, &json!({"event": event})).await;
        let problem = refused(&answer, status, code);
        assert!(problem["detail"].as_str().unwrap().contains(told), "{told}: {problem}");
    }
    refused(&send(&bench, "POST", &path, &json!({"events": []})).await, 400, "api.body");
    let large = [JSON, "Content-Length: 100000000"];
    refused(&ask(&bench, "POST", &path, &large, b"").await, 413, "api.too_large");
    refused(&ask(&bench, "POST", &nowhere("/test"), &[], b"").await, 404, "workflow.unknown");
    assert_eq!(bench.executions().await, count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_with_problems_is_not_run() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let mut broken = flow("second");
    broken["nodes"][0]["kind"] = json!("respons");
    send_if(&bench, "PUT", &format!("{path}/draft"), "*", &broken).await;
    let problem = refused(&ask(&bench, "POST", &format!("{path}/test"), &[], b"").await, 422, "workflow.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/nodes/0/kind", "{problem}");
    assert_eq!(bench.executions().await, 0);
}
