//! R7: an execution never has two that write, though one of them does not know that it was thought dead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::{ENDS_MAX, MIXTURE, apply_mixture};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::load::{Load, Plan};
use crate::rows::Bench;
use crate::server::{Home, Server};
use crate::sink::Sink;
use crate::site::{Site, addresses};

pub const ROW: &str = "R7";
/// As it is by default.
pub const LEASE: Duration = Duration::from_secs(15);
const SERVERS: usize = 3;
/// What others need to see that a lease is over, and to take up what was under it.
const TAKEN_OVER: Duration = Duration::from_secs(2);
/// A call that others make anew is still out when the former owner wakes up.
const CALL: Duration = Duration::from_secs(3);
const BACK_MAX: Duration = Duration::from_secs(20);

/// One server after the other, by chance, is frozen for longer than its lease, and goes on. As long as it is frozen it
/// answers nobody, and its callers wait.
pub async fn run(bench: &Bench, lease: Duration) -> Result<Outcome> {
    let mut outcome = Outcome::new(ROW);
    let site = Site::new(bench, SERVERS).await?;
    let sink = Sink::start(&bench.folder.join("sink"), CALL).await?;
    let lease_ms = lease.as_millis().to_string();
    let homes: Vec<Home> = site.homes.iter().map(|home| home.clone().with("HOOKFLOW_LEASE_MS", &lease_ms)).collect();
    let mut servers = Vec::new();
    for home in &homes {
        servers.push(home.start().await?);
    }
    apply_mixture(&homes[0], &sink).await?;
    let kept = site.kept().await?;
    let mut dice = Dice::new(bench.seed);
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let plan =
        Plan { connections: 16, pause: Duration::from_millis(100), ..Plan::over(&addresses(&servers), &MIXTURE) };
    let load = Load::start(plan, &ledger);
    let (mut taken_over, mut slowest) = (0, Duration::ZERO);
    for _ in 0..bench.rounds {
        sleep(dice.moment(bench.load)).await;
        let frozen = dice.below(SERVERS);
        servers[frozen].signal("STOP").await?;
        sleep(lease + TAKEN_OVER).await;
        taken_over += kept.number("select count(*) from execution where epoch > 1 and due_at is not null").await?;
        servers[frozen].signal("CONT").await?;
        slowest = slowest.max(until_ready(&servers[frozen]).await?);
    }
    let tally = load.finish().await;
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    for server in servers {
        let (status, _) = server.terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
    }
    let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
    let unanswered = i64::try_from(tally.sent - account.acknowledged.len() as u64)?;
    let effects = sink.effects()?;
    let figures = kept.compare(&account.acknowledged, unanswered, &effects, &mut outcome).await?;
    let again = kept.number("select count(*) from execution where epoch > 1").await?;
    outcome.check(again > 0, || "nothing was taken over: this proved nothing".to_owned());
    outcome.did = format!(
        "SIGSTOP {} times to one of {SERVERS} servers under load for 2 s longer than its lease of {} s, then SIGCONT",
        bench.rounds,
        lease.as_secs_f64(),
    );
    outcome.figures = format!(
        "{again} executions were taken over, {taken_over} were under way elsewhere when their former owner woke up; {figures}; ready again after {} ms at most",
        slowest.as_millis()
    );
    Ok(outcome)
}

/// How long that took.
pub(super) async fn until_ready(server: &Server) -> Result<Duration> {
    let from = Instant::now();
    while !matches!(server.admin("GET", "/readyz", "").await, Ok((200, _))) {
        ensure!(from.elapsed() < BACK_MAX, "it is not ready again after {} s", BACK_MAX.as_secs());
        sleep(Duration::from_millis(20)).await;
    }
    Ok(from.elapsed())
}
