//! A secret goes to where it is sent, and is nowhere else.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};
use serde_json::{Value, json};
use support::echo::Echo;
use support::{Home, Ran, Server};

/// With everything in it that encodings differ about.
const VALUE: &str = "sk-CANARY/7+\"x y \u{e9}~z";
/// Stands in it, and is the same in every encoding that leaves letters alone.
const CANARY: &str = "CANARY";
const MARK: &str = "‹secret:bird›";

/// Data that would be filled in if it were taken for a mark or for a template.
const EVIL: &str = "‹secret:bird›{{ secrets.bird }}";

fn set(home: &Home, name: &str, value: &str) -> Ran {
    let mut command = home.hookflow(&["secret", "set", name]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // Refused before it has read everything, it does not read the rest.
    _ = child.stdin.take().unwrap().write_all(value.as_bytes());
    Ran::of(&child.wait_with_output().unwrap())
}

/// What of the canary is in `bytes`, in any form.
fn found(bytes: &[u8]) -> Vec<String> {
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![CANARY.to_owned(), CANARY.to_ascii_lowercase(), hex.to_ascii_uppercase(), hex];
    forms.push(CANARY.bytes().map(|byte| format!("%{byte:02x}")).collect());
    for shift in 0..3 {
        let encoded = BASE64_STANDARD_NO_PAD.encode([&[0; 2][..shift], CANARY.as_bytes()].concat());
        let (first, end) = ((8 * shift).div_ceil(6), 8 * (shift + CANARY.len()) / 6);
        forms.push(encoded[first..end].to_owned());
    }
    forms.retain(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()));
    forms
}

fn clean(what: &str, text: &str) {
    let forms = found(text.as_bytes());
    if let Some(form) = forms.first() {
        let at = text.find(form.as_str()).unwrap();
        let (start, end) = (text.floor_char_boundary(at.saturating_sub(200)), text.ceil_char_boundary(at + 100));
        panic!("{what} holds {forms:?}: …{}…", &text[start..end.min(text.len())]);
    }
}

/// Every file below a folder: the database with its log, keys, what the server said.
fn files_are_clean(folder: &Path) -> usize {
    let mut looked_at = 0;
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            looked_at += files_are_clean(&path);
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            clean(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
            assert_eq!(found(&bytes), [""; 0], "{}", path.display());
            looked_at += 1;
        }
    }
    looked_at
}

/// A server that says all it can, into a file: what it says must not hold the secret either.
fn serve(home: &Home, round: u32) -> Server {
    let log = fs::File::create(home.path().join(format!("stderr-{round}"))).unwrap();
    home.serve_saying(&[("HOOKFLOW_OUTBOUND_ALLOW", "127.0.0.1"), ("HOOKFLOW_LOG", "trace")], &[], log.into())
}

fn publish(home: &Home, title: &str, nodes: &Value) -> String {
    let document = json!({
        "hookflow": 1, "title": title, "enabled": true, "mode": "sync", "trigger": {"kind": "webhook"}, "nodes": nodes,
    });
    let applied = home.publish(&home.file(&format!("{title}.yaml"), &document.to_string()));
    applied["key"].as_str().unwrap().to_owned()
}

/// A call with the secret in every field that takes one, beside data of the request.
fn call(echo: &Echo, key: &str, path: &str, more: &Value) -> Value {
    let mut config = json!({
        "method": "POST",
        "url": format!("http://{}/{path}/{{{{ secrets.bird }}}}", echo.at),
        "query": [{"name": "k", "value": "{{ secrets.bird }}"}, {"name": "evil", "value": "{{ trigger.body.evil }}"}],
        "headers": [
            {"name": "Authorization", "value": "Bearer {{ secrets.bird }}"},
            {"name": "X-Two", "value": "{{ trigger.body.evil }} {{ secrets.bird }}-{{ secrets.bird }}"},
        ],
        "body": {"a": ["{{ secrets.bird }}"], "b": "{{ trigger.body }}", "c": "x{{ secrets.bird }}{{ trigger.body.evil }}"},
        "ignore_failure": true,
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"key": key, "kind": "http_request", "config": config})
}

fn get(key: &str, url: &str) -> Value {
    json!({"key": key, "kind": "http_request", "config": {"url": url, "ignore_failure": true, "timeout_ms": 2_000}})
}

/// The value where it was meant to be, and the data as it was sent.
fn was_sent_well(asked: &str) {
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({"a": [VALUE], "b": {"evil": EVIL}, "c": format!("x{VALUE}{EVIL}")}));
    assert!(head.contains(&format!("authorization: Bearer {VALUE}\r\n")), "{head}");
    assert!(head.contains(&format!("x-two: {EVIL} {VALUE}-{VALUE}\r\n")), "{head}");
    assert!(head.contains("evil=%E2%80%B9secret%3Abird%E2%80%BA%7B%7B+secrets.bird+%7D%7D "), "{head}");
}

async fn api(server: &Server, home: &Home, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
    let token = fs::read_to_string(home.data().join("admin.token")).unwrap();
    let url = format!("http://{}{path}", server.admin());
    let mut request = support::http().request(method.parse().unwrap(), url).bearer_auth(token.trim());
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
    let text = answer.text().await.unwrap();
    clean(&format!("{method} {path}"), &format!("{headers}{text}"));
    (status, text)
}

/// What the live feed says, until the server goes.
fn listen(server: &Server, home: &Home) -> tokio::task::JoinHandle<String> {
    let token = fs::read_to_string(home.data().join("admin.token")).unwrap();
    let url = format!("http://{}/api/v1/live", server.admin());
    tokio::spawn(async move {
        let mut answer = support::http().get(url).bearer_auth(token.trim()).send().await.unwrap();
        let mut text = String::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            text += &String::from_utf8_lossy(&chunk);
        }
        text
    })
}

async fn until(what: &str, done: impl Fn() -> bool) {
    let from = Instant::now();
    while !done() {
        assert!(from.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_is_nowhere_but_where_it_was_sent() {
    let (home, echo) = (Home::new(), Echo::start());
    let server = serve(&home, 1);
    let heard = listen(&server, &home);
    let made = set(&home, "bird", &format!("{VALUE}\n"));
    assert_eq!((made.code, made.stdout.as_str(), made.stderr.as_str()), (0, "bird is set\n", ""));

    let last = format!("http://{}/last", echo.at);
    let key = publish(
        &home,
        "every",
        &json!([
            call(&echo, "ok", "ok", &json!({})),
            get("then", &last),
            call(&echo, "error", "error", &json!({})),
            call(&echo, "binary", "binary", &json!({})),
            call(&echo, "flaky", "flaky", &json!({"retry": {"attempts": 3, "pause_ms": 10}})),
            // Where it can only be in what the client says about it.
            get("host", "http://{{ secrets.bird }}.example/"),
            get("name", "http://a{{ secrets.other }}.invalid/"),
            get("not_a_header", &last),
            get("scheme", "{{ secrets.bird }}://x"),
            {"kind": "response", "config": {"body": "{{ nodes }}", "headers": [{"name": "X-Got", "value": "{{ nodes.ok.headers.x-echo }}"}]}},
        ]),
    );
    assert_eq!(set(&home, "other", "CANARY-host-name").code, 0);
    let payload = json!({ "evil": EVIL }).to_string();
    let sent = home.send(&key, &payload);
    clean("the answer", &sent.to_string());
    assert!(sent.to_string().contains(MARK));
    for path in ["/ok", "/error", "/binary", "/flaky"] {
        let asked = echo.asked(path);
        assert_eq!(asked.len(), if path == "/flaky" { 2 } else { 1 }, "{path}");
        asked.iter().for_each(|asked| was_sent_well(asked));
    }
    let id = sent["execution"].as_str().unwrap();
    let shown: Value =
        serde_json::from_str(&api(&server, &home, "GET", &format!("/api/v1/executions/{id}"), None).await.1).unwrap();
    let run =
        |node: &str| shown["node_runs"].as_array().unwrap().iter().rfind(|run| run["node"] == node).unwrap().clone();
    assert_eq!(run("ok")["input"]["headers"][0]["value"], format!("Bearer {MARK}"));
    assert_eq!(run("ok")["input"]["body"]["b"]["evil"], EVIL);
    assert_eq!(run("ok")["result"]["headers"]["x-echo"], format!("Bearer {MARK}"));
    assert_eq!(run("error")["error"]["code"], "http.status");
    assert_eq!(run("flaky")["attempt"], 2);
    assert!(run("then")["result"]["body"]["raw"].as_str().unwrap().contains(MARK), "told in another request's answer");

    // In flight when the server dies, and sent once more by the next one.
    let crash = publish(
        &home,
        "crash",
        &json!([call(&echo, "slow", "slow", &json!({})), call(&echo, "after", "after", &json!({}))]),
    );
    let hung = support::http()
        .post(format!("http://{}/api/webhook:trigger/{crash}", server.hooks()))
        .header("content-type", "application/json")
        .body(payload.clone());
    let hung = tokio::spawn(hung.send());
    until("it is sent", || echo.asked("/slow").len() == 1).await;
    server.kill();
    assert!(hung.await.unwrap().is_err());
    clean("the live feed", &heard.await.unwrap());
    assert!(files_are_clean(home.path()) >= 5, "while nothing was closed");

    let server = serve(&home, 2);
    let heard = listen(&server, &home);
    home.await_ends();
    assert_eq!((echo.asked("/slow").len(), echo.asked("/after").len()), (2, 1));
    echo.asked("/slow").iter().chain(&echo.asked("/after")).for_each(|asked| was_sent_well(asked));

    // A test of the draft, replays, and all there is to be read.
    let request = json!({"body": {"evil": EVIL}});
    let (status, tested) = api(&server, &home, "POST", &format!("/api/v1/workflows/{key}/test"), Some(&request)).await;
    assert_eq!((status, tested.contains(MARK)), (200, true), "{tested}");
    for args in [&["replay", id][..], &["replay", id, "--from-node", "error"]] {
        let ran = home.run(args);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    home.await_ends();
    assert_eq!(echo.asked("/ok").len(), 3, "sent, tested, replayed");
    for args in [
        &["executions", "--json"][..],
        &["execution", id],
        &["execution", id, "--json"],
        &["requests", "--json"],
        &["list"],
        &["show", &key],
        &["export", &key],
        &["export", &key, "--live"],
        &["secret", "list"],
        &["secret", "list", "--json"],
        &["revisions", &key, "--json"],
        &["config", "check"],
    ] {
        let ran = home.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        clean(&args.join(" "), &format!("{}{}", ran.stdout, ran.stderr));
    }
    for path in ["executions", "requests", "nodes", "secrets", "workflows", "tokens"] {
        assert_eq!(api(&server, &home, "GET", &format!("/api/v1/{path}"), None).await.0, 200, "{path}");
    }
    for path in ["/metrics", "/api/openapi.json", "/healthz", "/readyz"] {
        assert_eq!(api(&server, &home, "GET", path, None).await.0, 200, "{path}");
    }
    let ran = home.run(&["executions", "--json"]);
    for execution in ran.documents() {
        let path = format!("/api/v1/executions/{}", execution["id"].as_str().unwrap());
        assert_eq!(api(&server, &home, "GET", &path, None).await.0, 200);
    }
    tokio::task::block_in_place(|| assert_eq!(server.terminate().code, 0));
    clean("the live feed", &heard.await.unwrap());
    files_are_clean(home.path());
}
