//! What Hookflow is run with in earnest: the systemd unit, the image, the composition, the proxies in front.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

#[path = "deploy/compose.rs"]
mod compose;
#[path = "deploy/dockerfile.rs"]
mod dockerfile;
#[path = "deploy/image.rs"]
mod image;
#[path = "deploy/proxy.rs"]
mod proxy;
#[path = "deploy/unit.rs"]
mod unit;

use std::time::Duration;

use support::{Home, root};

/// A file of the repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The default of `drain_ms`, which everything that stops a server has to wait for.
fn drain() -> Duration {
    let settings: toml::Table = text("crates/cli/config.default.toml").parse().unwrap();
    Duration::from_millis(settings["drain_ms"].as_integer().unwrap().try_into().unwrap())
}

fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

/// `45s`
fn seconds(text: &str) -> Duration {
    Duration::from_secs(text.strip_suffix('s').unwrap().parse().unwrap())
}

#[test]
fn whether_it_is_ready_is_told_by_the_exit_code() {
    let home = Home::new();
    let none = home.run(&["ready"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.starts_with("error[client.no_server]: "), "{}", none.stderr);
    let mut server = home.serve(&[]);
    let ready = home.run(&["ready"]);
    assert_eq!((ready.code, ready.stdout.as_str()), (0, "ready\n"));
    assert_eq!(home.json(&["ready"]), [serde_json::json!({ "ready": true })]);
    // A stop that waits for a sender who does not finish.
    let mut slow = std::net::TcpStream::connect(server.hooks()).unwrap();
    std::io::Write::write_all(&mut slow, b"POST /api/webhook:trigger/x HTTP/1.1\r\nHost: x\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    server.signal("TERM");
    std::thread::sleep(Duration::from_millis(200));
    let stopping = home.run(&["ready"]);
    assert_eq!(stopping.code, 1, "{stopping:?}");
    drop(slow);
    assert_eq!(server.wait().code(), Some(0));
}
