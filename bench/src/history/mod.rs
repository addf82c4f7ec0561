//! What executions that have ended cost those that come: a server on an empty history and servers on large ones, side
//! by side.
//! ```text
//! each size:   real executions ─▶ their copies
//! all sizes:   starts ─▶ lists, cold and warm ─▶ memory
//! each round:  size by size: sync load ─▶ async load, until its queue is drained
//! the largest: retention prunes it beside a load
//! ```
//! All run at the same time; those whose turn it is not are idle.

pub mod fill;
mod load;
mod pages;
mod prune;
mod report;
mod start;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::body::Body;
use crate::page::{self, Section};
use crate::servers::Hookflow;
use crate::workflows;
use crate::{connection, process};
use load::{Load, Turn};
use pages::Looked;
use start::Starts;

/// How many workflows share a history: half of them sync, half async.
const WORKFLOWS: u32 = 20;
/// Real executions of each that are copied.
const MODELS: u32 = 5;
/// The history covers so many days, fewer than are kept.
const DAYS: u64 = 29;
/// Nothing is pruned but where that is what is measured.
const KEEP_ALL: (&str, &str) = ("HOOKFLOW_RETENTION_EXECUTIONS_MAX", "1000000000");
const SETTLE_MAX: Duration = Duration::from_secs(20);

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The binary to measure, built with `--release`.
    #[arg(long, default_value = "target/release/hookflow")]
    pub hookflow: PathBuf,
    /// Executions that have ended, beside a server without any.
    #[arg(long, value_delimiter = ',', default_value = "1000000,5000000")]
    pub history: Vec<u32>,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    pub rounds: u8,
    /// Of each load in each round.
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub millis: u64,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub connections: u16,
    /// Leaves out how retention prunes the largest, which takes two minutes.
    #[arg(long)]
    pub no_prune: bool,
    /// The data go into a new folder in here, removed at the end; some 2.5 GB for a million.
    #[arg(long, default_value = "target")]
    pub data_in: PathBuf,
    /// Where the section of the page goes.
    #[arg(long, default_value = page::SECTIONS)]
    pub out: PathBuf,
}

/// One size of history, and what was measured on it.
struct Size {
    count: u32,
    folder: TempDir,
    /// Of the file, before the loads.
    bytes: u64,
    starts: Starts,
    looked: Looked,
    idle: Idle,
    sync: Vec<Turn>,
    queued: Vec<Turn>,
    /// The most memory that was held at the end of the loads.
    peak: u64,
}

/// Bytes of memory of a server that nobody calls.
#[derive(Debug, Clone, Copy)]
struct Idle {
    started: u64,
    /// Once the lists were read.
    looked: u64,
}

/// Measures, keeps the section of the page and gives it back.
pub async fn run(options: &Options) -> Result<String> {
    let mut sizes = Vec::new();
    for count in [0].into_iter().chain(options.history.iter().copied()) {
        sizes.push(Size::measure_alone(options, count).await.with_context(|| format!("{count} executions"))?);
    }
    let mut servers = Vec::new();
    for size in &sizes {
        servers.push(size.serve(options, &[KEEP_ALL]).await?);
    }
    let loads = Load { connections: options.connections.into(), time: Duration::from_millis(options.millis) };
    for (size, server) in sizes.iter_mut().zip(&servers) {
        // Warm, and a first turn that nobody counts.
        loads.sync(server, &key(0)).await?;
        loads.queued(server, &key(1)).await?;
        size.sync.clear();
    }
    for _ in 0..options.rounds {
        for (size, server) in sizes.iter_mut().zip(&servers) {
            size.sync.push(loads.sync(server, &key(0)).await?);
            size.queued.push(loads.queued(server, &key(1)).await?);
        }
    }
    for (size, server) in sizes.iter_mut().zip(servers) {
        size.peak = process::peak(server.pid)?;
        server.stop().await?;
    }
    let pruned = match sizes.last() {
        Some(largest) if !options.no_prune => Some(prune::measure(options, largest).await?),
        _ => None,
    };
    let section = report::section(options, &sizes, pruned.as_ref());
    page::keep(&options.out, Section::History, &section)?;
    Ok(section)
}

impl Size {
    async fn measure_alone(options: &Options, count: u32) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&options.data_in)?;
        prepare(&options.hookflow, folder.path()).await?;
        let database = database(folder.path());
        if count > 0 {
            let span = Duration::from_secs(DAYS * 24 * 3_600);
            tokio::task::spawn_blocking({
                let database = database.clone();
                move || fill::fill(&database, count, span)
            })
            .await??;
        }
        let bytes = std::fs::metadata(&database)?.len();
        let starts = start::measure(options, folder.path()).await?;
        let (looked, idle) = pages::measure(options, folder.path()).await?;
        Ok(Self { count, folder, bytes, starts, looked, idle, sync: Vec::new(), queued: Vec::new(), peak: 0 })
    }

    async fn serve(&self, options: &Options, settings: &[(&str, &str)]) -> Result<Hookflow> {
        Hookflow::start_with(&options.hookflow, self.folder.path(), settings).await
    }
}

fn database(folder: &Path) -> PathBuf {
    folder.join("hookflow.db")
}

/// The endpoint key of a workflow. Even ones are sync.
fn key(number: u32) -> String {
    format!("benchhistory{number:02}")
}

/// A data folder with all workflows, and a few real executions of each, good and bad.
async fn prepare(program: &Path, folder: &Path) -> Result<()> {
    let server = Hookflow::start_with(program, folder, &[KEEP_ALL]).await?;
    let mut expected = 0;
    for number in 0..WORKFLOWS {
        let file = if number % 2 == 0 { workflows::SYNC } else { workflows::ASYNC };
        let file = format!("{file}\nkey: {}\n", key(number));
        let workflow = server.apply(&format!("{number}.yaml"), &file).await?;
        let paid = String::from_utf8(Body::Order.bytes())?;
        for model in 0..MODELS {
            // One of them is not paid for, and so fails.
            let body = if model == 0 { paid.replacen("paid", "late", 1) } else { paid.clone() };
            send(&server, &workflow.target, body.as_bytes()).await?;
            expected += 1;
        }
    }
    let from = Instant::now();
    while server.finished().await? < expected {
        ensure!(from.elapsed() < SETTLE_MAX, "the models do not finish");
        sleep(Duration::from_millis(20)).await;
    }
    server.stop().await
}

/// The status of the answer.
async fn send(server: &Hookflow, target: &str, body: &[u8]) -> Result<u16> {
    let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
    let request = connection::request(server.hooks, "POST", target, &headers, body)?;
    let mut connection = connection::Connection::open(server.hooks).await?;
    Ok(connection.exchange(&request).await?.status)
}
