//! What the pages ask the API for: how long each takes on a cold file and on a warm one, and what memory is left in use.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::time::sleep;

use super::start::forget;
use super::{Idle, KEEP_ALL, Options, database, key};
use crate::process;
use crate::servers::Hookflow;

const LOOKS: usize = 5;

/// What is asked for, and how it is called in the report.
pub(super) const ASKED: [(&str, &str); 14] = [
    ("executions", "/api/v1/executions"),
    ("… of a workflow", "/api/v1/executions?workflow={key}"),
    ("… that failed", "/api/v1/executions?status=failed"),
    ("… queued (there are none)", "/api/v1/executions?status=queued"),
    ("… in error (there are none)", "/api/v1/executions?status=error"),
    ("… of a workflow, that failed", "/api/v1/executions?workflow={async}&status=failed"),
    ("… of a workflow, in error (there are none)", "/api/v1/executions?workflow={key}&status=error"),
    ("… answered 5xx (there are none)", "/api/v1/executions?answer=5xx"),
    ("… with a text that no request has", "/api/v1/executions?q=nowhere"),
    ("requests", "/api/v1/requests"),
    ("… of a workflow", "/api/v1/requests?workflow={key}"),
    ("figures of all workflows, a day", "/api/v1/workflows/figures?hours={hours}"),
    ("histogram of a day", "/api/v1/executions/histogram"),
    ("/metrics", "/metrics"),
];

/// In the order of [`ASKED`].
#[derive(Debug, Default)]
pub(super) struct Looked(pub(super) Vec<Look>);

#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// The first time, the file not being in the system's memory.
    pub(super) cold: Duration,
    /// The slowest of a few more.
    pub(super) warm: Duration,
}

pub(super) async fn measure(options: &Options, folder: &Path) -> Result<(Looked, Idle)> {
    let server = Hookflow::start_with(&options.hookflow, folder, &[KEEP_ALL]).await?;
    sleep(Duration::from_millis(500)).await;
    let started = process::resident(server.pid)?;
    let mut looked = Looked::default();
    for (name, target) in ASKED {
        let target = target.replace("{key}", &key(0)).replace("{async}", &key(1));
        // Figures of as many hours are kept for a moment.
        let asked = |look: usize| target.replace("{hours}", &(24 - look).to_string());
        forget(&database(folder))?;
        let cold = timed(&server, &asked(0)).await.context(name)?;
        let mut warm = Duration::ZERO;
        for look in 1..=LOOKS {
            warm = warm.max(timed(&server, &asked(look)).await?);
        }
        looked.0.push(Look { cold, warm });
    }
    let idle = Idle { started, looked: process::resident(server.pid)? };
    server.stop().await?;
    Ok((looked, idle))
}

async fn timed(server: &Hookflow, target: &str) -> Result<Duration> {
    let from = Instant::now();
    server.get(target).await?;
    Ok(from.elapsed())
}
