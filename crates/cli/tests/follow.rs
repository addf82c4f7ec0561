//! `--follow`: what comes, as it comes.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use support::{EVENTS, Home, ORDERS};

/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(20);

fn key(applied: &Value) -> String {
    applied["key"].as_str().unwrap().to_owned()
}

fn execution(sent: &Value) -> String {
    sent["execution"].as_str().unwrap().to_owned()
}

/// A command that goes on, with what it prints as it prints it.
struct Following {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    receive
}

impl Following {
    fn start(home: &Home, args: &[&str]) -> Self {
        let mut child = home.hookflow(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, err) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        let following = Self { child, out, err };
        assert_eq!(following.said(), "following what comes, Ctrl-C ends it");
        following
    }

    fn said(&self) -> String {
        self.err.recv_timeout(PATIENCE).unwrap()
    }

    fn line(&self) -> String {
        self.out.recv_timeout(PATIENCE).unwrap()
    }

    fn document(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Ctrl-C, and what was still printed.
    fn interrupt(mut self) -> Vec<String> {
        let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]).status();
        assert!(sent.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.out.iter().collect()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_comes_is_printed_as_it_comes() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let events = key(&home.publish(&home.file("events.yaml", EVENTS)));
    let executions =
        Following::start(&home, &["executions", "--follow", "--workflow", &orders, "--status", "succeeded"]);
    let requests = Following::start(&home, &["requests", "--follow", "--outcome", "refused", "--json"]);
    assert!(executions.line().starts_with("ID "));
    home.send(&events, "{}");
    let sent = execution(&home.send(&orders, "{}"));
    let line = executions.line();
    assert!(line.starts_with(&format!("{sent}  succeeded  422 ")) && line.ends_with("  Orders"), "{line}");
    home.run(&["send", &orders, "--data", "{"]);
    assert_eq!(requests.document()["code"], "hook.not_json");
    assert_eq!(executions.interrupt(), [""; 0], "nothing of the other workflow");
    assert_eq!(requests.interrupt(), [""; 0], "nothing of what was accepted");
    assert_eq!(home.run(&["requests", "--follow", "--limit", "3"]).code, 2);
}

#[test]
fn following_goes_on_with_the_next_server_and_tells_of_the_gap() {
    let home = Home::new();
    let server = home.serve(&[]);
    let orders = key(&home.publish(&home.file("orders.yaml", ORDERS)));
    let executions = Following::start(&home, &["executions", "--follow", "--json"]);
    let before = execution(&home.send(&orders, "{}"));
    while executions.document()["id"] != before.as_str() {}
    server.kill();
    assert_eq!(executions.said(), "the connection is lost, trying again");
    // Other ports than before: it is found all the same.
    let _server = home.serve(&[]);
    assert_eq!(executions.said(), "connected again");
    assert!(executions.said().starts_with("something was left out"), "the new server cannot know what was seen");
    let after = execution(&home.send(&orders, "{}"));
    while executions.document()["id"] != after.as_str() {}
}
