//! Runs a script of `e2e/` as a child process, one JSON document a line in and out.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

pub(crate) fn run(script: &str, input: &[Value]) -> Vec<Value> {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
    assert!(e2e.join("node_modules").is_dir(), "the npm packages are missing: run make test, or npm ci in e2e");
    let mut node = Command::new("node")
        .arg(e2e.join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut stdin = node.stdin.take().expect("stdin is piped");
    let lines: String = input.iter().map(|document| format!("{document}\n")).collect();
    // From a thread of its own, or both sides could wait for each other with full pipes.
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "{script} ends with {}", output.status);
    writer.join().expect("the writer ends").expect("node reads every line");
    let text = String::from_utf8(output.stdout).expect("node writes UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("node writes JSON")).collect()
}
