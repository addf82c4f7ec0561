//! What lists are narrowed by, and executions counted.

use crate::support::{Bench, JSON};
use serde_json::{Value, json};

/// A workflow that answers 422 at `?answer=422`, and 200; and breaks at `?answer=broken`.
fn answering() -> Value {
    let is = |value| json!({"left": "{{ trigger.query.answer }}", "operator": "equal", "right": value});
    let say = |key: &str, status| json!({"key": key, "kind": "response", "config": {"status": status, "body": "ok"}});
    json!({"mode": "sync", "nodes": [
        {"key": "refuse", "kind": "condition", "config": {"mode": "branch", "rule": is("422")}, "branches": {"true": [say("no", 422)]}},
        {"key": "say", "kind": "response", "config": {
            "body": "{{ trigger.query.answer = 'broken' ? $number('x') : 'ok' }}"}}]})
}

async fn send(bench: &Bench, key: &str, answer: &str, body: &Value) -> String {
    let target = format!("{key}?answer={answer}");
    bench.post(&target, &[JSON], body.to_string()).await.execution().to_owned()
}

async fn ids(bench: &Bench, path: &str) -> Vec<String> {
    let page = bench.api("GET", path, None).await.json();
    let items = page["items"].as_array().unwrap_or_else(|| panic!("{path}: {page}"));
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_are_found_by_what_was_sent_and_what_was_answered() {
    let bench = Bench::new().await;
    let key = bench.publish(answering()).await;
    let fine = send(&bench, &key, "200", &json!({"order": "A-17"})).await;
    let no = send(&bench, &key, "422", &json!({"order": "B-18"})).await;
    let broken = send(&bench, &key, "broken", &json!({"order": "C-19"})).await;
    let test = json!({"event": {"query_string": "answer=200", "headers": [["X-Mark", "Blue"]]}});
    let test = bench.api("POST", &format!("/workflows/{key}/test"), Some(&test)).await;
    let test = test.json()["id"].as_str().unwrap().to_owned();
    for id in [&broken, &test] {
        bench.ended(id).await;
    }

    for (query, expected) in [
        ("answer=200", vec![&test, &fine]),
        ("answer=4xx", vec![&no]),
        ("answer=2xx&test=false", vec![&fine]),
        ("test=true", vec![&test]),
        ("q=b-18", vec![&no]),
        ("q=x-mark%3A+blue", vec![&test]),
        ("q=answer%3D422", vec![&no]),
        ("q=nowhere", vec![]),
        (&format!("q={fine}"), vec![&fine]),
        (&format!("q={fine}&status=error"), vec![]),
    ] {
        assert_eq!(ids(&bench, &format!("/executions?{query}")).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let listed = bench.api("GET", "/executions?status=error", None).await.json();
    let item = &listed["items"][0];
    assert_eq!((&item["id"], &item["method"]), (&json!(broken), &json!("POST")));
    assert_eq!((&item["cause"]["node"], item["cause"]["code"].is_string()), (&json!("say"), true), "{item}");
    let whole = bench.api("GET", &format!("/executions/{broken}"), None).await.json();
    assert_eq!(whole["cause"], item["cause"]);
    for query in ["answer=700", "answer=2x", "test=1", "q=%00".repeat(201).as_str()] {
        let refused = bench.api("GET", &format!("/executions?{query}"), None).await;
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("api.query")), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_say_why_in_the_list() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    bench.post(&key, &[JSON, "X-Mark: Blue"], "hello").await;
    let accepted = bench.post_json(&key, &json!({"a": 1})).await.execution().to_owned();
    let refused = bench.refused(1).await;
    let page = bench.api("GET", "/requests?outcome=refused", None).await.json();
    let item = &page["items"][0];
    assert_eq!((&item["code"], &item["detail"]), (&json!("hook.not_json"), &json!(refused.detail)));
    assert_eq!(item["bytes"], 5);
    let refused = refused.id.to_string();
    for (query, expected) in [
        ("", vec![&accepted, &refused]),
        ("code=hook.not_json", vec![&refused]),
        ("code=hook.media_type", vec![]),
        ("status=4xx", vec![&refused]),
        ("q=blue", vec![&refused]),
        ("q=%22a%22", vec![&accepted]),
        (&format!("q={accepted}"), vec![&accepted]),
        ("from=2100-01-01T00:00:00Z", vec![]),
        ("to=2000-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(ids(&bench, &format!("/requests?{query}")).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_is_counted_for_each_workflow_and_over_time() {
    let bench = Bench::new().await;
    let key = bench.publish(answering()).await;
    let quiet = bench.publish(json!({})).await;
    for answer in ["200", "201", "broken"] {
        let id = send(&bench, &key, answer, &json!({})).await;
        bench.ended(&id).await;
    }
    let figures = bench.api("GET", "/workflows/figures?hours=1", None).await.json();
    let by_key = async |key: &str| {
        let id = bench.api("GET", &format!("/workflows/{key}"), None).await.json()["id"].clone();
        figures["items"].as_array().unwrap().iter().find(|item| item["workflow_id"] == id).unwrap().clone()
    };
    let busy = by_key(&key).await;
    assert_eq!((&busy["succeeded"], &busy["failed"], &busy["waiting"]), (&json!(2), &json!(1), &json!(0)), "{busy}");
    assert_eq!(busy["buckets"].as_array().unwrap().len(), 24);
    let last = &busy["buckets"][23];
    assert_eq!((&last["succeeded"], &last["failed"], &last["other"]), (&json!(2), &json!(1), &json!(0)));
    assert!(busy["p95_ms"].is_u64() && busy["last_at"].is_string(), "{busy}");
    let quiet = by_key(&quiet).await;
    assert_eq!((&quiet["succeeded"], &quiet["p95_ms"], &quiet["last_at"]), (&json!(0), &Value::Null, &Value::Null));
    assert_eq!(figures["partial"], false);

    let counted = bench.api("GET", &format!("/executions/histogram?buckets=7&workflow={key}"), None).await.json();
    let items = counted["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[6]["succeeded"], &items[6]["error"]), (7, &json!(2), &json!(1)), "{counted}");
    let none = bench.api("GET", "/executions/histogram?answer=404", None).await.json();
    assert!(none["items"].as_array().unwrap().iter().all(|item| item["succeeded"] == 0));
    let span = "from=2026-01-03T00:00:00Z&to=2026-01-02T00:00:00Z&buckets=2";
    let nothing = bench.api("GET", &format!("/executions/histogram?{span}"), None).await.json();
    assert_eq!((nothing["items"].as_array().unwrap().len(), &nothing["items"][1]["open"]), (2, &json!(0)));
    for path in [
        "/executions/histogram?buckets=0",
        "/executions/histogram?buckets=121",
        "/workflows/figures?hours=0",
        "/workflows/figures?hours=721",
    ] {
        assert_eq!(bench.api("GET", path, None).await.status, 400, "{path}");
    }
}
