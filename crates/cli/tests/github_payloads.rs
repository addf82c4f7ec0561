//! Every webhook that GitHub documents, as it would send it: the answers carry what stands in the payloads.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::Home;

/// What npm's `@octokit/webhooks-examples` holds.
const PAYLOADS: usize = 329;

const SYNC: &str = r#"
hookflow: 1
title: Git events, answered
enabled: true
mode: sync
trigger:
  kind: webhook
  headers: [{ name: X-GitHub-Event }, { name: X-GitHub-Delivery }]
nodes:
  - key: answer
    kind: response
    config:
      status: 201
      headers: [{ name: X-Delivery, value: '{{ trigger.headers["X-GitHub-Delivery"] }}' }]
      body:
        event: '{{ trigger.headers["x-github-event"] }}'
        sender: "{{ trigger.body.sender.login }}"
        id: "{{ trigger.body.sender.id }}"
        action: "{{ trigger.body.action }}"
        commits: "{{ trigger.body.commits.id }}"
        all: "{{ trigger.body }}"
"#;

const ASYNC: &str = r#"
hookflow: 1
title: Git events, in the background
enabled: true
mode: async
trigger:
  kind: webhook
  headers: [{ name: X-GitHub-Event }]
  answer:
    status: 202
    headers: [{ name: X-Sender, value: "{{ trigger.body.sender.id }}" }]
    body: { event: "{{ trigger.headers.X-GitHub-Event }}", repository: "{{ trigger.body.repository.full_name }}" }
nodes:
  - key: known
    kind: condition
    config: { mode: continue, rule: { any: [{ left: "{{ trigger.headers.X-GitHub-Event }}", operator: is_not_empty }] } }
"#;

struct Delivery {
    event: String,
    body: Value,
}

fn deliveries() -> Vec<Delivery> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../e2e/node_modules/@octokit/webhooks-examples/api.github.com/index.json");
    let text = std::fs::read(file).expect("the npm packages are missing: run make test, or npm ci in e2e");
    let events: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let of = |event: &Value| -> Vec<Delivery> {
        let name = event["name"].as_str().unwrap();
        let examples = event["examples"].as_array().unwrap();
        examples.iter().map(|body| Delivery { event: name.to_owned(), body: body.clone() }).collect()
    };
    events.iter().flat_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_payload_is_answered_with_its_own_values() {
    let payloads = deliveries();
    assert_eq!(payloads.len(), PAYLOADS);
    let home = Home::new();
    let (sync, background) = (home.file("sync.yaml", SYNC), home.file("async.yaml", ASYNC));
    let server = home.serve(&[]);
    let url = |file: &str| home.publish(file)["url"].as_str().unwrap().to_owned();
    let (sync, background) = (url(&sync), url(&background));
    let client = support::http();

    for (index, Delivery { event, body }) in payloads.iter().enumerate() {
        let delivery = format!("72d3162e-cc78-11e3-81ab-{index:012x}");
        let send = |url: &str| {
            client
                .post(url)
                .header("Content-Type", "application/json")
                .header("User-Agent", "GitHub-Hookshot/044aadd")
                .header("X-GitHub-Event", event)
                .header("X-GitHub-Delivery", &delivery)
                .body(body.to_string())
                .send()
        };

        let answer = send(&sync).await.unwrap();
        assert_eq!(answer.status(), 201, "{event} {index}");
        assert_eq!(answer.headers()["X-Delivery"], delivery);
        let got: Value = answer.json().await.unwrap();
        let commits: Vec<_> = body["commits"].as_array().into_iter().flatten().map(|commit| &commit["id"]).collect();
        let commits = if body["commits"].is_array() { json!(commits) } else { Value::Null };
        let expected = json!({
            "event": event,
            "sender": body["sender"]["login"],
            "id": body["sender"]["id"],
            "action": body["action"],
            "commits": commits,
            "all": body,
        });
        assert_eq!(got, expected, "{event} {index}");

        let answer = send(&background).await.unwrap();
        assert_eq!(answer.status(), 202, "{event} {index}");
        let sender = body["sender"]["id"].as_u64().map(|id| id.to_string()).unwrap_or_default();
        assert_eq!(answer.headers()["X-Sender"], sender, "{event} {index}");
        let got: Value = answer.json().await.unwrap();
        assert_eq!(got, json!({ "event": event, "repository": body["repository"]["full_name"] }), "{event} {index}");
    }

    home.await_ends();
    for status in ["failed", "error", "timed_out", "cancelled"] {
        assert!(home.json(&["executions", "--status", status]).is_empty(), "some {status}");
    }
    drop(server);
}
