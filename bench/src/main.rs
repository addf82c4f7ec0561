//! `bench`: measures Hookflow beside what limits it. See `docs/benchmarks.md` for what came out.

#![allow(clippy::print_stdout)] // a command line

use std::path::Path;

use anyhow::Result;
use bench::{cores, page};
use clap::{Parser, Subcommand};

/// Measures Hookflow beside what limits it.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Cores that the loader and all that is loaded share.
    #[arg(long, global = true, default_value_t = 2)]
    cores: usize,
}

#[derive(Subcommand)]
enum Command {
    /// Hookflow beside its limits and its peers, in turns; keeps its section of docs/benchmarks.md.
    Throughput(bench::throughput::Options),
    /// One node to three on a PostgreSQL of their own beside its limits, in turns; keeps its section of docs/benchmarks.md.
    Nodes(bench::nodes::Options),
    /// The sync workflow with nobody and with many who listen live, in turns; keeps its section of docs/benchmarks.md.
    Live(bench::live::Options),
    /// Servers on an empty and on large histories, side by side; keeps its section of docs/benchmarks.md.
    History(bench::history::Options),
    /// Writes docs/benchmarks.md from what the others measured.
    Page,
}

fn main() -> Result<()> {
    let args = Args::parse();
    cores::keep_to(args.cores)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(args.command))
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Throughput(options) => print!("{}", bench::throughput::run(&options).await?),
        Command::Nodes(options) => print!("{}", bench::nodes::run(&options).await?),
        Command::Live(options) => print!("{}", bench::live::run(&options).await?),
        Command::History(options) => print!("{}", bench::history::run(&options).await?),
        Command::Page => std::fs::write("docs/benchmarks.md", page::page(Path::new(page::SECTIONS))?)?,
    }
    Ok(())
}
