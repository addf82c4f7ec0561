//! R17: the clock on the wall jumps, forth and back, and nothing happens twice or never.
//!
//! libfaketime stands between the program and the wall's clock; the clock that only goes forward is left alone, as
//! it is on a machine whose time is set.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::{Bench, async_flow, effect_node, sync_flow};
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::server::Home;
use crate::sink::Sink;
use crate::stored::{Stored, all_ended};

const SYNC: &str = "provesync0000";
const DELAYED: &str = "provedelay000";
/// Where Debian puts it, one folder an architecture.
const LIBRARY: &str = "faketime/libfaketime.so.1";
/// One after the other, in seconds from the true time; DST is no jump of this clock.
const JUMPS: [(&str, i64); 6] = [
    ("+1 h", 3_600),
    ("−1 h", -3_600),
    ("a leap second back", -3_601),
    ("5 min ahead", 300),
    ("true time", 0),
    ("+10 y", 315_576_000),
];
pub(super) const INSTALL: &str = "needs libfaketime: apt-get install faketime";
const ENDS_MAX: Duration = Duration::from_secs(60);

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let Some(library) = library() else {
        return Ok(Outcome::skipped("R17", INSTALL));
    };
    let mut outcome = Outcome::new("R17");
    let sink = Sink::start(&bench.folder.join("sink"), Duration::ZERO).await?;
    let control = bench.folder.join("clock");
    set(&control, 0)?;
    let home = faked(bench.home()?, &library, &control);
    let delay = r"{ key: pause, kind: delay, config: { amount: 1500, unit: milliseconds } }".to_owned();
    let server = home.start().await?;
    let nodes = [delay, effect_node("call", sink.address, "")];
    home.apply(&[("sync", sync_flow(SYNC)), ("delay", async_flow(DELAYED, &nodes))]).await?;

    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let plan = Plan { connections: 8, pause: Duration::from_millis(20), ..Plan::new(server.hooks, &[SYNC, DELAYED]) };
    let load = Load::start(plan, &ledger);
    let mut before = 0;
    for (name, offset) in JUMPS {
        sleep(bench.load).await;
        set(&control, offset)?;
        sleep(Duration::from_millis(300)).await;
        let so_far = load.tally().acknowledged;
        outcome.check(so_far > before, || format!("nothing was acknowledged before and after the jump to {name}"));
        before = so_far;
    }
    // The last jump is the farthest: every delay is over by then.
    sleep(Duration::from_millis(500)).await;
    let tally = load.finish().await;
    if let Err(open) = all_ended(&home.database(), ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    let (status, _) = server.terminate().await?;
    outcome.check(status.success(), || format!("exit {status}"));
    let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
    let stored = Stored::open(&home.database())?;
    let lost = stored.missing(&account.acknowledged)?;
    outcome.none("acknowledged and lost", &lost);
    let effects = sink.effects()?;
    let (mut not_once, mut delayed, mut wrong_end) = (Vec::new(), 0, Vec::new());
    for id in &account.acknowledged {
        let Some(row) = stored.execution(*id)? else { continue };
        if row.status != "succeeded" {
            wrong_end.push((*id, row.status, row.reason));
        }
        let times = effects.of_node(*id, "call");
        if row.answer_status == Some(200) && stored.journal(*id)?.iter().any(|node| node.node == "pause") {
            delayed += 1;
            if times != 1 {
                not_once.push((*id, times));
            }
        }
    }
    outcome.none("delays that did not lead to exactly one effect (id, effects)", &not_once);
    outcome.none("did not succeed", &wrong_end);
    outcome.check(tally.refused == 0, || format!("{} requests were refused", tally.refused));
    outcome.check(delayed > 0, || "no delay was under way: this proved nothing".to_owned());
    let jumps: Vec<&str> = JUMPS.iter().map(|(name, _)| *name).collect();
    outcome.did = format!("the wall's clock of a server under load set to {} by libfaketime", jumps.join(", "));
    outcome.figures = format!(
        "{} acknowledged, {} lost, {delayed} with a delay of 1.5 s, {} of them not exactly once; {} refused",
        account.acknowledged.len(),
        lost.len(),
        not_once.len(),
        tally.refused
    );
    Ok(outcome)
}

/// Whose server goes by the clock that `control` sets.
pub(super) fn faked(home: Home, library: &Path, control: &Path) -> Home {
    home.with("LD_PRELOAD", library.to_string_lossy())
        .with("FAKETIME_TIMESTAMP_FILE", control.to_string_lossy())
        .with("FAKETIME_NO_CACHE", "1")
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}

pub(super) fn library() -> Option<PathBuf> {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];
    folders.iter().map(|folder| Path::new(folder).join(LIBRARY)).find(|library| library.is_file())
}

/// Renamed into place, so that nobody reads half of it.
pub(super) fn set(control: &Path, offset: i64) -> Result<()> {
    let next = control.with_extension("next");
    std::fs::write(&next, format!("{offset:+}\n"))?;
    std::fs::rename(next, control)?;
    Ok(())
}
