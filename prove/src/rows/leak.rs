//! R24: nothing leaks, and at the limit of file descriptors the server waits instead of spinning.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bench::connection::Connection;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::isolation::{Probes, ms};
use super::{Bench, async_flow, lacks, pure_node, sync_flow, tool};
use crate::figures::Outcome;
use crate::server::Server;
use crate::steady::{Steady, Way};

const SYNC: &str = "proveleak0000";
const ASYNC: &str = "proveleak0001";
const BODY: &str = r#"{"order":{"id":"4711","status":"paid"}}"#;
const RATE: f64 = 500.0;
/// One in a hundred hangs up in the middle.
const ABORTS: f64 = RATE / 100.0;
/// More than there are descriptors.
const IDLE: usize = 2_000;
const DESCRIPTORS: &str = "1024";
/// By how much a figure may be higher than in the first third.
const MORE_DESCRIPTORS: u64 = 64;
const MORE_THREADS: u64 = 2;
const MORE_MEMORY: u64 = 24 << 20;
/// How long the server is left without a descriptor, and how much of that time it may be busy.
const STARVED: Duration = Duration::from_secs(2);
const STARVED_CPU_MAX: f64 = 0.2;
const BACK_MAX: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy)]
struct Held {
    descriptors: u64,
    threads: u64,
    resident: u64,
}

impl Held {
    /// Connections come and go; what it holds at most within `time` is what would grow.
    async fn at_most(server: &Server, time: Duration) -> Self {
        let until = Instant::now() + time;
        let mut most = Self { descriptors: 0, threads: 0, resident: 0 };
        while Instant::now() < until {
            most.descriptors = server.descriptors().max(most.descriptors);
            most.threads = server.threads().max(most.threads);
            most.resident = server.resident().max(most.resident);
            sleep(Duration::from_millis(20)).await;
        }
        most
    }
}

pub async fn run(bench: &Bench) -> Result<Outcome> {
    if lacks(&["prlimit"]).is_some() {
        return Ok(Outcome::skipped("R24", "needs prlimit"));
    }
    let mut outcome = Outcome::new("R24");
    let limit = format!("--nofile={DESCRIPTORS}");
    let home = bench.home()?.through(&["prlimit", &limit]);
    let server = home.start().await?;
    home.apply(&[("sync", sync_flow(SYNC)), ("async", async_flow(ASYNC, &[pure_node()]))]).await?;

    let hook = |key: &str| Way::hook(server.hooks, key, BODY);
    let good = Steady::start(vec![hook(SYNC), hook(ASYNC), hook(SYNC).fresh()], RATE)?;
    let aborts = hang_up(hook(SYNC))?;
    let idle = stay_idle(&server, IDLE).await;
    // They came faster than places may change hands; from here on they do not.
    sleep(Duration::from_secs(1)).await;
    good.take();
    let probes = Probes::start(&server)?;
    let early = Held::at_most(&server, bench.load / 3).await;
    let late = Held::at_most(&server, bench.load * 2 / 3).await;
    let mut seen = good.take();
    let grew = |what: &str, early: u64, late: u64, more: u64, outcome: &mut Outcome| {
        outcome.check(late <= early + more, || format!("{what}: at most {early} in the first third, {late} behind it"));
    };
    grew("descriptors", early.descriptors, late.descriptors, MORE_DESCRIPTORS, &mut outcome);
    grew("threads", early.threads, late.threads, MORE_THREADS, &mut outcome);
    grew("bytes of memory", early.resident, late.resident, MORE_MEMORY, &mut outcome);
    outcome.check(seen.trouble().is_empty() && seen.answers() > 0, || format!("of those who stay {}", seen.trouble()));
    for (probe, seen) in probes.take() {
        outcome.check(seen.errors == 0, || format!("{probe}: {}", seen.trouble()));
    }
    let p99 = seen.percentile(99.0);
    aborts.abort();
    idle.abort();
    drop((good, probes));

    let (cpu, back) = starve(&server, &mut outcome).await?;
    server.kill().await?;
    outcome.did = format!(
        "{:.0} s of {RATE:.0} requests/s, {ABORTS:.0} a second that hang up in the middle, {IDLE} idle connections and \
         {DESCRIPTORS} descriptors; then {:.0} s without one left",
        bench.load.as_secs_f64(),
        STARVED.as_secs_f64()
    );
    outcome.figures = format!(
        "{} answers, p99 {}; at most in the first third and behind it {} and {} descriptors, {} and {} threads, {} and {} MB; \
         without a descriptor {:.0} % of a core, back after {}",
        seen.answers(),
        ms(p99),
        early.descriptors,
        late.descriptors,
        early.threads,
        late.threads,
        early.resident >> 20,
        late.resident >> 20,
        cpu * 100.0,
        ms(back)
    );
    Ok(outcome)
}

/// Part of a request, or all of it, and gone before the answer.
fn hang_up(way: Way) -> Result<JoinHandle<()>> {
    let request = way.request()?;
    Ok(tokio::spawn(async move {
        for number in 0_usize.. {
            if let Ok(mut stream) = TcpStream::connect(way.address).await {
                let part = request.len() * (number % 5) / 4;
                let _ = stream.write_all(&request[..part.min(request.len())]).await;
            }
            sleep(Duration::from_secs_f64(1.0 / ABORTS)).await;
        }
    }))
}

/// As many connections as wanted, however often the server closes them. The first of them, more than there are places
/// for, are there when this returns.
async fn stay_idle(server: &Server, count: usize) -> JoinHandle<()> {
    let hooks = server.hooks;
    let mut held = VecDeque::new();
    for _ in 0..count / 2 {
        held.extend(TcpStream::connect(hooks).await);
    }
    tokio::spawn(async move {
        loop {
            held.extend(TcpStream::connect(hooks).await);
            if held.len() > count {
                held.pop_front();
            }
            sleep(Duration::from_millis(1)).await;
        }
    })
}

/// Takes all descriptors away and gives them back: how busy the server was without, and after what time it was there.
async fn starve(server: &Server, outcome: &mut Outcome) -> Result<(f64, Duration)> {
    sleep(Duration::from_secs(1)).await;
    let pid = server.pid.to_string();
    tool("prlimit", &["--pid", &pid, "--nofile=3:1024"]).await.context("taking descriptors away")?;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(TcpStream::connect(server.hooks).await?);
        waiting.push(TcpStream::connect(server.admin).await?);
    }
    let (from, before) = (Instant::now(), server.busy());
    sleep(STARVED).await;
    let cpu = (server.busy() - before).as_secs_f64() / from.elapsed().as_secs_f64();
    outcome.check(cpu <= STARVED_CPU_MAX, || format!("{:.0} % of a core without a descriptor", cpu * 100.0));
    tool("prlimit", &["--pid", &pid, "--nofile=1024:1024"]).await?;
    let from = Instant::now();
    let probe = Way::page(server.hooks, "/healthz");
    let is_up = async {
        let mut connection = Connection::open(probe.address).await.ok()?;
        connection.exchange(&probe.request().ok()?).await.ok().map(|response| response.status)
    };
    let answered = tokio::time::timeout(BACK_MAX, is_up).await;
    let back = from.elapsed();
    outcome.check(answered == Ok(Some(200)), || format!("/healthz does not come back within {}", ms(BACK_MAX)));
    Ok((cpu, back))
}
