//! The SQLite backend passes the suite.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use store::sqlite::{Options, Sqlite};
use tempfile::TempDir;

async fn open() -> (Arc<Sqlite>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap();
    (store, folder)
}

store::conformance_suite!(crate::open);

#[test]
fn every_function_of_the_suite_is_run() {
    let list = include_str!("../src/conformance/mod.rs");
    for file in [
        include_str!("../src/conformance/cancel_wish.rs"),
        include_str!("../src/conformance/claim.rs"),
        include_str!("../src/conformance/execution.rs"),
        include_str!("../src/conformance/list.rs"),
        include_str!("../src/conformance/quarantine.rs"),
        include_str!("../src/conformance/race.rs"),
        include_str!("../src/conformance/request_log.rs"),
        include_str!("../src/conformance/retention.rs"),
        include_str!("../src/conformance/sample.rs"),
        include_str!("../src/conformance/server.rs"),
        include_str!("../src/conformance/session.rs"),
        include_str!("../src/conformance/text.rs"),
        include_str!("../src/conformance/token.rs"),
        include_str!("../src/conformance/user.rs"),
        include_str!("../src/conformance/workflow.rs"),
    ] {
        for function in file.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
            let name = function.split('(').next().unwrap();
            assert!(list.lines().any(|line| line.trim() == name), "{name} stands in no list");
        }
    }
}
