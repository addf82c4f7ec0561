//! A share of `make bench`: each case once, for a moment. That it works and what is on the page, not how fast it is.

use std::path::PathBuf;

use bench::throughput::{self, Options};

/// What `cargo test --workspace` has built beside this test.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(|deps| deps.parent()).expect("tests stand in `deps`");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is not there: cargo build --all-features -p hookflow -p limit", program.display());
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_runs_and_is_on_the_page() {
    let folder = tempfile::tempdir().expect("there is room");
    let options = Options {
        hookflow: built("hookflow"),
        limit: built("limit"),
        rounds: 1,
        millis: 400,
        backlog: 500,
        // None is there.
        peers: folder.path().to_owned(),
        quick: true,
        data_in: folder.path().to_owned(),
        out: folder.path().to_owned(),
    };
    let section = throughput::run(&options).await.expect("it runs");

    assert_eq!(std::fs::read_to_string(folder.path().join("throughput.md")).expect("it is kept"), section);
    for row in ["limit `bare`", "limit `json`", "limit `sync`", "limit `async`", "ten pure nodes", "one `http_request`"]
    {
        assert!(section.contains(row), "{row} is not in {section}");
    }
    assert!(section.contains("Node-RED is not measured") && section.contains("`make peers` installs it"));
    // Those that have a limit stand beside it, whatever the figures are.
    for name in ["**Hookflow sync**", "**Hookflow async**"] {
        let row = section.lines().find(|line| line.contains(name)).expect(name);
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(cells[4].starts_with("**") && cells[8].ends_with('×'), "{row}");
        assert!(!row.contains("NaN") && !row.contains("inf"), "{row}");
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).expect("it is there").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["throughput.md"], "data are left");
}
