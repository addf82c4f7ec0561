//! R2: the same when the power goes: what was not flushed is gone.
//!
//! Needs root: a file system in a file, mounted, and shut down in the middle of the load, which drops every page
//! that was not flushed. A canary, which flushes too little on purpose, has to lose something the same way.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use domain::id::ExecutionId;
use tokio::time::sleep;

use super::{Bench, async_flow, is_root, lacks, pure_node, sync_flow, tool};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::server::Home;
use crate::stored::Stored;

const SYNC: &str = "provesync0000";
const ASYNC: &str = "proveasync000";
/// Enough for XFS, and for what comes in between two new file systems.
const IMAGE: &str = "768M";
/// Cuts on one file system before a new one is made, so that it never fills up.
const CUTS_EACH: u32 = 10;
/// Within so many cuts the canary has lost something, or the bench sees nothing.
const CANARY_CUTS: u32 = 20;

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum FileSystem {
    Xfs,
    Ext4,
}

impl FileSystem {
    async fn make(self, image: &str) -> Result<()> {
        match self {
            Self::Xfs => tool("mkfs.xfs", &["-q", "-f", image]).await,
            Self::Ext4 => tool("mkfs.ext4", &["-q", "-F", image]).await,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Xfs => "XFS",
            Self::Ext4 => "ext4",
        }
    }
}

/// `canary`: a program built with the feature `testing`, which can be made to flush too little.
pub async fn run(bench: &Bench, canary: &Path, on: &[FileSystem]) -> Result<Outcome> {
    if !is_root() {
        return Ok(Outcome::skipped("R2", "needs root"));
    }
    if let Some(program) = lacks(&["mkfs.xfs", "xfs_io", "mkfs.ext4", "mount", "umount"]) {
        return Ok(Outcome::skipped("R2", &format!("needs {program}: apt-get install xfsprogs e2fsprogs mount")));
    }
    let mut outcome = Outcome::new("R2");
    let mut figures = Vec::new();
    for &kind in on {
        let cuts = cuts(bench, &bench.program, kind, false, &mut outcome).await?;
        outcome.none(&format!("acknowledged and lost on {}", kind.name()), &cuts.lost);
        let seen = Bench { rounds: CANARY_CUTS, ..bench.clone() };
        let canary = self::cuts(&seen, canary, kind, true, &mut outcome).await?;
        outcome.check(!canary.lost.is_empty(), || {
            format!("the bench is blind on {}: the canary lost nothing in {CANARY_CUTS} cuts", kind.name())
        });
        figures.push(format!(
            "{}: {} cuts, {} acknowledged, {} lost; canary lost {} at cut {}",
            kind.name(),
            cuts.made,
            cuts.acknowledged,
            cuts.lost.len(),
            canary.lost.len(),
            canary.made
        ));
    }
    outcome.did = format!(
        "power cuts by `xfs_io -x -c shutdown` after {:.1} to {:.1} s of load on a loop-mounted file system, integrity_check after each; canary: synchronous=NORMAL",
        bench.load.as_secs_f64() / 3.0,
        bench.load.as_secs_f64()
    );
    outcome.figures = figures.join("; ");
    Ok(outcome)
}

struct Cuts {
    made: u32,
    acknowledged: usize,
    lost: Vec<ExecutionId>,
}

/// A canary stops at its first loss.
async fn cuts(bench: &Bench, program: &Path, kind: FileSystem, is_canary: bool, outcome: &mut Outcome) -> Result<Cuts> {
    let mut dice = Dice::new(bench.seed);
    let mut cuts = Cuts { made: 0, acknowledged: 0, lost: Vec::new() };
    let mut all = Vec::new();
    let mut disk: Option<Disk> = None;
    while cuts.made < bench.rounds && (!is_canary || cuts.lost.is_empty()) {
        if cuts.made.is_multiple_of(CUTS_EACH) {
            drop(disk.take());
            all.clear();
            disk = Some(Disk::make(&bench.folder, kind).await?);
        }
        let Some(disk) = &disk else { continue };
        let mut home = Home::new(program, &bench.folder)?;
        home.folder.clone_from(&disk.mount);
        if is_canary {
            home = home.with("CANARY_STORE", "1");
        }
        let server = home.start().await?;
        if cuts.made.is_multiple_of(CUTS_EACH) {
            home.apply(&[("sync", sync_flow(SYNC)), ("async", async_flow(ASYNC, &[pure_node()]))]).await?;
        }
        let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
        let load = Load::start(Plan::new(server.hooks, &[SYNC, ASYNC]), &ledger);
        sleep(dice.moment(bench.load)).await;
        ledger.ends_here();
        let cut_at = SystemTime::now();
        tool("xfs_io", &["-x", "-c", "shutdown", disk.path()]).await?;
        server.kill().await?;
        load.finish().await;
        let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
        disk.power_on().await?;
        cuts.made += 1;
        cuts.acknowledged += account.acknowledged.len();
        all.extend(account.acknowledged);

        let stored = Stored::open(&home.database())?;
        let lost = stored.missing(&all)?;
        if !lost.is_empty() && !is_canary {
            let what = format!("lost at cut {} on {}, {}", cuts.made, kind.name(), when(&lost, cut_at));
            outcome.none(&what, &lost);
        }
        // Once is enough: what a cut took stays away after the next one.
        all.retain(|id| !lost.contains(id));
        cuts.lost.extend(lost);
        let integrity = stored.integrity()?;
        outcome.check(is_canary || integrity == "ok", || format!("integrity_check on {}: {integrity}", kind.name()));
    }
    ensure!(cuts.acknowledged > 0, "nothing was acknowledged: this was no load");
    Ok(cuts)
}

/// How long before the cut these were accepted: a flush that is under way at a cut is one thing, an old one another.
fn when(lost: &[ExecutionId], cut_at: SystemTime) -> String {
    let cut_at = cut_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    // The first 48 bits of an id are milliseconds.
    let before = lost.iter().map(|id| {
        let millis = id.to_bytes()[..6].iter().fold(0_u128, |millis, byte| millis << 8 | u128::from(*byte));
        i128::try_from(cut_at).unwrap_or(0) - i128::try_from(millis).unwrap_or(0)
    });
    let (least, most) = before.fold((i128::MAX, i128::MIN), |(least, most), ms| (least.min(ms), most.max(ms)));
    format!("accepted {least} to {most} ms before it")
}

/// A mounted file system in a file. Dropped, it is unmounted.
struct Disk {
    image: PathBuf,
    mount: PathBuf,
}

impl Disk {
    async fn make(folder: &Path, kind: FileSystem) -> Result<Self> {
        let disk = Self { image: folder.join("image"), mount: folder.join("mount") };
        // A new file: nothing of the last one is left in it.
        let _ = std::fs::remove_file(&disk.image);
        std::fs::create_dir_all(&disk.mount)?;
        tool("truncate", &["-s", IMAGE, &disk.image.to_string_lossy()]).await?;
        kind.make(&disk.image.to_string_lossy()).await?;
        disk.mount().await?;
        Ok(disk)
    }

    fn path(&self) -> &str {
        self.mount.to_str().unwrap_or_default()
    }

    async fn mount(&self) -> Result<()> {
        tool("mount", &["-o", "loop", &self.image.to_string_lossy(), self.path()]).await
    }

    /// As after a power cut: what reached the disk is all there is.
    async fn power_on(&self) -> Result<()> {
        tool("umount", &[self.path()]).await?;
        self.mount().await
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A failure shows with the next mount.
        let _ = std::process::Command::new("umount").arg(&self.mount).output();
    }
}
