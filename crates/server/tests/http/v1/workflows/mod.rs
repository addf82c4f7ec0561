//! `workflows` and `workflows/{key}`.

mod draft;
mod duplicate;
mod export;
mod publish;
mod revisions;
mod samples;
mod test;

use serde_json::{Value, json};

use super::*;

/// A whole document, off.
fn document() -> Value {
    let mut document = json!({
        "hookflow": 1, "title": "Payment", "description": "From the shop.", "tags": ["shop"],
        "retention": {"days": 7}, "credentials": {"basic": {"username": "hook", "password": "s3cret"}},
    });
    document.as_object_mut().unwrap().extend(flow("first").as_object().unwrap().clone());
    document
}

/// A workflow that answers `first`, and its path.
async fn live(bench: &Bench) -> (String, String) {
    let key = bench.publish(json!({"mode": "sync", "nodes": flow("first")["nodes"]})).await;
    let path = format!("/workflows/{key}");
    (key, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_becomes_a_workflow_that_is_a_draft_and_off() {
    let bench = Bench::new().await;
    let answer = send(&bench, "POST", "/workflows", &document()).await;
    let workflow = answer.json();
    insta::assert_json_snapshot!("workflow_created", steady(&workflow));
    assert_eq!(created(&bench, &answer).await, workflow);
    assert_eq!(bench.post_json(workflow["key"].as_str().unwrap(), &json!({})).await.status, 404);
    assert!(!answer.body.contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_with_problems_makes_nothing() {
    let bench = Bench::new().await;
    let mut broken = document();
    broken["mode"] = json!("sometimes");
    broken["nodes"][0]["config"]["status"] = json!(99);
    let problem = refused(&send(&bench, "POST", "/workflows", &broken).await, 422, "workflow.invalid");
    insta::assert_json_snapshot!("workflow_invalid", problem);
    for body in [json!([]), json!(null), json!(7), json!({})] {
        refused(&send(&bench, "POST", "/workflows", &body).await, 422, "workflow.invalid");
    }
    refused(&ask(&bench, "POST", "/workflows", &[JSON], b"{").await, 400, "api.body");
    refused(&ask(&bench, "POST", "/workflows", &[], b"{}").await, 415, "api.media_type");
    assert_eq!(get(&bench, "/workflows").await["items"], json!([]));
}

/// Making a workflow is never changing another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_taken_makes_nothing() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    let before = get(&bench, &path).await;
    let mut again = document();
    again["key"] = json!(key);
    let answer = send(&bench, "POST", "/workflows", &again).await;
    assert!([409, 422].contains(&answer.status), "{answer:?}");
    assert_eq!(get(&bench, &path).await, before);
    again["key"] = json!("mykey123456");
    let answer = send(&bench, "POST", "/workflows", &again).await;
    assert_eq!((answer.status, &answer.json()["key"]), (201, &json!("mykey123456")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_changes_what_it_names_at_once() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    let before = get(&bench, &path).await;
    let patch = json!({"title": "Refund", "tags": ["a", "b"], "retention": {"days": 3}, "when_off": "retry_later",
        "credentials": {"basic": {"username": "hook", "password": "s3cret"}}});
    let changed = send(&bench, "PATCH", &path, &patch).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = changed.json();
    assert_eq!((&changed["title"], &changed["tags"]), (&json!("Refund"), &json!(["a", "b"])));
    assert_eq!((&changed["retention"], &changed["when_off"]), (&json!({"days": 3}), &json!("retry_later")));
    assert_eq!(changed["credentials"], json!({"basic": {"username": "hook"}}));
    for name in ["id", "key", "draft", "draft_edit", "revision", "enabled", "description"] {
        assert_eq!(changed[name], before[name], "{name}");
    }
    assert_eq!(get(&bench, &path).await, changed);
    assert_eq!(bench.post_json(&key, &json!({})).await.status, 401, "credentials count at once");
    let off = send(&bench, "PATCH", &path, &json!({"enabled": false, "credentials": null})).await.json();
    assert_eq!((&off["enabled"], &off["credentials"]), (&json!(false), &Value::Null));
    assert_eq!(bench.post_json(&key, &json!({})).await.status, 503, "and so does the switch");
    let merged =
        ask(&bench, "PATCH", &path, &["Content-Type: application/merge-patch+json"], b"{\"enabled\":true}").await;
    assert_eq!(merged.json()["enabled"], true);
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_with_problems_changes_nothing() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let before = get(&bench, &path).await;
    for (patch, pointer) in [
        (json!({"title": ""}), "/title"),
        (json!({"title": null}), "/title"),
        (json!({"title": "New", "tags": "a"}), "/tags"),
        (json!({"enabled": "yes"}), "/enabled"),
        (json!({"when_off": "never"}), "/when_off"),
        (json!({"retention": {"days": 0}}), "/retention/days"),
        (json!({"credentials": {"basic": {"username": "hook"}}}), "/credentials/basic/password"),
        (json!({"nodes": []}), "/nodes"),
        (json!({"key": "mykey123456"}), "/key"),
        (json!([]), ""),
    ] {
        let problem = refused(&send(&bench, "PATCH", &path, &patch).await, 422, "workflow.invalid");
        let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!(pointers, [pointer], "{patch}");
    }
    assert_eq!(get(&bench, &path).await, before);
    refused(&send(&bench, "PATCH", &nowhere(""), &json!({})).await, 404, "workflow.unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_workflow_leaves_its_executions() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    let sent = bench.post_json(&key, &json!({})).await;
    let deleted = ask(&bench, "DELETE", &path, &[], b"").await;
    assert_eq!((deleted.status, deleted.body.as_str(), deleted.header("content-type")), (204, "", None));
    assert_eq!(bench.post_json(&key, &json!({})).await.status, 404);
    refused(&ask(&bench, "GET", &path, &[], b"").await, 404, "workflow.unknown");
    refused(&ask(&bench, "DELETE", &path, &[], b"").await, 404, "workflow.unknown");
    let shown = get(&bench, &format!("/executions/{}", sent.execution())).await;
    assert_eq!((&shown["workflow_key"], &shown["status"]), (&json!(key), &json!("succeeded")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_workflows_is_whole_whatever_its_size() {
    let bench = Bench::new().await;
    let mut all = Vec::new();
    for _ in 0..34 {
        let made = send(&bench, "POST", "/workflows", &document()).await.json();
        all.insert(0, made["id"].as_str().unwrap().to_owned());
    }
    for limit in [1, 15, 16, 17, 31, 32, 33, 34, 500] {
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = get(&bench, &format!("/workflows?limit={limit}{cursor}")).await;
            let items = page["items"].as_array().unwrap();
            listed.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            assert_eq!(items.len(), limit, "only the last page is shorter");
            cursor = format!("&cursor={next}");
        }
        assert_eq!(listed, all, "{limit}");
    }
}
