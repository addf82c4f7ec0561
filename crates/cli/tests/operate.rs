//! Commands that act on what is there: replays, cancelling, tokens, requests, revisions.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{EVENTS, Home, ORDERS, Ran};

fn key(applied: &Value) -> String {
    applied["key"].as_str().unwrap().to_owned()
}

fn execution(sent: &Value) -> String {
    sent["execution"].as_str().unwrap().to_owned()
}

#[test]
fn a_replay_runs_what_is_asked_for() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let sent = home.json(&["send", &orders, "--data", r#"{"order":{"id":7}}"#, "--query", "a=1", "--header", "X-A: b"]);
    let old = execution(&sent[0]);
    home.publish(
        &home.file("orders.yaml", &format!("key: {orders}\n{}", ORDERS.replace("status: 422", "status: 409"))),
    );

    let replayed = |args: &[&str]| {
        let ran = home.run(&[&["replay", &old], args].concat());
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        home.await_ends();
        home.json(&["execution", ran.stdout.trim_end()]).remove(0)
    };
    let same = replayed(&[]);
    assert_eq!(
        (&same["replay_of"], &same["revision"], &same["answer"]["status"]),
        (&json!(old), &json!(1), &json!(422))
    );
    for (revision, answered) in [("live", 409), ("2", 409), ("1", 422), ("draft", 409)] {
        assert_eq!(replayed(&["--revision", revision])["answer"]["status"], answered, "{revision}");
    }
    home.file("paid.json", r#"{"order":{"id":8,"status":"paid"}}"#);
    let changed = replayed(&["--data", "@paid.json"]);
    assert_eq!(changed["answer"]["body"], r#"{"received":8}"#);
    assert_eq!(changed["event"]["query_string"], "a=1");
    assert!(
        changed["event"]["headers"].as_array().unwrap().contains(&json!(["x-a", "b"])),
        "the rest stays: {changed}"
    );
    let from = replayed(&["--from-node", "refuse", "--revision", "live"]);
    assert_eq!(from["answer"]["status"], 409, "{from}");

    let documents = home.json(&["replay", &old]);
    assert_eq!((documents.len(), &documents[0]["replay_of"]), (1, &json!(old)));
}

#[test]
fn all_are_tried_and_each_refusal_is_told() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let old = execution(&home.send(&orders, "{}"));
    let unknown = "ex_0000000000000000000000000";
    let ran = home.run(&["replay", unknown, &old]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (1, 1), "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with(&format!("error[execution.unknown]: there is no execution `{unknown}`\n")),
        "{}",
        ran.stderr
    );
    let gone = home.run(&["replay", &old, "--revision", "9"]);
    assert!(gone.stderr.starts_with("error[revision.unknown]: "), "{}", gone.stderr);
    let bad = home.run(&["replay", &old, "--data", "{"]);
    assert!(bad.code == 1 && bad.stderr.starts_with("error[event.invalid]: "), "{}", bad.stderr);
    let ended = home.run(&["cancel", &old, unknown, "--json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.starts_with(&format!("error[execution.ended]: {old}: ")), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("hint: `hookflow execution ID`") && ended.stderr.contains("[execution.unknown]"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_waits_can_be_cancelled() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let waits = EVENTS.replace("nodes: []", "nodes: [{ key: pause, kind: test_wait, config: { ms: 600000 } }]");
    let waits = key(&home.publish(&home.file("waits.yaml", &waits)));
    let (first, second) = (execution(&home.send(&waits, "{}")), execution(&home.send(&waits, "{}")));
    let ran = home.run(&["cancel", &first]);
    assert_eq!((ran.code, ran.stdout.starts_with(&format!("{first}  "))), (0, true), "{ran:?}");
    assert_eq!(home.json(&["cancel", &second])[0]["id"], second);
    assert!(home.ended().iter().all(|execution| execution["status"] == "cancelled"));
}

#[test]
fn a_token_is_printed_once_and_alone() {
    let home = Home::new();
    let server = home.serve(&[]);
    assert_eq!(home.run(&["token", "list"]).stdout, "no tokens but the server's own, <data>/admin.token\n");
    let made = home.run(&["token", "create", "ci", "--scope", "read", "--expires-in-days", "30"]);
    assert_eq!((made.code, made.stdout.lines().count()), (0, 1), "{}", made.stderr);
    assert!(made.stderr.contains(" is shown this once. It allows: read, until "), "{}", made.stderr);
    let with = |token: &str, args: &[&str]| {
        let mut command = home.hookflow(args);
        command.env("HOOKFLOW_URL", format!("http://{}", server.admin())).env("HOOKFLOW_TOKEN", token);
        Ran::of(&command.output().unwrap())
    };
    let token = made.stdout.trim_end();
    assert_eq!(with(token, &["list"]).code, 0);
    let refused = with(token, &["rotate", "1hfmkioou0d"]);
    assert!(
        refused.stderr.starts_with("error[api.scope]: ") && refused.stderr.contains("author"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("\nhint: "), "{}", refused.stderr);

    let both = home.json(&["token", "create", "deploy", "--scope", "read,author"]).remove(0);
    assert_eq!(both["scopes"], json!(["read", "author"]));
    assert!(both["token"].as_str().unwrap().len() > 20);
    let listed = home.run(&["token", "list"]).stdout;
    assert!(listed.starts_with("ID ") && listed.contains("read, author") && listed.contains("never"), "{listed}");
    assert!(!listed.contains(token) && !home.run(&["token", "list", "--json"]).stdout.contains(token));

    let id = home.json(&["token", "list"]).into_iter().find(|one| one["name"] == "ci").unwrap()["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(home.run(&["token", "revoke", id]).stdout, format!("{id} is revoked\n"));
    assert!(with(token, &["list"]).stderr.starts_with("error[api.token]: "));
    let again = home.run(&["token", "revoke", id]);
    assert!(
        again.stderr.starts_with(&format!("error[token.unknown]: there is no token `{id}`\nhint: ")),
        "{}",
        again.stderr
    );
    assert_eq!(home.run(&["token", "create", "ci"]).code, 2);
    assert_eq!(home.run(&["token", "create", "ci", "--scope", "rea"]).code, 2);
}

#[test]
fn requests_say_why_they_were_refused() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let accepted = execution(&home.send(&orders, "{}"));
    assert_eq!(home.run(&["send", &orders, "--data", "{\"id\": }"]).code, 1);
    let refused = std::iter::repeat_with(|| home.json(&["requests", "--outcome", "refused"]))
        .inspect(|_| std::thread::sleep(Duration::from_millis(20)))
        .take(500)
        .find(|requests| !requests.is_empty())
        .expect("the refused request is in the log");
    assert_eq!((refused.len(), &refused[0]["code"]), (1, &json!("hook.not_json")));
    assert_eq!(home.json(&["requests", "--workflow", &orders]).len(), 2);
    assert_eq!(home.json(&["requests", "--limit", "1"]).len(), 1);
    assert_eq!(home.json(&["requests", "--outcome", "accepted"])[0]["id"], accepted);
    assert_eq!(home.run(&["requests", "--outcome", "other"]).code, 2);
    let table = home.run(&["requests"]).stdout;
    assert!(
        table.contains("400 hook.not_json  ") && table.contains("accepted ") && table.contains("  Orders\n"),
        "{table}"
    );
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");

    let page = home.run(&["request", refused[0]["id"].as_str().unwrap()]).stdout;
    for part in ["  400 hook.not_json\n", "\ncause     ", "\nEVENT  POST from 127.0.0.1\n", "{\"id\": }"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(home.json(&["request", &accepted])[0]["outcome"], "accepted");
    let unknown = home.run(&["request", "req_1"]);
    assert!(
        unknown.stderr.starts_with("error[request.unknown]: there is no request `req_1`\nhint: "),
        "{}",
        unknown.stderr
    );
}

#[test]
fn revisions_are_published_listed_and_made_live_again() {
    let home = Home::new();
    let _server = home.serve(&[]);
    home.file("orders.yaml", ORDERS);
    let orders = key(&home.json(&["apply", "orders.yaml"])[0]);
    assert_eq!(
        home.run(&["revisions", &orders]).stdout,
        "nothing published yet: `hookflow publish KEY` makes the draft live\n"
    );
    let first = home.run(&["publish", &orders]);
    assert_eq!(first.stdout, "published: on, revision 1\n", "{}", first.stderr);
    assert_eq!(home.run(&["publish", &orders]).stdout, "unchanged: on, revision 1\n");
    home.publish(&home.file("orders.yaml", &format!("key: {orders}\n{ORDERS}")));
    home.json(&["apply", &home.file("orders.yaml", &format!("key: {orders}\n{}", ORDERS.replace("422", "409")))]);
    let published = home.json(&["publish", &orders, "--note", "another status"]).remove(0);
    assert_eq!((&published["revision"], &published["changed"]), (&json!(2), &json!(true)));
    assert_eq!(home.send(&orders, "{}")["status"], 409);

    let table = home.run(&["revisions", &orders]).stdout;
    let second = table.lines().nth(1).unwrap();
    assert!(second.starts_with("2 ") && second.ends_with("  live  another status"), "{table}");
    assert_eq!(home.run(&["activate", &orders, "1"]).stdout, "on, revision 1\n");
    assert_eq!(home.send(&orders, "{}")["status"], 422);
    let live: Vec<_> = home.json(&["revisions", &orders]).iter().map(|one| one["live"].clone()).collect();
    assert_eq!(live, [json!(false), json!(true)]);
    let unknown = home.run(&["activate", &orders, "7", "--json"]);
    assert!(
        unknown.stderr.starts_with("error[revision.unknown]: there is no revision `7`\nhint: "),
        "{}",
        unknown.stderr
    );

    let broken = format!("key: {orders}\n{}", ORDERS.replace("status: 422", "status: 409"));
    home.json(&["apply", &home.file("orders.yaml", &broken)]);
    assert_eq!(home.run(&["delete", &orders]).code, 2, "only with --yes");
    assert_eq!(home.run(&["delete", &orders, "--yes"]).stdout, format!("{orders} is deleted\n"));
    assert!(home.run(&["delete", &orders, "--yes"]).stderr.starts_with("error[workflow.unknown]: "));
    assert_eq!(home.json(&["list"]), [Value::Null; 0]);
}

/// Saved by program, problems and all: publishing tells each, and the export leads to their lines.
#[tokio::test]
async fn a_draft_with_problems_is_not_published() {
    let home = Home::new();
    let server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let token = std::fs::read_to_string(home.data().join("admin.token")).unwrap();
    let broken =
        json!({"mode": "sync", "trigger": {"kind": "webhook"}, "nodes": [{"kind": "conditoin"}, {"kind": "delya"}]});
    let saved = support::http()
        .put(format!("http://{}/api/v1/workflows/{orders}/draft", server.admin()))
        .bearer_auth(token.trim())
        .header("if-match", "*")
        .json(&broken);
    assert_eq!(saved.send().await.unwrap().status(), 200);

    let refused = home.run(&["publish", &orders]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    let lines: Vec<&str> = refused.stderr.lines().collect();
    assert!(lines[0].starts_with("error[workflow.invalid]: ") && lines[1].starts_with("hint: "), "{lines:?}");
    for (line, part) in lines[2..].iter().zip(["conditoin", "delya"]) {
        assert!(line.starts_with("error[") && line.contains(part) && line.contains(" at /nodes/"), "{lines:?}");
    }
    assert_eq!(home.send(&orders, "{}")["status"], 422, "the live revision still answers");

    home.file("broken.yaml", &home.run(&["export", &orders]).stdout);
    let checked = home.run(&["check", "broken.yaml", "--json"]).documents();
    assert_eq!(checked[0]["problems"].as_array().unwrap().len(), 2, "{checked:?}");
}
