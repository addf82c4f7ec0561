//! R20: the program of before and the next one side by side on one database, and a migration in the middle.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::{EFFECT, ENDS_MAX, HEARD, MIXTURE, apply_mixture};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::rows::{Bench, async_flow, effect_node};
use crate::server::{Home, Server};
use crate::sink::Sink;
use crate::site::{Site, addresses};

pub const ROW: &str = "R20";
const SERVERS: usize = 2;
const CONNECTIONS: usize = 16;
const DELAYED: &str = "provedelay000";
/// What the next program's schema has more than this one's: see `migrations/next` in `store`.
const BESIDE: &str = "beside";
const ALONE: &str = "alone";
/// As the migration that takes its time is seen from outside.
const UNDER_WAY: &str = "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep%'
                            and query not like '%pg_stat_activity%'";
/// Less than that takes.
const SLEEPS: Duration = Duration::from_secs(2);
const STEPS: &str = "select count(*) from migration";
const WEIGHED: &str = "select count(*) from pg_class where relname = 'weighed'";
/// Steps of the program of before, of those beside, and the one that nobody can go on beside.
const OLD_STEPS: i64 = 3;
const ALL_STEPS: i64 = 5;
const ALONE_STEP: i64 = 6;
const STEP_MAX: Duration = Duration::from_secs(60);
/// While a step waits for its table or has it, a request may take longer, but not long.
const GAP_MAX: Duration = Duration::from_secs(2);

/// `next`: the program with steps that this one does not know.
pub async fn run(bench: &Bench, next: &Path) -> Result<Outcome> {
    let mut outcome = Outcome::new(ROW);
    if !next.is_file() {
        return Ok(Outcome::skipped(ROW, "needs the program of the next schema, which `make prove` builds"));
    }
    let on_file = on_a_file(bench, next, &mut outcome).await?;
    // One of them for who comes.
    let site = Site::new(bench, SERVERS + 1).await?;
    let sink = Sink::start(&bench.folder.join("sink"), Duration::from_millis(50)).await?;
    let mut servers = vec![site.homes[0].start().await?, site.homes[1].start().await?];
    apply_mixture(&site.homes[0], &sink).await?;
    let delay = r"{ key: pause, kind: delay, config: { amount: 2, unit: seconds } }".to_owned();
    site.homes[0].apply(&[("delay", async_flow(DELAYED, &[delay, effect_node("call", sink.address, "")]))]).await?;
    sleep(HEARD).await;
    let kept = site.kept().await?;
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let mut dice = Dice::new(bench.seed);
    let keys: Vec<&str> = MIXTURE.into_iter().chain([DELAYED]).collect();
    let plan =
        Plan { connections: CONNECTIONS, pause: Duration::from_millis(5), ..Plan::over(&addresses(&servers), &keys) };
    let load = Load::start(plan, &ledger);
    sleep(bench.load).await;

    // The next one beside those of before, killed in the middle of its migration, and once more.
    let third = site.homes[SERVERS].clone().running(next)?.with("NEXT_SCHEMA", BESIDE);
    let mut slowest = Duration::ZERO;
    for _ in 0..bench.rounds {
        let mut victim = third.spawn()?;
        slowest = slowest.max(while_served(&load, async || Ok(kept.number(UNDER_WAY).await? > 0)).await?);
        sleep(dice.moment(SLEEPS)).await;
        ensure!(victim.has_ended().is_none(), "the next program ended: {}", third.log_tail());
        victim.kill().await?;
        slowest = slowest.max(while_served(&load, async || Ok(kept.number(UNDER_WAY).await? == 0)).await?);
        let left = (kept.number(STEPS).await?, kept.number(WEIGHED).await?);
        outcome.check(left == (OLD_STEPS + 1, 0), || format!("a kill left {left:?} steps and tables"));
    }
    let mut newcomer = third.spawn()?;
    slowest = slowest.max(while_served(&load, async || Ok(newcomer.announced(&third))).await?);
    let steps = kept.number(STEPS).await?;
    outcome.check(steps == ALL_STEPS, || format!("{steps} steps are there"));
    outcome.check(slowest <= GAP_MAX, || format!("for {} ms nobody was answered", slowest.as_millis()));

    // Steps that nobody can go on beside are not made while somebody runs.
    let fourth = third.clone().with("NEXT_SCHEMA", ALONE);
    let (status, _) = newcomer.terminate().await?;
    outcome.check(status.success(), || format!("the next program ended with {status}"));
    let alone = format!("cannot go on beside its schema step {ALONE_STEP}: stop them first");
    refused(&fourth, &alone, &mut outcome).await?;

    // Those of before are replaced one by one; then one of them comes back beside the next.
    let after = |at: usize| anyhow::Ok(site.homes[at].clone().running(next)?.with("NEXT_SCHEMA", BESIDE));
    for (at, home) in [(0, after(0)?), (1, after(1)?), (0, site.homes[0].clone())] {
        let (status, _) = servers.remove(at).terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
        servers.insert(at, home.start().await?);
        sleep(bench.load / 2).await;
    }
    let tally = load.finish().await;
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    stop(servers, &mut outcome).await?;

    // The other kind of step: made when nobody is there, and those of before are told.
    let server = fourth.start().await?;
    stop(vec![server], &mut outcome).await?;
    let newer = format!("it was written by a newer Hookflow (schema {ALONE_STEP}; this one knows {OLD_STEPS})");
    refused(&site.homes[0], &newer, &mut outcome).await?;

    let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
    let unanswered = i64::try_from(tally.sent - tally.answered)?;
    let others: Vec<_> = account.refused_with.iter().filter(|(status, _)| **status != 503).collect();
    outcome.none("kinds of answers other than 2xx and 503 (status, how often)", &others);
    let effects = sink.effects()?;
    let figures = kept.compare(&account.acknowledged, unanswered, &effects, &mut outcome).await?;
    let repeated = effects.repeated();
    outcome.check(repeated == 0, || format!("{repeated} effects happened again"));
    outcome.check(account.acknowledged.len() > 100, || "hardly anything was acknowledged: this proved nothing".into());
    outcome.did = format!(
        "the next program started beside {SERVERS} of before under load, SIGKILL in its migration {} times, then let; those of before replaced one by one, one of them brought back; a step for which that is not allowed; on SQLite {on_file}",
        bench.rounds
    );
    outcome.figures = format!(
        "longest time without an answer while the migration ran {} ms; {} answered 503; {figures}",
        slowest.as_millis(),
        tally.refused
    );
    Ok(outcome)
}

/// The longest time in which nobody was answered, until `done`.
async fn while_served(load: &Load, mut done: impl AsyncFnMut() -> Result<bool>) -> Result<Duration> {
    let (from, mut since, mut before, mut longest) = (Instant::now(), Instant::now(), 0, Duration::ZERO);
    loop {
        let acknowledged = load.tally().acknowledged;
        if acknowledged != before {
            (before, since) = (acknowledged, Instant::now());
        }
        longest = longest.max(since.elapsed());
        if done().await? {
            return Ok(longest);
        }
        ensure!(from.elapsed() < STEP_MAX, "the migration does not get on");
        sleep(Duration::from_millis(5)).await;
    }
}

/// It does not start, and says why.
async fn refused(home: &Home, why: &str, outcome: &mut Outcome) -> Result<()> {
    let mut server = home.spawn()?;
    let status = server.ended().await?;
    let said = home.log_tail();
    outcome.check(!status.success() && said.contains(why), || format!("instead of {why:?}, {status}: {said}"));
    Ok(())
}

async fn stop(servers: Vec<Server>, outcome: &mut Outcome) -> Result<()> {
    for server in servers {
        let (status, _) = server.terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
    }
    Ok(())
}

/// On SQLite there is one server, and so nothing side by side: kills, the way back, and the refusal.
async fn on_a_file(bench: &Bench, next: &Path, outcome: &mut Outcome) -> Result<String> {
    let folder = bench.folder.join("file");
    std::fs::create_dir_all(&folder)?;
    let sink = Sink::start(&folder.join("sink"), Duration::ZERO).await?;
    let old = bench.home_in(&folder)?;
    let new = old.clone().running(next)?;
    let server = old.start().await?;
    old.apply(&[("effect", async_flow(EFFECT, &[effect_node("call", sink.address, "")]))]).await?;
    let ledger = Arc::new(Ledger::create(&folder.join("ledger"))?);
    let load = Load::start(Plan { connections: 4, ..Plan::new(server.hooks, &[EFFECT]) }, &ledger);
    sleep(bench.load / 2).await;
    load.finish().await;
    server.kill().await?;
    let acknowledged = Arc::into_inner(ledger).expect("the load has ended").close()?.acknowledged;
    let (mut dice, mut during) = (Dice::new(bench.seed), 0);
    let kills = bench.rounds * 4;
    for _ in 0..kills {
        let mut victim = new.clone().with("NEXT_SCHEMA", BESIDE).spawn()?;
        sleep(dice.moment(Duration::from_millis(60))).await;
        during += u32::from(!victim.announced(&new));
        victim.kill().await?;
    }
    for home in [&new.clone().with("NEXT_SCHEMA", BESIDE), &old] {
        let server = home.start().await?;
        crate::stored::all_ended(&home.database(), ENDS_MAX).await?;
        stop(vec![server], outcome).await?;
    }
    stop(vec![new.with("NEXT_SCHEMA", ALONE).start().await?], outcome).await?;
    refused(&old, "it was written by a newer Hookflow (schema 5; this one knows 2)", outcome).await?;
    let lost = crate::stored::Stored::open(&old.database())?.missing(&acknowledged)?;
    outcome.none("acknowledged and lost on SQLite", &lost);
    Ok(format!("{kills} SIGKILLs at the start of the next program, {during} before it was up"))
}
