//! R18: PostgreSQL is killed, stopped, frozen, and succeeded by its standby, under load.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use store::postgres::testing::{Cluster, free_port};
use tokio::time::sleep;

use super::each::Each;
use super::frozen::until_ready;
use super::{ENDS_MAX, apply_mixture};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::kept::Kept;
use crate::rows::Bench;
use crate::server::Server;
use crate::sink::Sink;
use crate::site::Site;

pub const ROW: &str = "R18";
const SERVERS: usize = 3;
const PAUSE: Duration = Duration::from_millis(20);
/// From when PostgreSQL takes connections until every server acknowledges.
const BACK_WITHIN: Duration = Duration::from_secs(5);
/// Once it is clear that they do not, how long one waits to see that they do at all.
const BACK_MAX: Duration = Duration::from_secs(60);
/// Who may have been kept waits until that is known, for as long as PostgreSQL is away. All others hear sooner: silence
/// is noticed after 12.5 s, and a new connection is waited for 10 s.
const WAITS_BESIDE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A process of PostgreSQL that serves a connection is killed: PostgreSQL ends all others and starts anew.
    Killed,
    /// All connections to the database are ended.
    Ended,
    /// Stopped at once, and started again.
    Stopped,
    /// It stays, and does nothing.
    Frozen,
}

/// How often each, and for how long PostgreSQL is away.
#[derive(Debug, Clone, Copy)]
pub struct Faults<'f> {
    pub each: &'f [Fault],
    pub stopped: Duration,
    pub frozen: Duration,
}

impl Faults<'_> {
    pub const FULL: Self = Faults {
        each: &[Fault::Killed, Fault::Ended, Fault::Stopped, Fault::Frozen],
        stopped: Duration::from_secs(5),
        frozen: Duration::from_secs(30),
    };
}

/// Each fault as often as there are rounds (but it is frozen once in five); at last the primary is stopped for good and
/// its standby promoted.
pub async fn run(bench: &Bench, faults: Faults<'_>) -> Result<Outcome> {
    let mut outcome = Outcome::new(ROW);
    let cluster = std::sync::Arc::new(Cluster::start());
    let (direct, port) = (cluster.database().await, free_port());
    let both = format!(":{},127.0.0.1:{port}/", cluster.port());
    let url = direct.replace(&format!(":{}/", cluster.port()), &both) + "?target_session_attrs=read-write";
    let site = Site::on(bench, SERVERS, cluster, direct.clone(), &url)?;
    let sink = Sink::start(&bench.folder.join("sink"), Duration::ZERO).await?;
    let servers = site.start().await?;
    apply_mixture(&site.homes[0], &sink).await?;
    let cluster = &site.cluster;

    let mut dice = Dice::new(bench.seed);
    let callers = Each::start(&servers, &bench.folder.join("ledger"), PAUSE).await?;
    let (mut slowest, mut done) = (Duration::ZERO, 0);
    for round in 0..bench.rounds {
        for fault in faults.each.iter().filter(|fault| **fault != Fault::Frozen || round % 5 == 0) {
            sleep(dice.moment(bench.load)).await;
            match fault {
                Fault::Killed => {
                    let backends = backends(&direct).await?;
                    let one = backends[dice.below(backends.len())].to_string();
                    crate::rows::tool("kill", &["-KILL", &one]).await?;
                    until_accepts(cluster).await?;
                }
                Fault::Ended => {
                    let end =
                        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hookflow'";
                    cluster.execute("postgres", end).await;
                }
                Fault::Stopped => {
                    cluster.stop();
                    sleep(faults.stopped).await;
                    cluster.start_again();
                }
                Fault::Frozen => {
                    cluster.signal("STOP");
                    sleep(faults.frozen).await;
                    cluster.signal("CONT");
                }
            }
            slowest = slowest.max(back(&callers, &servers, &format!("{fault:?}"), &mut outcome).await?);
            done += 1;
        }
    }
    sleep(dice.moment(bench.load)).await;
    let standby = cluster.standby(port).await;
    sleep(dice.moment(bench.load)).await;
    cluster.stop();
    standby.promote().await;
    let promoted = back(&callers, &servers, "Promoted", &mut outcome).await?;
    sleep(bench.load).await;
    let told = callers.finish().await?;
    told.check(faults.frozen.max(faults.stopped) + WAITS_BESIDE, &mut outcome);

    let name = direct.rsplit('/').next().unwrap_or_default();
    let kept = Kept::open(&standby.url(name)).await?;
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    for server in servers {
        let (status, _) = server.terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
    }
    let effects = sink.effects()?;
    outcome.check(!effects.times.is_empty(), || "no effect happened: this proved nothing".to_owned());
    let figures = kept.compare(&told.account.acknowledged, told.unacknowledged, &effects, &mut outcome).await?;
    outcome.did = format!(
        "under {SERVERS} servers with load, PostgreSQL was hit {done} times ({:?} in turn; away for {} s, frozen for {} s), then stopped for good and its synchronous standby promoted",
        faults.each,
        faults.stopped.as_secs(),
        faults.frozen.as_secs()
    );
    outcome.figures = format!(
        "{figures}; all servers acknowledged again {} ms at most after PostgreSQL took connections, {} ms after the promotion; refused: {:?}, {} connections broken; no caller waited for longer than {:.1} s",
        slowest.as_millis(),
        promoted.as_millis(),
        told.refusals,
        told.unanswered,
        told.slowest.as_secs_f64()
    );
    Ok(outcome)
}

/// PostgreSQL takes connections: how long until all servers acknowledge, and say that they are ready.
async fn back(callers: &Each, servers: &[Server], after: &str, outcome: &mut Outcome) -> Result<Duration> {
    let from = Instant::now();
    ensure!(callers.all_acknowledge(BACK_MAX).await.is_some(), "{after}: a server acknowledges nothing any more");
    for server in servers {
        until_ready(server).await?;
    }
    let took = from.elapsed();
    outcome.check(took <= BACK_WITHIN, || format!("{after}: all were back only after {:.1} s", took.as_secs_f64()));
    Ok(took)
}

/// Processes that serve the servers' connections.
async fn backends(url: &str) -> Result<Vec<i64>> {
    let kept = Kept::open(url).await?;
    let pids = kept.numbers("select pid::bigint from pg_stat_activity where application_name = 'hookflow'").await?;
    ensure!(!pids.is_empty(), "nobody is connected");
    Ok(pids)
}

/// It goes down after a moment, and comes back.
async fn until_accepts(cluster: &Cluster) -> Result<()> {
    let from = Instant::now();
    while cluster.accepts() && from.elapsed() < Duration::from_millis(200) {
        sleep(Duration::from_millis(5)).await;
    }
    while !cluster.accepts() {
        ensure!(from.elapsed() < BACK_MAX, "PostgreSQL does not come back");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
