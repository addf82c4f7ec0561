//! `export` then `apply` changes nothing.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use support::{EVENTS, Home, ORDERS};

fn key(applied: &Value) -> String {
    applied["key"].as_str().unwrap().to_owned()
}

#[test]
fn one_goes_to_stdout_and_several_into_a_folder() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let alone = home.run(&["export"]);
    assert_eq!((alone.code, &alone.stdout), (0, &home.run(&["export", &orders]).stdout));
    let start = format!("hookflow: 1\nkey: {orders}\ntitle: Orders\nenabled: true\n");
    assert!(alone.stdout.starts_with(&start), "{}", alone.stdout);
    assert!(alone.stdout.contains("\n    branches:\n      \"true\":\n        - key: accept\n"), "{}", alone.stdout);

    let events = key(&home.publish(&home.file("events.yaml", EVENTS)));
    let both = home.run(&["export"]);
    assert_eq!((both.code, both.stdout.as_str()), (2, ""));
    assert_eq!(
        both.stderr,
        "error[usage]: 2 workflows do not go into one file\nhint: add --out DIR for a file each, or --json for a line each\n"
    );
    let documents = home.json(&["export"]);
    assert_eq!(documents.iter().map(|one| &one["title"]).collect::<Vec<_>>(), ["Orders", "Events"]);
    assert_eq!(home.json(&["export", &orders]), documents[..1]);

    let written = home.run(&["export", "--out", "flows"]);
    let names = [format!("flows/orders-{orders}.yaml"), format!("flows/events-{events}.yaml")];
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert_eq!(written.stdout.lines().collect::<Vec<_>>(), names);
    assert_eq!(std::fs::read_to_string(home.path().join(&names[0])).unwrap(), alone.stdout);
    let again = home.json(&["export", "--out", "flows", &events]);
    assert_eq!(again, [json!({"file": names[1], "key": events, "title": "Events", "changed": false})]);

    let unknown = home.run(&["export", "nobodyhasthis"]);
    assert!(
        unknown.stderr.starts_with("error[workflow.unknown]: there is no workflow `nobodyhasthis`\n"),
        "{unknown:?}"
    );
}

#[test]
fn only_a_workflows_own_file_is_written_over() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let own = format!("flows/orders-{orders}.yaml");
    std::fs::create_dir(home.path().join("flows")).unwrap();
    for other in ["my notes\n", "key: anotherkey0\ntitle: Other\n", "{}"] {
        home.file(&own, other);
        let refused = home.run(&["export", "--out", "flows"]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.starts_with(&format!("error[export.exists]: {own} is there, ")), "{}", refused.stderr);
        assert_eq!(std::fs::read_to_string(home.path().join(&own)).unwrap(), other);
    }
    // Its own file counts by its key, whatever it is called, also when the title is another one now.
    std::fs::remove_file(home.path().join(&own)).unwrap();
    home.file("flows/mine.yaml", &format!("key: {orders}\ntitle: Old title\n"));
    assert_eq!(home.run(&["export", "--out", "flows"]).stdout, "flows/mine.yaml\n");
    assert_eq!(std::fs::read_dir(home.path().join("flows")).unwrap().count(), 1);
    assert_eq!(home.json(&["apply", "flows/mine.yaml", "--publish"])[0]["changed"], false);
}

#[test]
fn the_draft_or_what_is_live() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    home.file("orders.yaml", &format!("key: {orders}\n{}", ORDERS.replace("status: 422", "status: 409")));
    home.json(&["apply", "orders.yaml"]);
    let status = |args: &[&str]| {
        let document = home.json(&[&["export", &orders], args].concat()).remove(0);
        document["nodes"][0]["branches"]["false"][0]["config"]["status"].clone()
    };
    assert_eq!((status(&[]), status(&["--live"])), (json!(409), json!(422)));

    let draft = key(&home.json(&["apply", &home.file("events.yaml", EVENTS)])[0]);
    let none = home.run(&["export", &draft, "--live"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains("[workflow.not_live]") && none.stderr.contains("\nhint: "), "{}", none.stderr);
    assert_eq!(home.json(&["export", "--live"]).len(), 1, "of all, those that have one");
}

#[test]
fn a_password_stays_where_it_is() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let guarded = format!("credentials: {{ basic: {{ username: hook, password: \"s3cret\" }} }}\n{ORDERS}");
    let orders = key(&home.publish(&home.file("orders.yaml", &guarded)));
    let exported = home.run(&["export", &orders]).stdout;
    assert!(exported.contains("username: hook\n") && !exported.contains("s3cret"), "{exported}");
    home.file("exported.yaml", &exported);
    assert_eq!(home.publish("exported.yaml")["changed"], false);
    assert_eq!(home.json(&["send", &orders, "--user", "hook:s3cret"])[0]["status"], 422);

    let elsewhere = Home::new();
    let _server = elsewhere.serve(&[]);
    let refused = elsewhere.run(&["apply", &elsewhere.file("exported.yaml", &exported), "--publish"]);
    assert!(refused.stdout.contains("[credentials.password_needed]"), "{}", refused.stdout);
}

/// Text that YAML could take for something else.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "yes",
        "no",
        "true",
        "Null",
        "1e3",
        "0x1f",
        "0o7",
        "~",
        "null",
        ".inf",
        "0",
        "+",
        "<<",
        "12:30",
        "2026-11-22",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        ": ",
        ":",
        "#",
        " #",
        "- ",
        "? ",
        "!",
        "&a",
        "*a",
        "|",
        ">",
        "%",
        "@",
        "`",
        "'",
        "\"",
        "\\",
        "{",
        "[",
        "]",
        ",",
        "---",
        "...",
        "a",
        "b c",
        "é",
        "😀",
        "\u{0}",
        "\u{1b}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{202e}",
        "{{ trigger.body.a }}",
        "a long line of words that goes on beyond eighty columns, ",
    ]);
    vec(pieces, 0..5).prop_map(|pieces| pieces.concat())
}

fn anything() -> impl Strategy<Value = Value> {
    let numbers = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from)
    ];
    let scalar =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), numbers, nasty().prop_map(Value::from)];
    scalar.prop_recursive(3, 12, 3, |inner| {
        let object =
            vec((nasty(), inner.clone()), 0..3).prop_map(|entries| Value::Object(entries.into_iter().collect()));
        prop_oneof![vec(inner, 0..3).prop_map(Value::from), object]
    })
}

/// Documents that can be applied, each under a key of its own.
fn document(number: usize) -> impl Strategy<Value = Value> {
    let workflow = (nasty(), nasty(), vec(nasty(), 0..3), any::<bool>(), any::<bool>());
    let flow = (anything(), anything(), nasty(), nasty(), any::<bool>(), 1_u64..=600_000);
    (workflow, flow).prop_map(move |((title, description, tags, enabled, later), flow)| {
        let (body, right, note, alias, is_sync, deadline) = flow;
        let tags: Vec<String> = tags.iter().enumerate().map(|(n, tag)| format!("{n}{}", tag.chars().take(40).collect::<String>())).collect();
        let mut document = json!({
            "hookflow": 1, "key": format!("property{number:04}"), "title": format!("t{title}"), "description": description,
            "tags": tags, "enabled": enabled, "when_off": if later { "retry_later" } else { "not_found" },
            "retention": {"days": 7}, "mode": if is_sync { "sync" } else { "async" }, "answer_deadline_ms": deadline,
            "trigger": {"kind": "webhook", "body": [{"path": "a[\"odd key\"]", "alias": format!("a{alias}"), "example": right}]},
            "nodes": [{"key": "first", "kind": "condition", "title": format!("n{alias}"), "note": note, "config": {
                "mode": "branch", "rule": {"all": [{"left": "{{ trigger.body.a }}", "operator": "equal", "right": right}]}},
                "branches": {"true": [], "false": [{"key": "last", "kind": "end", "config": {"status": "failed"}}]}}],
        });
        if is_sync {
            let answer = json!({"key": "answer", "kind": "response", "config": {"status": 201, "body": body}});
            document["nodes"][0]["branches"]["true"] = json!([answer]);
        } else {
            document["trigger"]["answer"] = json!({"status": 202, "body": body});
        }
        document
    })
}

const DOCUMENTS: usize = 60;

#[test]
fn export_then_apply_is_the_identity() {
    let mut runner = TestRunner::new(Config::default());
    let (home, elsewhere) = (Home::new(), Home::new());
    let (_server, _other) = (home.serve(&[]), elsewhere.serve(&[]));
    let files: Vec<String> = (0..DOCUMENTS)
        .map(|number| {
            let document = document(number).new_tree(&mut runner).unwrap().current();
            home.file(&format!("{number}.json"), &serde_json::to_string(&document).unwrap())
        })
        .collect();
    let apply = |home: &Home, files: &[String]| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let ran = home.run(&[&["apply", "--publish", "--json"], &files[..]].concat());
        assert_eq!(ran.code, 0, "{}\n{}", ran.stderr, ran.stdout);
        ran.documents()
    };
    apply(&home, &files);

    let exported = |home: &Home, folder: &str| -> Vec<String> {
        let ran = home.run(&["export", "--out", folder]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.lines().map(str::to_owned).collect()
    };
    let text = |home: &Home, file: &str| std::fs::read_to_string(home.path().join(file)).unwrap();
    let first = exported(&home, "first");
    assert_eq!(first.len(), DOCUMENTS);
    for (applied, file) in apply(&home, &first).iter().zip(&first) {
        assert_eq!(applied["changed"], false, "{file}:\n{}", text(&home, file));
    }

    let moved: Vec<String> =
        first.iter().enumerate().map(|(n, file)| elsewhere.file(&format!("{n}.yaml"), &text(&home, file))).collect();
    assert!(apply(&elsewhere, &moved).iter().all(|applied| applied["created"] == true));
    let second = exported(&elsewhere, "second");
    assert_eq!(second.len(), DOCUMENTS);
    for file in &first {
        let moved = file.replace("first/", "second/");
        assert_eq!(text(&elsewhere, &moved), text(&home, file), "{file}");
    }
}
