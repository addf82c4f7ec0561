//! R1: a 2xx means that the event is on disk. SIGKILL at any moment, again and again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use domain::id::ExecutionId;
use tokio::time::sleep;

use super::{Bench, async_flow, effect_node, pure_node, sync_flow};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::sink::{Effects, Sink};
use crate::stored::{Stored, all_ended};

const SYNC: &str = "provesync0000";
const ASYNC: &str = "proveasync000";
const EFFECT: &str = "proveeffect00";
const CONNECTIONS: usize = 64;
const ENDS_MAX: Duration = Duration::from_secs(300);

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let mut outcome = Outcome::new("R1");
    let home = bench.home()?;
    let sink = Sink::start(&bench.folder.join("sink"), Duration::ZERO).await?;
    let server = home.start().await?;
    home.apply(&[
        ("sync", sync_flow(SYNC)),
        ("async", async_flow(ASYNC, &[pure_node()])),
        ("effect", async_flow(EFFECT, &[effect_node("call", sink.address, "")])),
    ])
    .await?;
    server.kill().await?;

    let mut dice = Dice::new(bench.seed);
    let mut all: Vec<ExecutionId> = Vec::new();
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    for round in 1..=bench.rounds {
        let from = Instant::now();
        let server = home.start().await?;
        slowest = slowest.max(from.elapsed());
        let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
        // Effects are a part of the mixture, not most of it: each costs the sink a flush of its own.
        let mixture = [SYNC, ASYNC, SYNC, ASYNC, SYNC, ASYNC, SYNC, EFFECT];
        let load = Load::start(Plan { connections: CONNECTIONS, ..Plan::new(server.hooks, &mixture) }, &ledger);
        sleep(dice.moment(bench.load)).await;
        server.kill().await?;
        load.finish().await;
        let ledger = Arc::into_inner(ledger).expect("the load has ended");
        let account = ledger.close()?;
        outcome.check(account.nameless == 0, || format!("{} 2xx named no execution", account.nameless));
        refused += account.refused;

        let stored = Stored::open(&home.database())?;
        let lost = stored.missing(&account.acknowledged)?;
        outcome.none(&format!("acknowledged and lost in round {round}"), &lost);
        all.extend(account.acknowledged);
    }

    let server = home.start().await?;
    if let Err(open) = all_ended(&home.database(), ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    server.terminate().await?;
    compare(bench, &home.database(), &sink.effects()?, &all, &mut outcome)?;
    outcome.did = format!(
        "{} SIGKILLs, each after {:.1} to {:.1} s of {CONNECTIONS} connections on sync, async and async with an effect",
        bench.rounds,
        bench.load.as_secs_f64() / 3.0,
        bench.load.as_secs_f64()
    );
    outcome.figures = format!(
        "{} acknowledged, {refused} refused, {}; slowest start {} ms",
        all.len(),
        outcome.figures,
        slowest.as_millis()
    );
    Ok(outcome)
}

/// At the end, everything once more.
fn compare(
    bench: &Bench,
    database: &std::path::Path,
    effects: &Effects,
    acknowledged: &[ExecutionId],
    outcome: &mut Outcome,
) -> Result<()> {
    let stored = Stored::open(database)?;
    let integrity = stored.integrity()?;
    outcome.check(integrity == "ok", || format!("integrity_check: {integrity}"));
    let (mut lost, mut without_end) = (Vec::new(), Vec::new());
    for id in acknowledged {
        match stored.execution(*id)? {
            None => lost.push(*id),
            Some(row) if row.status != "succeeded" => without_end.push((*id, row.status, row.reason)),
            Some(_) => {}
        }
    }
    outcome.none("acknowledged and lost", &lost);
    outcome.none("acknowledged and not succeeded", &without_end);

    let unanswered = stored.executions()? - acknowledged.len() as i64;
    let under_way = i64::from(bench.rounds) * CONNECTIONS as i64;
    outcome.check(unanswered <= under_way, || {
        format!("{unanswered} are stored without a 2xx, but only {under_way} can have been under way")
    });

    let mut too_often = Vec::new();
    for ((id, node), times) in &effects.times {
        let epoch = stored.execution(*id)?.map_or(0, |row| row.epoch);
        if *times > epoch {
            too_often.push((*id, node.clone(), *times, epoch));
        }
    }
    outcome.none("effects more often than claimed (id, node, effects, claims)", &too_often);
    outcome.none("effects with a wrong key", &effects.wrong_keys);
    let of_effect_flow: usize = effects.times.len();
    outcome.check(of_effect_flow > 0, || "no effect happened: this proved nothing".to_owned());
    outcome.figures = format!(
        "{} lost, {} without their end, {unanswered} kept without a 2xx (at most {under_way}), {of_effect_flow} effects of which {} again after a kill",
        lost.len(),
        without_end.len(),
        effects.repeated()
    );
    Ok(())
}
