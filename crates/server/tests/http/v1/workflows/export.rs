//! `workflows/{key}/export`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_workflow_applied_again_changes_nothing() {
    let bench = Bench::new().await;
    let mut document = document();
    document["enabled"] = json!(true);
    let applied = send(&bench, "POST", "/apply", &json!({"documents": [document], "publish": true})).await.json();
    let path = format!("/workflows/{}", applied["items"][0]["key"].as_str().unwrap());
    let before = get(&bench, &path).await;
    for query in ["", "?live=false", "?live=true"] {
        let exported = get(&bench, &format!("{path}/export{query}")).await;
        insta::assert_json_snapshot!("exported", steady(&exported));
        let applied = send(&bench, "POST", "/apply", &json!({"documents": [exported], "publish": true})).await.json();
        assert_eq!(applied["items"][0]["changed"], false, "{applied}");
        assert_eq!(get(&bench, &path).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_draft_and_the_live_revision_are_told_apart() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let broken = json!({"nodes": 7, "title": "Not the title", "more": true});
    send_if(&bench, "PUT", &format!("{path}/draft"), "*", &broken).await;
    let draft = get(&bench, &format!("{path}/export")).await;
    assert_eq!((&draft["nodes"], &draft["more"], &draft["title"]), (&json!(7), &json!(true), &json!("Test")));
    let live = get(&bench, &format!("{path}/export?live=true")).await;
    assert_eq!((&live["nodes"], live.get("more")), (&flow("first")["nodes"], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_told() {
    let bench = Bench::new().await;
    let path = format!("/workflows/{}", bench.apply(json!({}), false).await);
    let ask = async |path: &str| ask(&bench, "GET", path, &[], b"").await;
    refused(&ask(&format!("{path}/export?live=true")).await, 409, "workflow.not_live");
    refused(&ask(&format!("{path}/export?live=maybe")).await, 400, "api.query");
    refused(&ask(&format!("{path}/export?alive=true")).await, 400, "api.query");
    refused(&ask(&nowhere("/export")).await, 404, "workflow.unknown");
}
