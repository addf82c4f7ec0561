//! Schemathesis (from `e2e/requirements.txt`) asks the real server everything its description allows, and much
//! that it does not: no answer is a 5xx, and each is as described.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Home, Server, root, say};

/// How it ends depends on what is sent.
const ENDS: &str = r#"hookflow: 1
title: Ends
enabled: true
mode: sync
trigger: { kind: webhook }
nodes:
  - { key: small, kind: condition, config: { mode: continue, rule: { expression: trigger.body.number < 10 } } }
  - { key: answer, kind: response, config: { body: "{{ trigger.body.number + 1 }}" } }
"#;

const OFF: &str = "hookflow: 1\ntitle: Off\nmode: async\ntrigger: { kind: webhook }\nnodes: []\n";

/// Something of everything, so that what is found is shown too. The id of a workflow.
async fn seed(home: &Home, server: &Server, token: &str) -> String {
    let workflow = home.publish(&home.file("ends.yaml", ENDS));
    let key = workflow["key"].as_str().unwrap();
    home.publish(&home.file("events.yaml", support::EVENTS));
    home.json(&["apply", &home.file("off.yaml", OFF)]);
    for body in [r#"{"number": 1}"#, r#"{"number": 11}"#, r#"{"number": "x"}"#] {
        home.run(&["send", key, "--data", body]);
    }
    let refused = format!("http://{}/api/webhook:trigger/{key}", server.hooks());
    let refused = support::http().post(refused).header("content-type", "application/json").body("{").send().await;
    assert_eq!(refused.unwrap().status(), 400);
    home.await_ends();
    let statuses: Vec<_> = home.json(&["executions"]).iter().map(|item| item["status"].clone()).collect();
    assert_eq!(statuses, ["error", "failed", "succeeded"]);
    let from = Instant::now();
    let url = format!("http://{}/api/v1/requests?outcome=refused", server.admin());
    loop {
        let listed = support::http().get(&url).bearer_auth(token).send().await.unwrap().text().await.unwrap();
        let listed: Value = serde_json::from_str(&listed).unwrap();
        if listed["items"].as_array().is_some_and(|items| items.len() == 1) {
            return workflow["id"].as_str().unwrap().to_owned();
        }
        assert!(from.elapsed() < Duration::from_secs(10), "{listed}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One for everything, made with the folder's own.
async fn token(home: &Home, server: &Server) -> String {
    let admin = std::fs::read_to_string(home.data().join("admin.token")).unwrap();
    let asked = json!({ "name": "schemathesis", "scopes": ["admin"], "expires_in_days": 1 });
    let url = format!("http://{}/api/v1/tokens", server.admin());
    let request = support::http().post(url).bearer_auth(admin.trim()).header("content-type", "application/json");
    let made = request.body(asked.to_string()).send().await.unwrap().text().await.unwrap();
    let made: Value = serde_json::from_str(&made).unwrap();
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_described_whatever_is_asked() {
    let program = root().join("target/venv/bin/schemathesis");
    if !program.is_file() {
        say("SKIPPED (needs python3; run make test to install it): every_answer_is_as_described_whatever_is_asked");
        return;
    }
    let home = Home::new();
    let server = home.serve(&[]);
    let token = token(&home, &server).await;
    let workflow = seed(&home, &server, &token).await;
    let ran = Command::new(program.canonicalize().unwrap())
        .arg(format!("--config-file={}", root().join("e2e/schemathesis.toml").canonicalize().unwrap().display()))
        .arg("run")
        .arg(format!("http://{}/api/openapi.json", server.admin()))
        .args(["--no-color", "--report=junit", "--report-junit-path=junit.xml"])
        .env("HOOKFLOW_TOKEN", &token)
        .env("HOOKFLOW_WORKFLOW", workflow)
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    let log = server.terminate();
    assert_eq!(log.code, 0, "{}", log.stderr);
    assert!(!log.stderr.contains(&token), "a token in the log");
    say(told.lines().last().unwrap_or_default());
}
