//! Hookflow beside the least that does the same visible work, and beside its peers.
//!
//! ```text
//! each round:  case by case, each limit just before what it limits; every other round backwards
//!              a case: start ─▶ warm up ─▶ load ─▶ look ─▶ stop
//!              then the peers, one by one
//! then:        starts ─▶ a backlog ─▶ loads that do not wait, at half of what the closed loop got
//! ```
//! The loader shares the cores with the server it loads; that is the same for each, and lowers all. A ratio is that
//! of two turns of one round, a figure the median over the rounds: so a machine that gets slower does so for both.

mod beside;
mod case;
mod commits;
mod open;
mod report;
mod rest;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};

use self::beside::Peers;
use self::case::{Case, Program, Turn};
pub(crate) use self::case::{drained, folder};
use self::commits::{Commits, Loop};
use crate::body::Body;
use crate::page::{self, Section};
use crate::peers::INSTALLED;

const CONNECTIONS: [u16; 4] = [1, 16, 64, 256];
/// What the headline is measured with.
const USUAL: u16 = 64;

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
    /// Executions of the backlog.
    #[arg(long, default_value_t = 100_000)]
    pub backlog: u32,
    /// Where `make peers` put them. What is not there is named on the page.
    #[arg(long, default_value = INSTALLED)]
    pub peers: PathBuf,
    /// Only the cases at 64 connections with 1 KB.
    #[arg(long)]
    pub quick: bool,
    /// The data go into new folders in here, removed at once. Its file system decides what a flush costs.
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

/// Each limit stands before what it limits.
fn cases(is_quick: bool) -> Vec<Case> {
    use Program::{Async, Bare, Call, Json, LimitAsync, LimitSync, Sync, Ten};
    let usual = [Bare, Json, LimitSync, Sync, Ten, Call, LimitAsync, Async];
    let mut cases: Vec<Case> = usual.map(|program| Case::new(program, USUAL, Body::Order)).to_vec();
    let others = [Body::Order, Body::Push].into_iter().flat_map(|body| CONNECTIONS.map(|count| (count, body)));
    for (connections, body) in others.filter(|other| !is_quick && *other != (USUAL, Body::Order)) {
        cases.extend([LimitSync, Sync, LimitAsync, Async].map(|program| Case::new(program, connections, body)));
    }
    cases
}

/// Measures, keeps the section of the page and gives it back.
pub async fn run(options: &Options) -> Result<String> {
    let mut lines: Vec<Line> = cases(options.quick).into_iter().map(|case| Line { case, turns: Vec::new() }).collect();
    let mut peers = Peers::default();
    let mut loops = [Commits::new(Program::LimitSync), Commits::new(Program::LimitAsync)];
    for round in 0..options.rounds {
        let mut order: Vec<usize> = (0..lines.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let Line { case, turns } = &mut lines[at];
            let turn = case.turn(options).await;
            let turn = turn.with_context(|| format!("{}, {} connections", case.program.name(), case.connections))?;
            eprintln!("{}/{} {case:?}: {:.0} a second", round + 1, options.rounds, turn.per_second);
            turns.push(turn);
            if (case.connections, case.body) == (USUAL, Body::Order)
                && let Some(commits) = loops.iter_mut().find(|commits| commits.program == case.program)
            {
                commits.turns.push(Loop::turn(options, &turn, case.program).await?);
            }
        }
        peers.round(options).await?;
    }
    let rest = rest::Rest::measure(options).await?;
    let opens = open::measure(options, &lines).await?;
    let section = report::section(options, &lines, &peers, &loops, &rest, &opens)?;
    page::keep(&options.out, Section::Throughput, &section)?;
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_stands_before_what_it_limits_and_no_case_twice() {
        for is_quick in [true, false] {
            let cases = cases(is_quick);
            for (at, case) in cases.iter().enumerate() {
                assert!(!cases[..at].contains(case), "{case:?}");
                assert!(case.limit().is_none_or(|limit| cases[..at].contains(&limit)), "{case:?}");
            }
        }
    }
}
