//! HTTP clients that nobody here wrote, each a script of `e2e/senders`: one request a line in, one answer a line out.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{root, say};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    pub name: &'static str,
    script: &'static str,
}

pub const SENDERS: [Sender; 6] = [
    Sender { name: "curl", script: "curl.mjs" },
    Sender { name: "fetch", script: "fetch.mjs" },
    Sender { name: "axios", script: "axios.mjs" },
    Sender { name: "got", script: "got.mjs" },
    Sender { name: "requests", script: "python_requests.py" },
    Sender { name: "httpx", script: "python_httpx.py" },
];

impl Sender {
    /// Those that can run here; of the others it is said what they need. `test` is the name of the test that asks.
    pub fn all(test: &str) -> Vec<Self> {
        let can_run = |sender: &Self| {
            let can = sender.program().is_file() || !sender.script.ends_with(".py");
            if !can {
                say(&format!("SKIPPED (needs python3): {test} of {} (run make test to install it)", sender.name));
            }
            can
        };
        SENDERS.into_iter().filter(can_run).collect()
    }

    fn program(self) -> PathBuf {
        if self.script.ends_with(".py") { root().join("target/venv/bin/python") } else { "node".into() }
    }

    /// Sends all requests one after the other, as one process, and returns what it read.
    pub fn send(self, requests: &[Value]) -> Vec<Value> {
        let mut command = Command::new(self.program());
        command.arg(root().join("e2e/senders").join(self.script)).env("PYTHONDONTWRITEBYTECODE", "1");
        let answers = lines(command, requests);
        assert_eq!(answers.len(), requests.len(), "{} answers", self.name);
        answers
    }
}

/// Runs a script of `e2e/` in Node, one JSON document a line in and out.
pub fn node(script: &str, input: &[Value]) -> Vec<Value> {
    assert!(root().join("e2e/node_modules").is_dir(), "the npm packages are missing: run make test, or npm ci in e2e");
    let mut command = Command::new("node");
    command.arg(root().join("e2e").join(script));
    lines(command, input)
}

fn lines(mut command: Command, input: &[Value]) -> Vec<Value> {
    // Everything here is on loopback, whatever proxies the surroundings have.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().to_lowercase().ends_with("_proxy")) {
        command.env_remove(name);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text: String = input.iter().map(|document| format!("{document}\n")).collect();
    // From a thread of its own, or both sides could wait for each other with full pipes.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?} ends with {}", output.status);
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
