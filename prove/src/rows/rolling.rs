//! R16: SIGTERM under load, again and again: who was accepted is answered.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::{Bench, async_flow, effect_node, pure_node, sync_flow};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::sink::Sink;
use crate::stored::{Stored, all_ended};

const SYNC: &str = "provesync0000";
const ASYNC: &str = "proveasync000";
const EFFECT: &str = "proveeffect00";
const STOP_MAX: Duration = Duration::from_secs(30);
const ENDS_MAX: Duration = Duration::from_secs(120);

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let mut outcome = Outcome::new("R16");
    let home = bench.home()?;
    let sink = Sink::start(&bench.folder.join("sink"), Duration::from_millis(20)).await?;
    let server = home.start().await?;
    home.apply(&[
        ("sync", sync_flow(SYNC)),
        ("async", async_flow(ASYNC, &[pure_node()])),
        ("effect", async_flow(EFFECT, &[effect_node("call", sink.address, ""), effect_node("then", sink.address, "")])),
    ])
    .await?;
    server.terminate().await?;
    let mut dice = Dice::new(bench.seed);
    let mut all = Vec::new();
    let mut slowest = Duration::ZERO;
    for round in 1..=bench.rounds {
        let server = home.start().await?;
        let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
        let load = Load::start(Plan::new(server.hooks, &[SYNC, ASYNC, EFFECT]), &ledger);
        sleep(dice.moment(bench.load)).await;
        let (status, took) = server.terminate().await?;
        load.finish().await;
        outcome.check(status.success(), || format!("stop {round} ended with {status}"));
        outcome.check(took <= STOP_MAX, || format!("stop {round} took {} ms", took.as_millis()));
        slowest = slowest.max(took);
        all.extend(Arc::into_inner(ledger).expect("the load has ended").close()?.acknowledged);
    }
    let server = home.start().await?;
    if let Err(open) = all_ended(&home.database(), ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    server.terminate().await?;
    let stored = Stored::open(&home.database())?;
    let lost = stored.missing(&all)?;
    outcome.none("acknowledged and lost", &lost);
    // The other way round: a caller whose request was kept and who heard nothing was cut off.
    let cut_off = stored.executions()? - all.len() as i64;
    outcome.check(cut_off == 0, || format!("{cut_off} requests were kept and their callers got no answer"));
    let effects = sink.effects()?;
    let repeated: Vec<_> = effects.times.iter().filter(|(_, times)| **times > 1).collect();
    outcome.none("effects again after an orderly stop", &repeated);
    outcome.none("effects with a wrong key", &effects.wrong_keys);
    outcome.did = format!(
        "SIGTERM {} times, each after {:.1} to {:.1} s of 64 connections",
        bench.rounds,
        bench.load.as_secs_f64() / 3.0,
        bench.load.as_secs_f64()
    );
    outcome.figures = format!(
        "{} acknowledged, {} lost, {cut_off} kept without an answer, {} effects, {} of them twice; each exit 0, slowest stop {} ms",
        all.len(),
        lost.len(),
        effects.times.len(),
        repeated.len(),
        slowest.as_millis()
    );
    Ok(outcome)
}
