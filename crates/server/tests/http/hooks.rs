//! The table of checks, row by row, over raw sockets: what the sender gets, what the author finds in
//! the request log or the operator in the metrics, and that no refused request leaves an execution.

use std::time::{Duration, Instant};

use crate::support::{
    Answer, BODY_MAX, Bench, JSON, RIGHT, assert_problem, assert_standing, credentials, exchange, finish, gzip,
    on_postgres, request, trigger,
};
use nodes::outbound::Networks;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

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
    let mut cut_short = gzip(b"{\"a\":1}");
    cut_short.pop();
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
        case("1 retired", post(&old, &[JSON, RIGHT], "{}"), 410, "hook.gone"),
        case("1 before 3", request("GET", &trigger(&old), &[], b""), 410, "hook.gone"),
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
        case("8 a near miss", post(&open, &["Content-Type: application/jsonx"], "{}"), 415, "hook.media_type"),
        case("8 two types", post(&open, &[JSON, JSON], "{}"), 415, "hook.media_type"),
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
        case("9 a bomb", request("POST", &trigger(&open), gzipped, &gzip(&vec![b' '; 4 << 20])), 413, "hook.too_large"),
        case("9 cut short", request("POST", &trigger(&open), gzipped, &cut_short), 400, "hook.encoding"),
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
    let bench = Bench::with(|setup| setup.server.hooks_listener.connections_max = 3).await;
    let key = bench.publish(json!({})).await;
    let path = trigger(&key);
    let long = format!("{path}?{}", "x".repeat(16 << 10));
    let header = format!("X-Large: {}", "x".repeat(70_000));
    let whole = [
        ("http.host", 400, format!("POST {path} HTTP/1.1\r\nConnection: close\r\n\r\n").into_bytes()),
        ("http.host", 400, request("POST", &path, &["Host: again"], b"")),
        (
            "http.transfer_encoding",
            501,
            request("POST", &path, &[JSON, "Transfer-Encoding: gzip, chunked"], b"2\r\n{}\r\n0\r\n\r\n"),
        ),
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
    assert_eq!((bench.refused_count().await, bench.executions().await), (0, 0));
    // Held by requests that are being worked on: silent ones would give way.
    let slow = json!({"kind": "test_effect", "config": {"file": bench.folder.path().join("out"), "sleep_ms": 3_000}});
    let busy = trigger(&bench.publish(json!({"mode": "sync", "nodes": [slow]})).await);
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(bench.hooks).await.unwrap();
        stream.write_all(&request("POST", &busy, &[JSON], b"{}")).await.unwrap();
        held.push(stream);
    }
    while bench.metric("hookflow_executions_running").await < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let answer = bench.post(&key, &[JSON], "{}").await;
    assert_problem(&answer, 503, "http.too_many_connections");
    assert!(answer.header("retry-after").is_some());
    drop(held);
    assert_eq!(bench.refused_count().await, 0);
}

/// Row 12. The database may not grow, so every write that needs a page fails as on a full disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_answered_503_until_there_is_room() {
    if on_postgres() {
        return; // It has no such limit; `a_database_that_was_away_is_found_again` is its share of row 12.
    }
    let bench = Bench::with(|setup| setup.database_bytes_max = Some(1 << 20)).await;
    let retention = json!({"executions_max": 1});
    let key = bench.publish(json!({"retention": retention})).await;
    let sync = bench.publish(json!({"mode": "sync", "retention": retention})).await;
    let body = json!("x".repeat(BODY_MAX - 100));
    let mut kept = 0;
    let mut full = Vec::new();
    // What one of them has no room for may still do for another.
    for key in [&key, &sync, &key] {
        let refused = loop {
            let answer = bench.post_json(key, &body).await;
            if answer.status != 200 {
                break answer;
            }
            kept += 1;
            assert!(kept < 1_000, "it is never full");
        };
        full.push(refused);
    }
    for answer in full {
        assert_problem(&answer, 503, "hook.not_durable");
        assert!((10..=20).contains(&retry_after(&answer)));
    }
    assert_eq!(bench.metric("hookflow_requests_refused_total{code=\"hook.not_durable\"}").await, 3);
    assert_eq!((bench.refused_count().await, bench.executions().await), (0, kept));
    for address in [bench.hooks, bench.admin] {
        let ready = exchange(address, &request("GET", "/readyz", &[], b"")).await;
        assert_eq!((ready.status, &ready.json()["detail"]), (503, &json!("the disk is full")));
        assert_eq!(exchange(address, &request("GET", "/healthz", &[], b"")).await.status, 200);
    }
    assert_eq!(bench.api("GET", "/executions", None).await.status, 200, "reading goes on");

    bench.engine.retain().await.unwrap();
    for key in [&key, &sync] {
        assert_eq!(bench.post_json(key, &body).await.status, 200);
    }
    assert_eq!(exchange(bench.hooks, &request("GET", "/readyz", &[], b"")).await.status, 200);
}

fn retry_after(answer: &Answer) -> u32 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

/// Rows 5 and 12: one workflow holds as much as it may, and then the process does.
#[tokio::test(flavor = "multi_thread")]
async fn spent_bytes_are_answered_429_or_503_until_they_come_back() {
    let bench = Bench::with(|setup| {
        setup.server.hooks.body_timeout = Duration::from_secs(10);
        setup.engine.body_bytes_in_memory_max = BODY_MAX + 500;
        setup.engine.body_bytes_in_memory_per_workflow_max = BODY_MAX + 400;
    })
    .await;
    let (flood, other) = (bench.publish(json!({})).await, bench.publish(json!({})).await);
    let large = format!("\"{}\"", "x".repeat(BODY_MAX - 2));
    let whole = request("POST", &trigger(&flood), &[JSON], large.as_bytes());
    let (most, last) = whole.split_at(whole.len() - 1);
    let mut accepted = 0_usize;
    for attempt in 1.. {
        let mut slow = TcpStream::connect(bench.hooks).await.unwrap();
        slow.write_all(most).await.unwrap();
        // Nothing tells when the server has read it; if that was too soon, again with more patience.
        tokio::time::sleep(Duration::from_millis(50 * attempt)).await;
        let of_flood = bench.post(&flood, &[JSON], &large[..1_000]).await;
        let of_other = bench.post(&other, &[JSON], &large[..1_000]).await;
        let small = bench.post(&other, &[JSON], "{}").await;
        slow.write_all(last).await.unwrap();
        let finished = finish(&mut slow).await;
        accepted += usize::from(finished.status == 200) + usize::from(small.status == 200);
        if of_flood.status == 429 {
            assert_problem(&of_flood, 429, "hook.busy");
            assert_problem(&of_other, 503, "hook.not_durable");
            assert!([&of_flood, &of_other].map(retry_after).iter().all(|seconds| (1..=60).contains(seconds)));
            assert_eq!(small.status, 200, "there is a little room for others");
            assert_eq!(finished.status, 200, "who came first is not turned away");
            break;
        }
        assert!(attempt < 20, "the budget is never spent: {}", of_flood.status);
    }
    assert_eq!(bench.post(&flood, &[JSON], &large).await.status, 200, "the budget has come back");
    assert_eq!(bench.executions().await, accepted + 1);
    for limit in ["body_bytes_in_memory_per_workflow_max", "body_bytes_in_memory_max"] {
        assert_eq!(bench.metric(&format!("hookflow_requests_over_limit_total{{limit=\"{limit}\"}}")).await, 1);
    }
}

/// Row 4. Each of them is the one behind the other's call, and so the last one is known for what it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_calls_itself_comes_to_an_end() {
    let bench = Bench::with(|setup| {
        setup.server.hooks.hops_max = 3;
        setup.outbound = Networks::parse(["127.0.0.1"]).unwrap();
    })
    .await;
    let key = bench.publish(json!({"mode": "async", "nodes": []})).await;
    let url = format!("http://{}{}", bench.hooks, trigger(&key));
    let retry = json!({"attempts": 5, "pause_ms": 1});
    let call = json!({"kind": "http_request", "config": {"method": "POST", "url": url, "retry": retry}});
    let same = bench.publish(json!({"key": key, "mode": "async", "nodes": [call]})).await;
    assert_eq!(same, key);
    assert_eq!(bench.post(&key, &[JSON], "").await.status, 200);
    let told = bench.refused(1).await;
    assert_eq!((told.code.as_str(), told.status), ("hook.loop", 508));
    assert_eq!(bench.executions().await, 4, "the one that was asked for, and three behind it");
    for (hops, status) in [("3", 200), ("4", 508), ("4294967295", 508), ("-1", 200), ("many", 200)] {
        let said = format!("Hookflow-Hops: {hops}");
        assert_eq!(bench.post(&key, &[JSON, &said], "").await.status, status, "{hops}");
    }
}

/// Row 5: before the credentials and before the body, which is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_workflow_says_so_before_its_body_has_come_and_others_go_on() {
    let bench = Bench::with(|setup| setup.engine.executions_in_memory_per_workflow_max = 1).await;
    let slow = json!({"kind": "test_effect", "config": {"file": bench.folder.path().join("out"), "sleep_ms": 1_500}});
    let basic = json!({"basic": {"username": "hook", "password": "s3cret"}});
    let busy = bench.publish(json!({"mode": "sync", "nodes": [slow], "credentials": basic})).await;
    let other = bench.publish(json!({"mode": "sync", "nodes": []})).await;
    let authorized = "Authorization: Basic aG9vazpzM2NyZXQ=";
    let headers = [JSON, authorized];
    let first = bench.post(&busy, &headers, "{}");
    let meanwhile = async {
        while bench.metric("hookflow_executions_running").await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut stream = TcpStream::connect(bench.hooks).await.unwrap();
        let whole = request("POST", &trigger(&busy), &[JSON], &vec![b' '; BODY_MAX / 2]);
        stream.write_all(&whole[..whole.len() - BODY_MAX / 2]).await.unwrap();
        let slow = finish(&mut stream);
        let announced = [JSON, "Content-Length: 1000000000"];
        let (slow, again, larger) =
            tokio::join!(slow, bench.post(&busy, &headers, "{}"), bench.post(&busy, &announced, ""));
        for refused in [slow, again] {
            assert_problem(&refused, 429, "hook.busy");
            assert_eq!(retry_after(&refused), 60, "nothing has ended yet");
        }
        assert_problem(&larger, 429, "hook.busy");
        assert_eq!(bench.post(&other, &[JSON], "{}").await.status, 200);
    };
    let (first, ()) = tokio::join!(first, meanwhile);
    assert_eq!(first.status, 200);
    assert_eq!(bench.post(&busy, &[JSON, authorized], "{}").await.status, 200);
    assert_eq!(bench.executions().await, 3);
    assert_eq!(bench.metric("hookflow_requests_refused_total{code=\"hook.busy\"}").await, 3);
    let limit = "hookflow_requests_over_limit_total{limit=\"executions_in_memory_per_workflow_max\"}";
    assert_eq!(bench.metric(limit).await, 3);
    let told = bench.refused(1).await;
    assert_eq!((told.code.as_str(), told.status), ("hook.busy", 429), "one a second is in the log");
}

/// Who came before the port was closed, and is slow: a 2xx all the same, and another server goes on, or the next start.
#[tokio::test(flavor = "multi_thread")]
async fn what_still_comes_to_a_server_that_drains_is_kept() {
    let bench = Bench::new().await;
    let pause = json!({"kind": "delay", "config": {"amount": 1, "unit": "milliseconds"}});
    let (later, now) = (bench.publish(json!({})).await, bench.publish(json!({"mode": "sync", "nodes": [pause]})).await);
    bench.engine.drain();
    assert_eq!(bench.post(&later, &[JSON], "{}").await.status, 200);
    let answer = bench.post(&now, &[JSON], "{}").await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(answer.header("location").is_some());
    assert_eq!(bench.executions().await, 2);
    bench.engine.stop().await;
    assert_problem(&bench.post(&later, &[JSON], "{}").await, 503, "hook.not_durable");
}

/// Row 12.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_stopped_takes_nothing_more() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    bench.engine.stop().await;
    let answer = bench.post(&key, &[JSON], "{}").await;
    assert_problem(&answer, 503, "hook.not_durable");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    assert_eq!(bench.metric("hookflow_requests_refused_total{code=\"hook.not_durable\"}").await, 1);
}

/// An author finds a sender that still uses an old address, and nothing that proves who it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_retired_address_is_logged_with_the_workflow_that_had_it() {
    let bench = Bench::new().await;
    let old = bench.publish(credentials()).await;
    let workflow = bench.engine.rotate(&old).await.unwrap();
    let large = format!("X-Large: {}", "x".repeat(20_000));
    assert_eq!(bench.post(&old, &[JSON, RIGHT, &large, "X-Small: 1"], "{}").await.status, 410);
    let logged = bench.refused(1).await;
    assert_eq!((logged.workflow, logged.workflow_key.as_str()), (workflow.id, old.as_str()));
    let names: Vec<_> = logged.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["host", "connection", "content-type", "x-small", "content-length"]);
    let listed = bench.api("GET", &format!("/requests?workflow={}", workflow.key), None).await.json();
    assert_eq!(listed["items"][0]["code"], "hook.gone");
}

/// However many callers wait and however many connections are held, whoever watches gets an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_server_still_says_that_it_lives() {
    let bench = Bench::with(|setup| {
        setup.engine.executions_running_max = 2;
        setup.server.hooks_listener.connections_max = 24;
    })
    .await;
    let file = bench.folder.path().join("trace");
    let slow = json!({"kind": "test_effect", "config": {"file": file, "sleep_ms": 1_000}});
    let key = bench.publish(json!({"mode": "sync", "answer_deadline_ms": 2_000, "nodes": [slow]})).await;
    let mut callers = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(bench.hooks).await.unwrap();
        stream.write_all(&request("POST", &trigger(&key), &[JSON], b"{}")).await.unwrap();
        callers.push(stream);
    }
    for address in [bench.hooks, bench.admin] {
        let ask = request("GET", "/healthz", &[], b"");
        let health = tokio::time::timeout(Duration::from_secs(1), exchange(address, &ask)).await.expect("at once");
        assert_eq!(health.status, 200);
    }
    for caller in &mut callers {
        assert!(matches!(finish(caller).await.status, 200 | 202));
    }
    // The places are given back.
    let until = Instant::now() + Duration::from_secs(5);
    while bench.metric("hookflow_http_connections{listener=\"hooks\"}").await > 0 {
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_answer_on_both_listeners() {
    let bench = Bench::new().await;
    for address in [bench.hooks, bench.admin] {
        for path in ["/healthz", "/readyz"] {
            let answer = exchange(address, &request("GET", path, &[], b"")).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            let posted = exchange(address, &request("POST", path, &[], b"")).await;
            assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")));
        }
    }
    bench.engine.drain();
    for address in [bench.hooks, bench.admin] {
        let answer = exchange(address, &request("GET", "/readyz", &[], b"")).await;
        assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("server.not_ready")));
        assert!(!answer.json()["detail"].as_str().unwrap().is_empty(), "says why");
        assert_eq!(exchange(address, &request("GET", "/healthz", &[], b"")).await.status, 200);
    }
}
