//! R12: five times as much as the server can do. It answers all of it, does about as much as it can, holds a bounded
//! amount of memory and is itself again soon after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Result;
use bench::connection::Response;
use bench::load::{self, Plan, Until};
use bench::open_load::{self, OpenPlan, OpenReport, Shape};
use bench::process;

use super::Bench;
use super::isolation::{Probes, ms};
use crate::figures::Outcome;
use crate::ledger::Ledger;
use crate::server::Server;
use crate::sink::Sink;
use crate::stored::{Stored, all_ended};

const KEY: &str = "proveoverload00";
/// What each call of the flow takes, and how many are made at a time: so the calls are the limit, not the machine.
const CALL: Duration = Duration::from_millis(50);
const CALLS: usize = 32;
/// Of the capacity.
const OFFERED: f64 = 5.0;
const PEAK_MAX: u64 = 256 << 20;
/// As many as the server takes, but for those who probe it.
const CONNECTIONS_MAX: usize = 960;
/// What the load leaves behind has to be gone by then.
const BACK_MAX: Duration = Duration::from_secs(10);
/// Requests a second of who measures what is usual.
const BASE_PER_SECOND: f64 = 50.0;
const ENDS_MAX: Duration = Duration::from_secs(60);
/// A body above this is a large one, and so many are sent at a time to find out how many can be.
const LARGE: usize = 1 << 20;
const LARGE_AT_ONCE: usize = 8;

/// How far a machine is trusted to do one thing at a time.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Of the capacity.
    pub goodput_min: f64,
    /// Beside half as much again as usual.
    pub slack: Duration,
    /// What probes and the page may take meanwhile, 99 of 100.
    pub prompt: Duration,
}

impl Bounds {
    pub const PROMISED: Self =
        Self { goodput_min: 0.8, slack: Duration::from_millis(5), prompt: Duration::from_millis(500) };
}

/// What comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Bodies {
    /// 1 KB each.
    Small,
    /// 2 MB of small objects each, which take the most memory once they are parsed.
    Large,
    /// One of a hundred is large.
    Mixed,
    /// Large ones, and the flow sends all of each on.
    Whole,
}

impl Bodies {
    pub const ALL: [Self; 4] = [Self::Small, Self::Large, Self::Mixed, Self::Whole];

    fn says(self) -> &'static str {
        match self {
            Self::Small => "1 KB",
            Self::Large => "2 MB of objects",
            Self::Mixed => "1 KB, one of a hundred 2 MB",
            Self::Whole => "2 MB of objects, sent on",
        }
    }

    fn flow(self, sink: &Sink) -> String {
        let read = if self == Self::Whole { "{{ trigger.body }}" } else { "{{ trigger.body.order.id }}" };
        format!(
            "hookflow: 1\ntitle: o\nkey: {KEY}\nenabled: true\nmode: sync\ntrigger: {{ kind: webhook }}\nnodes:\n  \
             - {{ key: call, kind: http_request, config: {{ method: POST, \
             url: \"http://{}/{{{{ system.execution_id }}}}/call\", body: {{ order: \"{read}\" }} }} }}\n  \
             - {{ kind: response, config: {{ body: \"{{{{ nodes.call.status }}}}\" }} }}\n",
            sink.address
        )
    }

    fn shapes(self) -> Vec<Shape> {
        let target = format!("/api/webhook:trigger/{KEY}");
        let small = Shape::json(&target, small());
        match self {
            Self::Small => vec![small],
            Self::Large | Self::Whole => vec![Shape::json(&target, large())],
            Self::Mixed => vec![Shape { weight: 99, ..small }, Shape::json(&target, large())],
        }
    }
}

fn small() -> String {
    format!(r#"{{"order":{{"id":"4711","status":"paid"}},"filling":"{:x<970}"}}"#, "")
}

fn large() -> String {
    format!(r#"{{"order":{{"id":"4711","status":"paid"}},"items":[{}0]}}"#, r#"{"a":1},"#.repeat((2 << 20) / 8 - 8))
}

/// `bench.load` of overload with each.
pub async fn run(bench: &Bench, bodies: &[Bodies], bounds: Bounds) -> Result<Outcome> {
    let mut outcome = Outcome::new("R12");
    let mut figures = Vec::new();
    for &bodies in bodies {
        let folder = bench.folder.join(format!("{bodies:?}"));
        std::fs::create_dir_all(&folder)?;
        figures.push(one(&Bench { folder: folder.clone(), ..bench.clone() }, bodies, bounds, &mut outcome).await?);
        if outcome.held() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    outcome.did = format!(
        "a sync workflow whose call takes {} ms, {CALLS} at a time, offered {OFFERED} times what it can do for {:.0} s, \
         open-loop",
        CALL.as_millis(),
        bench.load.as_secs_f64()
    );
    outcome.figures = figures.join("; ");
    Ok(outcome)
}

async fn one(bench: &Bench, bodies: Bodies, bounds: Bounds, outcome: &mut Outcome) -> Result<String> {
    let says = bodies.says();
    let sink = Sink::start(&bench.folder.join("effects"), CALL).await?;
    let home = bench.home()?.with("HOOKFLOW_EXECUTIONS_RUNNING_PER_WORKFLOW_MAX", CALLS.to_string());
    let server = home.start().await?;
    home.apply(&[("overload", bodies.flow(&sink))]).await?;

    let base_time = (bench.load / 6).max(Duration::from_secs(2));
    base(&server, Duration::from_secs(1)).await?;
    let usual = p99(&base(&server, base_time).await?);
    let capacity = capacity(&server, bodies, bench.load / 3).await?;
    anyhow::ensure!(capacity > 0.0, "nothing was answered in {:?}", bench.load / 3);

    let probes = Probes::start(&server)?;
    let ledger = Arc::new(Ledger::create(&bench.folder.join("ledger"))?);
    let said = Arc::new(Said::default());
    let plan = OpenPlan {
        address: server.hooks,
        shapes: bodies.shapes(),
        per_second: capacity * OFFERED,
        time: bench.load,
        connections_max: CONNECTIONS_MAX,
    };
    let see = {
        let (ledger, said) = (Arc::clone(&ledger), Arc::clone(&said));
        move |_, answer: &Response<'_>| {
            let number = said.answers.fetch_add(1, Relaxed);
            ledger.note(number, answer.status, answer.header("Hookflow-Execution").unwrap_or("-"));
            said.take(answer);
        }
    };
    let cpu = process::cpu_time(server.pid)?;
    let report = open_load::run_seeing(plan, see).await?;
    let cpu = (process::cpu_time(server.pid)? - cpu).as_secs_f64() / report.elapsed.as_secs_f64();
    let probed = probes.take();
    drop(probes);
    let back = back(&server, usual.mul_f64(1.5) + bounds.slack).await?;
    let peak = process::peak(server.pid)?;

    if let Err(open) = all_ended(&home.database(), ENDS_MAX).await {
        outcome.violation(format!("{says}: {open}"));
    }
    let (status, _) = server.terminate().await?;
    outcome.check(status.success(), || format!("{says}: exit {status}"));
    let account = Arc::into_inner(ledger).expect("the load has ended").close()?;
    let lost = Stored::open(&home.database())?.missing(&account.acknowledged)?;
    outcome.none(&format!("{says}: acknowledged and lost"), &lost);

    outcome.check(peak <= PEAK_MAX, || format!("{says}: {} MB at the peak", peak >> 20));
    let others: Vec<_> = report.statuses.iter().filter(|(status, _)| !matches!(status, 200..300 | 429 | 503)).collect();
    outcome.none(&format!("{says}: other answers"), &others);
    outcome.check(report.errors == 0, || format!("{says}: {} without an answer", report.errors));
    outcome.check(said.without_retry.load(Relaxed) == 0, || {
        format!("{says}: {} refusals without Retry-After in whole seconds", said.without_retry.load(Relaxed))
    });
    let goodput = report.successes() as f64 / report.elapsed.as_secs_f64();
    outcome.check(goodput >= capacity * bounds.goodput_min, || format!("{says}: {goodput:.0}/s of {capacity:.0}/s"));
    outcome.check(back.is_some(), || format!("{says}: not as usual within {BACK_MAX:?}, {} before", ms(usual)));
    for (name, mut seen) in probed {
        let slow = seen.percentile(99.0);
        outcome.check(seen.trouble().is_empty() && seen.answers() > 0, || format!("{says}: {name} {}", seen.trouble()));
        outcome.check(slow <= bounds.prompt, || format!("{says}: {name} took {}", ms(slow)));
    }
    let of = |wanted: std::ops::Range<u16>| report.statuses.range(wanted).map(|(_, count)| count).sum::<u64>();
    let accepted = report.percentile_of(99.0, |sample| sample.answer.is_some_and(|(status, _)| status < 300));
    let refused = report.percentile_of(50.0, |sample| sample.answer.is_some_and(|(status, _)| status >= 300));
    Ok(format!(
        "{says}: {capacity:.0}/s alone, offered {:.0}/s: {} 2xx ({goodput:.0}/s), {} 429, {} 503, {} not sent, \
         Retry-After {} to {} s; peak {} MB, {cpu:.2} cores; p99 of the accepted {}, median of the refused {}; p99 at \
         {BASE_PER_SECOND}/s {} before, as usual {} after",
        capacity * OFFERED,
        of(200..300),
        of(429..430),
        of(503..504),
        report.unsent,
        said.soonest(),
        said.latest.load(Relaxed),
        peak >> 20,
        ms(accepted.unwrap_or_default()),
        ms(refused.unwrap_or_default()),
        ms(usual),
        back.map_or("not".to_owned(), |second| format!("within {} s", second + 1)),
    ))
}

/// What refusals say.
#[derive(Debug, Default)]
struct Said {
    answers: AtomicU64,
    without_retry: AtomicU64,
    /// One more than it, so that none said is none.
    soonest: AtomicU64,
    latest: AtomicU64,
}

impl Said {
    fn take(&self, answer: &Response<'_>) {
        if !matches!(answer.status, 429 | 503) {
            return;
        }
        match answer.header("Retry-After").and_then(|text| text.parse::<u64>().ok()) {
            Some(seconds) => {
                self.latest.fetch_max(seconds, Relaxed);
                let sooner = |known: u64| (known == 0 || seconds + 1 < known).then_some(seconds + 1);
                let _ = self.soonest.fetch_update(Relaxed, Relaxed, sooner);
            }
            None => drop(self.without_retry.fetch_add(1, Relaxed)),
        }
    }

    fn soonest(&self) -> u64 {
        self.soonest.load(Relaxed).saturating_sub(1)
    }
}

/// 2xx a second when as many ask one after the other as calls are made at a time, and half as many again. Of large
/// bodies fewer: they keep the machine busy, and nobody is to be turned away.
async fn capacity(server: &Server, bodies: Bodies, time: Duration) -> Result<f64> {
    let shapes = bodies.shapes();
    let sum: u32 = shapes.iter().map(|shape| shape.weight).sum();
    let mut loads = tokio::task::JoinSet::new();
    // Of a rare shape one connection at least: what it does less, the weights put right.
    for shape in shapes {
        let share = f64::from(shape.weight) / f64::from(sum);
        let wanted = ((CALLS * 3 / 2) as f64 * share).ceil() as usize;
        let connections = if shape.body.len() > LARGE { wanted.min(LARGE_AT_ONCE) } else { wanted };
        let plan = Plan {
            address: server.hooks,
            target: shape.target,
            headers: shape.headers,
            body: shape.body,
            connections,
            until: Until::Elapsed(time),
        };
        loads.spawn(load::run(plan));
    }
    let mut answers = 0.0;
    while let Some(report) = loads.join_next().await {
        let report = report??;
        let successes: u64 = report.statuses.range(200..300).map(|(_, count)| count).sum();
        answers += successes as f64 / report.elapsed.as_secs_f64();
    }
    Ok(answers)
}

/// Small requests at a rate that is none.
async fn base(server: &Server, time: Duration) -> Result<OpenReport> {
    let plan = OpenPlan {
        address: server.hooks,
        shapes: Bodies::Small.shapes(),
        per_second: BASE_PER_SECOND,
        time,
        connections_max: 256,
    };
    Ok(open_load::run(plan).await?)
}

fn p99(report: &OpenReport) -> Duration {
    report.percentile(99.0).unwrap_or(Duration::MAX)
}

/// After how many seconds p99 was as usual again, give or take.
async fn back(server: &Server, bound: Duration) -> Result<Option<u64>> {
    for second in 0..BACK_MAX.as_secs() {
        let report = base(server, Duration::from_secs(1)).await?;
        if report.successes() == report.samples.len() as u64 && p99(&report) <= bound {
            return Ok(Some(second));
        }
    }
    Ok(None)
}
