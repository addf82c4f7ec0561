//! The table of checks, row by row, over raw sockets: what the sender gets, what the author finds in
//! the request log or the operator in the metrics, and that no refused request leaves an execution.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Answer, BODY_MAX, Bench, JSON, finish, request, trigger};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const STANDING: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "sandbox; default-src 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
];

fn assert_standing(answer: &Answer) {
    for (name, value) in STANDING {
        assert_eq!(answer.header(name), Some(value), "{name} in {answer:?}");
    }
}

fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_standing(answer);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("hookflow-execution"), None);
    let problem = answer.json();
    let members: Vec<_> = problem.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["type", "title", "status", "code", "detail"]);
    assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
}

fn credentials() -> Value {
    json!({"credentials": {"basic": {"username": "hook", "password": "s3cret"}}})
}

/// `hook:s3cret`
const RIGHT: &str = "Authorization: Basic aG9vazpzM2NyZXQ=";

/// One refusal from row 1 on.
struct Case {
    row: &'static str,
    request: Vec<u8>,
    status: u16,
    code: &'static str,
    header: Option<(&'static str, String)>,
    /// Cause in the request log; `None`: counted only.
    logged: Option<&'static str>,
    /// First bytes of the body in the log.
    body: &'static str,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_its_answer_its_cause_and_no_execution() {
    let bench = Bench::new().await;
    let open = bench.publish(json!({})).await;
    let closed = bench.publish(credentials()).await;
    let off = bench.publish(json!({"enabled": false})).await;
    let later = bench.publish(json!({"enabled": false, "when_off": "retry_later"})).await;
    let draft = bench.apply(json!({}), false).await;
    let old = bench.publish(json!({})).await;
    bench.engine.rotate(&old).await.unwrap();

    let post = |key: &str, headers: &[&str], body: &str| request("POST", &trigger(key), headers, body.as_bytes());
    let large = "x".repeat(BODY_MAX + 1);
    let large_json = format!("\"{large}\"");
    let declared = format!("Content-Length: {}", BODY_MAX + 1);
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    let bomb = gzip(&vec![b' '; BODY_MAX + 1]);
    let case =
        |row, request, status, code| Case { row, request, status, code, header: None, logged: Some(code), body: "" };
    let challenge = format!("Basic realm=\"{closed}\", charset=\"UTF-8\"");
    let with = |header: (&'static str, String), case: Case| Case { header: Some(header), ..case };
    let unlogged = |case: Case| Case { logged: None, ..case };
    let body = |body, case: Case| Case { body, ..case };
    let gzipped = &["Content-Encoding: gzip", JSON][..];
    let bomb_request = request("POST", &trigger(&open), gzipped, &bomb);
    let corrupt_request = post(&open, gzipped, "{}");

    let cases = [
        unlogged(case("1 unknown", post("0000000000000", &[JSON], "{}"), 404, "hook.unknown")),
        unlogged(case("1 elsewhere", request("GET", "/", &[], b""), 404, "hook.unknown")),
        unlogged(case("1 retired", post(&old, &[JSON], "{}"), 410, "hook.gone")),
        Case { logged: Some("hook.off"), ..case("2 off", post(&off, &[JSON], "{}"), 404, "hook.unknown") },
        Case { logged: Some("hook.off"), ..case("2 draft", post(&draft, &[JSON], "{}"), 404, "hook.unknown") },
        with(("retry-after", "60".into()), case("2 later", post(&later, &[JSON], "{}"), 503, "hook.off")),
        with(("allow", "POST".into()), case("3 GET", request("GET", &trigger(&open), &[], b""), 405, "hook.method")),
        with(
            ("allow", "POST".into()),
            case("3 PUT", request("PUT", &trigger(&open), &[JSON], b"{}"), 405, "hook.method"),
        ),
        with(
            ("allow", "POST".into()),
            case("3 OPTIONS", request("OPTIONS", &trigger(&open), &[], b""), 405, "hook.method"),
        ),
        with(
            ("www-authenticate", challenge.clone()),
            case("6 absent", post(&closed, &[JSON], "{}"), 401, "hook.credentials"),
        ),
        with(
            ("www-authenticate", challenge.clone()),
            case(
                "6 wrong",
                post(&closed, &[JSON, "Authorization: Basic aG9vazpzM2NyZVQ="], "{}"),
                401,
                "hook.credentials",
            ),
        ),
        with(
            ("www-authenticate", challenge),
            case("6 twice", post(&closed, &[JSON, RIGHT, RIGHT], "{}"), 401, "hook.credentials"),
        ),
        case("6 before 7", post(&closed, &[JSON, &declared], ""), 401, "hook.credentials"),
        case("7 declared", post(&open, &[JSON, &declared], ""), 413, "hook.too_large"),
        case("7 before 8", post(&open, &[&declared], ""), 413, "hook.too_large"),
        case("8 no type", post(&open, &[], "{}"), 415, "hook.media_type"),
        case(
            "8 a form",
            post(&open, &["Content-Type: application/x-www-form-urlencoded"], "a=1"),
            415,
            "hook.media_type",
        ),
        body(
            "{}",
            case(
                "8 no type, chunked",
                post(&open, &["Transfer-Encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n"),
                415,
                "hook.media_type",
            ),
        ),
        case("8 encoding", post(&open, &["Content-Encoding: compress", JSON], "{}"), 415, "hook.encoding"),
        case("8 encodings", post(&open, &["Content-Encoding: gzip, br", JSON], "{}"), 415, "hook.encoding"),
        body(
            "\"xxx",
            case(
                "9 while reading",
                post(
                    &open,
                    &[JSON, "Transfer-Encoding: chunked"],
                    &format!("{:x}\r\n{large_json}\r\n0\r\n\r\n", large_json.len()),
                ),
                413,
                "hook.too_large",
            ),
        ),
        case("9 while inflating", bomb_request, 413, "hook.too_large"),
        body("{}", case("9 not gzip", corrupt_request, 400, "hook.encoding")),
        body("{\"a\":", case("11 cut short", post(&open, &[JSON], "{\"a\":"), 400, "hook.not_json")),
        body(" ", case("11 blanks", post(&open, &[JSON], " "), 400, "hook.not_json")),
        body("\u{feff}", case("11 a BOM", post(&open, &[JSON], "\u{feff}"), 400, "hook.not_json")),
        body("\"\\ud800\"", case("11 surrogate", post(&open, &[JSON], "\"\\ud800\""), 400, "hook.not_json")),
        body("1e400", case("11 number", post(&open, &[JSON], "1e400"), 400, "hook.not_json")),
        body("[[[", case("11 deep", post(&open, &[JSON], &deep), 400, "hook.too_deep")),
    ];

    let mut in_the_log = 0;
    for case in &cases {
        let before = bench
            .metric(&format!("hookflow_requests_refused_total{{code=\"{}\"}}", case.logged.unwrap_or(case.code)))
            .await;
        let answer = bench.raw(&case.request).await;
        assert_eq!(answer.status, case.status, "{}: {answer:?}", case.row);
        assert_problem(&answer, case.status, case.code);
        if let Some((name, value)) = &case.header {
            assert_eq!(answer.header(name), Some(value.as_str()), "{}", case.row);
        }
        let counted = case.logged.unwrap_or(case.code);
        let after = bench.metric(&format!("hookflow_requests_refused_total{{code=\"{counted}\"}}")).await;
        assert_eq!(after, before + 1, "{}", case.row);
        if let Some(cause) = case.logged {
            in_the_log += 1;
            let logged = bench.refused(in_the_log).await;
            assert_eq!((logged.code.as_str(), logged.status), (cause, case.status), "{}", case.row);
            assert!(!logged.detail.is_empty());
            assert!(logged.body.starts_with(case.body.as_bytes()), "{}: {:?}", case.row, logged.body);
            assert!(logged.headers.iter().all(|(name, _)| name != "authorization"), "{}", case.row);
        }
    }
    assert_eq!(bench.refused_count().await, in_the_log, "what is only counted is not logged");
    assert_eq!(bench.executions().await, 0);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_off_looks_like_what_never_was() {
    let bench = Bench::new().await;
    let off = bench.publish(json!({"enabled": false})).await;
    let guarded_off = bench.publish(json!({"enabled": false, "credentials": credentials()["credentials"]})).await;
    let draft = bench.apply(json!({}), false).await;
    for method in ["POST", "GET", "HEAD", "OPTIONS", "DELETE"] {
        let ask = async |path: &str| bench.raw(request(method, path, &["Content-Type: text/plain"], b"")).await;
        let unknown = ask(&trigger("0000000000000000000000000")).await;
        for path in [
            trigger(&off),
            trigger(&guarded_off),
            trigger(&draft),
            "/".into(),
            "/api/v1/workflows".into(),
            "/metrics".into(),
        ] {
            assert_eq!(ask(&path).await, unknown, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_refused_without_a_body() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    let answer = bench.raw(request("HEAD", &trigger(&key), &[], b"")).await;
    assert_eq!((answer.status, answer.header("allow"), answer.body.as_str()), (405, Some("POST"), ""));
    assert_standing(&answer);
}

/// Row 0: the HTTP itself. Counted by the listener, never logged.
#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_http_itself_are_counted_and_not_logged() {
    let bench = Bench::with(|limits| limits.hooks_listener.connections_max = 3).await;
    let key = bench.publish(json!({})).await;
    let path = trigger(&key);
    let long = format!("{path}?{}", "x".repeat(16 << 10));
    let header = format!("X-Large: {}", "x".repeat(70_000));
    let whole = [
        ("http.host", 400, format!("POST {path} HTTP/1.1\r\nConnection: close\r\n\r\n").into_bytes()),
        ("http.host", 400, request("POST", &path, &["Host: again"], b"")),
        ("http.target_too_long", 414, request("POST", &long, &[JSON], b"{}")),
        (
            "http.broken_body",
            400,
            request("POST", &path, &[JSON, "Transfer-Encoding: chunked"], b"zz\r\n{}\r\n0\r\n\r\n"),
        ),
        ("http.bad_head", 400, b"POST / HTTP/1.1\r\nHost : x\r\n\r\n".to_vec()),
        ("http.head_too_large", 431, request("POST", &path, &[&header], b"")),
        ("http.slow_head", 408, b"POST / HTTP/1.1\r\nHost: x\r\n".to_vec()),
        ("http.slow_body", 408, request("POST", &path, &[JSON, "Content-Length: 10"], b"{")),
    ];
    for (code, status, bytes) in whole {
        let name = format!("hookflow_http_faults_total{{listener=\"hooks\",code=\"{code}\"}}");
        let before = bench.metric(&name).await;
        let answer = bench.raw(bytes).await;
        assert_eq!(answer.status, status, "{code}: {answer:?}");
        if !matches!(code, "http.bad_head" | "http.head_too_large") {
            assert_problem(&answer, status, code);
            assert_eq!(answer.header("connection"), Some("close"), "{code}");
        }
        // hyper answers a head that it cannot read before it says so.
        let patience = Instant::now() + Duration::from_secs(5);
        while bench.metric(&name).await == before && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(bench.metric(&name).await, before + 1, "{code}");
    }
    // Held until the server knows all of them.
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(TcpStream::connect(bench.hooks).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let answer = bench.post(&key, &[JSON], "{}").await;
    assert_problem(&answer, 503, "http.too_many_connections");
    assert!(answer.header("retry-after").is_some());
    drop(held);
    assert_eq!((bench.refused_count().await, bench.executions().await), (0, 0));
}

/// Row 12.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_answered_503_and_only_counted() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    bench.engine.drain();
    let answer = bench.post(&key, &[JSON], "{}").await;
    assert_problem(&answer, 503, "hook.not_durable");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    assert_eq!(bench.metric("hookflow_requests_refused_total{code=\"hook.not_durable\"}").await, 1);
    assert_eq!((bench.refused_count().await, bench.executions().await), (0, 0));
}

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
    let cases: &[(&[&str], &[u8], &[u8])] = &[
        (&[], b"", b""),
        (&["Content-Type: text/plain"], b"", b""),
        (&["Transfer-Encoding: chunked"], b"0\r\n\r\n", b""),
        (&[JSON, "Transfer-Encoding: chunked"], b"3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n", b"{\"a\":1}"),
        (&["Content-Type: application/vnd.x+json; charset=utf-8"], b"null", b"null"),
        (&[JSON, "Content-Encoding: gzip"], &gzipped, b"{\"id\":1}"),
        (&[JSON], "\u{feff}[1]".as_bytes(), "\u{feff}[1]".as_bytes()),
        (&[JSON, "Expect: 100-continue"], b"[]", b"[]"),
        (&[JSON], fits.as_bytes(), fits.as_bytes()),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_fails_says_so_without_internals() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({"mode": "sync", "nodes": [{"kind": "end", "config": {"status": "failed"}}]})).await;
    let answer = bench.post_json(&key, &json!({})).await;
    assert_eq!((answer.status, &answer.json()["code"]), (500, &json!("execution.failed")));
    assert_eq!(answer.json()["execution"], answer.execution());
    assert_standing(&answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_stands_at_its_location() {
    let bench = Bench::new().await;
    let wait = json!({"kind": "test_wait", "config": {"ms": 300}});
    let key = bench.publish(json!({"mode": "sync", "nodes": [wait, respond()]})).await;
    let answer = bench.post_json(&key, &json!({"id": "late"})).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    assert!(answer.header("retry-after").is_some());
    assert_standing(&answer);
    let location = answer.header("location").unwrap().to_owned();
    assert!(location.starts_with(&format!("/api/webhook:answer/{}.", answer.execution())), "{location}");

    let pending = bench.raw(request("GET", &location, &[], b"")).await;
    assert_eq!((pending.status, pending.execution()), (202, answer.execution()));
    bench.ended(answer.execution()).await;
    let ready = bench.raw(request("GET", &location, &[], b"")).await;
    assert_eq!((ready.status, ready.body.as_str()), (201, "{\"received\":\"late\"}"));
    assert_eq!((ready.execution(), ready.header("x-got")), (answer.execution(), Some("late")));
    assert_standing(&ready);

    let head = bench.raw(request("HEAD", &location, &[], b"")).await;
    assert_eq!((head.status, head.body.as_str()), (201, ""));
    assert_problem(&bench.raw(request("POST", &location, &[], b"")).await, 405, "hook.method");
    let forged = format!("/api/webhook:answer/{}.{}", answer.execution(), "0".repeat(25));
    assert_problem(&bench.raw(request("GET", &forged, &[], b"")).await, 404, "hook.unknown");
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
    let slow = |key: &str| json!({"key": key, "kind": "test_effect", "config": {"file": file, "sleep_ms": 300}});
    let key = bench.publish(json!({"mode": "sync", "nodes": [slow("one"), slow("two"), respond()]})).await;
    let mut stream = TcpStream::connect(bench.hooks).await.unwrap();
    stream.write_all(&request("POST", &trigger(&key), &[JSON], b"{}")).await.unwrap();
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.engine.drain();
    bench.stop.cancel();
    let answered = finish(&mut stream);
    let (answer, (), served) = tokio::join!(answered, bench.engine.stop(), bench.served);
    served.unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(answer.header("location").is_some());
    assert!(TcpStream::connect(bench.hooks).await.is_err() && TcpStream::connect(bench.admin).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_answer_on_both_listeners() {
    let bench = Bench::new().await;
    for address in [bench.hooks, bench.admin] {
        for path in ["/healthz", "/readyz"] {
            let answer = support::exchange(address, &request("GET", path, &[], b"")).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            let posted = support::exchange(address, &request("POST", path, &[], b"")).await;
            assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")));
        }
    }
    bench.engine.drain();
    for address in [bench.hooks, bench.admin] {
        let answer = support::exchange(address, &request("GET", "/readyz", &[], b"")).await;
        assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("server.not_ready")));
        assert!(!answer.json()["detail"].as_str().unwrap().is_empty(), "says why");
        assert_eq!(support::exchange(address, &request("GET", "/healthz", &[], b"")).await.status, 200);
    }
}
