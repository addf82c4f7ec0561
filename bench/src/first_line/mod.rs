//! The first line of numbers: a bare handler, a synchronous and an asynchronous workflow, in turns.
//!
//! ```text
//! warm up all three, then each round:  bare ─▶ sync ─▶ async, until its queue is drained
//! ```
//! In turns, so that a machine that gets slower does so for all. The loader shares the cores with
//! the server it loads; that is the same for each, and lowers all.

pub(crate) mod report;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;

use self::report::{Line, Page};
use crate::load::{self, Plan, Report, Until};
use crate::servers::{Bare, Hookflow, Workflow};

pub(crate) const SYNC_FILE: &str = include_str!("../../workflows/sync.yaml");
pub(crate) const ASYNC_FILE: &str = include_str!("../../workflows/async.yaml");

const WARM_UP: Duration = Duration::from_secs(1);
const BODY_BYTES: usize = 1024;

/// Between two looks at the number of finished executions.
const POLL: Duration = Duration::from_millis(20);

/// A queue that does not move for so long will not drain.
const STALLED: Duration = Duration::from_secs(20);

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The binary to measure, built with `--release`.
    #[arg(long)]
    hookflow: PathBuf,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Of each case in each round.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// The server's data go into a new folder in here, removed at the end. Its file system decides what a flush costs.
    #[arg(long, default_value = "target")]
    data_in: PathBuf,
    /// Where the page is written.
    #[arg(long, default_value = "docs/benchmarks.md")]
    out: PathBuf,
}

/// Measures, writes the page and gives it back.
pub async fn run(options: &Options) -> Result<String> {
    let data = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(&options.data_in)
        .with_context(|| format!("no folder can be made in {}", options.data_in.display()))?;
    let bare = Bare::start().await?;
    let hookflow = Hookflow::start(&options.hookflow, data.path()).await?;
    let cases = Cases {
        bare: bare.address,
        sync: hookflow.apply("sync.yaml", SYNC_FILE).await?,
        queued: hookflow.apply("async.yaml", ASYNC_FILE).await?,
        hookflow,
        connections: options.connections.into(),
    };

    cases.round(WARM_UP).await.context("while warming up")?;
    let mut lines = [Line::BARE, Line::SYNC, Line::ACCEPTED, Line::FINISHED];
    for _ in 0..options.rounds {
        let round = cases.round(Duration::from_secs(options.seconds)).await?;
        lines[0].add(&round.bare);
        lines[1].add(&round.sync);
        lines[2].add(&round.accepted);
        lines[3].add_rate(round.finished_per_second);
    }

    let page = Page { options, lines: &lines, version: cases.hookflow.version.clone(), data: data.path() }.to_string();
    write(&options.out, &page)?;
    Ok(page)
}

struct Cases {
    hookflow: Hookflow,
    bare: SocketAddr,
    sync: Workflow,
    queued: Workflow,
    connections: usize,
}

struct Round {
    bare: Report,
    sync: Report,
    accepted: Report,
    finished_per_second: f64,
}

impl Cases {
    async fn round(&self, time: Duration) -> Result<Round> {
        let bare = self.load(self.bare, "/", time).await.context("the bare handler")?;
        let sync = self.load(self.hookflow.hooks, &self.sync.target, time).await.context("the sync workflow")?;
        let (accepted, finished_per_second) = self.load_until_drained(time).await.context("the async workflow")?;
        Ok(Round { bare, sync, accepted, finished_per_second })
    }

    async fn load(&self, address: SocketAddr, target: &str, time: Duration) -> Result<Report> {
        let plan = Plan {
            address,
            target: target.to_owned(),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body(),
            connections: self.connections,
            until: Until::Elapsed(time),
        };
        let report = load::run(plan).await?;
        let all_fine = BTreeMap::from([(200, report.answers())]);
        ensure!(report.errors == 0, "{} requests got no answer", report.errors);
        ensure!(report.statuses == all_fine, "not every answer is a 200: {:?}", report.statuses);
        Ok(report)
    }

    /// Finished executions so far, once the last sync ones are counted too.
    async fn settled(&self) -> Result<u64> {
        let mut finished = self.hookflow.finished().await?;
        loop {
            sleep(POLL).await;
            let now = self.hookflow.finished().await?;
            if now == finished {
                return Ok(now);
            }
            finished = now;
        }
    }

    /// Executions finished a second, from the first request to the last end.
    async fn load_until_drained(&self, time: Duration) -> Result<(Report, f64)> {
        let before = self.settled().await?;
        let started = Instant::now();
        let accepted = self.load(self.hookflow.hooks, &self.queued.target, time).await?;
        let (mut finished, mut moved) = (0, Instant::now());
        while finished < accepted.answers() {
            ensure!(moved.elapsed() < STALLED, "{finished} of {} executions finished, then none", accepted.answers());
            sleep(POLL).await;
            let now = self.hookflow.finished().await? - before;
            if now > finished {
                (finished, moved) = (now, Instant::now());
            }
        }
        ensure!(finished == accepted.answers(), "{finished} executions finished, {} were accepted", accepted.answers());
        let per_second = finished as f64 / started.elapsed().as_secs_f64();
        Ok((accepted, per_second))
    }
}

/// One kilobyte of JSON.
pub(crate) fn body() -> Vec<u8> {
    let start = r#"{"order":{"id":"A-1001","status":"paid","total":129.9},"padding":""#;
    let end = r#""}"#;
    let padding = "x".repeat(BODY_BYTES - start.len() - end.len());
    [start, &padding, end].concat().into_bytes()
}

pub(crate) fn write(path: &Path, page: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, page))
        .with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_one_kilobyte_of_json() {
        assert_eq!(body().len(), BODY_BYTES);
        let parsed: serde_json::Value = serde_json::from_slice(&body()).expect("the body is JSON");
        assert_eq!(parsed["order"]["status"], "paid");
    }
}
