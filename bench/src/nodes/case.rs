//! What is measured, and one turn of it: nodes on an empty database, warmed up, loaded side by side, looked at.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Options;
use super::database::{self, Done};
use crate::body::Body;
use crate::connection::{Connection, request};
use crate::load::{self, Plan, Report, Until};
use crate::servers::{Hookflow, Limit};
use crate::throughput::{drained, folder};
use crate::{figures, process, workflows};

const WARM_UP: Duration = Duration::from_secs(1);
/// Until what was published at one node is known at each.
const KNOWN_MAX: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Sync,
    Async,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Limit,
    /// Hookflow, so many of it.
    Nodes(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) mode: Mode,
    pub(super) who: Who,
}

/// What came of one turn. What is `each` is of an execution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// Executions that have ended.
    pub(super) per_second: f64,
    /// p50 and p99 of the answers, in milliseconds.
    pub(super) latencies: [f64; 2],
    /// Processor time, in microseconds.
    pub(super) nodes_us_each: f64,
    pub(super) database_us_each: f64,
    pub(super) loader_us_each: f64,
    pub(super) statements_each: f64,
    pub(super) wal_bytes_each: f64,
    pub(super) commits_per_second: f64,
}

impl Case {
    pub(super) async fn turn(self, options: &Options, server: &database::Server, name: &str) -> Result<Turn> {
        let nodes = Nodes::start(self, options, &server.make(name).await?).await?;
        nodes.load(self.mode, options.connections, WARM_UP).await.context("while warming up")?;
        let (before, used) = (server.done(name).await?, [nodes.cpu_time()?, process::cpu_time(std::process::id())?]);
        let (report, elapsed) = nodes.load(self.mode, options.connections, options.time()).await?;
        let used = [nodes.cpu_time()? - used[0], process::cpu_time(std::process::id())? - used[1]];
        let done = since(server.done(name).await?, before);
        drop(nodes);
        server.drop(name).await?;
        let answers = report.answers() as f64;
        let us_each = |time: Duration| time.as_secs_f64() * 1e6 / answers;
        // What is no transaction's part is one by itself.
        let commits = if done.commits == 0 { done.statements } else { done.commits };
        Ok(Turn {
            per_second: answers / elapsed.as_secs_f64(),
            latencies: [50.0, 99.0].map(|percent| figures::millis(report.percentile(percent))),
            nodes_us_each: us_each(used[0]),
            database_us_each: us_each(done.cpu),
            loader_us_each: us_each(used[1]),
            statements_each: done.statements as f64 / answers,
            wal_bytes_each: done.wal_bytes as f64 / answers,
            commits_per_second: commits as f64 / elapsed.as_secs_f64(),
        })
    }
}

fn since(now: Done, before: Done) -> Done {
    Done {
        cpu: now.cpu.saturating_sub(before.cpu),
        statements: now.statements - before.statements,
        commits: now.commits - before.commits,
        wal_bytes: now.wal_bytes - before.wal_bytes,
    }
}

/// Those who take the load together. End with their value.
enum Nodes {
    Limit(Limit),
    Hookflow { nodes: Vec<Hookflow>, target: String, _folders: Vec<TempDir> },
}

impl Nodes {
    async fn start(case: Case, options: &Options, database: &str) -> Result<Self> {
        let count = match case.who {
            Who::Limit => {
                let program = if case.mode == Mode::Sync { "pg-sync" } else { "pg-async" };
                return Ok(Self::Limit(Limit::start(&options.limit, &[program, "--database", database]).await?));
            }
            Who::Nodes(count) => count,
        };
        let folders: Vec<TempDir> = (0..count).map(|_| folder(&options.data_in)).collect::<Result<_>>()?;
        // The first makes the key that all have.
        let key = folders[0].path().canonicalize()?.join("hookflow.key");
        let key = key.to_str().context("the folder's name is no text")?;
        let mut nodes = Vec::new();
        for (at, folder) in folders.iter().enumerate() {
            let settings = [("HOOKFLOW_DATABASE", database), ("HOOKFLOW_KEY_FILE", key)];
            let settings = if at == 0 { &settings[..1] } else { &settings };
            nodes.push(Hookflow::start_with(&options.hookflow, folder.path(), settings).await?);
        }
        let file = if case.mode == Mode::Sync { workflows::SYNC } else { workflows::ASYNC };
        let target = nodes[0].apply("workflow.yaml", file).await?.target;
        for node in &nodes {
            known(node.hooks, &target).await?;
        }
        Ok(Self::Hookflow { nodes, target, _folders: folders })
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        match self {
            Self::Limit(limit) => vec![limit.address],
            Self::Hookflow { nodes, .. } => nodes.iter().map(|node| node.hooks).collect(),
        }
    }

    fn cpu_time(&self) -> Result<Duration> {
        match self {
            Self::Limit(limit) => process::cpu_time(limit.pid),
            Self::Hookflow { nodes, .. } => nodes.iter().map(|node| process::cpu_time(node.pid)).sum(),
        }
    }

    /// Executions that have ended, wherever.
    async fn finished(&self) -> Result<u64> {
        match self {
            Self::Limit(limit) => Ok(limit.tells("/finished").await? as u64),
            Self::Hookflow { nodes, .. } => {
                let mut sum = 0;
                for node in nodes {
                    sum += node.finished().await?;
                }
                Ok(sum)
            }
        }
    }

    /// The report, and the time until all that was asked for has ended.
    async fn load(&self, mode: Mode, connections: u16, time: Duration) -> Result<(Report, Duration)> {
        let before = if mode == Mode::Async { self.finished().await? } else { 0 };
        let started = Instant::now();
        let addresses = self.addresses();
        let target = if let Self::Hookflow { target, .. } = self { target.as_str() } else { "/" };
        let mut loads = JoinSet::new();
        for (at, address) in addresses.iter().enumerate() {
            let plan = Plan {
                address: *address,
                target: target.to_owned(),
                headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
                body: Body::Order.bytes(),
                connections: (at..connections.into()).step_by(addresses.len()).count(),
                until: Until::Elapsed(time),
            };
            loads.spawn(load::run(plan));
        }
        let reports: Vec<Report> = loads.join_all().await.into_iter().collect::<Result<_, _>>()?;
        let report = reports.into_iter().reduce(Report::beside).context("nobody was asked")?;
        ensure!(report.errors == 0, "{} requests got no answer", report.errors);
        ensure!(
            report.statuses.keys().all(|status| *status == 200),
            "not every answer is a 200: {:?}",
            report.statuses
        );
        ensure!(report.answers() > 0, "nothing was asked in that time");
        if mode == Mode::Sync {
            let elapsed = report.elapsed;
            return Ok((report, elapsed));
        }
        drained(report.answers(), async || Ok(self.finished().await? - before)).await?;
        Ok((report, started.elapsed()))
    }
}

/// Returns once the endpoint is there.
async fn known(address: SocketAddr, target: &str) -> Result<()> {
    let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
    let call = request(address, "POST", target, &headers, &Body::Order.bytes())?;
    let began = Instant::now();
    loop {
        let status = Connection::open(address).await?.exchange(&call).await?.status;
        if status == 200 {
            return Ok(());
        }
        ensure!(began.elapsed() < KNOWN_MAX, "the endpoint answers {status}");
        sleep(POLL).await;
    }
}

/// A folder's file system decides what a flush costs.
pub(super) fn flush(folder: &Path) -> String {
    crate::machine::flush_time(folder).map_or_else(
        |_| "unknown".to_owned(),
        |(median, p99)| format!("{:.2} ms (median), {:.2} ms (p99)", figures::millis(median), figures::millis(p99)),
    )
}
