//! `workflows/{key}/samples`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_event_is_saved_fetched_edited_and_tested() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    send_if(&bench, "PUT", &format!("{path}/draft"), "*", &flow("{{ trigger.body.id }}")).await;
    let target = format!("{}?a[b]=1", crate::support::trigger(&key));
    let sent = bench.raw(request("POST", &target, &[JSON, "X-A: Zoë", "X-A: 2"], "{\"id\": \"é\"}".as_bytes())).await;
    let captured = get(&bench, &format!("/executions/{}", sent.execution())).await["event"].clone();

    let samples = format!("{path}/samples");
    let saved = send(&bench, "POST", &samples, &json!({"name": " A payment ", "event": captured})).await;
    let saved_at = saved.header("location").unwrap().to_owned();
    assert_eq!((saved.status, saved_at.starts_with("/api/v1/workflows/wf_")), (201, true));
    let listed = get(&bench, &samples).await;
    assert_eq!(listed, json!({"items": [saved.json()], "next_cursor": null}));
    insta::assert_json_snapshot!("sample", steady(&saved.json()));
    let mut event = listed["items"][0]["event"].clone();
    for name in ["method", "headers", "query_string", "query", "body", "body_base64"] {
        assert_eq!(event[name], captured[name], "{name}");
    }

    event["body"] = json!("{\"id\": \"edited\"}");
    let tested = send(&bench, "POST", &format!("{path}/test"), &json!({"event": event})).await.json();
    assert_eq!(tested["answer"]["body"], "edited", "{tested}");
    let ran = &tested["event"];
    assert_eq!((&ran["headers"], &ran["query"], &ran["body"]), (&event["headers"], &event["query"], &event["body"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_are_deleted_one_by_one() {
    let bench = Bench::new().await;
    let ((_, path), (_, other)) = (live(&bench).await, live(&bench).await);
    let mut ids = Vec::new();
    for name in ["a", "b", "b"] {
        let saved = send(&bench, "POST", &format!("{path}/samples"), &json!({"name": name, "event": {}})).await;
        ids.push(saved.json()["id"].as_str().unwrap().to_owned());
    }
    let delete =
        async |workflow: &str, id: &str| ask(&bench, "DELETE", &format!("{workflow}/samples/{id}"), &[], b"").await;
    refused(&delete(&other, &ids[1]).await, 404, "sample.unknown");
    let deleted = delete(&path, &ids[1]).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    refused(&delete(&path, &ids[1]).await, 404, "sample.unknown");
    refused(&delete(&path, "sam_1").await, 404, "sample.unknown");
    refused(&delete(&nowhere(""), &ids[0]).await, 404, "workflow.unknown");
    let left: Vec<_> = get(&bench, &format!("{path}/samples")).await["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sample| sample["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(left, [ids[2].clone(), ids[0].clone()], "newest first");
    refused(&ask(&bench, "GET", &nowhere("/samples"), &[], b"").await, 404, "workflow.unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_sample_is_told() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/samples");
    for (sample, status, code, told) in [
        (json!({"name": "", "event": {}}), 400, "api.body", "name"),
        (json!({"name": " \t", "event": {}}), 400, "api.body", "name"),
        (json!({"name": "é".repeat(201), "event": {}}), 400, "api.body", "200"),
        (json!({"name": "a"}), 400, "api.body", "event"),
        (json!({"event": {}}), 400, "api.body", "name"),
        (json!({"name": "a", "event": null}), 400, "api.body", "null"),
        (json!({"name": "a", "event": {"body": "a", "body_base64": "YQ=="}}), 422, "event.invalid", "not both"),
        (json!({"name": "a", "event": {"body": "{"}}), 422, "event.invalid", "not JSON"),
        (json!({"name": "a", "event": {"body_base64": "/w=="}}), 422, "event.invalid", "not JSON"),
    ] {
        let problem = refused(&send(&bench, "POST", &path, &sample).await, status, code);
        assert!(problem["detail"].as_str().unwrap().contains(told), "{told}: {problem}");
    }
    refused(
        &send(&bench, "POST", &nowhere("/samples"), &json!({"name": "a", "event": {}})).await,
        404,
        "workflow.unknown",
    );
    let longest = json!({"name": "é".repeat(200), "event": {}});
    assert_eq!(send(&bench, "POST", &path, &longest).await.status, 201);
    assert_eq!(get(&bench, &path).await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_has_a_hundred_samples_at_most() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/samples");
    let sample = json!({"name": "a", "event": {}});
    for _ in 0..100 {
        assert_eq!(send(&bench, "POST", &path, &sample).await.status, 201);
    }
    let problem = refused(&send(&bench, "POST", &path, &sample).await, 409, "sample.too_many");
    assert!(problem["detail"].as_str().unwrap().contains("100"), "{problem}");
    let listed = get(&bench, &path).await["items"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 100);
    ask(&bench, "DELETE", &format!("{path}/{}", listed[0]["id"].as_str().unwrap()), &[], b"").await;
    assert_eq!(send(&bench, "POST", &path, &sample).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bodies_of_samples_are_bounded_together() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/samples");
    let sample = json!({"name": "a", "event": {"body": format!("\"{}\"", "a".repeat(9 << 20))}});
    for _ in 0..3 {
        assert_eq!(send(&bench, "POST", &path, &sample).await.status, 201);
    }
    refused(&send(&bench, "POST", &path, &sample).await, 409, "sample.too_many");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_keeps_what_proves_its_sender_only_where_the_draft_declares_it() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let event = json!({"headers": [
        ["Authorization", "Bearer s3cret"], ["Cookie", "a=s3cret"], ["X-Hub-Signature-256", "s3cret"], ["X-A", "1"],
    ]});
    let sample = json!({"name": "a", "event": event});
    let add = async || send(&bench, "POST", &format!("{path}/samples"), &sample).await;
    let saved = add().await;
    assert_eq!(saved.json()["event"]["headers"], json!([["x-a", "1"]]), "{saved:?}");
    assert!(!get(&bench, &format!("{path}/samples")).await.to_string().contains("s3cret"));

    let mut draft = flow("first");
    draft["trigger"] = json!({"kind": "webhook", "headers": [{"name": "X-Hub-Signature-256"}, {"name": 7}]});
    assert_eq!(send_if(&bench, "PUT", &format!("{path}/draft"), "*", &draft).await.status, 200);
    assert_eq!(add().await.json()["event"]["headers"], json!([["x-hub-signature-256", "s3cret"], ["x-a", "1"]]));
}
