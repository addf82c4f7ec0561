//! `http_request` from a config to what a strict far side reads, and back to a result.

#![allow(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use domain::execution::journal::Failure;
use domain::flow::document::Mode;
use domain::flow::plan::{Interrupted, Operation, Policy};
use domain::problem::Problem;
use domain::secret::Slot;
use domain::testing::flows;
use domain::testing::world::World;
use domain::value::Value;
use nodes::Registry;
use nodes::contract::RunContext;
use nodes::outbound::Networks;
use serde_json::json;
use support::{Asked, FarSide, OK};

fn registry() -> Arc<Registry> {
    Registry::calling(Networks::parse(["127.0.0.1"]).unwrap())
}

fn run(attempt: u32) -> RunContext {
    RunContext { idempotency_key: "ex_1.call.".to_owned(), attempt, hops: 1, slots: Vec::new() }
}

fn compiled(config: &Value) -> Result<(domain::template::Templated, Policy), Vec<Problem>> {
    let flow = flows::flow(Mode::Async, json!([flows::node("call", "http_request", config.clone())]));
    let mut plan = registry().compile(&flow)?;
    let Operation::Effect { input, policy } = plan.steps.remove(0).operation else { panic!("not an effect") };
    Ok((input, policy))
}

/// Compiled, rendered with `body` as the request's, performed.
async fn perform(config: &Value, body: Value) -> Result<Value, Failure> {
    let (input, _) = compiled(config).unwrap();
    let input = input.render(&World::with_body(body).scope(), "", &mut Vec::new()).unwrap();
    registry().perform("http_request", &run(1), &input).await
}

/// What arrives of a call whose config, but for the address, is `config`.
async fn arrives(config: Value, body: Value) -> Asked {
    let far = FarSide::saying("127.0.0.1", OK);
    let mut config = config;
    config["url"] = json!(far.url(config["url"].as_str().unwrap_or("/")));
    perform(&config, body).await.unwrap();
    far.asked().remove(0)
}

/// What comes of an answer.
async fn answered(answer: impl Into<Vec<u8>>) -> Result<Value, Failure> {
    perform(&json!({"url": FarSide::saying("127.0.0.1", answer).url("/")}), json!(null)).await
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn the_smallest_call_says_no_more_than_it_has_to() {
    let asked = arrives(json!({"url": "/a?b=c#d"}), json!(null)).await;
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/a?b=c"));
    let mut names: Vec<_> = asked.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "hookflow-hops", "host", "idempotency-key", "user-agent"]);
    assert!(asked.header("user-agent").unwrap().starts_with("hookflow/"));
}

#[tokio::test]
async fn json_arrives_as_it_was_meant() {
    let asked = arrives(
        json!({"method": "POST", "body": {"whole": "{{ trigger.body }}", "text": "id {{ trigger.body.id }}", "z": 1, "a": null}}),
        json!({"id": u64::MAX, "low": i64::MIN, "half": 0.5, "key é\"": ["\u{0}\r\n", {}]}),
    )
    .await;
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(
        String::from_utf8(asked.body).unwrap(),
        r#"{"whole":{"id":18446744073709551615,"low":-9223372036854775808,"half":0.5,"key é\"":["\u0000\r\n",{}]},"text":"id 18446744073709551615","z":1,"a":null}"#
    );
    for (body, expected) in [(json!([]), "[]"), (json!("x"), r#""x""#), (json!(0), "0"), (json!(false), "false")] {
        let asked = arrives(json!({"method": "PUT", "body": body}), json!(null)).await;
        assert_eq!(String::from_utf8(asked.body).unwrap(), expected);
    }
    let asked = arrives(json!({"method": "POST"}), json!(null)).await;
    assert_eq!((asked.header("content-type"), asked.header("content-length")), (None, Some("0")));
    let asked = arrives(json!({"method": "POST", "body": "{{ trigger.body.none }}"}), json!({})).await;
    assert!(asked.body.is_empty());
}

#[tokio::test]
async fn forms_are_read_back_as_they_were_written() {
    let odd = json!({"a b+c&d=e": "1 + 1 = 2 & é 🦀 %41\r\n", "list": [1, "two", null, true], "none": null, "deep": {"x": [1]}});
    let asked = arrives(
        json!({"method": "POST", "body_type": "form", "body": {"sent": "{{ trigger.body.id }}", "x": "{{ trigger.body.odd }}"}}),
        json!({"id": u64::MAX, "odd": "a=b&c"}),
    )
    .await;
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.body, b"sent=18446744073709551615&x=a%3Db%26c");
    let asked = arrives(json!({"method": "POST", "body_type": "form", "body": "{{ trigger.body }}"}), odd).await;
    let read: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        read,
        [
            pair("a b+c&d=e", "1 + 1 = 2 & é 🦀 %41\r\n"),
            pair("list", "1"),
            pair("list", "two"),
            pair("list", ""),
            pair("list", "true"),
            pair("none", ""),
            pair("deep", r#"{"x":[1]}"#),
        ]
    );
}

#[tokio::test]
async fn text_and_xml_arrive_byte_by_byte() {
    for (body_type, media_type) in [("text", "text/plain; charset=utf-8"), ("xml", "application/xml")] {
        let config = json!({"method": "POST", "body_type": body_type, "body": "<a>{{ trigger.body.x }}</a>"});
        let asked = arrives(config, json!({"x": "é\r\n<&>"})).await;
        assert_eq!(asked.header("content-type"), Some(media_type));
        assert_eq!(asked.body, "<a>é\r\n<&></a>".as_bytes());
    }
    let own = json!([{"name": "content-type", "value": "application/soap+xml"}]);
    let asked =
        arrives(json!({"method": "POST", "body_type": "xml", "body": "<a/>", "headers": own}), json!(null)).await;
    assert_eq!(asked.header("content-type"), Some("application/soap+xml"));
}

#[tokio::test]
async fn multipart_is_read_by_somebody_elses_parser() {
    let evil = "x\r\n--hookflow-00\r\nContent-Disposition: form-data; name=\"admin\"\r\n\r\ntrue";
    let config = json!({
        "method": "POST",
        "body_type": "multipart",
        // Without our boundary nobody could read it.
        "headers": [{"name": "Content-Type", "value": "multipart/form-data"}],
        "body": {
            "note": "{{ trigger.body.note }}",
            "many": [1, "two"],
            "file": {"value": "{{ trigger.body.file }}", "file_name": "a \"b\".csv", "content_type": "text/csv"},
            "json": {"x": [1]},
            "empty": null,
            "quote\"\r\nX-Evil: 1": "q",
        },
    });
    let asked = arrives(config, json!({"note": evil, "file": "a;b\r\n1;2\r\n"})).await;
    let boundary = multer::parse_boundary(asked.header("content-type").unwrap()).unwrap();
    let stream = futures_once(asked.body);
    let mut form = multer::Multipart::new(stream, boundary);
    let mut read = Vec::new();
    while let Some(field) = form.next_field().await.unwrap() {
        assert!(field.headers().get("x-evil").is_none());
        let head = [field.name(), field.file_name(), field.content_type().map(|kind| kind.as_ref())];
        let head = head.map(|text| text.unwrap_or("-").to_owned()).join("|");
        read.push((head, field.text().await.unwrap()));
    }
    let read: Vec<_> = read.iter().map(|(head, text)| (head.as_str(), text.as_str())).collect();
    assert_eq!(
        read,
        [
            ("note|-|-", evil),
            ("many|-|-", "1"),
            ("many|-|-", "two"),
            ("file|a %22b%22.csv|text/csv", "a;b\r\n1;2\r\n"),
            ("json|-|-", r#"{"x":[1]}"#),
            ("empty|-|-", ""),
            ("quote%22%0D%0AX-Evil: 1|-|-", "q"),
        ]
    );
}

/// The whole body in one piece.
fn futures_once(body: Vec<u8>) -> impl futures_util::Stream<Item = Result<bytes::Bytes, Infallible>> + Send {
    futures_util::stream::iter([Ok(bytes::Bytes::from(body))])
}

#[tokio::test]
async fn the_query_is_encoded_whatever_stands_in_it() {
    let query = json!([
        {"name": "q", "value": "{{ trigger.body.q }}"},
        {"name": "q", "value": "again"},
        {"name": "n m", "value": "{{ trigger.body.n }}"},
        {"name": "none", "value": "{{ trigger.body.none }}"},
    ]);
    let odd = "a&b=c#d/../?é 🦀 + %41\r\nHost: evil";
    let asked = arrives(json!({"url": "/p?first=1", "query": query}), json!({"q": odd, "n": i64::MIN})).await;
    let (path, query) = asked.target.split_once('?').unwrap();
    assert_eq!(path, "/p");
    let read: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(read, [("first", "1"), ("q", odd), ("q", "again"), ("n m", "-9223372036854775808"), ("none", "")]);
    assert_eq!(asked.headers.iter().filter(|(name, _)| name == "host").count(), 1);
}

#[tokio::test]
async fn data_cannot_become_a_header_or_a_line_of_the_request() {
    let far = FarSide::saying("127.0.0.1", OK);
    for split in ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b", "a\u{7f}b", "\r\n\r\nGET /evil HTTP/1.1"] {
        let headers = json!([{"name": "X-Data", "value": "CANARY {{ trigger.body.x }}"}]);
        let failure =
            perform(&json!({"url": far.url("/"), "headers": headers}), json!({"x": split})).await.unwrap_err();
        assert_eq!(failure.error.code, "http.header", "{split:?}");
        assert_eq!(failure.error.message, "the header `X-Data` cannot be sent with this value");
        let url = far.url("/{{ trigger.body.x }}");
        perform(&json!({"url": url}), json!({"x": split})).await.unwrap();
    }
    for asked in far.asked() {
        assert!(asked.header("x-evil").is_none() && asked.target.starts_with('/'), "{asked:?}");
        assert!(!asked.target.contains(' '), "{asked:?}");
    }
    assert_eq!(far.asked().len(), 6);
    let value = json!([{"name": "X-Name", "value": "{{ trigger.body.x }}"}]);
    assert_eq!(arrives(json!({"headers": value}), json!({"x": "Zoë"})).await.header("x-name"), Some("Zoë"));
}

#[test]
fn headers_of_the_connection_and_names_that_are_none_are_told_at_once() {
    for (name, code) in [
        ("Content-Length", "answer.header_denied"),
        ("transfer-encoding", "answer.header_denied"),
        ("Host", "answer.header_denied"),
        ("Connection", "answer.header_denied"),
        ("X Evil", "answer.header_name"),
        ("X-É", "answer.header_name"),
        ("{{ trigger.body.name }}", "answer.header_name"),
        ("", "answer.header_name"),
    ] {
        let config = json!({"url": "http://a.example", "headers": [{"name": name, "value": "x"}]});
        let problems = compiled(&config).unwrap_err();
        assert_eq!(problems.len(), 1, "{name}: {problems:?}");
        assert!(problems[0].code.ends_with(code.split_once('.').unwrap().1), "{name}: {problems:?}");
        assert_eq!(problems[0].pointer, "/nodes/0/config/headers/0/name");
    }
    for (config, field) in [
        (json!({"url": "ftp://a.example"}), "url"),
        (json!({"url": "a.example"}), "url"),
        (json!({"url": ""}), "url"),
        (json!({"url": "http://a.example", "body_type": "form", "body": [1]}), "body"),
        (json!({"url": "http://a.example", "body_type": "text", "body": {}}), "body"),
        (json!({"url": "http://a.example", "redirects_max": 6}), "redirects_max"),
        (json!({"url": "http://a.example", "timeout_ms": 0}), "timeout_ms"),
        (json!({"url": "http://a.example", "retry": {"attempts": 0}}), "retry/attempts"),
        (json!({"url": "http://a.example", "method": "TRACE"}), "method"),
    ] {
        let problems = compiled(&config).unwrap_err();
        assert_eq!(problems[0].pointer, format!("/nodes/0/config/{field}"), "{config}");
    }
}

#[tokio::test]
async fn each_kind_of_answer_is_read_as_what_it_is() {
    let json = br#"{"big":18446744073709551615,"low":-9223372036854775808,"half":0.1,"z":{"a":null}}"#;
    for media_type in ["application/json", "Application/JSON; charset=utf-8", "application/problem+json", "text/json"] {
        let got = answered(answer("201 Created", &format!("Content-Type: {media_type}\r\n"), json)).await.unwrap();
        assert_eq!(got["status"], 201);
        assert_eq!(got["body"].to_string().as_bytes(), json, "{media_type}");
    }
    let text = |headers: &'static str, body: &'static [u8]| async move {
        answered(answer("200 OK", headers, body)).await.unwrap()["body"].clone()
    };
    assert_eq!(text("Content-Type: text/html\r\n", "é <b>".as_bytes()).await, "é <b>");
    assert_eq!(text("", b"[1]").await, "[1]");
    assert_eq!(text("Content-Type: application/json\r\n", b"{not json").await, "{not json");
    assert_eq!(text("Content-Type: application/json\r\n", b"").await, json!(null));
    let deep: &'static [u8] = Box::leak(("[".repeat(65) + &"]".repeat(65)).into_bytes().into_boxed_slice());
    assert!(text("Content-Type: application/json\r\n", deep).await.is_string());
    let got = answered(answer("200 OK", "Content-Type: image/png\r\n", b"\x89PNG\xff")).await.unwrap();
    assert_eq!((&got["body"], &got["body_base64"]), (&json!(null), &json!("iVBOR/8=")));
    let got = answered(answer("200 OK", "X-Twice: a\r\nx-twice: b\r\n", b"")).await.unwrap();
    assert_eq!(got["headers"]["x-twice"], "a, b");
    assert!(got.get("body_base64").is_none());
}

#[tokio::test]
async fn an_answer_of_too_many_values_is_refused_before_it_is_built() {
    let list = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
    let json = "Content-Type: application/json\r\n";
    assert!(answered(answer("200 OK", json, list(250_000).as_bytes())).await.unwrap()["body"].is_array());
    let failure = answered(answer("200 OK", json, list(250_001).as_bytes())).await.unwrap_err();
    assert_eq!((failure.error.code.as_str(), failure.may_pass), ("http.too_large", false));
    // What its status says still counts.
    let failure = answered(answer("503 X", json, list(250_001).as_bytes())).await.unwrap_err();
    assert_eq!((failure.error.code.as_str(), failure.may_pass), ("http.status", true));
    assert_eq!((&failure.result["status"], &failure.result["body"]), (&json!(503), &json!(null)));
}

#[tokio::test]
async fn only_2xx_is_success_and_what_may_pass_is_told() {
    for (status, may_pass) in [
        ("200 OK", None),
        ("204 No Content", None),
        ("299 X", None),
        ("301 X", Some(false)),
        ("304 X", Some(false)),
        ("400 X", Some(false)),
        ("401 X", Some(false)),
        ("404 X", Some(false)),
        ("408 X", Some(true)),
        ("409 X", Some(false)),
        ("410 X", Some(false)),
        ("425 X", Some(true)),
        ("429 X", Some(true)),
        ("500 X", Some(true)),
        ("501 X", Some(true)),
        ("503 X", Some(true)),
        ("508 X", Some(false)),
        ("599 X", Some(true)),
    ] {
        let failure = answered(answer(status, "", b"")).await.err();
        assert_eq!(failure.as_ref().map(|failure| failure.may_pass), may_pass, "{status}");
        assert!(failure.is_none_or(|failure| failure.error.code == "http.status"));
    }
    let failure =
        answered(answer("404 CANARY", "Content-Type: application/json\r\nX-A: b\r\n", b"[7]")).await.unwrap_err();
    assert_eq!(failure.error.message, "the answer was 404 Not Found");
    assert_eq!(Value::Object(failure.result.clone())["headers"]["x-a"], "b");
    assert_eq!((&failure.result["status"], &failure.result["body"]), (&json!(404), &json!([7])));
}

#[tokio::test]
async fn a_retry_after_in_seconds_is_passed_on() {
    for (text, expected) in [
        ("7", Some(7)),
        (" 0 ", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("-1", None),
        ("1.5", None),
        ("Sun, 22 Nov 2026 10:00:00 GMT", None),
    ] {
        let failure = answered(answer("429 X", &format!("Retry-After: {text}\r\n"), b"")).await.unwrap_err();
        assert_eq!(failure.retry_after, expected.map(Duration::from_secs), "{text}");
    }
}

#[tokio::test]
async fn every_attempt_carries_the_same_key() {
    let far = FarSide::saying("127.0.0.1", OK);
    for (attempt, headers) in
        [(1, json!([])), (2, json!([])), (3, json!([{"name": "idempotency-key", "value": "mine"}]))]
    {
        let (input, _) = compiled(&json!({"url": far.url("/"), "headers": headers})).unwrap();
        let input = input.render(&World::with_body(json!(null)).scope(), "", &mut Vec::new()).unwrap();
        registry().perform("http_request", &run(attempt), &input).await.unwrap();
    }
    let keys: Vec<_> = far.asked().iter().map(|asked| asked.header("idempotency-key").unwrap().to_owned()).collect();
    assert_eq!(keys, ["ex_1.call.", "ex_1.call.", "mine"]);
}

#[tokio::test]
async fn a_failure_says_what_is_wrong_and_nothing_of_what_was_sent() {
    for (url, body, code, message) in [
        (
            "http://127.0.0.2/CANARY",
            json!({}),
            "http.refused",
            "127.0.0.2 is this machine, which flows may not call; the setting `outbound_allow` can allow it",
        ),
        ("{{ trigger.body.url }}", json!({"url": "http://127.0.0.1:1/CANARY"}), "http.connect", ""),
        (
            "{{ trigger.body.url }}",
            json!({"url": "CANARY"}),
            "http.url",
            "this is no address: relative URL without a base",
        ),
        ("{{ trigger.body.url }}", json!({"url": {"CANARY": 1}}), "http.url", "the address is not text"),
        ("{{ trigger.body.url }}", json!({}), "http.url", "there is no address: the template came to nothing"),
        (
            "{{ trigger.body.url }}",
            json!({"url": "file:///CANARY"}),
            "http.url",
            "only http and https can be called, not file",
        ),
        ("http://{{ trigger.body.host }}/", json!({"host": "127.0.0.2:1/CANARY#"}), "http.refused", ""),
    ] {
        let failure = perform(&json!({"url": url, "timeout_ms": 5_000}), body).await.unwrap_err();
        assert_eq!(failure.error.code, code, "{url}: {}", failure.error.message);
        assert!(message.is_empty() || failure.error.message == message, "{}", failure.error.message);
        assert!(!format!("{failure:?}").contains("CANARY"), "{failure:?}");
    }
    // What a later node reads when the failure is ignored: the names are all there.
    let failure = perform(&json!({"url": "http://127.0.0.2/"}), json!(null)).await.unwrap_err();
    assert_eq!(Value::Object(failure.result), json!({"status": null, "headers": {}, "body": null}));
}

#[test]
fn the_policy_is_what_the_author_wrote() {
    let (_, policy) = compiled(&json!({"url": "http://a.example"})).unwrap();
    assert_eq!(
        (policy.retry.attempts_max, policy.interrupted, policy.ignore_failure),
        (1, Interrupted::RunAgain, false)
    );
    let (_, policy) = compiled(&json!({"url": "http://a.example", "retry": {}, "when_interrupted": "ask"})).unwrap();
    assert_eq!((policy.retry.attempts_max, policy.interrupted), (3, Interrupted::Ask));
    let ms = [policy.retry.pause, policy.retry.pause_max, policy.retry.total_max].map(|time| time.as_millis());
    assert_eq!(ms, [1_000, 60_000, 3_600_000]);
}

/// The form is made from the schema: what holds without a word has to stand in it.
#[test]
fn every_default_stands_in_the_schema() {
    let registry = registry();
    let info = registry.kinds().find(|info| info.kind == "http_request").unwrap();
    let fields = &info.schema.as_value()["properties"];
    for (name, default) in [
        ("method", json!("GET")),
        ("query", json!([])),
        ("headers", json!([])),
        ("body_type", json!("json")),
        ("body", json!(null)),
        ("timeout_ms", json!(30_000)),
        ("redirects_max", json!(0)),
        ("answer_bytes_max", json!(1 << 20)),
        ("retry", json!(null)),
        ("when_interrupted", json!("run_again")),
        ("ignore_failure", json!(false)),
    ] {
        assert_eq!(fields[name].get("default"), Some(&default), "{name}");
    }
}

#[test]
fn secrets_stand_where_the_schema_says_and_nowhere_else() {
    let taking = json!({
        "method": "POST", "url": "https://{{ secrets.host }}.example/{{ secrets.path }}",
        "query": [{"name": "k", "value": "{{ secrets.shop }}"}],
        "headers": [{"name": "X-A", "value": "plain"}, {"name": "Authorization", "value": "Bearer {{ secrets.shop }}"}],
        "body": {"deep": [{"er": "{{ secrets.shop }}"}]},
    });
    compiled(&taking).unwrap();
    let codes = |config: Value| -> Vec<_> {
        compiled(&config).unwrap_err().into_iter().map(|problem| (problem.code, problem.pointer)).collect()
    };
    let at = |code: &str, pointer: &str| vec![(code.to_owned(), format!("/nodes/0/config/{pointer}"))];
    let query = json!({"url": "https://a.example", "query": [{"name": "{{ secrets.shop }}", "value": "x"}]});
    assert_eq!(codes(query), at("secret.not_here", "query/0/name"));
    for (template, code) in [
        ("{{ secrets.shop & 'x' }}", "secret.in_expression"),
        ("{{ secrets.Shop }}", "secret.bad_path"),
        ("{{ secrets.shop.token }}", "secret.bad_path"),
        ("{{ secrets }}", "secret.bad_path"),
    ] {
        assert_eq!(codes(json!({"url": "https://a.example", "body": [template]})), at(code, "body/0"), "{template}");
    }
}

#[test]
fn other_kinds_and_triggers_take_no_secrets() {
    let secret = "{{ secrets.shop }}";
    let refused = |mode, node: Value| -> Vec<_> {
        let problems = registry().compile(&flows::flow(mode, json!([node]))).unwrap_err();
        problems.into_iter().map(|problem| (problem.code, problem.pointer)).collect()
    };
    let rule = json!({"mode": "continue", "rule": {"left": secret, "operator": "equal", "right": "x"}});
    let expression = json!({"mode": "continue", "rule": {"expression": "secrets.shop"}});
    let header = json!({"headers": [{"name": "X-A", "value": secret}]});
    for (mode, kind, config, pointer) in [
        (Mode::Async, "condition", rule, "rule/left"),
        (Mode::Async, "condition", expression, "rule/expression"),
        (Mode::Sync, "response", json!({"body": [secret]}), "body/0"),
        (Mode::Sync, "response", header, "headers/0/value"),
        (Mode::Async, "delay", json!({"amount": secret, "unit": "seconds"}), "amount"),
    ] {
        let problems = refused(mode, flows::node("n", kind, config));
        let expected = ("secret.not_here".to_owned(), format!("/nodes/0/config/{pointer}"));
        assert!(problems.contains(&expected), "{kind}: {problems:?}");
    }
    let trigger = json!({"kind": "webhook", "answer": {"body": secret}});
    let document = json!({"hookflow": 1, "title": "t", "mode": "async", "trigger": trigger, "nodes": []});
    let (_, problems) = registry().check(&document);
    assert_eq!(problems[0].code, "secret.not_here", "{problems:?}");
}

/// A secret is for who it was given to: not for another origin, be it in a header or in the body.
#[tokio::test]
async fn secrets_do_not_follow_a_redirect_to_another_origin() {
    let registry = Registry::calling(Networks::parse(["127.0.0.1", "127.0.0.2"]).unwrap());
    let other = FarSide::saying("127.0.0.2", OK);
    for (field, status, expected) in [
        ("headers", 307, Ok("POST")),
        ("body", 307, Err("http.refused")),
        ("body", 308, Err("http.refused")),
        ("body", 303, Ok("GET")),
    ] {
        let start = FarSide::redirecting("127.0.0.1", status, other.url("/"));
        // Of the few headers that follow, too.
        let mut input = json!({
            "method": "POST", "url": start.url("/"), "query": [], "body_type": "text", "body": "CANARY",
            "headers": [{"name": "X-A", "value": "plain"}, {"name": "User-Agent", "value": "CANARY"}],
            "timeout_ms": 5_000, "redirects_max": 3, "answer_bytes_max": 1_000,
        });
        if field == "headers" {
            input["body"] = json!("plain");
        } else {
            input["headers"][1]["value"] = json!("plain");
        }
        let at = if field == "headers" { "/headers/1/value" } else { "/body" };
        let slots = vec![Slot { at: at.to_owned(), offset: 0, name: "shop".parse().unwrap() }];
        let outcome = registry.perform("http_request", &RunContext { slots, ..run(1) }, &input).await;
        assert!(format!("{:?}", start.asked()[0]).contains("CANARY") || field == "body");
        let methods: Vec<_> = other.asked().iter().map(|asked| asked.method.clone()).collect();
        match expected {
            Ok(method) => {
                outcome.unwrap();
                assert_eq!(methods.last().map(String::as_str), Some(method), "{field} {status}");
            }
            Err(code) => assert_eq!(outcome.unwrap_err().error.code, code, "{field} {status}"),
        }
        assert!(!format!("{:?}", other.asked()).contains("CANARY"), "{field} {status}: {:?}", other.asked());
    }
    assert_eq!(other.asked().len(), 2);
    // At home everything is sent again.
    let home = FarSide::on("127.0.0.1", move |asked, back| {
        let to = if asked.target == "/there" {
            OK.to_owned()
        } else {
            "HTTP/1.1 307 X\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        back.say(to).map(|()| true)
    });
    let input = json!({
        "method": "POST", "url": home.url("/"), "query": [], "body_type": "text", "body": "CANARY", "headers": [],
        "timeout_ms": 5_000, "redirects_max": 3, "answer_bytes_max": 1_000,
    });
    let slots = vec![Slot { at: "/body".to_owned(), offset: 0, name: "shop".parse().unwrap() }];
    registry.perform("http_request", &RunContext { slots, ..run(1) }, &input).await.unwrap();
    let bodies: Vec<_> = home.asked().iter().map(|asked| asked.body.clone()).collect();
    assert_eq!(bodies, [b"CANARY", b"CANARY"]);
}
