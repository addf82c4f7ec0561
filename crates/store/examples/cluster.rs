//! A PostgreSQL for whoever tests with other than Rust: prints the URL of a new database for each line it reads, and
//! ends, with all of it, when there are no more.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "this is for tests")]

use std::io::{BufRead, stdin};

use store::postgres::testing::Cluster;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let cluster = Cluster::start();
    for _ in stdin().lock().lines() {
        println!("{}", cluster.database().await);
    }
}
