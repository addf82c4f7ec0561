//! The real program in a folder of its own.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "this is a test")]

pub mod echo;
pub mod senders;
pub mod tap;

use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here should take, so that a hang fails rather than blocks.
const PATIENCE: Duration = Duration::from_secs(20);

/// Says what was shown, also when the test passes: written past the harness's capture.
pub fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A client that asks no proxy for what is on this machine.
pub fn http() -> reqwest::Client {
    // Refused only if another test was first.
    _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A folder with a data folder in it, and the commands that run there.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Writes a file and returns its name.
    pub fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path().join(name), text).unwrap();
        name.to_owned()
    }

    /// The program, in this home, with nothing of the surroundings' settings.
    pub fn hookflow(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookflow"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HOOKFLOW_")) {
            command.env_remove(name);
        }
        command.args(args).current_dir(self.path()).env("HOOKFLOW_DATA", self.data()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let mut command = self.hookflow(args);
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let mut child = Killed(command.spawn().unwrap());
        let code = child.wait().code().unwrap();
        Ran { code, stdout: rest(&mut stdout), stderr: rest(&mut stderr) }
    }

    /// Runs with `--json`, expects success, and reads every line.
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        let ran = self.run(&[args, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        ran.documents()
    }

    pub fn serve(&self, more: &[&str]) -> Server {
        self.serve_with(&[], more)
    }

    pub fn serve_with(&self, settings: &[(&str, &str)], more: &[&str]) -> Server {
        self.serve_saying(settings, more, Stdio::piped())
    }

    /// What it says on stderr goes to `log`. A pipe that nobody empties holds up who says much.
    pub fn serve_saying(&self, settings: &[(&str, &str)], more: &[&str], log: Stdio) -> Server {
        let mut args = vec!["serve"];
        for listener in ["--hooks", "--admin"] {
            if !more.contains(&listener) {
                args.extend([listener, "127.0.0.1:0"]);
            }
        }
        args.extend(more);
        let mut command = self.hookflow(&args);
        command.envs(settings.iter().copied()).stdout(Stdio::piped()).stderr(log);
        let child = command.spawn().unwrap();
        let mut server = Server { child: Killed(child), info: Value::Null };
        let from = Instant::now();
        while server.info.is_null() {
            assert!(from.elapsed() < PATIENCE, "the server does not start");
            if let Some(status) = server.child.0.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", server.stderr());
            }
            std::thread::sleep(Duration::from_millis(10));
            let info = std::fs::read(self.data().join("serve.json")).unwrap_or_default();
            let info: Value = serde_json::from_slice(&info).unwrap_or_default();
            // A killed server leaves its file behind.
            server.info = if info["pid"] == server.child.0.id() { info } else { Value::Null };
        }
        server
    }

    /// Applies and publishes a file that must be fine, and returns what became of it.
    pub fn publish(&self, file: &str) -> Value {
        self.json(&["apply", file, "--publish"]).remove(0)
    }

    /// Sends to a workflow; the outcome must be an accepted request.
    pub fn send(&self, key: &str, data: &str) -> Value {
        self.json(&["send", key, "--data", data]).remove(0)
    }

    /// Waits until no execution is open.
    pub fn await_ends(&self) {
        let from = Instant::now();
        let open = |status: &&str| !self.json(&["executions", "--status", status, "--limit", "1"]).is_empty();
        while ["queued", "running", "waiting"].iter().any(open) {
            assert!(from.elapsed() < 3 * PATIENCE, "executions do not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The newest executions, newest first, once none is open any more.
    pub fn ended(&self) -> Vec<Value> {
        self.await_ends();
        self.json(&["executions"])
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    pub fn documents(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A process that does not outlive its test.
struct Killed(Child);

impl Killed {
    fn wait(&mut self) -> ExitStatus {
        let from = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(from.elapsed() < PATIENCE, "the program does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A file from its beginning.
fn rest(file: &mut std::fs::File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

/// A server that runs.
pub struct Server {
    child: Killed,
    pub info: Value,
}

impl Server {
    pub fn hooks(&self) -> &str {
        self.info["hooks"].as_str().unwrap()
    }

    pub fn admin(&self) -> &str {
        self.info["admin"].as_str().unwrap()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.0.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGKILL: no goodbye, no clean-up.
    pub fn kill(mut self) {
        self.child.0.kill().unwrap();
        self.child.wait();
    }

    /// SIGTERM, and how it ended, with what it had printed.
    pub fn terminate(mut self) -> Ran {
        self.signal("TERM");
        let code = self.wait().code().unwrap();
        Ran { code, stdout: self.stdout(), stderr: self.stderr() }
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait()
    }

    /// The next line on stdout.
    pub fn line(&mut self) -> String {
        let stdout = self.child.0.stdout.as_mut().unwrap();
        // Byte by byte: what comes after it is for whoever reads the rest.
        let (mut line, mut byte) = (Vec::new(), [0]);
        while stdout.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.extend(byte);
        }
        String::from_utf8(line).unwrap()
    }

    fn stdout(&mut self) -> String {
        let mut text = String::new();
        self.child.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn stderr(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.0.stderr.take() {
            stderr.read_to_string(&mut text).unwrap();
        }
        text
    }
}

/// 200 with the order's id when it is paid, else 422.
pub const ORDERS: &str = r#"hookflow: 1
title: Orders
enabled: true
mode: sync
trigger:
  kind: webhook
  body: [{ path: order.id, example: A-1 }, { path: order.status, type: text, example: paid }]
nodes:
  - key: paid
    kind: condition
    config:
      mode: branch
      rule: { all: [{ left: "{{ trigger.body.order.status }}", operator: equal, right: paid }] }
    branches:
      "true": [{ key: accept, kind: response, config: { body: { received: "{{ trigger.body.order.id }}" } } }]
      "false": [{ key: refuse, kind: response, config: { status: 422, body: { error: not paid } } }]
"#;

/// Answers `200 ok` at once, then runs.
pub const EVENTS: &str =
    "hookflow: 1\ntitle: Events\nenabled: true\nmode: async\ntrigger: { kind: webhook }\nnodes: []\n";
