//! R4: no room is answered 503, and passes by itself when there is room.
//!
//! With root the disk is a tmpfs of 64 MB and a file that is in the way; without it, the database is given a size.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;

use super::{Bench, async_flow, is_root, lacks, pure_node, tool};
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::server::Server;
use crate::stored::{Stored, all_ended};

const ASYNC: &str = "proveasync000";
const FILLING: usize = 16 << 10;
const FULL_MAX: Duration = Duration::from_secs(60);
/// How soon after there is room again a caller has a 2xx.
const BACK_MAX: Duration = Duration::from_secs(5);

/// Whose end of the room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// `size=64m`, needs root.
    Tmpfs,
    /// `store_database_bytes_max`; there is room again after a restart with a larger one.
    Setting,
}

pub async fn run(bench: &Bench, room: Room) -> Result<Outcome> {
    if room == Room::Tmpfs && !is_root() {
        return Ok(Outcome::skipped("R4", "needs root"));
    }
    if room == Room::Tmpfs && lacks(&["mount", "umount"]).is_some() {
        return Ok(Outcome::skipped("R4", "needs mount"));
    }
    let mut outcome = Outcome::new("R4");
    let mut home = bench.home()?;
    let disk = match room {
        Room::Tmpfs => {
            let disk = Tmpfs::mount(bench.folder.join("full")).await?;
            home.folder.clone_from(&disk.0);
            std::fs::write(disk.filler(), vec![0; 24 << 20])?;
            Some(disk)
        }
        Room::Setting => {
            home = home.with("HOOKFLOW_STORE_DATABASE_BYTES_MAX", (8 << 20).to_string());
            None
        }
    };
    let mut server = home.start().await?;
    home.apply(&[("async", async_flow(ASYNC, &[pure_node()]))]).await?;
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let plan = Plan { connections: 16, filling: FILLING, ..Plan::new(server.hooks, &[ASYNC]) };
    let load = Load::start(plan.clone(), &ledger);
    let from = Instant::now();
    while load.tally().refused < 100 {
        ensure!(from.elapsed() < FULL_MAX, "it does not fill up: {:?}", load.tally());
        ensure!(server.has_ended().is_none(), "the server ended on a full disk: {}", home.log_tail());
        sleep(Duration::from_millis(20)).await;
    }
    sleep(bench.load).await;
    let full = load.tally();
    outcome.check(server.has_ended().is_none(), || "the server ended on a full disk".to_owned());
    reads(&server, &mut outcome).await?;
    let filled = load.finish().await;

    // A fresh load, so that its first success is the first one after there is room.
    let roomy = Instant::now();
    match &disk {
        Some(disk) => std::fs::remove_file(disk.filler())?,
        None => {
            server.terminate().await?;
            home = home.with("HOOKFLOW_STORE_DATABASE_BYTES_MAX", "0");
            server = home.start().await?;
        }
    }
    let load = Load::start(Plan { addresses: vec![server.hooks], pause: Duration::from_millis(20), ..plan }, &ledger);
    let back = load.first_success(BACK_MAX * 4).await.map(|at| at.duration_since(roomy));
    outcome.check(back.is_some_and(|back| back <= BACK_MAX), || format!("the first 2xx after there is room: {back:?}"));
    sleep(Duration::from_millis(500)).await;
    let (ready, why) = server.admin("GET", "/readyz", "").await?;
    outcome.check(ready == 200, || format!("/readyz still answers {ready} {why}"));
    load.finish().await;
    if let Err(open) = all_ended(&home.database(), FULL_MAX).await {
        outcome.violation(open.to_string());
    }
    server.terminate().await?;
    let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
    let stored = Stored::open(&home.database())?;
    let lost = stored.missing(&account.acknowledged)?;
    outcome.none("acknowledged and lost", &lost);
    let integrity = stored.integrity()?;
    outcome.check(integrity == "ok", || format!("integrity_check: {integrity}"));
    outcome.did = format!(
        "{}, filled with bodies of 16 KB, {:.0} s at full",
        match room {
            Room::Tmpfs => "a tmpfs of 64 MB for data and log",
            Room::Setting => "a database of at most 8 MB",
        },
        bench.load.as_secs_f64()
    );
    outcome.figures = format!(
        "{} acknowledged, {} lost; {} refused at full, {} answered otherwise; first 2xx {} ms after there was room",
        account.acknowledged.len(),
        lost.len(),
        full.refused,
        filled.sent - filled.answered,
        back.unwrap_or_default().as_millis()
    );
    Ok(outcome)
}

/// At full the server still shows what it has, and says what is wrong.
async fn reads(server: &Server, outcome: &mut Outcome) -> Result<()> {
    let (status, _) = server.admin("GET", "/api/v1/executions?limit=1", "").await?;
    outcome.check(status == 200, || format!("executions cannot be listed at full: {status}"));
    let (ready, why) = server.admin("GET", "/readyz", "").await?;
    outcome.check(ready == 503 && why.to_lowercase().contains("full"), || {
        format!("/readyz at full answers {ready}, {why:?}")
    });
    Ok(())
}

/// Dropped, it is unmounted.
struct Tmpfs(PathBuf);

impl Tmpfs {
    async fn mount(at: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&at)?;
        let path = at.to_str().context("a path that is text")?;
        tool("mount", &["-t", "tmpfs", "-o", "size=64m", "tmpfs", path]).await?;
        Ok(Self(at))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // It is empty memory; what is left ends with the machine.
        let _ = std::process::Command::new("umount").arg(&self.0).output();
    }
}
