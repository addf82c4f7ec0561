//! R1: a 2xx means that the event is on disk, whichever server gave it and whichever is killed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::{CONNECTIONS, ENDS_MAX, MIXTURE, apply_mixture};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::rows::Bench;
use crate::sink::Sink;
use crate::site::{Site, addresses};

pub const ROW: &str = "R1 several";
const SERVERS: usize = 3;

/// The load goes on all the time; one server after the other, by chance, is killed and started again.
pub async fn run(bench: &Bench) -> Result<Outcome> {
    let mut outcome = Outcome::new(ROW);
    let site = Site::new(bench, SERVERS).await?;
    let sink = Sink::start(&bench.folder.join("sink"), Duration::ZERO).await?;
    let mut servers = site.start().await?;
    apply_mixture(&site.homes[0], &sink).await?;

    let mut dice = Dice::new(bench.seed);
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let plan = Plan { connections: CONNECTIONS, ..Plan::over(&addresses(&servers), &MIXTURE) };
    let load = Load::start(plan, &ledger);
    let mut slowest = Duration::ZERO;
    for _ in 0..bench.rounds {
        sleep(dice.moment(bench.load)).await;
        let victim = dice.below(SERVERS);
        servers.remove(victim).kill().await?;
        let from = std::time::Instant::now();
        servers.insert(victim, site.homes[victim].start().await?);
        slowest = slowest.max(from.elapsed());
    }
    let tally = load.finish().await;
    let kept = site.kept().await?;
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    for server in servers {
        let (status, _) = server.terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
    }
    let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
    outcome.check(account.nameless == 0, || format!("{} 2xx named no execution", account.nameless));
    let effects = sink.effects()?;
    outcome.check(!effects.times.is_empty(), || "no effect happened: this proved nothing".to_owned());
    // A caller whose connection broke may have been kept, no others.
    let unanswered = i64::try_from(tally.sent - tally.answered)?;
    let figures = kept.compare(&account.acknowledged, unanswered, &effects, &mut outcome).await?;
    outcome.did = format!(
        "{} SIGKILLs of one of {SERVERS} servers on one PostgreSQL, {:.1} to {:.1} s apart, under {CONNECTIONS} connections on sync, async and async with two effects",
        bench.rounds,
        bench.load.as_secs_f64() / 3.0,
        bench.load.as_secs_f64()
    );
    outcome.figures = format!("{figures}; {} refused; slowest start {} ms", account.refused, slowest.as_millis());
    Ok(outcome)
}
