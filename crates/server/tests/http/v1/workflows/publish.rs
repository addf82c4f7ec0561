//! `workflows/{key}/publish`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_answers() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    send_if(&bench, "PUT", &format!("{path}/draft"), "\"1\"", &flow("second")).await;
    let publish = format!("{path}/publish");
    let published = send_if(&bench, "POST", &publish, "\"2\"", &json!({"note": "Answers better."})).await;
    assert_eq!(published.status, 200, "{published:?}");
    let published = published.json();
    assert_eq!((&published["revision"], &published["changed"]), (&json!(2), &json!(true)));
    assert_eq!(published["workflow"], get(&bench, &path).await);
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "second");
    assert_eq!(get(&bench, &format!("{path}/revisions/2")).await["note"], "Answers better.");

    // The same once more, with as little as can be said.
    for body in ["", "null", "{}"] {
        let headers: &[&str] = if body.is_empty() { &[] } else { &[JSON] };
        let again = ask(&bench, "POST", &publish, headers, body.as_bytes()).await.json();
        assert_eq!((&again["revision"], &again["changed"]), (&json!(2), &json!(false)));
    }
    assert_eq!(get(&bench, &format!("{path}/revisions")).await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_changed_meanwhile_is_not_published() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    send_if(&bench, "PUT", &format!("{path}/draft"), "\"1\"", &flow("second")).await;
    let publish = format!("{path}/publish");
    let late = refused(&send_if(&bench, "POST", &publish, "\"1\"", &json!({})).await, 409, "draft.conflict");
    assert_eq!((&late["edit"], &late["your_edit"]), (&json!(2), &json!(1)));
    refused(&send_if(&bench, "POST", &publish, "2", &json!({})).await, 400, "draft.if_match");
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "first");
    assert_eq!(send_if(&bench, "POST", &publish, "*", &json!({})).await.json()["revision"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_with_problems_is_not_published() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    let mut broken = flow("second");
    broken["nodes"][0]["config"]["status"] = json!(99);
    send_if(&bench, "PUT", &format!("{path}/draft"), "*", &broken).await;
    let publish = format!("{path}/publish");
    let problem = refused(&ask(&bench, "POST", &publish, &[], b"").await, 422, "workflow.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/nodes/0/config/status", "{problem}");
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "first");
    refused(&send(&bench, "POST", &publish, &json!({"notes": "x"})).await, 400, "api.body");
    refused(&ask(&bench, "POST", &publish, &["Content-Type: text/plain"], b"{}").await, 415, "api.media_type");
    refused(&ask(&bench, "POST", &nowhere("/publish"), &[], b"").await, 404, "workflow.unknown");
}
