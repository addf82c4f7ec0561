//! HTTP clients of other people: whichever sends it, the same request becomes the same event, and each reads the answer.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use serde_json::{Value, json};
use support::senders::{SENDERS, Sender};
use support::tap::Tap;
use support::{Home, Server, say};

/// Answers with what it was sent, to those who know the password.
const ECHO: &str = r#"
hookflow: 1
title: Echo
enabled: true
mode: sync
credentials: { basic: { username: Zoë, password: "pä:ss wörd+%" } }
trigger:
  kind: webhook
  headers: [{ name: X-Request-Id }, { name: X-Greeting }]
  query: [{ path: "filter.a" }]
nodes:
  - key: echo
    kind: response
    config:
      status: 201
      headers: [{ name: X-Got, value: '{{ trigger.headers["X-Request-Id"] }}' }]
      body: { greeting: "{{ trigger.headers.X-Greeting }}", query: "{{ trigger.query }}", body: "{{ trigger.body }}" }
"#;

const PASSWORD: &str = "pä:ss wörd+%";

/// Ways to send a body, and what of them can be seen on the wire.
const WAYS: [(&str, &str); 3] =
    [("json", "content-length: "), ("stream", "transfer-encoding: chunked"), ("gzip", "content-encoding: gzip")];

struct Echo {
    home: Home,
    server: Server,
    path: String,
}

impl Echo {
    fn new() -> Self {
        let home = Home::new();
        let server = home.serve(&[]);
        let url = home.publish(&home.file("echo.yaml", ECHO))["url"].as_str().unwrap().to_owned();
        let path = url[url.find("/api/").unwrap()..].to_owned();
        Self { home, server, path }
    }

    fn request(&self, to: &str, how: &str, password: &str, body: &Value) -> Value {
        json!({
            "url": format!("http://{to}{}", self.path),
            "user": "Zoë",
            "password": password,
            "query": [["filter[a][]", "1"], ["filter[a][]", "2"], ["filter[b][c]", "x & y = z + 50 %"], ["né", "ä ✓ 😀"]],
            "headers": { "X-Request-Id": format!("r-{how}"), "X-Greeting": "Grüße ✓" },
            "body": body.to_string(),
            "how": how,
        })
    }

    /// What the store has of an execution, but for what differs from one sending to the next.
    fn event(&self, execution: &Value) -> Value {
        let shown = self.home.json(&["execution", execution.as_str().unwrap()]).remove(0);
        assert_eq!(shown["status"], "succeeded", "{shown}");
        let event = &shown["event"];
        let declared = |header: &&Value| ["x-request-id", "x-greeting"].iter().any(|name| header[0] == *name);
        let mut headers: Vec<&Value> = event["headers"].as_array().unwrap().iter().filter(declared).collect();
        headers.sort_by_key(|header| header[0].as_str());
        assert!(!event["headers"].to_string().contains("authorization"), "{event}");
        json!({
            "method": event["method"],
            "query": event["query"],
            "headers": headers,
            "body": serde_json::from_str::<Value>(event["body"].as_str().unwrap()).unwrap(),
            "remote_addr": event["remote_addr"],
            "answer": [shown["answer"]["status"], shown["answer"]["body"]],
        })
    }
}

#[test]
fn the_same_event_comes_from_every_client_and_each_reads_the_answer() {
    let echo = Echo::new();
    let tap = Tap::before(echo.server.hooks());
    let body = json!({"order": {"id": 9_007_199_254_740_991_u64, "total": 0.1, "naïve \"key\"": ["Grüße", null, true, "😀\n"]}});
    let query = json!({"filter": {"a": ["1", "2"], "b": {"c": "x & y = z + 50 %"}}, "né": "ä ✓ 😀"});
    let senders = Sender::all("the_same_event_comes_from_every_client");
    for sender in &senders {
        let to = tap.address.to_string();
        let requests: Vec<Value> =
            [WAYS; 2].iter().flatten().map(|(how, _)| echo.request(&to, how, PASSWORD, &body)).collect();
        let answers = sender.send(&requests);
        let wire = tap.take();
        assert_eq!(wire.len(), 1, "{} keeps its connection: {}", sender.name, wire.join("-- next --"));
        for (index, answer) in answers.iter().enumerate() {
            let (how, sign) = WAYS[index % WAYS.len()];
            let case = format!("{} {how}", sender.name);
            assert!(wire[0].to_lowercase().matches(sign).count() >= 2, "{case}: {}", wire[0]);
            assert_eq!(answer["status"], 201, "{case}: {answer}");
            assert_eq!(answer["headers"]["x-got"], format!("r-{how}"), "{case}");
            let got: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            assert_eq!(got, json!({"greeting": "Grüße ✓", "query": query, "body": body}), "{case}");
            let expected = json!({
                "method": "POST",
                "query": query,
                "headers": [["x-greeting", "Grüße ✓"], ["x-request-id", format!("r-{how}")]],
                "body": body,
                "remote_addr": "127.0.0.1",
                "answer": [201, answer["body"]],
            });
            assert_eq!(echo.event(&answer["headers"]["hookflow-execution"]), expected, "{case}");
        }
    }
    say(&format!("{} of {} clients: {} requests each, the same event", senders.len(), SENDERS.len(), 2 * WAYS.len()));
}

/// An answer that goes out before the body is read is of no use if the client trips over its own writing.
#[test]
fn a_refusal_is_read_while_the_body_is_still_being_sent() {
    let echo = Echo::new();
    let hooks = echo.server.hooks().to_owned();
    let senders = Sender::all("a_refusal_is_read_while_the_body_is_still_being_sent");
    let large = json!({"text": "x".repeat(2 << 20)});
    let too_large = json!({"text": "x".repeat(11 << 20)});
    let mut count = 0;
    for sender in &senders {
        for how in ["json", "stream"] {
            for (password, body, status, code) in [
                (PASSWORD, &large, 201, None),
                ("wrong", &large, 401, Some("hook.credentials")),
                (PASSWORD, &too_large, 413, Some("hook.too_large")),
            ] {
                let answer = sender.send(&[echo.request(&hooks, how, password, body)]).remove(0);
                let text = answer["body"].as_str().unwrap_or_default();
                assert_eq!(answer["status"], status, "{} {how} {status}: {}", sender.name, short(&answer));
                let got: Value = serde_json::from_str(text).unwrap();
                match code {
                    Some(code) => assert_eq!(got["code"], code, "{} {how}", sender.name),
                    None => assert!(got["body"] == *body, "{} {how}", sender.name),
                }
                count += 1;
            }
        }
    }
    say(&format!("{count} bodies of 2 and 11 MiB: answers and refusals read by {} clients", senders.len()));
}

/// A client that was turned away sends its next request over the same connection, unless the answer told it not to.
#[test]
fn after_a_refusal_the_next_request_goes_through() {
    let echo = Echo::new();
    let hooks = echo.server.hooks();
    let senders = Sender::all("after_a_refusal_the_next_request_goes_through");
    let bodies = [json!({"text": "x"}), json!({"text": "x".repeat(2 << 20)})];
    for sender in &senders {
        let requests: Vec<Value> = bodies
            .iter()
            .flat_map(|body| WAYS.map(|(how, _)| (how, body)))
            .flat_map(|(how, body)| ["wrong", PASSWORD].map(|password| echo.request(hooks, how, password, body)))
            .collect();
        let answers = sender.send(&requests);
        for (request, answer) in requests.iter().zip(&answers) {
            let status = if request["password"] == PASSWORD { 201 } else { 401 };
            let size = request["body"].as_str().unwrap().len();
            assert!(answer["status"] == status, "{} {} {size} bytes: {}", sender.name, request["how"], short(answer));
        }
    }
    say(&format!(
        "{} refusals, each followed by a request that goes through",
        senders.len() * bodies.len() * WAYS.len()
    ));
}

fn short(answer: &Value) -> String {
    answer.to_string().chars().take(300).collect()
}
