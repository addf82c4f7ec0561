//! `workflows/{key}/duplicate`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_the_draft_a_key_of_its_own_and_is_off() {
    let bench = Bench::new().await;
    let (key, path) = live(&bench).await;
    send_if(&bench, "PUT", &format!("{path}/draft"), "*", &flow("second")).await;
    let original = get(&bench, &path).await;
    let copy = format!("{path}/duplicate");
    let answer = send(&bench, "POST", &copy, &json!({"title": "Copy"})).await;
    let made = created(&bench, &answer).await;
    assert_eq!(made, answer.json());
    assert_eq!((&made["title"], &made["enabled"], &made["revision"]), (&json!("Copy"), &json!(false), &Value::Null));
    assert_eq!(made["draft"], original["draft"]);
    assert_ne!((&made["id"], &made["key"]), (&original["id"], &original["key"]));
    assert_eq!(get(&bench, &path).await, original);
    assert_eq!(bench.post_json(&key, &json!({})).await.body, "first");

    let untitled = ask(&bench, "POST", &copy, &[], b"").await;
    assert_eq!(untitled.status, 201);
    assert!(untitled.json()["title"].as_str().unwrap().contains(original["title"].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_copied_is_told() {
    let bench = Bench::new().await;
    let (_, path) = live(&bench).await;
    let copy = format!("{path}/duplicate");
    let long = json!({"title": "x".repeat(201)});
    refused(&send(&bench, "POST", &copy, &long).await, 422, "workflow.invalid");
    refused(&send(&bench, "POST", &copy, &json!({"titel": "x"})).await, 400, "api.body");
    refused(&ask(&bench, "POST", &nowhere("/duplicate"), &[], b"").await, 404, "workflow.unknown");
    assert_eq!(get(&bench, "/workflows").await["items"].as_array().unwrap().len(), 1);
}
