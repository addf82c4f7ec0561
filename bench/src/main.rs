//! `bench`: measures Hookflow beside a bare handler. See `docs/benchmarks.md` for what came out.

#![allow(clippy::print_stdout)] // a command line

use anyhow::Result;
use clap::Parser;
use tokio::net::TcpListener;

/// Measures Hookflow beside what limits it.
#[derive(Parser)]
enum Command {
    /// A bare axum handler, a sync and an async workflow, in turns; writes docs/benchmarks.md.
    FirstLine(bench::first_line::Options),
    /// The sync workflow with nobody and with many who listen live, in turns; adds to docs/benchmarks.md.
    Live(bench::live::Options),
    /// The bare axum handler: prints its address, then serves until it is stopped.
    LimitBare,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Command::parse() {
        Command::FirstLine(options) => print!("{}", bench::first_line::run(&options).await?),
        Command::Live(options) => print!("{}", bench::live::run(&options).await?),
        Command::LimitBare => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            println!("{}", listener.local_addr()?);
            bench::bare::serve(listener).await?;
        }
    }
    Ok(())
}
