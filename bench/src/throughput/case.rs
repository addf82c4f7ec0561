//! What is measured, and one turn of it: a server of its own on a folder of its own, warmed up, loaded, looked at.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::time::sleep;

use super::Options;
use crate::body::Body;
use crate::load::{self, Plan, Report, Until};
use crate::servers::{Hookflow, Limit};
use crate::{figures, process, workflows};

/// Of the time that is measured.
pub(super) const WARM_UP: f64 = 0.15;
/// Between two looks at the number of finished executions.
const POLL: Duration = Duration::from_millis(10);
/// A queue that does not move for so long will not drain.
const STALLED: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Bare,
    Json,
    LimitSync,
    LimitAsync,
    Sync,
    Async,
    Ten,
    Call,
}

impl Program {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bare => "limit `bare`: answers `ok`",
            Self::Json => "limit `json`: parses, compares, answers",
            Self::LimitSync => "limit `sync`: the same, one durable row first",
            Self::LimitAsync => "limit `async`: durable row, answer, result in a second row",
            Self::Sync => "**Hookflow sync**: condition → response",
            Self::Async => "**Hookflow async**: condition, end to end",
            Self::Ten => "Hookflow sync: ten pure nodes",
            Self::Call => "Hookflow sync: one `http_request` → response",
        }
    }

    fn is_async(self) -> bool {
        matches!(self, Self::LimitAsync | Self::Async)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) program: Program,
    pub(super) connections: u16,
    pub(super) body: Body,
}

impl Case {
    pub(super) const fn new(program: Program, connections: u16, body: Body) -> Self {
        Self { program, connections, body }
    }

    /// What it is compared with.
    pub(super) fn limit(self) -> Option<Self> {
        let program = match self.program {
            Program::Sync | Program::Ten => Program::LimitSync,
            Program::Async => Program::LimitAsync,
            _ => return None,
        };
        Some(Self { program, ..self })
    }

    /// One turn.
    pub(super) async fn turn(self, options: &Options) -> Result<Turn> {
        let server = Server::start(options, self.program, self.body).await?;
        server.load(self, options.time().mul_f64(WARM_UP)).await.context("while warming up")?;
        let used = [process::cpu_time(server.pid())?, process::cpu_time(std::process::id())?];
        let writing = server.writing()?;
        let (report, elapsed) = server.load(self, options.time()).await?;
        let answers = report.answers();
        ensure!(answers > 0, "nothing was asked in that time");
        let a_thousand = |time: Duration| figures::millis(time) / (answers as f64 / 1e3);
        let cpu = process::cpu_time(server.pid())? - used[0];
        let loader_cpu = process::cpu_time(std::process::id())? - used[1];
        Ok(Turn {
            per_second: answers as f64 / elapsed.as_secs_f64(),
            latencies: [50.0, 95.0, 99.0].map(|percent| figures::millis(report.percentile(percent))),
            cpu: a_thousand(cpu),
            loader_cpu: a_thousand(loader_cpu),
            beside_writing: a_thousand(cpu + loader_cpu - (server.writing()? - writing)),
            peak: process::peak(server.pid())?,
            rows_a_batch: server.rows_a_batch().await?,
        })
    }
}

/// What came of one turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// Answers; executions that have ended, where they end after the answer.
    pub(super) per_second: f64,
    /// p50, p95, p99 of the answers, in milliseconds.
    pub(super) latencies: [f64; 3],
    /// The server's processor time for a thousand, in milliseconds.
    pub(super) cpu: f64,
    pub(super) loader_cpu: f64,
    /// That of both without the thread that writes, if it is a limit.
    pub(super) beside_writing: f64,
    /// The most bytes of memory that the server held.
    pub(super) peak: u64,
    /// Of a limit that writes, otherwise 0.
    pub(super) rows_a_batch: f64,
}

/// A server that takes the load of a case. Ends with its value.
pub(super) struct Server {
    kind: Kind,
    is_async: bool,
    pub(super) address: SocketAddr,
    pub(super) target: String,
    _sink: Option<Limit>,
    _folder: TempDir,
}

enum Kind {
    Limit(Limit),
    Hookflow(Hookflow),
}

impl Server {
    pub(super) async fn start(options: &Options, program: Program, body: Body) -> Result<Self> {
        let folder = folder(&options.data_in)?;
        let data = folder.path().to_str().context("the folder's name is no text")?;
        let rule = match body {
            Body::Order => "order",
            Body::Push => "push",
        };
        let limit = async |args: &[&str]| Limit::start(&options.limit, args).await;
        let mut sink = None;
        let file = match (program, body) {
            (Program::Bare, _) => return Ok(Self::of_limit(limit(&["bare"]).await?, program, folder)),
            (Program::Json, _) => return Ok(Self::of_limit(limit(&["json", "--rule", rule]).await?, program, folder)),
            (Program::LimitSync, _) => {
                let limit = limit(&["sync", "--rule", rule, "--data", data]).await?;
                return Ok(Self::of_limit(limit, program, folder));
            }
            (Program::LimitAsync, _) => {
                let limit = limit(&["async", "--rule", rule, "--data", data]).await?;
                return Ok(Self::of_limit(limit, program, folder));
            }
            (Program::Sync, Body::Order) => workflows::SYNC.to_owned(),
            (Program::Sync, Body::Push) => workflows::SYNC_PUSH.to_owned(),
            (Program::Async, Body::Order) => workflows::ASYNC.to_owned(),
            (Program::Async, Body::Push) => workflows::ASYNC_PUSH.to_owned(),
            (Program::Ten, _) => workflows::TEN.to_owned(),
            (Program::Call, _) => workflows::call(sink.insert(limit(&["sink"]).await?).address),
        };
        let allowed = [("HOOKFLOW_OUTBOUND_ALLOW", "127.0.0.1")];
        let settings = if sink.is_some() { &allowed[..] } else { &[] };
        let hookflow = Hookflow::start_with(&options.hookflow, folder.path(), settings).await?;
        let workflow = hookflow.apply("workflow.yaml", &file).await?;
        Ok(Self {
            is_async: program.is_async(),
            address: hookflow.hooks,
            target: workflow.target,
            kind: Kind::Hookflow(hookflow),
            _sink: sink,
            _folder: folder,
        })
    }

    fn of_limit(limit: Limit, program: Program, folder: TempDir) -> Self {
        Self {
            is_async: program.is_async(),
            address: limit.address,
            target: "/".to_owned(),
            kind: Kind::Limit(limit),
            _sink: None,
            _folder: folder,
        }
    }

    fn pid(&self) -> u32 {
        match &self.kind {
            Kind::Limit(limit) => limit.pid,
            Kind::Hookflow(hookflow) => hookflow.pid,
        }
    }

    /// Executions that have ended, where the answer does not say so.
    async fn finished(&self) -> Result<u64> {
        match &self.kind {
            Kind::Limit(limit) => Ok(limit.tells("/finished").await? as u64),
            Kind::Hookflow(hookflow) => hookflow.finished().await,
        }
    }

    /// Processor time of the thread that writes.
    fn writing(&self) -> Result<Duration> {
        process::cpu_time_of_threads(self.pid(), "writer")
    }

    async fn rows_a_batch(&self) -> Result<f64> {
        match &self.kind {
            Kind::Limit(limit) => Ok(limit.tells("/batches").await.unwrap_or(0.0)),
            Kind::Hookflow(_) => Ok(0.0),
        }
    }

    /// The report, and the time until all that was asked for has ended.
    async fn load(&self, case: Case, time: Duration) -> Result<(Report, Duration)> {
        let before = if self.is_async { self.finished().await? } else { 0 };
        let started = Instant::now();
        let report = load(self.address, &self.target, case, time).await?;
        if !self.is_async {
            return Ok((report.clone(), report.elapsed));
        }
        let accepted = report.answers();
        drained(accepted, async || Ok(self.finished().await? - before)).await?;
        Ok((report, started.elapsed()))
    }
}

/// Returns once so many have finished; fails if they stop finishing, or if it are more.
pub(crate) async fn drained(accepted: u64, finished: impl AsyncFn() -> Result<u64>) -> Result<()> {
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let now = finished().await?;
        ensure!(now <= accepted, "{now} executions finished, {accepted} were accepted");
        if now == accepted {
            return Ok(());
        }
        if now > last {
            (last, moved) = (now, Instant::now());
        }
        ensure!(moved.elapsed() < STALLED, "{now} of {accepted} executions finished, then none");
        sleep(POLL).await;
    }
}

/// A closed loop of which every answer is a 200.
pub(super) async fn load(address: SocketAddr, target: &str, case: Case, time: Duration) -> Result<Report> {
    let plan = Plan {
        address,
        target: target.to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: case.body.bytes(),
        connections: case.connections.into(),
        until: Until::Elapsed(time),
    };
    let report = load::run(plan).await?;
    ensure!(report.errors == 0, "{} requests got no answer", report.errors);
    ensure!(report.statuses.keys().all(|status| *status == 200), "not every answer is a 200: {:?}", report.statuses);
    Ok(report)
}

pub(crate) fn folder(parent: &Path) -> Result<TempDir> {
    let made = tempfile::Builder::new().prefix("bench-").tempdir_in(parent);
    made.with_context(|| format!("no folder can be made in {}", parent.display()))
}
