//! A load on one server: how fast, how soon, at what cost.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use crate::body::Body;
use crate::load::{self, Plan, Report, Until};
use crate::process;
use crate::servers::Hookflow;

const POLL: Duration = Duration::from_millis(20);
/// A queue that does not move for so long will not drain.
const STALLED: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) connections: usize,
    pub(super) time: Duration,
}

/// What came of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// Executions that ended in a second.
    pub(super) per_second: f64,
    /// The server's processor time for a thousand of them, in milliseconds.
    pub(super) cpu: f64,
    pub(super) p99: Duration,
}

impl Load {
    pub(super) async fn sync(&self, server: &Hookflow, key: &str) -> Result<Turn> {
        let cpu = process::cpu_time(server.pid)?;
        let report = self.send(server, key).await?;
        Turn::new(server, cpu, &report, report.elapsed)
    }

    /// Until all that was accepted has ended.
    pub(super) async fn queued(&self, server: &Hookflow, key: &str) -> Result<Turn> {
        let before = settled(server).await?;
        let (cpu, started) = (process::cpu_time(server.pid)?, Instant::now());
        let report = self.send(server, key).await?;
        let (mut finished, mut moved) = (0, Instant::now());
        while finished < report.answers() {
            ensure!(moved.elapsed() < STALLED, "{finished} of {} executions finished, then none", report.answers());
            sleep(POLL).await;
            let now = server.finished().await? - before;
            if now > finished {
                (finished, moved) = (now, Instant::now());
            }
        }
        Turn::new(server, cpu, &report, started.elapsed())
    }

    pub(super) async fn send(&self, server: &Hookflow, key: &str) -> Result<Report> {
        let plan = Plan {
            address: server.hooks,
            target: format!("/api/webhook:trigger/{key}"),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: Body::Order.bytes(),
            connections: self.connections,
            until: Until::Elapsed(self.time),
        };
        let report = load::run(plan).await?;
        let all_fine = BTreeMap::from([(200, report.answers())]);
        ensure!(report.errors == 0, "{} requests got no answer", report.errors);
        ensure!(report.statuses == all_fine, "not every answer is a 200: {:?}", report.statuses);
        Ok(report)
    }
}

impl Turn {
    fn new(server: &Hookflow, cpu_before: Duration, report: &Report, elapsed: Duration) -> Result<Self> {
        let cpu = process::cpu_time(server.pid)? - cpu_before;
        let count = report.answers() as f64;
        Ok(Self {
            per_second: count / elapsed.as_secs_f64(),
            cpu: cpu.as_secs_f64() * 1e3 / (count / 1e3),
            p99: report.percentile(99.0),
        })
    }
}

/// Executions that have ended, once the last ones are counted too.
async fn settled(server: &Hookflow) -> Result<u64> {
    let mut finished = server.finished().await?;
    loop {
        sleep(POLL).await;
        let now = server.finished().await?;
        if now == finished {
            return Ok(now);
        }
        finished = now;
    }
}
