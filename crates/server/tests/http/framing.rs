//! One request, one answer: where a message ends is never a matter of opinion (RFC 9112). Each case is
//! followed at once by a valid request on the same connection; after a doubt about where the first
//! one ends, nothing of what follows is answered or run.

use std::time::Duration;

use crate::support::{Bench, JSON, request, trigger};
use futures_util::future::join_all;
use serde_json::json;
use store::ExecutionFilter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Stands for the target of the case's own endpoint.
const PATH: &str = "PATH";

/// A `POST` to the endpoint with these lines of headers, and what follows the head.
fn post(lines: &str, body: &str) -> String {
    format!("POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{lines}\r\n{body}")
}

fn chunked(body: &str) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
}

struct Case {
    name: String,
    first: String,
    /// Statuses of all answers on the connection.
    answers: &'static [u16],
    executions: usize,
}

/// How a case ends. `(answers, executions)`, the request that follows included.
type End = (&'static [u16], usize);
const BOTH: End = (&[200, 200], 2);
const FIRST_ONLY: End = (&[200], 1);
const BAD: End = (&[400], 0);

fn cases() -> Vec<Case> {
    let sized = "Content-Length: 2\r\n";
    let long_extension = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(20_000));
    let trailers = format!("2\r\n{{}}\r\n0\r\n{}\r\n", "X-Trailer: 1\r\n".repeat(2_000));
    let with_length = |length: &str| post(&format!("Content-Length: {length}\r\n"), "{}");
    let with_coding = |lines: &str| post(lines, "2\r\n{}\r\n0\r\n\r\n");
    let line = |line: &str| post(&format!("{line}\r\n{sized}"), "{}");
    let get = |head: &str| format!("{head}\r\nHost: a\r\n\r\n");
    let cases: Vec<(&str, String, End)> = vec![
        ("a length", with_length("2"), BOTH),
        ("chunks", chunked("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), BOTH),
        ("no body", post("", ""), BOTH),
        ("Expect: 100-continue", post(&format!("Expect: 100-continue\r\n{sized}"), "{}"), BOTH),
        ("an empty line before", format!("\r\n{}", with_length("2")), BOTH),
        ("Connection: close", line("Connection: close"), FIRST_ONLY),
        (
            "an upgrade to HTTP/2",
            line("Upgrade: h2c\r\nHTTP2-Settings: AA\r\nConnection: Upgrade, HTTP2-Settings"),
            BOTH,
        ),
        // Where the body ends: lengths.
        (
            "chunks and a length",
            post(&format!("Transfer-Encoding: chunked\r\n{sized}"), "2\r\n{}\r\n0\r\n\r\n"),
            FIRST_ONLY,
        ),
        (
            "a length and chunks",
            post(&format!("{sized}Transfer-Encoding: chunked\r\n"), "2\r\n{}\r\n0\r\n\r\n"),
            FIRST_ONLY,
        ),
        ("two lengths that differ", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), BAD),
        ("two lengths that agree", post(&format!("{sized}{sized}"), "{}"), BOTH),
        ("a list of lengths", with_length("2, 2"), BAD),
        ("a length with a sign", with_length("+2"), BAD),
        ("a negative length", with_length("-2"), BAD),
        ("a length in base 16", with_length("0x2"), BAD),
        ("an empty length", with_length(""), BAD),
        ("a length with blanks inside", with_length("1 0"), BAD),
        ("a length beyond u64", with_length("18446744073709551618"), BAD),
        ("a length beyond the limit", with_length("9223372036854775807"), (&[413], 0)),
        // Where the body ends: codings.
        ("a coding in capitals", with_coding("Transfer-Encoding: CHUNKED\r\n"), BOTH),
        ("an unknown coding", with_coding("Transfer-Encoding: xchunked\r\n"), BAD),
        ("an unknown coding on top", with_coding("Transfer-Encoding: chunked, identity\r\n"), BAD),
        ("an unknown coding below", with_coding("Transfer-Encoding: identity, chunked\r\n"), (&[501], 0)),
        ("compression below", with_coding("Transfer-Encoding: gzip, chunked\r\n"), (&[501], 0)),
        ("chunked twice", with_coding("Transfer-Encoding: chunked, chunked\r\n"), (&[501], 0)),
        ("chunked on two lines", with_coding(&"Transfer-Encoding: chunked\r\n".repeat(2)), (&[501], 0)),
        ("an empty coding", with_coding("Transfer-Encoding:\r\n"), BAD),
        ("a coding behind a vertical tab", with_coding("Transfer-Encoding: \u{b}chunked\r\n"), BAD),
        ("chunks in HTTP/1.0", with_coding("Transfer-Encoding: chunked\r\n").replace("HTTP/1.1", "HTTP/1.0"), BAD),
        // Chunks.
        ("a chunk extension", chunked("2;a=b\r\n{}\r\n0\r\n\r\n"), BOTH),
        ("a trailer", chunked("2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n"), BOTH),
        ("a long chunk extension", chunked(&long_extension), BAD),
        ("2,000 trailers", chunked(&trailers), BAD),
        ("a chunk size that overflows", chunked("FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"), BAD),
        ("a chunk size that wraps to 2", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n"), BAD),
        ("a chunk size with a sign", chunked("+2\r\n{}\r\n0\r\n\r\n"), BAD),
        ("a chunk size with 0x", chunked("0x2\r\n{}\r\n0\r\n\r\n"), BAD),
        ("no chunk size", chunked("\r\n{}\r\n0\r\n\r\n"), BAD),
        ("a chunk longer than its size", chunked("2\r\n{}}\r\n0\r\n\r\n"), BAD),
        ("bare line feeds in chunks", chunked("2\n{}\n0\n\n"), BAD),
        ("a bare line feed in an extension", chunked("2;a\nb\r\n{}\r\n0\r\n\r\n"), BAD),
        // Lines of headers.
        ("a blank before the colon", post("Content-Length : 2\r\n", "{}"), BAD),
        ("a blank before the name", format!("POST {PATH} HTTP/1.1\r\n Host: a\r\n\r\n"), BAD),
        ("a folded line", line("X-A: a\r\n b"), BAD),
        ("a folded length", post("Content-Length:\r\n 2\r\n", "{}"), BAD),
        ("a blank in a name", line("X A: a"), BAD),
        ("an empty name", line(": a"), BAD),
        ("no colon", line("X-A"), BAD),
        ("a name in Latin-1 or UTF-8", line("X-Ä: a"), BAD),
        ("NUL in a value", line("X-A: a\0b"), BAD),
        ("NUL in a name", line("X-\0: a"), BAD),
        ("a bare carriage return in a value", line("X-A: a\rTransfer-Encoding: chunked"), BAD),
        ("a bare line feed in a value", line("X-A: a\nX-B: b"), BOTH),
        ("bare line feeds only", with_length("2").replace("\r\n", "\n"), BOTH),
        // The first line.
        ("a target with a host", with_length("2").replace(PATH, "http://other.example/PATH"), BOTH),
        ("an asterisk", get("OPTIONS * HTTP/1.1"), (&[404, 200], 1)),
        ("CONNECT", get("CONNECT a:443 HTTP/1.1"), (&[404, 200], 1)),
        ("HTTP/0.9", "GET /\r\n\r\n".to_owned(), BAD),
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), (&[], 0)),
        ("HTTP/1.2", with_length("2").replace("HTTP/1.1", "HTTP/1.2"), BAD),
        ("http in small letters", with_length("2").replace("HTTP/1.1", "http/1.1"), BAD),
        ("HTTP/1.0", with_length("2").replace("HTTP/1.1", "HTTP/1.0"), FIRST_ONLY),
        ("HTTP/1.0 that goes on", line("Connection: keep-alive").replace("HTTP/1.1", "HTTP/1.0"), BOTH),
        ("two blanks", with_length("2").replace("POST ", "POST  "), BAD),
        ("a tab", with_length("2").replace("POST ", "POST\t"), BAD),
        ("NUL in the method", with_length("2").replace("POST", "PO\0ST"), BAD),
        ("NUL in the target", with_length("2").replace(PATH, "PATH?\0"), BAD),
        ("no Host", with_length("2").replace("Host: a\r\n", ""), BAD),
        ("two Hosts", line("Host: a"), BAD),
        ("TLS", "\u{16}\u{3}\u{1}\0\u{1}\0\0".to_owned(), BAD),
        // A request that is refused, with or without its body read, is still one request.
        ("a method in small letters", with_length("2").replace("POST", "post"), (&[405, 200], 1)),
        ("GET with a body", with_length("2").replace("POST", "GET"), (&[405, 200], 1)),
        ("an unknown key", with_length("2").replace(PATH, "/api/webhook:trigger/00000000000"), (&[404, 200], 1)),
        ("no JSON", post("Content-Length: 1\r\n", "{"), (&[400, 200], 1)),
        ("another media type", with_length("2").replace("/json", "/xml"), (&[415, 200], 1)),
        ("no JSON in chunks", chunked("1\r\n{\r\n0\r\n\r\n"), (&[400, 200], 1)),
        (
            "another media type in chunks that break off",
            chunked("2\r\n{}\r\nzz\r\n").replace("/json", "/xml"),
            (&[415], 0),
        ),
        ("another media type in chunks", chunked("2\r\n{}\r\n0\r\n\r\n").replace("/json", "/xml"), (&[415, 200], 1)),
    ];
    let case = |(name, first, (answers, executions)): (&str, String, End)| Case {
        name: name.to_owned(),
        first,
        answers,
        executions,
    };
    cases.into_iter().map(case).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_one_answer_and_nothing_follows_a_doubt() {
    let bench = Bench::with(|setup| {
        setup.server.hooks_listener.idle_timeout = Duration::from_secs(1);
        setup.server.hooks_listener.head_timeout = Duration::from_secs(5);
        setup.server.hooks.body_timeout = Duration::from_secs(5);
    })
    .await;
    let mut runs = Vec::new();
    for case in cases() {
        let key = bench.publish(json!({})).await;
        runs.push((case, key));
    }
    let wrong: Vec<_> = join_all(runs.iter().map(|(case, key)| run(&bench, case, key))).await;
    let wrong: Vec<_> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a case.
async fn run(bench: &Bench, case: &Case, key: &str) -> Option<String> {
    // An absolute target has its slash already.
    let path = trigger(key);
    let first = case.first.replace("example/PATH", &format!("example{path}")).replace(PATH, &path);
    let next = post("Content-Length: 2\r\n", "{}").replace(PATH, &path);
    let mut stream = TcpStream::connect(bench.hooks).await.unwrap();
    // The server may have closed before all of it was taken.
    let _ = stream.write_all(format!("{first}{next}").as_bytes()).await;
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.expect("it closes");
    let text = String::from_utf8_lossy(&bytes);
    let answers: Vec<u16> = text
        .split("HTTP/1.")
        .skip(1)
        .map(|answer| answer[2..5].parse().unwrap())
        .filter(|status| *status != 100)
        .collect();
    let workflow = bench.engine.workflow(key).await.unwrap().id;
    let filter = ExecutionFilter { workflow: Some(workflow), limit: 10, ..ExecutionFilter::default() };
    let executions = bench.engine.store().execution_list(filter).await.unwrap().items.len();
    // An HTTP/1.0 client expects nothing else.
    let ends_in_words = answers.len() != 1 || first.contains("HTTP/1.0") || text.contains("connection: close\r\n");
    let is_right = answers == case.answers && executions == case.executions && ends_in_words;
    (!is_right).then(|| format!("{}: {answers:?} and {executions} executions: {text:?}", case.name))
}

/// Senders that do not escape what they should are understood where HTTP leaves no doubt.
#[tokio::test(flavor = "multi_thread")]
async fn odd_targets_and_large_headers_are_taken_or_refused_as_a_whole() {
    let bench = Bench::new().await;
    let key = bench.publish(json!({})).await;
    let path = trigger(&key);
    for (query, status, kept) in [
        ("?a[b][]=1&c=%5B|^`{}'", 200, "a[b][]=1&c=%5B|^`{}'"),
        ("?%zz&%&=&&", 200, "%zz&%&=&&"),
        ("??a=?", 200, "?a=?"),
        ("?", 200, ""),
        ("?a=Zoë", 200, "a=Zoë"),
        ("?a#b", 200, "a"),
        ("?a=\"x\"", 400, ""),
        ("?a=<x>", 400, ""),
        ("?a=\u{7f}", 400, ""),
        ("/", 404, ""),
        ("/..", 404, ""),
        ("%00", 404, ""),
        (";a=b", 404, ""),
    ] {
        let answer = bench.raw(request("POST", &format!("{path}{query}"), &[JSON], b"{}")).await;
        assert_eq!(answer.status, status, "{query}: {answer:?}");
        if status == 200 {
            assert_eq!(bench.ended(answer.execution()).await.event.query_string, kept, "{query}");
        }
    }
    let value = "x".repeat(60_000);
    let answer = bench.post(&key, &[JSON, &format!("X-Long: {value}")], "{}").await;
    let event = bench.ended(answer.execution()).await.event;
    assert!(event.headers.contains(&("x-long".to_owned(), value)));
    // Host, Connection, Content-Type and Content-Length are among the 100.
    for (count, status) in [(96, 200), (97, 431)] {
        let lines = vec!["X-Many: 1"; count];
        let answer = bench.post(&key, &[&[JSON][..], &lines].concat(), "{}").await;
        assert_eq!(answer.status, status, "{count}");
    }
}
