//! Small and quick to start, also as a debug build.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "this is a test")]

mod support;

use std::time::{Duration, Instant};

use support::{Home, ORDERS};

const FIRST_ANSWER_MAX: Duration = Duration::from_millis(500);
/// The code of a debug build alone takes some twenty; a release build has 30 in all.
const IDLE_KIB_MAX: u64 = 48 * 1_024;

/// From the start of the process, on a data folder with a workflow in it, to its first answer.
#[tokio::test]
async fn the_first_answer_comes_within_half_a_second_and_an_idle_server_is_small() {
    let home = Home::new();
    let orders = home.file("orders.yaml", ORDERS);
    let server = home.serve(&[]);
    let key = home.publish(&orders)["key"].as_str().unwrap().to_owned();
    server.terminate();

    let client = support::http();
    // The machine may be busy with other tests: the best of three starts counts.
    let mut first_answer = Duration::MAX;
    let mut idle_kib = u64::MAX;
    for _ in 0..3 {
        let from = Instant::now();
        let server = home.serve(&[]);
        let url = format!("http://{}/api/webhook:trigger/{key}", server.hooks());
        let answer = client.post(url).header("Content-Type", "application/json").body(r#"{"order":{"status":"paid"}}"#);
        assert_eq!(answer.send().await.unwrap().status(), 200);
        first_answer = first_answer.min(from.elapsed());
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.info["pid"])).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        idle_kib = idle_kib.min(resident.trim().trim_end_matches(" kB").parse().unwrap());
        server.terminate();
    }
    println!("first answer after {first_answer:?}, {} MiB resident", idle_kib / 1_024);
    assert!(first_answer < FIRST_ANSWER_MAX, "{first_answer:?}");
    assert!(idle_kib < IDLE_KIB_MAX, "{idle_kib} KiB");
}
