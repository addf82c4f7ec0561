//! What an accepted request becomes and what its sender gets, now or later, over raw sockets.

use std::time::Duration;

use crate::support::{
    Answer, BODY_MAX, Bench, JSON, RIGHT, assert_problem, assert_standing, credentials, finish, gzip, request, trigger,
};
use nodes::outbound::Networks;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn an_async_request_is_answered_and_kept() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    let headers = [
        JSON,
        "X-Request-Id: 7",
        "Cookie: hookflow_session=1; a=b",
        "Authorization: Basic x",
        "X-Hub-Signature-256: x",
    ];
    let request = request("POST", &format!("{}?a=1&b=2", trigger(&key)), &headers, b"{\"id\":1}");
    let answer = bench.raw(request).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    assert_standing(&answer);
    let event = bench.ended(answer.execution()).await.event;
    assert_eq!((event.method.as_str(), event.query_string.as_str()), ("POST", "a=1&b=2"));
    assert_eq!((event.body.as_ref(), event.remote_addr.to_string().as_str()), (b"{\"id\":1}".as_ref(), "127.0.0.1"));
    let names: Vec<_> = event.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["host", "connection", "content-type", "x-request-id", "content-length"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_is_whom_a_trusted_proxy_says_and_nobody_else() {
    let header = "X-Forwarded-For: 6.6.6.6, 203.0.113.7";
    for (trusted, sender) in [(&[][..], "127.0.0.1"), (&["127.0.0.0/8"][..], "203.0.113.7")] {
        let networks = Networks::parse(trusted.iter().copied()).unwrap();
        let bench = Bench::with(|setup| setup.trusted_proxies = networks).await;
        let key = bench.publish(json!({})).await;
        let answer = bench.post(&key, &[JSON, header], b"{}").await;
        assert_eq!(bench.ended(answer.execution()).await.event.remote_addr.to_string(), sender);
        // Refused ones too.
        bench.raw(request("PUT", &trigger(&key), &[header], b"")).await;
        assert_eq!(bench.refused(1).await.remote_addr.to_string(), sender);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_headers_are_kept_but_never_our_own_cookie() {
    let bench = Bench::new().await;
    let declared = json!([{"name": "Cookie"}, {"name": "X-Hub-Signature-256"}, {"name": "Authorization"}]);
    let trigger = json!({"kind": "webhook", "headers": declared});
    let open = bench.publish(json!({"trigger": trigger})).await;
    let closed = bench.publish(json!({"trigger": trigger, "credentials": credentials()["credentials"]})).await;
    let headers = [JSON, "Cookie: a=b; hookflow_session=1", "X-Hub-Signature-256: x", RIGHT];
    for (key, authorization) in [(open, true), (closed, false)] {
        let answer = bench.post(&key, &headers, "{}").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let event = bench.ended(answer.execution()).await.event;
        let value = |name: &str| event.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!((value("cookie"), value("x-hub-signature-256")), (Some("a=b"), Some("x")));
        assert_eq!(value("authorization").is_some(), authorization, "taken out once it was checked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_come_in_many_ways() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    let gzipped = gzip(b"{\"id\":1}");
    let fits = format!("\"{}\"", "x".repeat(BODY_MAX - 2));
    let fits_in_chunks = format!("{BODY_MAX:x}\r\n{fits}\r\n0\r\n\r\n");
    let fits_once_inflated = gzip(fits.as_bytes());
    let cases: &[(&[&str], &[u8], &[u8])] = &[
        (&[], b"", b""),
        (&["Content-Type: text/plain"], b"", b""),
        (&["Transfer-Encoding: chunked"], b"0\r\n\r\n", b""),
        (&[JSON, "Transfer-Encoding: chunked"], b"3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n", b"{\"a\":1}"),
        (&["Content-Type: application/vnd.x+json; charset=utf-8"], b"null", b"null"),
        (&[JSON, "Content-Encoding: gzip"], &gzipped, b"{\"id\":1}"),
        (&[JSON], "\u{feff}[1]".as_bytes(), "\u{feff}[1]".as_bytes()),
        (&[JSON, "Expect: 100-continue"], b"[]", b"[]"),
        (&["Content-Type: APPLICATION/JSON;Charset=\"UTF-8\""], b"1", b"1"),
        (&["Content-Type: application/vnd.api+json"], b"1", b"1"),
        (&[JSON], fits.as_bytes(), fits.as_bytes()),
        (&[JSON, "Transfer-Encoding: chunked"], fits_in_chunks.as_bytes(), fits.as_bytes()),
        (&[JSON, "Content-Encoding: gzip"], &fits_once_inflated, fits.as_bytes()),
    ];
    for (headers, sent, kept) in cases {
        let answer = bench.post(&key, headers, sent).await;
        assert_eq!(answer.status, 200, "{headers:?}: {answer:?}");
        let body = bench.ended(answer.execution()).await.event.body;
        assert_eq!(body.as_ref(), *kept, "{headers:?}");
    }
}

fn respond() -> Value {
    json!({"key": "answer", "kind": "response", "config": {
        "status": 201,
        "headers": [{"name": "X-Got", "value": "{{ trigger.body.id }}"}],
        "body": {"received": "{{ trigger.body.id }}"},
    }})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_answer_equals_its_record() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({"mode": "sync", "nodes": [respond()]})).await;
    let answer = bench.post_json(&key, &json!({"id": 9_007_199_254_740_993_u64})).await;
    assert_eq!((answer.status, answer.body.as_str()), (201, "{\"received\":9007199254740993}"));
    assert_eq!(answer.header("x-got"), Some("9007199254740993"));
    assert_standing(&answer);
    let shown = bench.api("GET", &format!("/executions/{}", answer.execution()), None).await.json();
    assert_eq!((&shown["answer"]["status"], &shown["answer"]["body"]), (&json!(201), &json!(answer.body)));
    // What hyper adds is of the connection, not of the answer.
    let of_the_connection = ["connection", "content-length"];
    let mut sent = answer.headers.clone();
    sent.retain(|(name, _)| !of_the_connection.contains(&name.as_str()));
    sent.sort();
    let mut recorded: Vec<(String, String)> = serde_json::from_value(shown["answer"]["headers"].clone()).unwrap();
    recorded.sort();
    assert_eq!(sent, recorded);
}

/// A sender learns how it ended and where to ask, and nothing of the flow.
#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_does_not_succeed_says_so_without_internals() {
    let bench = Bench::new().await;
    let file = bench.folder.path().join("trace");
    let effect = |more: Value| {
        let mut config = json!({"file": file});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"key": "internal_name", "kind": "test_effect", "config": config})
    };
    for (node, timeout_ms, status, title, code) in [
        (json!({"kind": "end", "config": {"status": "failed"}}), 0, 500, "Internal Server Error", "execution.failed"),
        (effect(json!({"fail": "internal words"})), 0, 500, "Internal Server Error", "execution.failed"),
        (effect(json!({"sleep_ms": 5_000})), 100, 408, "Request Timeout", "execution.timed_out"),
    ] {
        let key = bench.publish(json!({"mode": "sync", "timeout_ms": timeout_ms, "nodes": [node]})).await;
        let answer = bench.post_json(&key, &json!({})).await;
        assert_standing(&answer);
        assert_eq!((answer.status, answer.header("content-type")), (status, Some("application/problem+json")));
        let problem = answer.json();
        let members: Vec<_> = problem.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["type", "title", "status", "code", "detail", "execution"]);
        let told = (&problem["title"], &problem["status"], &problem["code"], &problem["execution"]);
        assert_eq!(told, (&json!(title), &json!(status), &json!(code), &json!(answer.execution())));
        assert!(!answer.body.contains("internal"), "{answer:?}");
        let stored = bench.ended(answer.execution()).await.answer.unwrap().answer;
        assert_eq!((stored.status, stored.body.as_ref()), (status, answer.body.as_bytes()));
    }
}

/// All of an answer but what belongs to the connection and the moment.
fn lasting(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| !["connection", "content-length"].contains(&name.as_str()));
    answer.headers.sort();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_stands_at_its_location() {
    let bench = Bench::new().await;
    let file = bench.folder.path().join("trace");
    let effect = json!({"kind": "test_effect", "config": {"file": file, "sleep_ms": 600}});
    let flow = |deadline_ms: u64| {
        json!({"mode": "sync", "answer_deadline_ms": deadline_ms, "nodes": [effect, respond()],
               "retention": {"executions_max": 1}})
    };
    let (late, in_time) = (bench.publish(flow(100)).await, bench.publish(flow(30_000)).await);
    let answer = bench.post_json(&late, &json!({"id": "late"})).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    assert_standing(&answer);
    let location = answer.header("location").unwrap().to_owned();
    let (place, token) = location.rsplit_once('.').unwrap();
    assert_eq!(place, format!("/api/webhook:answer/{}", answer.execution()));

    let ask = async |method: &str, path: &str| bench.raw(request(method, path, &[], b"")).await;
    for method in ["GET", "HEAD"] {
        let pending = ask(method, &location).await;
        assert_eq!((pending.status, pending.execution(), pending.body.as_str()), (202, answer.execution(), ""));
        assert!(pending.header("retry-after").is_some());
        assert_standing(&pending);
    }
    bench.ended(answer.execution()).await;
    let mut expected = lasting(bench.post_json(&in_time, &json!({"id": "late"})).await);
    let another = expected.execution().to_owned();
    let ready = ask("GET", &location).await;
    assert_eq!((ready.status, ready.execution()), (201, answer.execution()));
    for line in &mut expected.headers {
        if line.0 == "hookflow-execution" {
            line.1 = answer.execution().to_owned();
        }
    }
    assert_eq!(lasting(ready), expected, "as it would have gone out");
    assert_eq!(ask("GET", &format!("{location}?a=1")).await.status, 201);
    let head = ask("HEAD", &location).await;
    assert_eq!((head.status, head.body.as_str()), (201, ""));

    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = ask(method, &location).await;
        assert_problem(&answer, 405, "hook.method");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
    let unknown = ask("GET", &trigger("0000000000000000000000000")).await;
    let never = "ex_0000000000000000000000000";
    for forged in [
        format!("{place}.{}", "0".repeat(25)),
        format!("{place}.{}", &token[1..]),
        format!("{place}.{token}0"),
        format!("{place}."),
        place.to_owned(),
        format!("/api/webhook:answer/{another}.{token}"),
        format!("/api/webhook:answer/{never}.{token}"),
        format!("/api/webhook:answer/.{token}"),
        format!("{location}/"),
    ] {
        assert_eq!(ask("GET", &forged).await, unknown, "{forged}");
    }

    let newer = bench.post_json(&late, &json!({"id": "newer"})).await;
    bench.ended(newer.execution()).await;
    bench.engine.retain().await.unwrap();
    assert_eq!(ask("GET", &location).await, unknown, "retention has taken it");
}

/// A wait is always answered later, however short it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_waits_answers_later() {
    let bench = Bench::new().await;
    let wait = json!({"kind": "test_wait", "config": {"ms": 1}});
    let key = bench.publish(json!({"mode": "sync", "nodes": [wait, respond()]})).await;
    let answer = bench.post_json(&key, &json!({"id": 7})).await;
    assert_eq!(answer.status, 202);
    bench.ended(answer.execution()).await;
    let ready = bench.raw(request("GET", answer.header("location").unwrap(), &[], b"")).await;
    assert_eq!((ready.status, ready.body.as_str()), (201, "{\"received\":7}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_hangs_up_stops_nothing() {
    let bench = Bench::new().await;
    let file = bench.folder.path().join("trace");
    let effect = json!({"key": "slow", "kind": "test_effect", "config": {"file": file, "sleep_ms": 200}});
    let key = bench.publish(json!({"mode": "sync", "nodes": [effect, respond()]})).await;
    let mut stream = TcpStream::connect(bench.hooks).await.unwrap();
    stream.write_all(&request("POST", &trigger(&key), &[JSON], b"{\"id\":1}")).await.unwrap();
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    let id = std::fs::read_to_string(&file).unwrap().split('.').next().unwrap().to_owned();
    let execution = bench.ended(&id).await;
    assert_eq!(execution.answer.unwrap().answer.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_callers_their_ticket_and_closes_both_doors() {
    let bench = Bench::new().await;
    let file = bench.folder.path().join("trace");
    let slow = |key: &str| json!({"key": key, "kind": "test_effect", "config": {"file": file, "sleep_ms": 700}});
    let key = bench.publish(json!({"mode": "sync", "nodes": [slow("one"), slow("two"), respond()]})).await;
    let mut stream = TcpStream::connect(bench.hooks).await.unwrap();
    stream.write_all(&request("POST", &trigger(&key), &[JSON], b"{}")).await.unwrap();
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.stop.cancel();
    let (answer, served) = tokio::join!(finish(&mut stream), bench.served);
    served.unwrap();
    bench.engine.stop().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(answer.header("location").is_some());
    assert!(TcpStream::connect(bench.hooks).await.is_err() && TcpStream::connect(bench.admin).await.is_err());
}
