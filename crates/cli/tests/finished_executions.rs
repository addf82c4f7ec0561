//! A share of `bench history`: few executions, no judgement of what is measured.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use bench::history::Options;
use support::say;

#[tokio::test(flavor = "multi_thread")]
async fn histories_are_filled_served_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        hookflow: env!("CARGO_BIN_EXE_hookflow").into(),
        history: vec![3_000],
        rounds: 1,
        millis: 100,
        connections: 4,
        no_prune: true,
        data_in: folder.path().to_owned(),
        out: folder.path().join("sections"),
    };
    let section = bench::history::run(&options).await.unwrap();
    say(&section);
    assert!(section.starts_with("## History\n\n| executions in the history | 0 | 3,000 |\n"), "{section}");
    assert_eq!(std::fs::read_to_string(options.out.join("history.md")).unwrap(), section);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "the data are removed");
}
