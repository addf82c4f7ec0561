//! Retention with the default settings, on a history that has far more than it keeps: what callers notice.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rusqlite::{Connection, OpenFlags};
use tokio::time::sleep;

use super::load::Load;
use super::{Options, Size, database, key};

/// Callers are few: a machine that is full answers later, whatever else it does.
const CONNECTIONS: usize = 8;
const LOOK: Duration = Duration::from_secs(10);
/// The first round begins a minute after the start.
const BEGIN_MAX: Duration = Duration::from_secs(90);

#[derive(Debug, Clone, Copy)]
pub(super) struct Pruned {
    /// Of callers, before it began and while it went on.
    pub(super) p99: [Duration; 2],
    pub(super) per_second: [f64; 2],
    /// Executions that went, a second.
    pub(super) pruned: f64,
}

pub(super) async fn measure(options: &Options, size: &Size) -> Result<Pruned> {
    let server = size.serve(options, &[]).await?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database(size.folder.path()), flags)?;
    let left = || db.query_row("select count(*) from execution", [], |row| row.get::<_, i64>(0));

    let load = Load { connections: CONNECTIONS, time: LOOK };
    load.send(&server, &key(0)).await?;
    let before = load.send(&server, &key(0)).await?;
    let there = left()?;
    while left()? == there {
        ensure!(server.started.elapsed() < BEGIN_MAX, "nothing is pruned");
        sleep(Duration::from_millis(500)).await;
    }
    let (from, there) = (Instant::now(), left()?);
    let during = load.send(&server, &key(0)).await?;
    let gone = there + i64::try_from(during.answers())? - left()?;
    let pruned = gone as f64 / from.elapsed().as_secs_f64();
    server.stop().await?;
    Ok(Pruned {
        p99: [before.percentile(99.0), during.percentile(99.0)],
        per_second: [before.answers_per_second(), during.answers_per_second()],
        pruned,
    })
}
