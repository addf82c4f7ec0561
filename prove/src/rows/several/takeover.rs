//! R8: what a killed server ran goes on at the others within 20 s.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::sleep;

use super::{EFFECT, ENDS_MAX};
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::rows::{Bench, async_flow, effect_node};
use crate::sink::Sink;
use crate::site::{Site, addresses};

pub const ROW: &str = "R8";
const SERVERS: usize = 3;
const WITHIN: Duration = Duration::from_secs(20);
/// How long the far side takes to answer: nothing is over before the kill.
const CALL: Duration = Duration::from_secs(8);
const BEGUN_MAX: Duration = Duration::from_secs(60);

/// `running`: how many executions one of the three runs when it is killed.
pub async fn run(bench: &Bench, running: u64) -> Result<Outcome> {
    let mut outcome = Outcome::new(ROW);
    let site = Site::new(bench, SERVERS).await?;
    let sink = Sink::start(&bench.folder.join("sink"), CALL).await?;
    let flow = async_flow(EFFECT, &[effect_node("call", sink.address, ", timeout_ms: 60000")]);
    // The one alone takes them all; the others come when it runs them.
    let all_at_once = running.to_string();
    let homes: Vec<_> = site
        .homes
        .iter()
        .map(|home| {
            home.clone()
                .with("HOOKFLOW_EXECUTIONS_RUNNING_MAX", &all_at_once)
                .with("HOOKFLOW_EXECUTIONS_RUNNING_PER_WORKFLOW_MAX", &all_at_once)
                .with("HOOKFLOW_EXECUTIONS_IN_MEMORY_PER_WORKFLOW_MAX", "4096")
        })
        .collect();
    let victim = homes[0].start().await?;
    homes[0].apply(&[("effect", flow)]).await?;
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let load = Load::start(Plan::over(&addresses(std::slice::from_ref(&victim)), &[EFFECT]), &ledger);
    while load.tally().acknowledged < running {
        sleep(Duration::from_millis(5)).await;
    }
    load.finish().await;
    let acknowledged = Arc::into_inner(ledger).expect("the load has ended").close()?.acknowledged;
    let many = acknowledged.len() as u64;
    let began = Instant::now();
    while sink.count() < running.min(many) {
        anyhow::ensure!(began.elapsed() < BEGUN_MAX, "{} of {many} are under way", sink.count());
        sleep(Duration::from_millis(5)).await;
    }
    let others = [homes[1].start().await?, homes[2].start().await?];
    let kept = site.kept().await?;
    let open = kept.open_count().await?;
    victim.kill().await?;
    let killed = Instant::now();
    // Each is claimed by somebody else: at an epoch above its first.
    let resumed = "select count(*) from execution where epoch = 1 and due_at is not null";
    while kept.number(resumed).await? > 0 && killed.elapsed() < 3 * WITHIN {
        sleep(Duration::from_millis(50)).await;
    }
    let took = killed.elapsed();
    outcome.check(took <= WITHIN, || format!("it took {:.1} s until all went on", took.as_secs_f64()));
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    outcome.check(u64::try_from(open)? >= running, || format!("only {open} ran when the server was killed"));
    for server in others {
        server.terminate().await?;
    }
    let effects = sink.effects()?;
    let figures = kept.compare(&acknowledged, 0, &effects, &mut outcome).await?;
    outcome.did =
        format!("SIGKILL to one of {SERVERS} servers while it ran {open} executions, a call of each under way");
    outcome.figures = format!("all went on at the others after {:.1} s; {figures}", took.as_secs_f64());
    Ok(outcome)
}
