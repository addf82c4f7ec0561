//! R17 with several servers: their clocks differ and jump, and nothing happens twice or never.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::{ENDS_MAX, HEARD, SYNC};
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::rows::{Bench, async_flow, clock, effect_node, sync_flow};
use crate::sink::Sink;
use crate::site::{Site, addresses};

pub const ROW: &str = "R17 several";
const DELAYED: &str = "provedelay000";
const SERVERS: usize = 2;
/// One after the other, in seconds from the true time, of each server.
const JUMPS: [(&str, [i64; SERVERS]); 7] = [
    ("5 min apart", [0, 300]),
    ("both an hour ahead", [3_600, 3_900]),
    ("one an hour behind", [-3_600, 300]),
    ("a leap second back", [-3_601, 299]),
    ("5 min apart the other way round", [300, 0]),
    ("true time", [0, 0]),
    ("10 years ahead, 5 min apart", [315_576_000, 315_576_300]),
];
/// Rows of servers: another one has been declared dead, and has come again, if this changes.
const WHO_LIVES: &str = "select coalesce(sum(hashtext(id::text)), 0)::bigint from server";

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let Some(library) = clock::library() else {
        return Ok(Outcome::skipped(ROW, clock::INSTALL));
    };
    let mut outcome = Outcome::new(ROW);
    let site = Site::new(bench, SERVERS).await?;
    let sink = Sink::start(&bench.folder.join("sink"), Duration::ZERO).await?;
    let (mut servers, mut controls) = (Vec::new(), Vec::new());
    for home in &site.homes {
        let control = home.folder.join("clock");
        clock::set(&control, 0)?;
        servers.push(clock::faked(home.clone(), &library, &control).start().await?);
        controls.push(control);
    }
    let delay = r"{ key: pause, kind: delay, config: { amount: 1500, unit: milliseconds } }".to_owned();
    let nodes = [delay, effect_node("call", sink.address, "")];
    site.homes[0].apply(&[("sync", sync_flow(SYNC)), ("delay", async_flow(DELAYED, &nodes))]).await?;
    sleep(HEARD).await;
    let kept = site.kept().await?;
    let lived = kept.number(WHO_LIVES).await?;
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let pause = Duration::from_millis(20);
    let plan = Plan { connections: 16, pause, ..Plan::over(&addresses(&servers), &[SYNC, DELAYED]) };
    let load = Load::start(plan, &ledger);
    let mut before = 0;
    for (name, offsets) in JUMPS {
        sleep(bench.load).await;
        for (control, offset) in controls.iter().zip(offsets) {
            clock::set(control, offset)?;
        }
        sleep(Duration::from_millis(300)).await;
        let so_far = load.tally().acknowledged;
        outcome.check(so_far > before, || format!("nothing was acknowledged before and after the jump to {name}"));
        before = so_far;
    }
    sleep(Duration::from_millis(500)).await;
    let tally = load.finish().await;
    // The last jump is the farthest: every delay is over by then.
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    let lives = kept.number(WHO_LIVES).await?;
    outcome.check(lives == lived, || "a server was declared dead though it lived".to_owned());
    for server in servers {
        let (status, _) = server.terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
    }
    let acknowledged = Arc::into_inner(ledger).expect("the load has ended").close()?.acknowledged;
    let unanswered = i64::try_from(tally.sent - acknowledged.len() as u64)?;
    let effects = sink.effects()?;
    let figures = kept.compare(&acknowledged, unanswered, &effects, &mut outcome).await?;
    let delayed = kept.delayed(DELAYED).await?;
    let not_once: Vec<_> =
        delayed.iter().map(|id| (*id, effects.of_node(*id, "call"))).filter(|(_, times)| *times != 1).collect();
    outcome.none("delays that did not lead to exactly one effect (id, effects)", &not_once);
    outcome.check(!delayed.is_empty(), || "no delay was under way: this proved nothing".to_owned());
    // A server that lives was taken for dead, though its lease is by the database's clock.
    let twice = kept.number("select count(*) from execution where takeovers > 0").await?;
    outcome.check(twice == 0, || format!("{twice} executions were taken from a server that lived"));
    outcome.check(tally.refused == 0, || format!("{} requests were refused", tally.refused));
    let jumps: Vec<&str> = JUMPS.iter().map(|(name, _)| *name).collect();
    outcome.did =
        format!("the walls' clocks of {SERVERS} servers under load set to {} by libfaketime", jumps.join(", "));
    outcome.figures = format!(
        "{} with a delay of 1.5 s, {} of them not exactly once, {twice} taken from a server that lived, no server declared dead; {} refused; {figures}",
        delayed.len(),
        not_once.len(),
        tally.refused
    );
    Ok(outcome)
}
