//! The commands against a running server.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::{Value, json};
use support::{EVENTS, Home, ORDERS};

fn key(applied: &Value) -> &str {
    applied["key"].as_str().unwrap()
}

#[test]
fn apply_creates_updates_and_leaves_alone() {
    let home = Home::new();
    let server = home.serve(&[]);
    home.file("orders.yaml", ORDERS);
    let created = home.publish("orders.yaml");
    let fields: BTreeSet<&str> = created.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["file", "id", "key", "url", "title", "created", "changed", "enabled", "revision", "problems"];
    assert_eq!(fields, BTreeSet::from(expected));
    assert_eq!(
        (&created["created"], &created["enabled"], &created["revision"]),
        (&json!(true), &json!(true), &json!(1))
    );
    assert_eq!(created["url"], format!("http://{}/api/webhook:trigger/{}", server.hooks(), key(&created)));

    let keyed = format!("key: {}\n{ORDERS}", key(&created));
    home.file("orders.yaml", &keyed);
    let again = home.publish("orders.yaml");
    assert_eq!((&again["created"], &again["changed"], &again["revision"]), (&json!(false), &json!(false), &json!(1)));

    // Without --publish only the draft changes.
    home.file("orders.yaml", &keyed.replace("status: 422", "status: 409"));
    let drafted = home.json(&["apply", "orders.yaml"]).remove(0);
    assert_eq!((&drafted["changed"], &drafted["revision"]), (&json!(true), &json!(1)));
    assert_eq!(home.send(key(&created), "{}")["status"], 422);
    assert_eq!(home.publish("orders.yaml")["revision"], 2);
    assert_eq!(home.send(key(&created), "{}")["status"], 409);
}

/// A file without a key makes a workflow each time, and one that is off answers 404: both surprise newcomers.
#[test]
fn apply_says_what_comes_next() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let said = |text: &str, args: &[&str]| {
        home.file("orders.yaml", text);
        let ran = home.run(&[&["apply", "orders.yaml"], args].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let lines = said(ORDERS, &["--publish"]);
    let key = lines[2].rsplit('/').next().unwrap();
    assert_eq!(lines[0], "orders.yaml: created \"Orders\", revision 1 is live");
    assert_eq!(lines[1], format!("  add `key: {key}` to the file, or the next apply makes another workflow"));

    let keyed = format!("key: {key}\n{ORDERS}");
    let lines = said(&keyed.replace("422", "409"), &[]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "orders.yaml: updated \"Orders\", a draft; revision 1 stays live (--publish changes that)");
    let off = keyed.replace("enabled: true", "enabled: false");
    let lines = said(&off, &["--publish"]);
    assert_eq!(lines[0], "orders.yaml: updated \"Orders\", revision 1; it is off (`enabled: true` switches it on)");
    let lines = said(ORDERS, &[]);
    assert_eq!(lines[0], "orders.yaml: created \"Orders\", not published yet (--publish)");
}

/// Which template of which node, and why.
#[test]
fn a_template_that_fails_is_found_from_its_execution() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let fails = "hookflow: 1\ntitle: Fails\nenabled: true\nmode: sync\ntrigger: { kind: webhook }\n\
        nodes: [{ key: thanks, kind: response, config: { body: { sum: \"{{ trigger.body.n * 2 }}\" } } }]\n";
    let fails = home.publish(&home.file("fails.yaml", fails));
    let sent = home.send(key(&fails), r#"{"n":"x"}"#);
    assert_eq!(sent["status"], 500);
    let page = home.run(&["execution", sent["execution"].as_str().unwrap()]).stdout;
    let (_, from_node) = page.split_once("\n  thanks ").unwrap();
    let why = from_node.lines().nth(1).unwrap();
    assert!(why.starts_with("    error[template.failed]: the template at /body/sum failed: "), "{page}");
    assert!(why.ends_with("`trigger.body.n * 2`"), "{page}");
}

#[test]
fn one_bad_file_and_none_is_applied() {
    let home = Home::new();
    let _server = home.serve(&[]);
    home.file("good.yaml", ORDERS);
    home.file("bad.yaml", &ORDERS.replace("kind: condition", "kind: conditoin"));
    home.file("broken.yaml", "title: [\n");
    for bad in ["bad.yaml", "broken.yaml"] {
        let ran = home.run(&["apply", "good.yaml", bad, "--publish", "--json"]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("error[apply.invalid]: 1 of 2 files has problems; nothing was applied"),
            "{}",
            ran.stderr
        );
        let items = ran.documents();
        assert_eq!((&items[0]["problems"], &items[0]["file"]), (&json!([]), &json!("good.yaml")));
        assert_eq!((&items[1]["file"], items[1]["problems"].as_array().unwrap().is_empty()), (&json!(bad), false));
        assert!(items.iter().all(|item| item["changed"] == false), "{items:?}");
        assert!(items.iter().all(|item| item["key"].is_null() && item["url"].is_null()), "made up: {items:?}");
    }
    assert_eq!(home.json(&["list"]), [Value::Null; 0]);
}

#[test]
fn check_lists_every_mistake_with_its_line_and_needs_no_server() {
    let home = Home::new();
    let five = ORDERS
        .replace("title: Orders", "titel: Orders")
        .replace("mode: sync", "mode: sink")
        .replace("kind: webhook", "kind: webhok")
        .replace("operator: equal", "operator: eqaul")
        .replace("status: 422", "status: 99");
    home.file("five.yaml", &five);
    let ran = home.run(&["check", "five.yaml", "--json"]);
    assert_eq!(ran.code, 1);
    let problems = ran.documents()[0]["problems"].as_array().unwrap().clone();
    let lines: BTreeSet<u64> = problems.iter().map(|problem| problem["line"].as_u64().unwrap()).collect();
    let wanted = ["titel", "sink", "webhok", "eqaul", "status: 99"];
    for mistake in wanted {
        let line = five.lines().position(|line| line.contains(mistake)).unwrap() as u64 + 1;
        assert!(lines.contains(&line), "{mistake} in line {line}: {problems:?}");
    }
    let ran = home.run(&["check", "five.yaml"]);
    assert!(ran.stdout.lines().all(|line| line.starts_with("five.yaml:")), "{}", ran.stdout);

    home.file("good.yaml", ORDERS);
    let ran = home.run(&["check", "good.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "good.yaml: ok\n"));
}

#[test]
fn list_and_show_say_what_answers_and_rotate_changes_where() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = home.publish(&home.file("orders.yaml", ORDERS));
    let listed = home.json(&["list"]);
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["key"], &listed[0]["url"]), (&orders["key"], &orders["url"]));
    let table = home.run(&["list"]).stdout;
    assert!(table.starts_with("KEY ") && table.contains("on, revision 1  Orders"), "{table}");
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");
    for name in [&orders["key"], &orders["id"]] {
        assert_eq!(home.json(&["show", name.as_str().unwrap()])[0]["title"], "Orders");
    }

    home.send(key(&orders), "{}");
    let rotated = home.json(&["rotate", key(&orders)]).remove(0);
    assert_ne!(rotated["key"], orders["key"]);
    for list in ["executions", "requests"] {
        let table = home.run(&[list]).stdout;
        assert!(table.trim_end().ends_with("  Orders"), "what came to the old URL is still its own: {table}");
    }
    assert_eq!(home.send(rotated["key"].as_str().unwrap(), "{}")["status"], 422);
    let old = home.run(&["show", key(&orders)]);
    assert_eq!(old.code, 1);
    let named = format!("error[workflow.unknown]: there is no workflow `{}`\nhint: `hookflow list` ", key(&orders));
    assert!(old.stderr.starts_with(&named), "{}", old.stderr);
}

#[test]
fn send_is_a_request_as_any_sender_makes_it() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let echo = "hookflow: 1\ntitle: Echo\nenabled: true\nmode: sync\n\
        credentials: { basic: { username: hook, password: \"a:b\" } }\n\
        trigger: { kind: webhook, headers: [{ name: X-Who }] }\n\
        nodes: [{ kind: response, config: { body: { who: \"{{ trigger.headers[\\\"x-who\\\"] }}\", q: \"{{ trigger.query.a }}\", n: \"{{ trigger.body.n }}\" } } }]\n";
    let echo = home.publish(&home.file("echo.yaml", echo));
    home.file("body.json", r#"{"n": 9007199254740993}"#);
    let request = ["send", key(&echo), "--data", "@body.json", "--header", "X-Who: me", "--query", "a=1&a=2"];
    let answer = home.json(&[&request[..], &["--user", "hook:a:b"]].concat()).remove(0);
    assert_eq!(answer["body"], r#"{"who":"me","q":["1","2"],"n":9007199254740993}"#);
    assert!(answer["execution"].as_str().unwrap().starts_with("ex_"));

    let refused = home.run(&[&request[..], &["--user", "hook:wrong"]].concat());
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("error[hook.credentials]: "), "{}", refused.stderr);
    let shown = home.run(&["show", key(&echo), "--json"]);
    assert!(!shown.stdout.contains("a:b"), "passwords are never shown: {}", shown.stdout);
}

#[test]
fn executions_can_be_narrowed_and_looked_at() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = home.publish(&home.file("orders.yaml", ORDERS));
    let events = home.publish(&home.file("events.yaml", EVENTS));
    for _ in 0..3 {
        home.send(key(&orders), r#"{"order":{"id":7,"status":"paid"}}"#);
    }
    home.send(key(&events), "{}");
    assert_eq!(home.ended().len(), 4);
    assert_eq!(home.json(&["executions", "--workflow", key(&orders)]).len(), 3);
    assert_eq!(home.json(&["executions", "--status", "succeeded", "--limit", "2"]).len(), 2);
    assert_eq!(home.json(&["executions", "--status", "error"]).len(), 0);
    assert_eq!(home.run(&["executions", "--status", "broken"]).code, 2);

    let table = home.run(&["executions"]).stdout;
    assert!(table.contains("  Orders\n") && table.contains("  Events\n"), "{table}");
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");

    let newest = home.json(&["executions", "--workflow", key(&orders), "--limit", "1"]).remove(0);
    let page = home.run(&["execution", newest["id"].as_str().unwrap()]).stdout;
    let parts =
        ["succeeded in ", "EVENT  POST", "content-type: ", "paid ", "accept ", "ANSWER  200", r#"{"received":7}"#];
    for part in parts {
        assert!(page.contains(part), "{part}: {page}");
    }
    let unknown = home.run(&["execution", "ex_0000000000000000000000000"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.starts_with("error[") && unknown.stderr.contains("\nhint: "), "{}", unknown.stderr);
}

#[test]
fn commands_find_the_server_or_say_why_not() {
    let home = Home::new();
    let ran = home.run(&["list"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with("error[client.no_server]: ") && ran.stderr.contains("\nhint: "), "{}", ran.stderr);

    let server = home.serve(&[]);
    let url = format!("http://{}", server.admin());
    let with = |token: Option<&str>| {
        let mut command = home.hookflow(&["list"]);
        command.env("HOOKFLOW_URL", &url).env("HOOKFLOW_DATA", "elsewhere");
        token.map(|token| command.env("HOOKFLOW_TOKEN", token));
        support::Ran::of(&command.output().unwrap())
    };
    let token = std::fs::read_to_string(home.data().join("admin.token")).unwrap();
    assert_eq!(with(Some(token.trim())).code, 0);
    let wrong = with(Some("wrong"));
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.stderr.starts_with("error[api.token]: the server does not take this token\nhint: "),
        "{}",
        wrong.stderr
    );
    assert!(with(None).stderr.starts_with("error[client.no_token]: "));
    let mut command = home.hookflow(&["list"]);
    command.env("HOOKFLOW_URL", format!("http://{}", server.hooks())).env("HOOKFLOW_TOKEN", token.trim());
    let mistaken = support::Ran::of(&command.output().unwrap());
    assert!(
        mistaken.stderr.starts_with("error[client.no_api]: ") && mistaken.stderr.contains("the admin listener"),
        "{}",
        mistaken.stderr
    );

    let admin = server.admin().to_owned();
    server.kill();
    let gone = with(Some(token.trim()));
    assert!(gone.stderr.starts_with("error[client.unreachable]: "), "{}", gone.stderr);
    assert!(gone.stderr.contains("cannot be reached: Connection refused"), "without the layers: {}", gone.stderr);
    // Whoever has the address of a server that was killed does not get this machine's token.
    let stranger = std::net::TcpListener::bind(&admin).unwrap();
    stranger.set_nonblocking(true).unwrap();
    assert!(home.data().join("serve.json").exists());
    let stale = home.run(&["list"]);
    assert_eq!(stale.code, 1);
    assert!(stale.stderr.starts_with("error[client.no_server]: "), "{}", stale.stderr);
    assert_eq!(stranger.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}

#[test]
fn a_proxy_of_the_surroundings_is_not_asked_for_what_is_here() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let mut command = home.hookflow(&["list"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:9");
    }
    assert!(command.status().unwrap().success());
}

#[test]
fn config_check_shows_what_is_in_force_and_from_where() {
    let home = Home::new();
    home.file("my.toml", "drain_ms = 5000");
    let mut command = home.hookflow(&["config", "check", "--config", "my.toml", "--hooks", "127.0.0.1:1", "--json"]);
    command.env("HOOKFLOW_LOG", "debug");
    let ran = support::Ran::of(&command.output().unwrap());
    let changed: Vec<String> = ran
        .documents()
        .iter()
        .filter(|setting| setting["source"] != "default" && setting["key"] != "data")
        .map(|setting| format!("{} {} {}", setting["key"], setting["value"], setting["source"]))
        .collect();
    assert_eq!(
        changed,
        [r#""hooks" "127.0.0.1:1" "--hooks""#, r#""drain_ms" 5000 "my.toml""#, r#""log" "debug" "HOOKFLOW_LOG""#]
    );

    // The default file is a settings file.
    home.file("all.toml", &home.run(&["config", "check", "--defaults"]).stdout);
    assert_eq!(home.run(&["config", "check", "--config", "all.toml"]).code, 0);
    assert_eq!(home.run(&["config", "check", "--config", "gone.toml"]).code, 2);
}

#[test]
fn exit_codes_tell_misuse_from_failure() {
    let home = Home::new();
    for (args, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&[], 2),
        (&["nonsense"], 2),
        (&["apply"], 2),
        (&["check", "gone.yaml"], 1),
    ] {
        assert_eq!(home.run(args).code, code, "{args:?}");
    }
    assert!(home.run(&["nonsense"]).stderr.starts_with("error[usage]: "));
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let home = Home::new();
    let mut child = home
        .hookflow(&["config", "check", "--defaults"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
