//! Hookflow on PostgreSQL: one node to three on one database, beside the least that does the same on it.
//!
//! ```text
//! one PostgreSQL ─▶ each round, forwards and backwards in turns:
//!     limit ─▶ one node ─▶ two ─▶ three      each on an empty database: warm up ─▶ load ─▶ wait for the ends
//! ```
//! Loader, nodes and PostgreSQL share the cores, so that more nodes are no more machines: what a second node costs is
//! to be seen, and the processor time of each part says how it would be with a machine for each.

mod case;
mod database;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};

use self::case::{Case, Mode, Turn, Who};
use crate::page::{self, Section};

const NODES_MAX: u8 = 3;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The binary to measure, built with `--release`.
    #[arg(long, default_value = "target/release/hookflow")]
    pub hookflow: PathBuf,
    /// The programs it is compared with, built likewise.
    #[arg(long, default_value = "target/release/limit")]
    pub limit: PathBuf,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    pub rounds: u8,
    /// Of each case in each round.
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub millis: u64,
    /// Spread over the nodes.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(3..))]
    pub connections: u16,
    /// The nodes' own folders, removed at once. The database's is in /tmp.
    #[arg(long, default_value = "target")]
    pub data_in: PathBuf,
    /// Where the section of the page goes.
    #[arg(long, default_value = page::SECTIONS)]
    pub out: PathBuf,
}

impl Options {
    fn time(&self) -> Duration {
        Duration::from_millis(self.millis)
    }
}

/// A case over all rounds.
#[derive(Debug)]
struct Line {
    case: Case,
    turns: Vec<Turn>,
}

/// Measures, keeps the section of the page and gives it back.
pub async fn run(options: &Options) -> Result<String> {
    let server = database::Server::start().await?;
    let whos = std::iter::once(Who::Limit).chain((1..=NODES_MAX).map(Who::Nodes));
    let cases = [Mode::Sync, Mode::Async].into_iter().flat_map(|mode| whos.clone().map(move |who| Case { mode, who }));
    let mut lines: Vec<Line> = cases.map(|case| Line { case, turns: Vec::new() }).collect();
    for round in 0..options.rounds {
        let mut order: Vec<usize> = (0..lines.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let Line { case, turns } = &mut lines[at];
            let turn = case.turn(options, &server, &format!("turn_{round}_{at}")).await;
            let turn = turn.with_context(|| format!("{case:?}"))?;
            eprintln!("{}/{} {case:?}: {turn:.1?}", round + 1, options.rounds);
            turns.push(turn);
        }
    }
    let section = report::section(options, &server, &lines);
    page::keep(&options.out, Section::Nodes, &section)?;
    Ok(section)
}
