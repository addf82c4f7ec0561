//! What is not a rate of answers: how soon a server starts, what it holds when nobody calls, how fast a backlog drains.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::Options;
use super::case::{drained, folder};
use crate::body::Body;
use crate::connection::{Connection, request};
use crate::servers::Hookflow;
use crate::{backlog, figures, process, workflows};

/// Until a server is called idle.
const IDLE: Duration = Duration::from_secs(1);
const DATABASE: &str = "hookflow.db";

/// Over all rounds.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) version: String,
    /// From the start of the process to the first 200 of a workflow, in milliseconds.
    pub(super) starts: Vec<f64>,
    /// Bytes.
    pub(super) idle: Vec<f64>,
    /// Executions a second, from the start of the process until the last has ended.
    pub(super) drained: Vec<f64>,
    /// The server's processor time for a thousand of them, in milliseconds.
    pub(super) drained_cpu: Vec<f64>,
}

impl Rest {
    pub(super) async fn measure(options: &Options) -> Result<Self> {
        let mut rest = Self::default();
        for _ in 0..options.rounds {
            rest.start(options).await?;
            rest.drain(options).await?;
        }
        Ok(rest)
    }

    async fn start(&mut self, options: &Options) -> Result<()> {
        let folder = folder(&options.data_in)?;
        let first = Hookflow::start(&options.hookflow, folder.path()).await?;
        let workflow = first.apply("workflow.yaml", workflows::SYNC).await?;
        first.stop().await?;
        let server = Hookflow::start(&options.hookflow, folder.path()).await?;
        let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
        let call = request(server.hooks, "POST", &workflow.target, &headers, &Body::Order.bytes())?;
        let mut connection = Connection::open(server.hooks).await?;
        let status = connection.exchange(&call).await?.status;
        self.starts.push(figures::millis(server.started.elapsed()));
        ensure!(status == 200, "the first answer is {status}");
        sleep(IDLE).await;
        self.idle.push(process::resident(server.pid)? as f64);
        self.version.clone_from(&server.version);
        Ok(())
    }

    async fn drain(&mut self, options: &Options) -> Result<()> {
        let folder = folder(&options.data_in)?;
        let first = Hookflow::start(&options.hookflow, folder.path()).await?;
        let workflow = first.apply("workflow.yaml", workflows::ASYNC).await?;
        let key = workflow.target.rsplit('/').next().unwrap_or_default().to_owned();
        first.stop().await?;
        let mut number = 0_u64;
        backlog::fill(&folder.path().join(DATABASE), &key, options.backlog, || {
            number += 1;
            number
        })?;
        let started = Instant::now();
        let server = Hookflow::start(&options.hookflow, folder.path()).await?;
        drained(options.backlog.into(), async || server.finished().await).await?;
        let count = f64::from(options.backlog.max(1));
        self.drained.push(count / started.elapsed().as_secs_f64());
        self.drained_cpu.push(figures::millis(process::cpu_time(server.pid)?) / (count / 1e3));
        Ok(())
    }
}
