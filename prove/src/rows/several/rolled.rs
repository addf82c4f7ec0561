//! R16 with several servers: one after the other is stopped and started, and nobody notices.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use domain::id::ExecutionId;
use tokio::time::sleep;

use super::{ENDS_MAX, HEARD, MIXTURE, apply_mixture};
use crate::figures::Outcome;
use crate::kept::Kept;
use crate::ledger::Ledger;
use crate::load::{Load, Plan, Tally};
use crate::proxy::Proxy;
use crate::rows::Bench;
use crate::server::Server;
use crate::sink::Sink;
use crate::site::{Site, addresses};

pub const ROW: &str = "R16 several";
const SERVERS: usize = 2;
const CONNECTIONS: usize = 32;
/// A call is under way at nearly every stop, and another follows it.
const CALL: Duration = Duration::from_millis(300);
/// What is parked goes on elsewhere at once, not when a lease ends.
const TAKEN_UP_MAX: Duration = Duration::from_secs(5);
/// nginx tries a server that was away again within so long; the next one is not stopped before.
const SEEN: Duration = Duration::from_millis(2_200);
const STOP_MAX: Duration = Duration::from_secs(30);

/// How callers find a server that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// They go on to the next when one refuses the connection.
    Themselves,
    Proxy,
}

/// What a way came to.
#[derive(Debug, Default)]
struct Rolled {
    acknowledged: Vec<ExecutionId>,
    tally: Option<Tally>,
    slowest_stop: Duration,
    slowest_handover: Duration,
}

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let mut outcome = Outcome::new(ROW);
    let site = Site::new(bench, SERVERS).await?;
    let sink = Sink::start(&bench.folder.join("sink"), CALL).await?;
    let mut servers = site.start().await?;
    apply_mixture(&site.homes[0], &sink).await?;
    sleep(HEARD).await;
    let kept = site.kept().await?;
    let (mut acknowledged, mut said) = (Vec::new(), Vec::new());
    let ways: &[Way] = if Proxy::is_there() { &[Way::Themselves, Way::Proxy] } else { &[Way::Themselves] };
    for way in ways {
        let rolled = roll(bench, *way, &site, &kept, &mut servers, &mut outcome).await?;
        said.push(judge(*way, &rolled, bench.rounds, &mut outcome));
        acknowledged.extend(rolled.acknowledged);
    }
    if ways.len() == 1 {
        said.push("without nginx (run `make target/nginx/.made`), no proxy was tried".to_owned());
    }
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    for server in servers {
        server.terminate().await?;
    }
    let effects = sink.effects()?;
    outcome.check(!effects.times.is_empty(), || "no effect happened: this proved nothing".to_owned());
    let repeated = effects.repeated();
    outcome.check(repeated == 0, || format!("{repeated} effects happened again after an orderly stop"));
    let taken_up = kept.number("select count(*) from execution where epoch > 1").await?;
    outcome.check(taken_up > 0, || "nothing was parked: this proved nothing".to_owned());
    // Who was kept and heard nothing was cut off.
    let figures = kept.compare(&acknowledged, 0, &effects, &mut outcome).await?;
    outcome.did = format!(
        "{} restarts of one of {SERVERS} servers under {CONNECTIONS} connections, and as many behind nginx",
        bench.rounds
    );
    outcome.figures =
        format!("{}; {taken_up} executions were parked and went on elsewhere; {figures}", said.join("; "));
    Ok(outcome)
}

async fn roll(
    bench: &Bench,
    way: Way,
    site: &Site,
    kept: &Kept,
    servers: &mut Vec<Server>,
    outcome: &mut Outcome,
) -> Result<Rolled> {
    let at = addresses(servers);
    let proxy = match way {
        Way::Themselves => None,
        Way::Proxy => {
            let both: Vec<_> = servers.iter().map(|server| (server.hooks, server.admin)).collect();
            Some(Proxy::before(&bench.folder.join("nginx"), &both).await?)
        }
    };
    let targets = proxy.as_ref().map_or(at, |proxy| vec![proxy.hooks]);
    let ledger = Arc::new(Ledger::create(&bench.folder.join(format!("ledger-{way:?}")))?);
    let plan = Plan { connections: CONNECTIONS, pause: Duration::from_millis(5), ..Plan::over(&targets, &MIXTURE) };
    let load = Load::start(plan, &ledger);
    let mut rolled = Rolled::default();
    for round in 0..bench.rounds {
        sleep(if way == Way::Proxy { SEEN } else { bench.load }).await;
        let stopped = round as usize % SERVERS;
        let (status, took) = servers.remove(stopped).terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
        outcome.check(took <= STOP_MAX, || format!("a stop took {} ms", took.as_millis()));
        rolled.slowest_stop = rolled.slowest_stop.max(took);
        rolled.slowest_handover = rolled.slowest_handover.max(handed_over(kept, outcome).await?);
        servers.insert(stopped, site.homes[stopped].start().await?);
    }
    sleep(if way == Way::Proxy { SEEN } else { bench.load }).await;
    let refusals = load.refusals();
    rolled.tally = Some(load.finish().await);
    if let Some(proxy) = &proxy
        && !refusals.is_empty()
    {
        outcome.violation(format!("behind nginx: answered with {refusals:?}; it says: {}", proxy.log()));
    }
    rolled.acknowledged = Arc::into_inner(ledger).expect("the load has ended").close()?.acknowledged;
    if let Some(proxy) = proxy {
        outcome.check(rolled.acknowledged.len() > 100, || format!("hardly anything was answered: {}", proxy.log()));
    }
    Ok(rolled)
}

/// Until what was open when the server had ended has ended too, at the other one.
async fn handed_over(kept: &Kept, outcome: &mut Outcome) -> Result<Duration> {
    let newest = kept.number("select coalesce(max(accepted_at), 0) from execution").await?;
    let open = format!("select count(*) from execution where due_at is not null and accepted_at <= {newest}");
    let from = Instant::now();
    while kept.number(&open).await? > 0 {
        if from.elapsed() > TAKEN_UP_MAX {
            outcome.violation(format!("what was parked does not go on within {} s", TAKEN_UP_MAX.as_secs()));
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(from.elapsed())
}

fn judge(way: Way, rolled: &Rolled, rounds: u32, outcome: &mut Outcome) -> String {
    let who = match way {
        Way::Themselves => "callers that go on to the next",
        Way::Proxy => "behind nginx",
    };
    let Some(Tally { sent, answered, acknowledged, refused }) = rolled.tally else { return String::new() };
    let unanswered = sent - answered;
    outcome.check(refused == 0, || format!("{who}: {refused} were answered, but not 2xx"));
    // Behind a proxy all are answered. A connection between two requests may be closed while the next is on its way:
    // no server has seen that one.
    let may = if way == Way::Proxy { 0 } else { u64::from(rounds) / 4 };
    outcome.check(unanswered <= may, || format!("{who}: {unanswered} of {sent} requests were reset"));
    format!(
        "{who}: {sent} sent, {acknowledged} answered 2xx, {refused} otherwise, {unanswered} reset before a server saw them, slowest stop {} ms, what it had going ended elsewhere within {} ms",
        rolled.slowest_stop.as_millis(),
        rolled.slowest_handover.as_millis()
    )
}
