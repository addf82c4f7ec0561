//! The server as a process: start, signals, crashes, files, settings.

mod support;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{EVENTS, Home, ORDERS, Ran};

#[test]
fn a_server_says_where_it_is_and_ends_cleanly() {
    let home = Home::new();
    let from = Instant::now();
    let server = home.serve(&[]);
    assert!(from.elapsed() < Duration::from_secs(5), "{:?}", from.elapsed());
    assert!(server.hooks().starts_with("127.0.0.1:") && !server.hooks().ends_with(":0"), "{}", server.info);
    let ran = server.terminate();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("/api/webhook:trigger/…"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("\nStopped. Everything that was accepted is on disk.\n"), "{}", ran.stdout);
    for line in ran.stderr.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    assert!(!home.data().join("serve.json").exists());
}

#[test]
fn everything_in_the_data_folder_is_for_its_owner_alone() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mode = |name: &str| std::fs::metadata(home.data().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("."), mode("hookflow.key"), mode("admin.token")], [0o700, 0o600, 0o600]);
    // In a folder that was there before, others may look around.
    assert_eq!(["hookflow.db", "hookflow.db-wal", "lock", "serve.json"].map(mode), [0o600; 4]);
    let token = std::fs::read_to_string(home.data().join("admin.token")).unwrap();
    assert_eq!(token.lines().count(), 1);
    server.terminate();
    home.serve(&[]).terminate();
    assert_eq!(std::fs::read_to_string(home.data().join("admin.token")).unwrap(), token, "kept over restarts");
}

#[test]
fn after_a_kill_everything_that_was_accepted_is_there() {
    let home = Home::new();
    let server = home.serve(&[]);
    let orders = home.publish(&home.file("orders.yaml", ORDERS));
    let events = home.publish(&home.file("events.yaml", EVENTS));
    let mut sent = Vec::new();
    for id in 0..5 {
        let order = json!({"order": {"id": id, "status": "paid"}}).to_string();
        sent.push(home.send(orders["key"].as_str().unwrap(), &order)["execution"].clone());
        sent.push(home.send(events["key"].as_str().unwrap(), "{}")["execution"].clone());
    }
    server.kill();

    let _server = home.serve(&[]);
    let mut found: Vec<Value> = home.ended().iter().map(|execution| execution["id"].clone()).collect();
    found.reverse();
    assert_eq!(found, sent);
    let shown = home.json(&["execution", sent[0].as_str().unwrap()]).remove(0);
    assert_eq!((&shown["status"], &shown["answer"]["status"]), (&json!("succeeded"), &json!(200)));
    assert_eq!(shown["event"]["body"], r#"{"order":{"id":0,"status":"paid"}}"#);
    // And the endpoints answer as before.
    assert_eq!(home.send(orders["key"].as_str().unwrap(), "{}")["status"], 422);
}

#[test]
fn a_data_folder_serves_one_process_at_a_time() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let ran = home.run(&["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("error[serve.store]: "), "{}", ran.stderr);
    assert!(home.run(&["list"]).code == 0, "the first one goes on, and is found");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_told_with_a_remedy() {
    let home = Home::new();
    let file = home.path().join(home.file("taken", ""));
    let ran = home.run(&["serve", "--data", file.join("data").to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    let sentence = format!("error[data.folder]: cannot make the data folder {}/data: Not a directory", file.display());
    assert!(ran.stderr.starts_with(&sentence) && ran.stderr.contains("\nhint: "), "{}", ran.stderr);
}

#[test]
fn a_port_that_is_taken_is_said_so() {
    let home = Home::new();
    let server = home.serve(&[]);
    let other = Home::new();
    let ran = other.run(&["serve", "--hooks", server.hooks(), "--admin", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("error[serve.bind]: ") && ran.stderr.contains("HOOKFLOW_HOOKS"), "{}", ran.stderr);

    let twice = home.run(&["serve", "--hooks", server.hooks(), "--admin", server.admin()]);
    let who = format!("it is process {}", server.info["pid"]);
    assert!(twice.stderr.contains("error[serve.bind]: ") && twice.stderr.contains(&who), "{}", twice.stderr);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let home = Home::new();
    home.serve(&[]).terminate();
    let key = home.data().join("hookflow.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = home.run(&["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("error[key.exposed]: ") && ran.stderr.contains("chmod 600"), "{}", ran.stderr);
    std::fs::remove_file(&key).unwrap();
    let ran = home.run(&["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    assert!(ran.stderr.contains("error[key.missing]: "), "{}", ran.stderr);
}

#[test]
fn wrong_settings_are_told_all_at_once() {
    let home = Home::new();
    home.file("my.toml", "hoks = '127.0.0.1:1'\nretention_days = 0\n");
    let ran = home.run(&["serve", "--config", "my.toml", "--admin", "0.0.0.0"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stderr.matches("error[config.").count(), 3, "{}", ran.stderr);
    assert!(!home.data().exists(), "nothing was touched");

    let ran = home.run(&["serve", "--admin", "0.0.0.0:0"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("error[config.admin_insecure]: ") && ran.stderr.contains("\nhint: "), "{}", ran.stderr);
}

#[test]
fn a_second_signal_ends_at_once() {
    let home = Home::new();
    home.file("my.toml", "drain_ms = 600000");
    let mut server = home.serve(&["--config", "my.toml"]);
    let slow = EVENTS.replace("nodes: []", "nodes: [{ kind: test_effect, config: { file: out, sleep_ms: 60000 } }]");
    let workflow = home.publish(&home.file("slow.yaml", &slow));
    home.send(workflow["key"].as_str().unwrap(), "{}");
    server.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));
    let from = Instant::now();
    server.signal("INT");
    assert_eq!(server.wait().code(), Some(1));
    assert!(from.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_welcome_is_for_a_new_folder_and_its_curl_line_works() {
    let home = Home::new();
    home.file("orders.yaml", ORDERS);
    let first = home.serve(&["--welcome", "orders.yaml"]);
    assert_eq!(home.json(&["list"]).len(), 1);
    let printed = first.terminate().stdout;

    // The workflow is not made a second time, and the line is printed again.
    let again = home.serve(&["--welcome", "orders.yaml"]);
    assert_eq!(home.json(&["list"]).len(), 1);
    let hooks = again.hooks().to_owned();
    let old = printed.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    let line = printed.lines().find_map(|line| line.trim().strip_prefix("curl ")).unwrap();
    let curl = |line: &str| {
        let output =
            Command::new("sh").args(["-c", &format!("curl -s {line}")]).stderr(Stdio::inherit()).output().unwrap();
        Ran::of(&output).stdout
    };
    let line = line.replace(old, &hooks);
    let paid = curl(&line);
    assert!(paid.starts_with("HTTP/1.1 200 ") && paid.ends_with(r#"{"received":"A-1"}"#), "{line}\n{paid}");
    assert!(curl(&line.replace("paid", "open")).starts_with("HTTP/1.1 422 "));
    assert!(again.terminate().stdout.contains("curl -i "));
}

#[test]
fn a_welcome_with_mistakes_stops_the_start() {
    let home = Home::new();
    home.file("bad.yaml", "hookflow: 1\ntitle: [\n");
    let ran = home.run(&["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--welcome", "bad.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("error[file.") && ran.stderr.contains("bad.yaml:"), "{}", ran.stderr);
}

/// The URL of an endpoint is a secret, and so is whatever a sender sends to it.
#[test]
fn nothing_that_was_sent_is_in_the_log() {
    let home = Home::new();
    let server = home.serve_with(&[("HOOKFLOW_LOG", "trace")], &[]);
    let orders = home.publish(&home.file("orders.yaml", ORDERS));
    let key = orders["key"].as_str().unwrap().to_owned();
    for (target, lines, body) in [
        (
            format!("/api/webhook:trigger/{key}?q=canary"),
            "Content-Type: application/json\r\nX-A: canary",
            "{\"a\":\"canary\"}",
        ),
        (format!("/api/webhook:trigger/{key}"), "Content-Type: application/json", "{\"canary"),
        (format!("/api/webhook:trigger/{key}"), "Authorization: Basic canary\r\nCookie: canary=1", "canary"),
        ("/api/webhook:answer/canary.canary".to_owned(), "X-A: \u{1b}]canary\u{7}", ""),
        ("/canary".to_owned(), "Host: canary", "canary"),
    ] {
        let length = body.len();
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut stream = std::net::TcpStream::connect(server.hooks()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    }
    home.run(&["rotate", &key]);
    let token = std::fs::read_to_string(home.data().join("admin.token")).unwrap();
    let ran = server.terminate();
    assert!(!ran.stderr.is_empty(), "it logs");
    for secret in ["canary", key.as_str(), token.trim()] {
        let line = ran.stderr.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    for line in ran.stderr.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}
