//! `parse/query`, `parse/body`.

use serde_json::{Value, json};

use super::*;

fn paths(parsed: &Value) -> Vec<&str> {
    parsed["items"].as_array().unwrap().iter().map(|item| item["path"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_gives_the_paths_of_its_query() {
    let bench = Bench::new().await;
    for sample in
        ["https://a.example/x?query[0][a]=1&b#c=2", "/x?query[0][a]=1&b", "?query[0][a]=1&b", "query[0][a]=1&b"]
    {
        let parsed = send(&bench, "POST", "/parse/query", &json!({"sample": sample})).await.json();
        assert_eq!(paths(&parsed), ["query", "query[0]", "query[0].a", "b"], "{sample}");
        assert_eq!(parsed["gone"], json!([]));
    }
    let none = send(&bench, "POST", "/parse/query", &json!({"sample": "https://a.example/x"})).await.json();
    assert_eq!(none, json!({"items": [], "gone": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn parsing_again_keeps_aliases_and_tells_what_is_new_and_gone() {
    let bench = Bench::new().await;
    let sample = json!({"order": {"id": 7, "paid": true}, "note": null, "a b": ["x"]}).to_string();
    let rows = json!([
        {"path": "gone.first", "alias": "Gone"}, {"path": "order.id", "alias": "Order"}, {"path": "note"}, {"path": "x"},
    ]);
    let parsed = send(&bench, "POST", "/parse/body", &json!({"sample": sample, "rows": rows})).await;
    assert_eq!(parsed.status, 200);
    insta::assert_json_snapshot!("parsed_again", parsed.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_sample_says_where() {
    let bench = Bench::new().await;
    let parse = async |sample: &str| send(&bench, "POST", "/parse/body", &json!({"sample": sample})).await;
    let broken = refused(&parse("{\n  \"a\": x}").await, 422, "sample.not_json");
    assert_eq!((&broken["line"], &broken["column"]), (&json!(2), &json!(8)));
    assert!(broken["detail"].as_str().unwrap().contains("line 2 column 8"), "{broken}");
    let deep = refused(&parse(&"[".repeat(65)).await, 422, "sample.too_deep");
    assert_eq!((&deep["line"], &deep["column"]), (&json!(1), &json!(65)));
    let many = format!("[{}0]", "0,".repeat(50_000));
    refused(&parse(&many).await, 422, "sample.too_large");
    let long = json!({ "k".repeat(100_000): vec![0; 1_000] }).to_string();
    refused(&parse(&long).await, 422, "sample.too_large");
    assert_eq!(parse("").await.json(), json!({"items": [], "gone": []}));
    for body in
        [json!({}), json!({"sample": {"a": 1}}), json!({"sample": "1", "row": []}), json!({"sample": "", "rows": [{}]})]
    {
        for path in ["/parse/body", "/parse/query"] {
            refused(&send(&bench, "POST", path, &body).await, 400, "api.body");
        }
    }
}
