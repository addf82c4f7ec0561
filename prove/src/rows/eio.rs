//! R3: a disk that fails is never asked again in the hope that it has got better.
//!
//! strace makes a system call of the real program fail. The server has to end by itself and what it had
//! acknowledged has to be there after the next start.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use super::{Bench, async_flow, lacks, pure_node, sync_flow, tool};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::stored::Stored;

const SYNC: &str = "provesync0000";
const ASYNC: &str = "proveasync000";
/// Flushes and writes, as SQLite does them.
const CALLS: [&str; 2] = ["fsync,fdatasync", "pwrite64"];
/// Until the call that fails comes round, and the server has seen to it.
const END_MAX: Duration = Duration::from_secs(60);

pub async fn run(bench: &Bench) -> Result<Outcome> {
    if lacks(&["strace"]).is_some() {
        return Ok(Outcome::skipped("R3", "needs strace: apt-get install strace"));
    }
    if tool("strace", &["-o", "/dev/null", "true"]).await.is_err() {
        return Ok(Outcome::skipped("R3", "needs a system that lets strace trace"));
    }
    let mut outcome = Outcome::new("R3");
    let home = bench.home()?;
    let server = home.start().await?;
    home.apply(&[("sync", sync_flow(SYNC)), ("async", async_flow(ASYNC, &[pure_node()]))]).await?;
    server.terminate().await?;

    let mut dice = Dice::new(bench.seed);
    let (mut all, mut refused, mut met, mut at_start) = (Vec::new(), 0, 0, 0);
    for round in 0..bench.rounds {
        let calls = CALLS[round as usize % CALLS.len()];
        // Writes come by the page, flushes by the batch.
        let nth = dice.within(2..201) * if calls == "pwrite64" { 10 } else { 1 };
        let inject = format!("inject={calls}:error=EIO:when={nth}+{nth}");
        let trace = format!("trace={calls}");
        let strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
        let failing = home.clone().through(&strace);
        let Ok(mut server) = failing.start().await else {
            // It failed before it took requests: refusing to start is an answer too.
            at_start += 1;
            continue;
        };
        let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
        let load = Load::start(Plan { connections: 16, ..Plan::new(server.hooks, &[SYNC, ASYNC]) }, &ledger);
        match timeout(END_MAX, server.ended()).await {
            Ok(ended) => {
                met += 1;
                let status = ended?;
                outcome.check(!status.success(), || format!("EIO on {calls} at call {nth}: exit as if all were well"));
            }
            Err(_) => outcome.violation(format!("EIO on each {nth}th {calls}: the server goes on")),
        }
        drop(server);
        load.finish().await;
        let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
        refused += account.refused;
        all.extend(account.acknowledged);

        let server = home.start().await?;
        server.terminate().await?;
        let lost = Stored::open(&home.database())?.missing(&all)?;
        outcome.none(&format!("acknowledged and lost, EIO on {calls} at call {nth}"), &lost);
    }
    let integrity = Stored::open(&home.database())?.integrity()?;
    outcome.check(integrity == "ok", || format!("integrity_check: {integrity}"));
    outcome.check(met > 0 && !all.is_empty(), || "no failure was met under load: this proved nothing".to_owned());
    outcome.did = format!(
        "EIO by strace on each k-th fsync or fdatasync (k from 2 to 200), or pwrite64 (k from 20 to 2000), {} times, under load, a start after each",
        bench.rounds
    );
    outcome.figures = format!(
        "{met} servers ended by themselves with an error, {at_start} refused to start; {} acknowledged, {refused} refused, {} violations",
        all.len(),
        outcome.violations.len()
    );
    Ok(outcome)
}
