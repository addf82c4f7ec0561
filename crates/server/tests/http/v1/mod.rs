//! `/api/v1`, laid out as its paths are. Whatever is asked here, the answer's status has to stand in the API's
//! own description.

mod executions;
mod parse;
mod workflows;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::support::{Answer, Bench, JSON, TOKEN, exchange, request};
use serde_json::{Value, json};

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&server::description()).unwrap());

/// Asks with the body as given; `headers` are whole lines beside the token's.
async fn ask(bench: &Bench, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let token = format!("Authorization: Bearer {TOKEN}");
    let lines = [&[token.as_str()], headers].concat();
    let answer = exchange(bench.admin, &request(method, &format!("/api/v1{path}"), &lines, body)).await;
    let described = described(method, path);
    assert!(described.contains(&answer.status.to_string()), "{method} {path} has only {described:?}: {answer:?}");
    answer
}

async fn get(bench: &Bench, path: &str) -> Value {
    let answer = ask(bench, "GET", path, &[], b"").await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

/// Sends JSON.
async fn send(bench: &Bench, method: &str, path: &str, body: &Value) -> Answer {
    ask(bench, method, path, &[JSON], body.to_string().as_bytes()).await
}

/// Sends JSON with what `If-Match` says.
async fn send_if(bench: &Bench, method: &str, path: &str, edit: &str, body: &Value) -> Answer {
    ask(bench, method, path, &[JSON, &format!("If-Match: {edit}")], body.to_string().as_bytes()).await
}

/// The statuses that the description names for an operation.
fn described(method: &str, path: &str) -> BTreeSet<String> {
    let steps = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let asked = steps(path.split('?').next().unwrap());
    let is_it = |template: &str| {
        let template = steps(template.strip_prefix("/api/v1").unwrap());
        template.len() == asked.len()
            && template.iter().zip(&asked).all(|(step, asked)| step == asked || step.starts_with('{'))
    };
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let (_, item) = paths.iter().find(|(path, _)| is_it(path)).unwrap_or_else(|| panic!("{path} is not described"));
    let operation = &item[method.to_lowercase()];
    operation["responses"]
        .as_object()
        .unwrap_or_else(|| panic!("{method} {path} is not described"))
        .keys()
        .cloned()
        .collect()
}

/// The problem that an answer is.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (status, &json!(code)), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.ends_with('.'), "a sentence: {detail}");
    problem
}

/// What is made at 201, where `Location` says.
async fn created(bench: &Bench, answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{answer:?}");
    let location = answer.header("location").unwrap().strip_prefix("/api/v1").unwrap();
    get(bench, location).await
}

/// With what differs from run to run written the same: ids, keys, times, the ports of the URL.
fn steady(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(steady).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), steady(value))).collect(),
        Value::String(text) => Value::String(steady_text(text)),
        other => other.clone(),
    }
}

fn steady_text(text: &str) -> String {
    let is_key =
        |text: &str| text.len() == 25 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    let is_time = text.len() == "2026-11-22T10:00:00.000000Z".len() && text.ends_with('Z') && text.contains('T');
    match text.rsplit_once(['_', '/', ':']) {
        _ if is_key(text) => "KEY".to_owned(),
        _ if is_time => "TIME".to_owned(),
        Some((before, key)) if is_key(key) => format!("{}KEY", &text[..=before.len()]),
        _ => text.to_owned(),
    }
}

/// The steps to the answers of every flow here: 200 with `body`.
fn flow(body: &str) -> Value {
    json!({
        "mode": "sync", "timeout_ms": 0, "answer_deadline_ms": 30_000, "trigger": {"kind": "webhook"},
        "nodes": [{"key": "answer", "kind": "response", "config": {"status": 200, "body": body}}],
    })
}

fn nowhere(path: &str) -> String {
    format!("/workflows/0000000000000{path}")
}
