//! R10: a workflow that burns, hangs, floods or calls itself costs the others little.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::{Bench, async_flow, effect_node, pure_node, sync_flow};
use crate::figures::Outcome;
use crate::server::Server;
use crate::steady::{Insistent, Seen, Steady, Way, capacity};

const POISON: &str = "provepoison00";
/// Nine, as one who buys from several suppliers has them: most answer by what they find, some only take.
const SYNC: usize = 6;
const ASYNC: usize = 3;
const BODY: &str = r#"{"order":{"id":"4711","status":"paid"}}"#;
/// Of what the nine can do together.
const LOAD: f64 = 0.6;
/// The poison must not more than double what 99 of 100 requests take.
const RATIO_MAX: f64 = 2.0;
/// What the machine may add by itself.
pub const SLACK: Duration = Duration::from_millis(2);
/// What probes and the page may take meanwhile.
const PROMPT: Duration = Duration::from_secs(1);
/// Evaluated until its time is up.
const BURNING: &str = "($f := function($n){ $n > 0 ? $f($n - 1) : 0 }; $map([1..100000], function($x){ $f(1000) }))";

/// What one workflow does to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Poison {
    /// Nothing at all: what the machine itself does to the figures.
    Nothing,
    /// JSONata to its limit, in a node.
    Burns,
    /// And in the answer that an asynchronous workflow gives.
    BurnsAnswering,
    /// Calls that are never answered, 500 at a time.
    Hangs,
    /// Ten times the requests of each of the others.
    Floods,
    /// Bodies of 10 MB, sent back.
    Swells,
    /// Calls its own URL.
    CallsItself,
}

impl Poison {
    pub const ALL: [Self; 7] =
        [Self::Nothing, Self::Burns, Self::BurnsAnswering, Self::Hangs, Self::Floods, Self::Swells, Self::CallsItself];

    fn says(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Burns => "burns in a node",
            Self::BurnsAnswering => "burns in its answer",
            Self::Hangs => "calls what never answers",
            Self::Floods => "floods",
            Self::Swells => "bodies of 10 MB",
            Self::CallsItself => "calls itself",
        }
    }

    fn flow(self, hooks: SocketAddr, silent: SocketAddr) -> String {
        match self {
            Self::Burns => format!(
                "hookflow: 1\ntitle: p\nkey: {POISON}\nenabled: true\nmode: sync\ntrigger: {{ kind: webhook }}\nnodes:\n  \
                 - {{ kind: response, config: {{ body: \"{{{{ {BURNING} }}}}\" }} }}\n"
            ),
            Self::BurnsAnswering => async_flow(POISON, &[]).replace(
                "trigger: { kind: webhook }",
                &format!("trigger: {{ kind: webhook, answer: {{ body: \"{{{{ {BURNING} }}}}\" }} }}"),
            ),
            // Its callers wait, so that there are as many calls as callers and no more.
            Self::Hangs => async_flow(POISON, &[effect_node("call", silent, "")]).replace("mode: async", "mode: sync"),
            Self::Nothing | Self::Floods => sync_flow(POISON),
            Self::Swells => format!(
                "hookflow: 1\ntitle: p\nkey: {POISON}\nenabled: true\nmode: sync\ntrigger: {{ kind: webhook }}\nnodes:\n  \
                 - {{ kind: response, config: {{ body: {{ all: \"{{{{ trigger.body }}}}\" }} }} }}\n"
            ),
            Self::CallsItself => async_flow(
                POISON,
                &[format!(
                    r#"{{ key: call, kind: http_request, config: {{ method: POST, url: "http://{hooks}/api/webhook:trigger/{POISON}" }} }}"#
                )],
            ),
        }
    }

    /// Begins; what it returns goes on until it is dropped.
    fn begin(self, hooks: SocketAddr, rate: f64) -> Result<Bad> {
        let way = |body: &str| Way::hook(hooks, POISON, body);
        Ok(match self {
            Self::Nothing => Bad::Insistent(Insistent::start(way("{}"), 0)?),
            Self::Burns | Self::BurnsAnswering => Bad::Insistent(Insistent::start(way("{}"), 64)?),
            Self::Hangs => Bad::Insistent(Insistent::start(way("{}"), 500)?),
            Self::Floods => Bad::Steady(Steady::start(vec![way(BODY)], rate / (SYNC + ASYNC) as f64 * 10.0)?),
            Self::Swells => {
                let body = format!("[{}0]", r#"{"a":1},"#.repeat((10 << 20) / 8 - 2));
                Bad::Insistent(Insistent::start(way(&body), 8)?)
            }
            Self::CallsItself => Bad::Insistent(Insistent::start(way("{}"), 4)?),
        })
    }
}

enum Bad {
    Insistent(Insistent),
    Steady(Steady),
}

impl Bad {
    fn said(&self) -> String {
        match self {
            Self::Insistent(insistent) => insistent.said(),
            Self::Steady(steady) => {
                let Seen { statuses, errors, .. } = steady.take();
                let said: Vec<String> = statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
                format!("{}, {errors} without an answer", said.join(", "))
            }
        }
    }
}

/// `slack`: what the machine itself may add, as far as one trusts it.
pub async fn run(bench: &Bench, poisons: &[Poison], slack: Duration) -> Result<Outcome> {
    let mut outcome = Outcome::new("R10");
    let mut figures = Vec::new();
    for &poison in poisons {
        let folder = bench.folder.join(format!("{poison:?}"));
        std::fs::create_dir_all(&folder)?;
        figures.push(one(&Bench { folder: folder.clone(), ..bench.clone() }, poison, slack, &mut outcome).await?);
        std::fs::remove_dir_all(folder)?;
    }
    outcome.did = format!(
        "{} workflows at {:.0} % of what they can do together, alone for {:.0} s and then beside one that misbehaves, {} times \
         in turns; figures of the turn in the middle",
        SYNC + ASYNC,
        LOAD * 100.0,
        bench.load.as_secs_f64(),
        bench.rounds
    );
    outcome.figures = figures.join("; ");
    Ok(outcome)
}

async fn one(bench: &Bench, poison: Poison, slack: Duration, outcome: &mut Outcome) -> Result<String> {
    // Takes calls and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let silent_at = silent.local_addr()?;
    let holding = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            held.push(stream);
        }
    });
    // Senders who wait for nobody open a connection for each request that is not answered yet: with so many of them, a
    // thousand is what comes within 50 ms.
    let home = bench.home()?.with("HOOKFLOW_CONNECTIONS_MAX", "8192");
    let server = home.start().await?;
    let keys: Vec<String> = (0..SYNC + ASYNC).map(|number| format!("provegood{number:04}")).collect();
    let flow = |number: usize, key: &str| if number < SYNC { sync_flow(key) } else { async_flow(key, &[pure_node()]) };
    let mut files: Vec<(&str, String)> =
        keys.iter().enumerate().map(|(number, key)| (key.as_str(), flow(number, key))).collect();
    files.push(("poison", poison.flow(server.hooks, silent_at)));
    home.apply(&files).await?;

    let ways: Vec<Way> = keys.iter().map(|key| Way::hook(server.hooks, key, BODY)).collect();
    let rate = capacity(&ways, 63, bench.load / 2).await? * LOAD;
    // What was queued meanwhile runs on.
    sleep(Duration::from_millis(500)).await;
    let good = Steady::start(ways, rate)?;
    let probes = Probes::start(&server)?;
    let says = poison.says();
    let mut turns = Vec::new();
    for _ in 0..bench.rounds {
        // What the turn before left behind is over.
        sleep(bench.load / 2).await;
        good.take();
        sleep(bench.load).await;
        let calm = good.take();
        let bad = poison.begin(server.hooks, rate)?;
        sleep(bench.load / 4).await;
        good.take();
        probes.take();
        sleep(bench.load).await;
        let beside = good.take();
        for (when, seen) in [("alone", &calm), ("beside it", &beside)] {
            outcome.check(seen.trouble().is_empty(), || format!("{says}: of the others {when} {}", seen.trouble()));
        }
        for (name, mut seen) in probes.take() {
            let slowest = seen.percentile(100.0);
            // A program that was built without its pages says so, and promptly.
            outcome.check(seen.errors == 0 && seen.answers() > 0, || format!("{says}: {name} {}", seen.trouble()));
            outcome.check(slowest <= PROMPT, || format!("{says}: {name} took {}", ms(slowest)));
        }
        turns.push(Turn { calm: p99(calm), beside: p99(beside), said: bad.said() });
    }
    let resident = server.resident();
    drop((good, probes));
    holding.abort();
    server.kill().await?;

    // Half of the turns are not worse than the middle one: a machine that others use too spoils some.
    turns.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let middle = &turns[turns.len() / 2];
    let bound = middle.calm.mul_f64(RATIO_MAX).max(middle.calm + slack);
    let counts = poison != Poison::Nothing;
    let (calm, beside) = (ms(middle.calm), ms(middle.beside));
    outcome.check(!counts || middle.beside <= bound, || format!("{says}: p99 {beside} beside it, {calm} alone"));
    let ratios: Vec<String> = turns.iter().map(|turn| format!("{:.1}", turn.ratio())).collect();
    Ok(format!(
        "{says}: {rate:.0} requests/s, p99 {calm} alone, {beside} beside it (all ratios {}), {} MB; it was told {}",
        ratios.join(", "),
        resident >> 20,
        middle.said
    ))
}

/// Once alone, once beside the poison.
struct Turn {
    calm: Duration,
    beside: Duration,
    said: String,
}

impl Turn {
    fn ratio(&self) -> f64 {
        self.beside.as_secs_f64() / self.calm.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

fn p99(mut seen: Seen) -> Duration {
    seen.percentile(99.0)
}

/// Those who look whether the server is there: both probes and the page, on connections of their own.
pub(super) struct Probes(BTreeMap<&'static str, Steady>);

impl Probes {
    pub(super) fn start(server: &Server) -> Result<Self> {
        let targets = [
            ("probe of the hooks", server.hooks, "/healthz"),
            ("probe", server.admin, "/healthz"),
            ("page", server.admin, "/"),
        ];
        let start = |(name, address, target)| Ok((name, Steady::start(vec![Way::page(address, target)], 20.0)?));
        Ok(Self(targets.into_iter().map(start).collect::<Result<_>>()?))
    }

    pub(super) fn take(&self) -> Vec<(&'static str, Seen)> {
        self.0.iter().map(|(name, steady)| (*name, steady.take())).collect()
    }
}

pub(super) fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
