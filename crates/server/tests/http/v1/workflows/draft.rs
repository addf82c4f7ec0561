//! `workflows/{key}/draft`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_saved_as_it_is_sent_and_told_what_is_wrong() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    let path = format!("{path}/draft");
    let first = ask(&bench, "GET", &path, &[], b"").await;
    assert_eq!((first.status, first.header("etag")), (200, Some("\"1\"")));
    insta::assert_json_snapshot!("draft", steady(&first.json()));

    let mut broken = flow("second");
    broken["nodes"][0]["kind"] = json!("respons");
    broken["extra"] = json!({"of": "the author"});
    let saved = send_if(&bench, "PUT", &path, "\"1\"", &broken).await;
    assert_eq!((saved.status, saved.header("etag")), (200, Some("\"2\"")), "{saved:?}");
    let saved = saved.json();
    assert_eq!((&saved["flow"], &saved["edit"]), (&broken, &json!(2)));
    let told: Vec<_> = saved["problems"].as_array().unwrap().iter().map(|problem| &problem["pointer"]).collect();
    assert!(told.contains(&&json!("/nodes/0/kind")) && told.contains(&&json!("/extra")), "{saved}");
    assert_eq!(get(&bench, &path).await, saved);
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "first", "what is live stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_editors_the_second_is_told_and_loses_nothing() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/draft");
    assert_eq!(send_if(&bench, "PUT", &path, "\"1\"", &flow("hers")).await.status, 200);
    let late = send_if(&bench, "PUT", &path, "\"1\"", &flow("his")).await;
    insta::assert_json_snapshot!("draft_conflict", refused(&late, 409, "draft.conflict"));
    assert_eq!(get(&bench, &path).await["flow"], flow("hers"));
    assert_eq!(send_if(&bench, "PUT", &path, "\"2\"", &flow("both")).await.json()["edit"], 3);
    assert_eq!(send_if(&bench, "PUT", &path, "*", &flow("his")).await.json()["edit"], 4);
    assert_eq!(get(&bench, &path).await["flow"], flow("his"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_saves_of_one_edit_at_once_one_is_kept() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/draft");
    let flows: Vec<_> = (0..8).map(|editor| flow(&format!("editor {editor}"))).collect();
    let saves = flows.iter().map(|flow| send_if(&bench, "PUT", &path, "\"1\"", flow));
    let answers = futures_util::future::join_all(saves).await;
    let kept: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(kept.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        refused(answer, 409, "draft.conflict");
    }
    assert_eq!(get(&bench, &path).await, kept[0].json());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_says_what_it_was_made_from() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/draft");
    refused(&send(&bench, "PUT", &path, &flow("x")).await, 428, "draft.if_match");
    for edit in ["1", "W/\"1\"", "\"1\", \"2\"", "\"01\"", "\"one\"", ""] {
        refused(&send_if(&bench, "PUT", &path, edit, &flow("x")).await, 400, "draft.if_match");
    }
    let twice = [JSON, "If-Match: \"1\"", "If-Match: \"1\""];
    refused(&ask(&bench, "PUT", &path, &twice, flow("x").to_string().as_bytes()).await, 400, "draft.if_match");
    assert_eq!(get(&bench, &path).await["edit"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_flow_is_not_saved() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let path = format!("{path}/draft");
    for body in [json!([]), json!(null), json!("flow"), json!(1)] {
        let problem = refused(&send_if(&bench, "PUT", &path, "*", &body).await, 422, "workflow.invalid");
        assert_eq!(problem["errors"][0]["pointer"], "", "{body}");
    }
    let large = json!({"nodes": [], "more": "x".repeat(2 << 20)});
    refused(&send_if(&bench, "PUT", &path, "*", &large).await, 422, "workflow.invalid");
    refused(&ask(&bench, "PUT", &path, &[JSON, "If-Match: *"], b"{").await, 400, "api.body");
    refused(&ask(&bench, "PUT", &path, &["If-Match: *"], b"{}").await, 415, "api.media_type");
    assert_eq!(get(&bench, &path).await["edit"], 1);
    refused(&send_if(&bench, "PUT", &nowhere("/draft"), "*", &json!({})).await, 404, "workflow.unknown");
    refused(&ask(&bench, "GET", &nowhere("/draft"), &[], b"").await, 404, "workflow.unknown");
}
