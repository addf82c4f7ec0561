//! Whether the limits are limits: the row and the flush alone in a loop, at the size of batch that they got.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::Options;
use super::case::{Program, Turn, folder};

/// The loops beside one limit, over all rounds.
#[derive(Debug)]
pub(super) struct Commits {
    pub(super) program: Program,
    pub(super) turns: Vec<Loop>,
}

/// Rows a second, in one round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loop {
    pub(super) rows_a_batch: f64,
    pub(super) limit: f64,
    /// With the cores to itself.
    pub(super) alone: f64,
    /// While as much is computed beside each row as HTTP and the loader took.
    pub(super) beside: f64,
}

impl Commits {
    pub(super) fn new(program: Program) -> Self {
        Self { program, turns: Vec::new() }
    }
}

impl Loop {
    /// `turn` is the limit's of the same round.
    pub(super) async fn turn(options: &Options, turn: &Turn, program: Program) -> Result<Self> {
        let has_results = program == Program::LimitAsync;
        // Milliseconds a thousand are microseconds each.
        let beside = Duration::from_secs_f64(turn.beside_writing.max(0.0) / 1e6);
        Ok(Self {
            rows_a_batch: turn.rows_a_batch,
            limit: turn.per_second,
            alone: rows(options, turn.rows_a_batch, has_results, Duration::ZERO).await?,
            beside: rows(options, turn.rows_a_batch, has_results, beside).await?,
        })
    }
}

async fn rows(options: &Options, rows_a_batch: f64, has_results: bool, beside: Duration) -> Result<f64> {
    let folder = folder(&options.data_in)?;
    let mut command = Command::new(&options.limit);
    command.args(["commit", "--batch", &rows_a_batch.round().max(1.0).to_string(), "--data"]).arg(folder.path());
    command.args(["--seconds", &options.time().as_secs_f64().to_string()]);
    command.args(["--beside-us", &(beside.as_secs_f64() * 1e6).to_string()]);
    if has_results {
        command.arg("--results");
    }
    let done = command.output().await?;
    ensure!(done.status.success(), "limit commit: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().parse().context("limit commit tells no number")
}
