//! The live feed over real sockets: what a client hears, and what becomes of one that does not read.

use std::time::{Duration, Instant};

use crate::support::{Bench, TOKEN, request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of the feed that reads the bytes itself.
struct Client {
    stream: TcpStream,
    /// Without the framing of chunks.
    text: String,
    raw: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

async fn connect(bench: &Bench, query: &str, last: Option<&str>) -> TcpStream {
    let mut stream = TcpStream::connect(bench.admin).await.unwrap();
    let token = format!("Authorization: Bearer {TOKEN}");
    let last = last.map(|id| format!("Last-Event-ID: {id}"));
    let lines: Vec<&str> = [Some(token.as_str()), last.as_deref()].into_iter().flatten().collect();
    stream.write_all(&request("GET", &format!("/api/v1/live{query}"), &lines, b"")).await.unwrap();
    stream
}

impl Client {
    async fn new(bench: &Bench, query: &str, last: Option<&str>) -> Self {
        let stream = connect(bench, query, last).await;
        let mut client = Self { stream, text: String::new(), raw: Vec::new() };
        while !client.raw.windows(4).any(|window| window == b"\r\n\r\n") {
            assert!(client.read().await, "the server says something");
        }
        let at = client.raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(client.raw.drain(..at).collect()).unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 200 ") && head.contains("content-type: text/event-stream\r\n"), "{head}");
        assert!(head.contains("cache-control: no-store\r\n") && head.contains("x-accel-buffering: no\r\n"), "{head}");
        client.unframe();
        client
    }

    /// Whether there was something.
    async fn read(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.raw)).await.expect("something comes");
        read.unwrap_or(0) > 0
    }

    fn unframe(&mut self) {
        while let Some(line) = self.raw.windows(2).position(|window| window == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&self.raw[..line]).unwrap(), 16).unwrap();
            if self.raw.len() < line + 2 + size + 2 {
                return;
            }
            self.text += std::str::from_utf8(&self.raw[line + 2..line + 2 + size]).unwrap();
            self.raw.drain(..line + 2 + size + 2);
        }
    }

    /// The next event; `None`: the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                let event = field("event: ").map(|name| Event {
                    name: name.into(),
                    id: field("id: ").unwrap().into(),
                    data: serde_json::from_str(field("data: ").unwrap()).unwrap(),
                });
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            if !self.read().await {
                return None;
            }
            self.unframe();
        }
    }

    async fn expect(&mut self, name: &str) -> Event {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, name, "{event:?}");
        event
    }

    /// Events until one of an execution that has ended.
    async fn until_end(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await.unwrap();
            let ended = event.name == "execution" && !event.data["finished_at"].is_null();
            events.push(event);
            if ended {
                return events;
            }
        }
    }

    /// Nothing comes for a while.
    async fn hears_nothing(&mut self) {
        if let Ok(event) = timeout(Duration::from_millis(400), self.next()).await {
            panic!("{event:?}");
        }
    }
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

fn condition() -> Value {
    json!({ "mode": "sync", "nodes": [
        { "key": "always", "kind": "condition", "config": { "mode": "continue", "rule": { "all": [] } } },
    ] })
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_as_the_lists_show_them() {
    let bench = Bench::new().await;
    let mut client = Client::new(&bench, "", None).await;
    client.expect("hello").await;
    let key = bench.publish(json!({ "mode": "sync" })).await;
    let id = bench.engine.workflow(&key).await.unwrap().id.to_string();
    assert_eq!(client.expect("workflow").await.data, json!({ "id": id }));
    bench.post_json(&key, &json!({})).await;
    let events = client.until_end().await;
    assert_eq!(names(&events), ["request", "execution"]);
    bench.post(&key, &[], "x").await;
    let refused = client.expect("request").await;
    let requests = bench.api("GET", "/requests", None).await.json();
    assert_eq!([&refused.data, &events[0].data], [&requests["items"][0], &requests["items"][1]]);
    assert_eq!(events[1].data, bench.api("GET", "/executions", None).await.json()["items"][0]);

    bench.api("POST", &format!("/workflows/{key}/rotate-key"), None).await;
    assert_eq!(client.expect("workflow").await.data, json!({ "id": id }));
    client.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_lets_only_its_own_pass_and_adds_node_runs() {
    let bench = Bench::new().await;
    let (mine, other) = (bench.publish(condition()).await, bench.publish(condition()).await);
    // Until that is told.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut client = Client::new(&bench, &format!("?workflow={mine}"), None).await;
    client.expect("hello").await;
    bench.post_json(&other, &json!({})).await;
    let execution = bench.post_json(&mine, &json!({})).await.execution().to_owned();
    let events = client.until_end().await;
    assert_eq!(names(&events), ["request", "node_run", "execution"]);
    let workflow = bench.engine.workflow(&mine).await.unwrap().id.to_string();
    for event in &events {
        assert_eq!(event.data["workflow_id"], workflow, "{event:?}");
    }
    let run = &events[1].data;
    assert_eq!(
        [
            &run["execution_id"],
            &run["node"],
            &run["kind"],
            &run["visit"],
            &run["attempt"],
            &run["status"],
            &run["error"]
        ],
        [
            &json!(execution),
            &json!("always"),
            &json!("condition"),
            &json!(""),
            &json!(1),
            &json!("succeeded"),
            &Value::Null
        ]
    );
    assert!(run["started_at"].is_string() && run["finished_at"].is_string());
    assert!(run.get("input").is_none() && run.get("result").is_none());

    let mut of_one = Client::new(&bench, &format!("?execution={execution}"), Some(&events[2].id)).await;
    // Nobody kept its node runs.
    of_one.expect("gap").await;
    bench.post_json(&mine, &json!({})).await;
    client.until_end().await;
    of_one.hears_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_filter_is_a_problem() {
    let bench = Bench::new().await;
    for (query, status, code) in [
        ("?workflow=nosuchworkflow", 404, "workflow.unknown"),
        ("?execution=x", 404, "execution.unknown"),
        ("?execution=ex_0000000000000000000000001", 404, "execution.unknown"),
        ("?status=failed", 400, "api.query"),
    ] {
        let answer = bench.api("GET", &format!("/live{query}"), None).await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{query}");
    }
    assert_eq!(bench.metric("hookflow_live_listeners").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_cut_before_any_change_resumes() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({ "mode": "sync" })).await;
    let mut client = Client::new(&bench, "", None).await;
    let mut hello = client.expect("hello").await;
    assert_eq!(hello.data, json!({}));
    drop(client);
    for _ in 0..3 {
        let execution = bench.post_json(&key, &json!({})).await.execution().to_owned();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut client = Client::new(&bench, "", Some(&hello.id)).await;
        let greeting = client.expect("hello").await;
        assert_eq!(greeting.id, hello.id, "still where it was");
        let mut events = client.until_end().await;
        events.retain(|event| event.name != "workflow");
        assert_eq!(names(&events), ["request", "execution"]);
        assert_eq!(events[1].data["id"], execution);
        hello = events.pop().unwrap();
        client.hears_nothing().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_falls_out_of_the_ring_hears_of_the_gap() {
    let bench = Bench::with(|setup| setup.engine.live_changes_max = 8).await;
    let key = bench.publish(json!({ "mode": "sync" })).await;
    let mut client = Client::new(&bench, "", None).await;
    let hello = client.expect("hello").await;
    drop(client);
    for _ in 0..6 {
        bench.post_json(&key, &json!({})).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let before = bench.engine.now();
    let mut client = Client::new(&bench, "", Some(&hello.id)).await;
    let gap = client.expect("gap").await;
    let since: domain::time::Timestamp = gap.data["since"].as_str().unwrap().parse().unwrap();
    assert!(since < before && before.since(since) < Duration::from_secs(30), "{gap:?}");
    let first = bench.api("GET", "/executions", None).await.json()["items"][5]["accepted_at"].clone();
    assert!(since < first.as_str().unwrap().parse().unwrap(), "nothing that was missed is older");
    bench.post_json(&key, &json!({})).await;
    assert_eq!(names(&client.until_end().await), ["request", "execution"], "on from the newest");
    assert_eq!(bench.metric("hookflow_live_gaps_total").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_than_may_listen_is_told_so() {
    let bench = Bench::with(|setup| setup.engine.live_listeners_max = 2).await;
    let (first, _second) = (Client::new(&bench, "", None).await, Client::new(&bench, "", None).await);
    assert_eq!(bench.metric("hookflow_live_listeners").await, 2);
    let refused = bench.api("GET", "/live", None).await;
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("server.unavailable")));
    assert!(refused.header("retry-after").is_some());
    drop(first);
    let from = Instant::now();
    while bench.metric("hookflow_live_listeners").await != 1 {
        assert!(from.elapsed() < PATIENCE, "who goes is missed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Client::new(&bench, "", None).await;
}

/// It holds its place and what fits into the sockets, is cut off, and is in nobody's way.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_is_cut_off() {
    let bench = Bench::with(|setup| {
        setup.server.admin_listener.write_timeout = Duration::from_millis(500);
        setup.engine.live_changes_per_second_max = 10_000_000;
    })
    .await;
    let key = bench.publish(condition()).await;
    let query = format!("?workflow={key}");
    let silent = connect(&bench, &query, None).await;
    let mut reading = Client::new(&bench, &query, None).await;
    reading.expect("hello").await;
    let endpoint = match bench.engine.endpoint(&key) {
        engine::catalog::Lookup::Found(endpoint) => endpoint,
        other => panic!("{other:?}"),
    };
    let from = Instant::now();
    while bench.metric("hookflow_live_listeners").await == 2 {
        assert!(from.elapsed() < 6 * PATIENCE, "it is never cut off");
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..500 {
            let (engine, endpoint) = (bench.engine.clone(), std::sync::Arc::clone(&endpoint));
            calls.spawn(async move {
                let incoming = engine::handle::Incoming {
                    method: "POST".into(),
                    headers: Vec::new(),
                    query_string: String::new(),
                    body: bytes::Bytes::new(),
                    share: engine.admit(&endpoint, 0).unwrap(),
                    tree_bytes: 0,
                    remote_addr: [127, 0, 0, 1].into(),
                };
                engine.accept(&endpoint, incoming).await.unwrap();
            });
        }
        calls.join_all().await;
        let mut ended = 0;
        while ended < 500 {
            let event = reading.next().await.unwrap();
            assert_ne!(event.name, "gap");
            ended += usize::from(event.name == "execution");
        }
    }
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_feed_is_left_in_peace() {
    let bench = Bench::with(|setup| {
        setup.server.admin_listener.idle_timeout = Duration::from_millis(200);
        setup.server.admin_listener.write_timeout = Duration::from_millis(200);
    })
    .await;
    let mut client = Client::new(&bench, "", None).await;
    client.expect("hello").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    bench.publish(json!({ "mode": "sync" })).await;
    client.expect("workflow").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_those_who_listen_go_at_once() {
    let bench = Bench::new().await;
    let mut client = Client::new(&bench, "", None).await;
    client.expect("hello").await;
    let from = Instant::now();
    bench.engine.drain();
    bench.stop.cancel();
    tokio::join!(bench.engine.stop(), async { bench.served.await.unwrap() });
    assert!(from.elapsed() < Duration::from_secs(2), "the stop took {:?}", from.elapsed());
    assert_eq!(client.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_without_a_token() {
    let bench = Bench::new().await;
    let answer = crate::support::exchange(bench.admin, &request("GET", "/api/v1/live", &[], b"")).await;
    assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("api.token")));
    let unknown = bench.api("POST", "/live", None).await;
    assert_eq!(unknown.status, 405);
}
