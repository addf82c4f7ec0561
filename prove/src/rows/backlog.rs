//! R9: a start does not grow with what waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bench::backlog;
use tokio::time::sleep;

use super::{Bench, async_flow, pure_node};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::stored::Stored;

const ASYNC: &str = "proveasync000";
const FIRST_ANSWER_MAX: Duration = Duration::from_secs(2);
const MOVING_MAX: Duration = Duration::from_secs(5);
const MORE_MEMORY_MAX: u64 = 50 << 20;
/// Memory is looked at for so long after the start.
const LOOK: Duration = Duration::from_secs(8);

/// One size of backlog.
struct Started {
    waiting: u32,
    first_answer: Duration,
    moving: Duration,
    resident: u64,
}

pub async fn run(bench: &Bench, sizes: &[u32]) -> Result<Outcome> {
    let mut outcome = Outcome::new("R9");
    let mut starts = Vec::new();
    for size in sizes {
        let folder = bench.folder.join(size.to_string());
        std::fs::create_dir_all(&folder)?;
        starts.push(start(&Bench { folder: folder.clone(), ..bench.clone() }, *size).await?);
        // A million of them is large.
        std::fs::remove_dir_all(folder)?;
    }
    let least = starts.first().context("one size at least")?.resident;
    let mut figures = Vec::new();
    for Started { waiting, first_answer, moving, resident } in &starts {
        outcome.check(*first_answer <= FIRST_ANSWER_MAX, || {
            format!("{waiting} waiting: first 2xx after {} ms", first_answer.as_millis())
        });
        outcome.check(*moving <= MOVING_MAX, || format!("{waiting} waiting: moving after {} ms", moving.as_millis()));
        outcome.check(*resident <= least + MORE_MEMORY_MAX, || {
            format!("{waiting} waiting: {} MB of memory, {} MB with the least", resident >> 20, least >> 20)
        });
        figures.push(format!(
            "{waiting} waiting: first 2xx after {} ms, moving after {} ms, at most {} MB of memory",
            first_answer.as_millis(),
            moving.as_millis(),
            resident >> 20
        ));
    }
    outcome.did = "start on a backlog of queued executions".to_owned();
    outcome.figures = figures.join("; ");
    Ok(outcome)
}

async fn start(bench: &Bench, waiting: u32) -> Result<Started> {
    let home = bench.home()?;
    let server = home.start().await?;
    home.apply(&[("async", async_flow(ASYNC, &[pure_node()]))]).await?;
    server.terminate().await?;
    let mut dice = Dice::new(bench.seed);
    backlog::fill(&home.database(), ASYNC, waiting, || dice.roll())?;

    let from = Instant::now();
    let mut server = home.spawn()?;
    while !server.announced(&home) {
        anyhow::ensure!(server.has_ended().is_none(), "the server ended: {}", home.log_tail());
        sleep(Duration::from_millis(1)).await;
    }
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let plan = Plan { connections: 1, pause: Duration::from_millis(10), ..Plan::new(server.hooks, &[ASYNC]) };
    let load = Load::start(plan, &ledger);
    let first_answer = load.first_success(MOVING_MAX * 4).await.map_or(MOVING_MAX * 4, |at| at.duration_since(from));
    let stored = Stored::open(&home.database())?;
    let mut moving = None;
    let mut resident = 0;
    while from.elapsed() < LOOK || (moving.is_none() && from.elapsed() < MOVING_MAX * 4) {
        if moving.is_none() && stored.succeeded_of_oldest(waiting.min(2_000))? > 0 {
            moving = Some(from.elapsed());
        }
        resident = resident.max(server.resident());
        sleep(Duration::from_millis(20)).await;
    }
    drop(load);
    server.kill().await?;
    Ok(Started { waiting, first_answer, moving: moving.unwrap_or(MOVING_MAX * 4), resident })
}
