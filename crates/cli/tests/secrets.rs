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
    serve_with(home, round, &[])
}

fn serve_with(home: &Home, round: u32, more: &[&str]) -> Server {
    let log = fs::File::create(home.path().join(format!("stderr-{round}"))).unwrap();
    home.serve_saying(&[("HOOKFLOW_OUTBOUND_ALLOW", "127.0.0.1"), ("HOOKFLOW_LOG", "trace")], more, log.into())
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
    let request = json!({"event": {"body": payload}});
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

#[test]
fn a_secret_is_set_listed_replaced_and_deleted_and_never_shown() {
    let home = Home::new();
    let server = home.serve(&[]);
    assert_eq!(home.run(&["secret", "list"]).stdout, "no secrets\n");
    assert_eq!(set(&home, "shop", "sk-CANARY-1").stdout, "shop is set\n");
    let nodes = json!([
        get("call", "http://127.0.0.1:1/{{ secrets.shop }}"),
        get("too", "http://127.0.0.1:1/{{ secrets.shop }}")
    ]);
    let key = publish(&home, "Shop", &nodes);
    let file = home.file("value.txt", "sk-CANARY-2\r\n");
    let replaced = home.run(&["secret", "set", "shop", "--file", &file]);
    assert_eq!((replaced.code, replaced.stdout.as_str()), (0, "shop has a new value\n"), "{}", replaced.stderr);
    let listed = home.json(&["secret", "list"]);
    assert_eq!((listed.len(), &listed[0]["name"]), (1, &json!("shop")));
    assert_eq!(listed[0]["used_by"], json!([{"workflow_key": key, "title": "Shop"}]));
    assert!(listed[0]["changed_at"].as_str() > listed[0]["created_at"].as_str());
    clean("the list", &listed[0].to_string());

    for (name, value, code) in [
        ("Shop", "long enough", "secret.invalid"),
        ("shop", "short", "secret.invalid"),
        ("shop", " short \n", "secret.invalid"),
        ("shop", &"x".repeat((64 << 10) + 1), "secret.invalid"),
    ] {
        let refused = set(&home, name, value);
        assert!(refused.code == 1 && refused.stderr.starts_with(&format!("error[{code}]: ")), "{refused:?}");
    }
    let binary = home.path().join("binary");
    fs::write(&binary, [0xff; 20]).unwrap();
    let refused = home.run(&["secret", "set", "shop", "--file", binary.to_str().unwrap()]);
    assert!(refused.stderr.starts_with("error[secret.not_text]: "), "{refused:?}");
    assert_eq!(home.run(&["secret", "set", "shop", "sk-CANARY-3"]).code, 2, "never on the command line");

    let deleted = home.run(&["secret", "delete", "shop", "gone"]);
    assert_eq!((deleted.code, deleted.stdout.as_str()), (1, "shop is deleted\n"));
    assert!(deleted.stderr.starts_with("error[secret.unknown]: there is no secret `gone`\nhint: "), "{deleted:?}");
    assert_eq!(server.terminate().code, 0);
}

/// Whatever is wrong with what was sent, it is not told back.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_the_api_tells_a_value() {
    let home = Home::new();
    let server = home.serve(&[]);
    let path = "/api/v1/secrets/shop";
    for (body, status) in [
        (json!({"value": "sk-CANARY-1"}), 201),
        (json!({"value": "sk-CANARY-2"}), 200),
        (json!("sk-CANARY"), 400),
        (json!(["sk-CANARY"]), 400),
        (json!({"value": ["sk-CANARY"]}), 400),
        (json!({"value": "sk-CANARY-1", "CANARY": 1}), 400),
        (json!({"sk-CANARY": "value"}), 400),
        (json!({"value": format!("CANARY{}", "x".repeat(64 << 10))}), 422),
    ] {
        assert_eq!(api(&server, &home, "PUT", path, Some(&body)).await.0, status, "{body}");
    }
    let listed: Value = serde_json::from_str(&api(&server, &home, "GET", "/api/v1/secrets", None).await.1).unwrap();
    let members: Vec<_> = listed["items"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((members, &listed["next_cursor"]), (vec!["name", "created_at", "changed_at", "used_by"], &Value::Null));
    assert_eq!(api(&server, &home, "GET", path, None).await.0, 405);
    assert_eq!(api(&server, &home, "DELETE", path, None).await.0, 204);
    assert_eq!(api(&server, &home, "DELETE", path, None).await.0, 404);
}

/// A workflow does not bring its secrets along; a database does not bring its key along.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_secret_or_its_key_the_node_says_so() {
    let (home, echo) = (Home::new(), Echo::start());
    let server = serve(&home, 1);
    let nodes = json!([
        get("call", &format!("http://{}/ok/{{{{ secrets.shop }}}}", echo.at)),
        {"kind": "response", "config": {"body": {"error": "{{ nodes.call.error }}", "status": "{{ nodes.call.status }}"}}},
    ]);
    let key = publish(&home, "Shop", &nodes);
    let answered = || -> Value {
        let sent = home.send(&key, "{}");
        serde_json::from_str(sent["body"].as_str().unwrap()).unwrap()
    };
    let missing = answered();
    assert_eq!(missing["error"]["code"], "secret.missing");
    assert!(missing["error"]["message"].as_str().unwrap().contains("`shop`"), "{missing}");
    assert_eq!(echo.asked("/").len(), 0, "nothing was sent");

    set(&home, "shop", "sk-CANARY-1");
    assert_eq!(answered()["status"], 200);
    set(&home, "shop", "sk-CANARY-2");
    assert_eq!(answered()["status"], 200);
    let targets: Vec<_> = echo.asked("/ok").iter().map(|asked| asked.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(targets, ["/ok/sk-CANARY-1", "/ok/sk-CANARY-2"], "a new value is used at once");

    // Into a server that has none of it, and back.
    let other = Home::new();
    let there = other.serve(&[]);
    let export = home.run(&["export", &key]).stdout;
    clean("the export", &export);
    assert!(export.contains("{{ secrets.shop }}"), "{export}");
    assert_eq!(other.publish(&other.file("shop.yaml", &export))["problems"], json!([]));
    tokio::task::block_in_place(|| (there.terminate(), server.terminate()));

    fs::write(home.data().join("hookflow.key"), [7; 32]).unwrap();
    let refused = home.run(&["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    assert!(refused.code == 1 && refused.stderr.contains("error[key.other]: "), "{}", refused.stderr);
    let server = serve_with(&home, 2, &["--new-key"]);
    let unreadable = answered();
    assert_eq!(unreadable["error"]["code"], "secret.unreadable");
    assert!(unreadable["error"]["message"].as_str().unwrap().contains("another key file"), "{unreadable}");
    set(&home, "shop", "sk-CANARY-3");
    assert_eq!(answered()["status"], 200, "set again, it is sealed with the new key");
    tokio::task::block_in_place(|| server.terminate());
    files_are_clean(&home.data());
}

#[cfg(target_os = "linux")]
#[test]
fn the_servers_memory_is_its_own() {
    use std::os::unix::fs::MetadataExt;
    let home = Home::new();
    let server = home.serve(&[]);
    let process = format!("/proc/{}", server.info["pid"]);
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let core: Vec<_> =
        limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"]);
    // What cannot be dumped is root's: under root there is nothing to see.
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        assert_eq!(fs::metadata(format!("{process}/mem")).unwrap().uid(), 0);
    }
    assert_eq!(server.terminate().code, 0);
}
