//! From the start of the process to its first answers, after a stop and after a kill.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::fs::{Advice, fadvise};
use tokio::time::sleep;

use super::load::Load;
use super::{KEEP_ALL, Options, database, key, send};
use crate::body::Body;
use crate::servers::Hookflow;

/// Of each kind.
const STARTS: usize = 3;
/// The load that a server is killed under.
const BUSY: Duration = Duration::from_secs(3);
const ANSWER_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(1);

/// From the process to the first answer of an endpoint, the slowest of a few.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Starts {
    /// It was stopped, and the file is not in the system's memory.
    pub(super) stopped: Duration,
    /// To a 200 of `/readyz`, then.
    pub(super) ready: Duration,
    /// It was killed under load.
    pub(super) killed: Duration,
    /// The largest log that a kill left.
    pub(super) log_bytes: u64,
}

pub(super) async fn measure(options: &Options, folder: &Path) -> Result<Starts> {
    let mut starts = Starts::default();
    for _ in 0..STARTS {
        forget(&database(folder))?;
        let server = Hookflow::start_with(&options.hookflow, folder, &[KEEP_ALL]).await?;
        starts.stopped = starts.stopped.max(first_answer(&server).await?);
        starts.ready = starts.ready.max(ready(&server).await?);
        server.stop().await?;
    }
    for _ in 0..STARTS {
        let server = Hookflow::start_with(&options.hookflow, folder, &[KEEP_ALL]).await?;
        let load =
            Load { connections: options.connections.into(), time: BUSY.min(Duration::from_millis(options.millis)) * 2 };
        let answered = key(0);
        // Half of the time it is let live.
        let cut = async {
            sleep(load.time / 2).await;
        };
        tokio::select! {
            report = load.send(&server, &answered) => { report?; }
            () = cut => {}
        }
        server.kill().await?;
        let log = database(folder).with_extension("db-wal");
        starts.log_bytes = starts.log_bytes.max(std::fs::metadata(log).map_or(0, |log| log.len()));
        let server = Hookflow::start_with(&options.hookflow, folder, &[KEEP_ALL]).await?;
        starts.killed = starts.killed.max(first_answer(&server).await?);
        server.stop().await?;
    }
    Ok(starts)
}

/// Since the process was made.
async fn first_answer(server: &Hookflow) -> Result<Duration> {
    let target = format!("/api/webhook:trigger/{}", key(0));
    let status = send(server, &target, &Body::Order.bytes()).await?;
    ensure!(status == 200, "the first answer is {status}");
    Ok(server.started.elapsed())
}

async fn ready(server: &Hookflow) -> Result<Duration> {
    let from = Instant::now();
    while server.get("/readyz").await.is_err() {
        ensure!(from.elapsed() < ANSWER_MAX, "the server is not ready");
        sleep(POLL).await;
    }
    Ok(server.started.elapsed())
}

/// Takes the file out of the system's memory, so that it is read from the disk.
pub(super) fn forget(file: &Path) -> Result<()> {
    let file = File::open(file)?;
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok(())
}
