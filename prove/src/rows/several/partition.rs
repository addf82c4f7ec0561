//! R19, and R7 for what is cut off: the way between a server and PostgreSQL fails, and the server lives.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use store::postgres::testing::Cluster;
use tokio::time::sleep;

use super::each::Each;
use super::frozen::until_ready;
use super::{ENDS_MAX, apply_mixture};
use crate::dice::Dice;
use crate::figures::Outcome;
use crate::kept::Kept;
use crate::link::Link;
use crate::relay::{Mood, Place, Relay, reset_again_and_again};
use crate::rows::{Bench, is_root, lacks};
use crate::server::Server;
use crate::sink::Sink;
use crate::site::Site;

pub const ROW: &str = "R19";
const SERVERS: usize = 3;
/// Two servers have room for what three ran: else nobody could take it over.
const PAUSE: Duration = Duration::from_millis(100);
/// A call that others make anew is still out when the former owner is back.
const CALL: Duration = Duration::from_secs(3);
const NOTICED_WITHIN: Duration = Duration::from_secs(15);
/// After the lease is over: a claim of the others.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// As for R18.
const WAITS_BESIDE: Duration = Duration::from_secs(5);
/// What was acknowledged in the moment of the fault arrives by then.
const MOMENT: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(20);
const RESETS: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Whatever stands between keeps all it is given, and connections stay.
    Holds,
    /// The same with PostgreSQL's answers alone.
    HoldsAnswers,
    /// Connections are reset, again and again.
    Resets,
    /// The cable is out.
    LinkDown,
    /// PostgreSQL hears all, and nothing comes back.
    AnswersLost,
}

impl Fault {
    pub const ALL: [Self; 5] = [Self::Holds, Self::HoldsAnswers, Self::Resets, Self::LinkDown, Self::AnswersLost];
    /// What needs no root.
    pub const OF_RELAYS: [Self; 3] = [Self::Holds, Self::HoldsAnswers, Self::Resets];

    fn needs_link(self) -> bool {
        matches!(self, Self::LinkDown | Self::AnswersLost)
    }
}

/// The way from a server to the database.
struct Way {
    relay: Relay,
    link: Option<Link>,
}

/// Each fault, for `parted` at a time, hits one of the servers by chance.
pub async fn run(bench: &Bench, faults: &[Fault], lease: Duration, parted: Duration) -> Result<Outcome> {
    let mut outcome = Outcome::new(ROW);
    let links = is_root() && lacks(&["ip"]).is_none();
    let (done, left_out): (Vec<Fault>, Vec<Fault>) = faults.iter().partition(|fault| links || !fault.needs_link());
    let needs_links = done.iter().any(|fault| fault.needs_link());
    let cluster = std::sync::Arc::new(Cluster::start());
    let direct = cluster.database().await;
    let mut site = Site::on(bench, SERVERS, cluster, direct.clone(), &direct)?;
    let mut ways = Vec::new();
    for number in 0..SERVERS {
        let way = way(bench, &site.cluster, number, needs_links).await?;
        let url = direct.replace(&format!("127.0.0.1:{}/", site.cluster.port()), &format!("{}/", way.address()?));
        site.homes[number] = site.homes[number]
            .clone()
            .with("HOOKFLOW_DATABASE", url)
            .with("HOOKFLOW_LEASE_MS", lease.as_millis().to_string());
        ways.push(way);
    }
    let sink = Sink::start(&bench.folder.join("sink"), CALL).await?;
    let servers = site.start().await?;
    apply_mixture(&site.homes[0], &sink).await?;
    let kept = site.kept().await?;

    let mut dice = Dice::new(bench.seed);
    let callers = Each::start(&servers, &bench.folder.join("ledger"), PAUSE).await?;
    let (mut noticed, mut taken, mut back) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..bench.rounds {
        for &fault in &done {
            sleep(dice.moment(bench.load)).await;
            until_none_was_taken_over(&kept).await?;
            let victim = dice.below(SERVERS);
            let parting =
                Parting { fault, victim, callers: &callers, servers: &servers, kept: &kept, way: &ways[victim] };
            if fault == Fault::Resets {
                reset_again_and_again(&ways[victim].relay, Duration::from_millis(100), RESETS).await;
            } else {
                let (after, owner) = parting.part(lease, parted, &mut outcome).await?;
                (noticed, taken) = (noticed.max(after), taken.max(owner));
            }
            back = back.max(parting.join(&mut outcome).await?);
        }
    }
    let told = callers.finish().await?;
    told.check(parted + WAITS_BESIDE, &mut outcome);
    if let Err(open) = kept.all_ended(ENDS_MAX).await {
        outcome.violation(open.to_string());
    }
    for server in servers {
        let (status, _) = server.terminate().await?;
        outcome.check(status.success(), || format!("a server ended with {status}"));
    }
    let effects = sink.effects()?;
    let figures = kept.compare(&told.account.acknowledged, told.unacknowledged, &effects, &mut outcome).await?;
    let again = kept.number("select count(*) from execution where epoch > 1").await?;
    outcome.check(again > 0, || "nothing was taken over: this proved nothing".to_owned());
    let without =
        if left_out.is_empty() { String::new() } else { format!("; SKIPPED, as it needs root: {left_out:?}") };
    outcome.did = format!(
        "{} times under load, the way from one of {SERVERS} servers to PostgreSQL failed for {} s ({done:?} in turn{without}), and the server lived",
        u64::from(bench.rounds) * done.len() as u64,
        parted.as_secs()
    );
    outcome.figures = format!(
        "{again} executions were taken over, the last of a server after {:.1} s; the server noticed after {:.1} s at most and acknowledged nothing meanwhile; acknowledged again {:.1} s at most after the way was open; {figures}; refused: {:?}, {} connections broken; no caller waited for longer than {:.1} s",
        taken.as_secs_f64(),
        noticed.as_secs_f64(),
        back.as_secs_f64(),
        told.refusals,
        told.unanswered,
        told.slowest.as_secs_f64()
    );
    Ok(outcome)
}

/// What is taken over for the second time goes on one by one, as it may be what brings servers down: how soon others have
/// all is said of the first time.
async fn until_none_was_taken_over(kept: &Kept) -> Result<()> {
    let from = Instant::now();
    while kept.number("select count(*) from execution where due_at is not null and takeovers > 0").await? > 0 {
        anyhow::ensure!(from.elapsed() < ENDS_MAX, "what was taken over does not get on");
        sleep(POLL).await;
    }
    Ok(())
}

/// From a server over a cable, if it may be pulled, to a relay here, and to the database.
async fn way(bench: &Bench, cluster: &Cluster, number: usize, with_link: bool) -> Result<Way> {
    let target = Place::Tcp(format!("127.0.0.1:{}", cluster.port()).parse()?);
    if !with_link {
        let relay = Relay::start(Place::Tcp("127.0.0.1:0".parse()?), target).await?;
        return Ok(Way { relay, link: None });
    }
    let socket = bench.folder.join(format!("way{number}"));
    let relay = Relay::start(Place::Unix(socket.clone()), target).await?;
    let link = Link::new(u8::try_from(number)?, &std::env::current_exe()?, &socket).await?;
    Ok(Way { relay, link: Some(link) })
}

impl Way {
    fn address(&self) -> Result<SocketAddr> {
        match (&self.link, &self.relay.place) {
            (Some(link), _) => Ok(link.address),
            (None, Place::Tcp(address)) => Ok(*address),
            (None, Place::Unix(path)) => anyhow::bail!("{} is not an address", path.display()),
        }
    }
}

/// A server without its way to the database.
struct Parting<'p> {
    fault: Fault,
    victim: usize,
    callers: &'p Each,
    servers: &'p [Server],
    kept: &'p Kept,
    way: &'p Way,
}

impl Parting<'_> {
    /// After how long the server said that it is not ready, and others had all it ran.
    async fn part(&self, lease: Duration, parted: Duration, outcome: &mut Outcome) -> Result<(Duration, Duration)> {
        let &Self { fault, victim, callers, kept, .. } = self;
        let port = self.servers[victim].admin.port();
        let from = Instant::now();
        self.cut().await?;
        sleep(MOMENT).await;
        let before = callers.tally(victim);
        let (mut noticed, mut taken) = (None, None);
        let held = format!(
            "select count(*) from execution where due_at is not null and epoch >= 1
               and owner in (select id from server where address like '%:{port}%')"
        );
        while from.elapsed() < parted {
            if noticed.is_none() && !matches!(self.servers[victim].admin("GET", "/readyz", "").await, Ok((200, _))) {
                noticed = Some(from.elapsed());
            }
            if taken.is_none() && from.elapsed() > lease && kept.number(&held).await? == 0 {
                taken = Some(from.elapsed());
            }
            sleep(POLL).await;
        }
        let while_parted = callers.tally(victim).acknowledged - before.acknowledged;
        outcome.check(while_parted == 0, || format!("{fault:?}: {while_parted} were acknowledged without a database"));
        let noticed = noticed.unwrap_or(parted);
        outcome.check(noticed <= NOTICED_WITHIN, || format!("{fault:?}: noticed after {:.1} s", noticed.as_secs_f64()));
        let left = kept.number(&held).await?;
        let taken = taken.unwrap_or(parted);
        outcome.check(taken <= lease + TAKEN_WITHIN, || {
            format!("{fault:?}: others had what it ran only after {:.1} s; now {left} are left", taken.as_secs_f64())
        });
        Ok((noticed, taken))
    }

    async fn cut(&self) -> Result<()> {
        match (self.fault, &self.way.link) {
            (Fault::LinkDown, Some(link)) => link.down().await?,
            (Fault::AnswersLost, Some(link)) => link.lose_answers().await?,
            (Fault::HoldsAnswers, _) => self.way.relay.is(Mood::HoldsAnswers),
            _ => self.way.relay.is(Mood::Holds),
        }
        Ok(())
    }

    /// The way is open: how long until the server acknowledges and is ready.
    async fn join(&self, outcome: &mut Outcome) -> Result<Duration> {
        match (self.fault, &self.way.link) {
            (Fault::LinkDown, Some(link)) => link.up().await?,
            (Fault::AnswersLost, Some(link)) => link.bring_answers().await?,
            _ => self.way.relay.is(Mood::Passes),
        }
        let from = Instant::now();
        let fault = self.fault;
        let acknowledges = self.callers.all_acknowledge(3 * BACK_WITHIN).await;
        anyhow::ensure!(acknowledges.is_some(), "{fault:?}: the server acknowledges nothing any more");
        until_ready(&self.servers[self.victim]).await?;
        let took = from.elapsed();
        outcome.check(took <= BACK_WITHIN, || format!("{fault:?}: it was back only after {:.1} s", took.as_secs_f64()));
        Ok(took)
    }
}
