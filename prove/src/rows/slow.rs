//! S7: thousands of slow senders do not keep out one who means well.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::isolation::{Probes, ms};
use super::{Bench, lacks, sync_flow};
use crate::figures::Outcome;
use crate::server::Server;
use crate::steady::{Steady, Way};

const KEY: &str = "proveslow0000";
const BODY: &str = r#"{"order":{"id":"4711","status":"paid"}}"#;
/// Of each of the two: one on connections that stay, one that opens a new one each time.
const RATE: f64 = 100.0;
const RATIO_MAX: f64 = 2.0;
/// What the slow ones may cost: their buffers.
const MORE_MEMORY_MAX: u64 = 100 << 20;
const PROMPT: Duration = Duration::from_secs(1);

/// One kind of slowness, and how many of it.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    name: &'static str,
    args: &'static [&'static str],
    pub connections: usize,
}

const fn attack(name: &'static str, args: &'static [&'static str]) -> Attack {
    Attack { name, args, connections: 1_000 }
}

pub const HEADS: Attack = attack("heads", &["-H", "-i", "3"]);
pub const BODIES: Attack = attack("bodies", &["-B", "-i", "3", "-s", "8192", "-f", "application/json"]);
pub const RANGES: Attack = attack("ranges", &["-R", "-a", "5", "-b", "3000"]);
pub const READERS: Attack = attack("readers", &["-X", "-n", "3", "-w", "10", "-y", "20", "-z", "5", "-k", "50"]);
/// Three times as many as there are places.
pub const MANY: Attack = Attack { connections: 3_000, ..HEADS };
pub const ALL: &[Attack] = &[HEADS, BODIES, RANGES, READERS, MANY];

pub async fn run(bench: &Bench, attacks: &[Attack], slack: Duration) -> Result<Outcome> {
    if lacks(&["slowhttptest"]).is_some() {
        return Ok(Outcome::skipped("S7", "needs Debian's slowhttptest"));
    }
    let mut outcome = Outcome::new("S7");
    let home = bench.home()?;
    let server = home.start().await?;
    home.apply(&[("sync", sync_flow(KEY))]).await?;
    let mut figures = Vec::new();
    for attack in attacks {
        figures.push(one(bench, &server, attack, slack, &mut outcome).await?);
    }
    server.kill().await?;
    outcome.did = format!(
        "two senders at {RATE:.0} requests/s each, one on connections that stay, one on a new one each time; alone for {:.0} s \
         and then beside slowhttptest",
        bench.load.as_secs_f64()
    );
    outcome.figures = figures.join("; ");
    Ok(outcome)
}

async fn one(
    bench: &Bench,
    server: &Server,
    attack: &Attack,
    slack: Duration,
    outcome: &mut Outcome,
) -> Result<String> {
    let way = Way::hook(server.hooks, KEY, BODY);
    let senders = [
        ("connections that stay", Steady::start(vec![way.clone()], RATE)?),
        ("new connections", Steady::start(vec![way.fresh()], RATE)?),
    ];
    let probes = Probes::start(server)?;
    sleep(bench.load / 4).await;
    senders.iter().for_each(|(_, sender)| drop(sender.take()));
    sleep(bench.load).await;
    let calm: Vec<_> = senders.iter().map(|(_, sender)| sender.take()).collect();
    let before = server.resident();
    probes.take();

    let mut slow = start(server, attack, bench.load)?;
    let until = Instant::now() + bench.load;
    let (mut resident, mut open) = (0, 0);
    while Instant::now() < until {
        resident = server.resident().max(resident);
        open = server.descriptors().max(open);
        sleep(Duration::from_millis(50)).await;
    }
    let beside: Vec<_> = senders.iter().map(|(_, sender)| sender.take()).collect();
    let probed = probes.take();
    slow.kill().await?;

    let name = format!("{} {}", attack.connections, attack.name);
    let mut said = Vec::new();
    for (((sender, _), mut calm), mut beside) in senders.iter().zip(calm).zip(beside) {
        let (base, p99) = (calm.percentile(99.0), beside.percentile(99.0));
        let bound = base.mul_f64(RATIO_MAX).max(base + slack);
        outcome.check(p99 <= bound, || format!("{name}: {sender}: p99 {} beside them, {} alone", ms(p99), ms(base)));
        outcome.check(beside.trouble().is_empty(), || format!("{name}: {sender}: {}", beside.trouble()));
        said.push(format!("{sender} {} alone, {} beside them", ms(base), ms(p99)));
    }
    for (probe, mut seen) in probed {
        let slowest = seen.percentile(100.0);
        outcome.check(seen.errors == 0 && slowest <= PROMPT, || {
            format!("{name}: {probe} took {}, {}", ms(slowest), seen.trouble())
        });
    }
    outcome.check(resident <= before + MORE_MEMORY_MAX, || {
        format!("{name}: {} MB of memory, {} MB before", resident >> 20, before >> 20)
    });
    Ok(format!("{name}: p99 of {}; at most {} MB, {open} files open", said.join(", of "), resident >> 20))
}

/// It goes on longer than one looks.
fn start(server: &Server, attack: &Attack, load: Duration) -> Result<Child> {
    let (count, rate) = (attack.connections.to_string(), (attack.connections / 2).to_string());
    let seconds = (load.as_secs() + 30).to_string();
    let url = format!("http://{}/api/webhook:trigger/{KEY}", server.hooks);
    Command::new("slowhttptest")
        .args(attack.args)
        .args(["-c", &count, "-r", &rate, "-l", &seconds, "-u", &url, "-v", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("slowhttptest")
}
