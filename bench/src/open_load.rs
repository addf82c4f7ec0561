//! An open-loop loader: requests come when they are due, whether or not earlier ones have been answered.
//! ```text
//! pacer (a thread that sleeps from due time to due time) ──permit──▶ senders ──▶ a connection that rests, or a new one
//! ```
//! So a slow server gets a queue of requests, as from the internet. A latency counts from the moment its request was
//! due: what waited for a connection, or for the loader itself, is in it, and a server that stalls cannot hide that
//! it did (coordinated omission).
//!
//! Invariants
//! - A request is counted once: as an answer by its status, as an error, or as not sent.
//! - A percentile over all counts what has no answer as slower than every answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connection::{self, Connection, Response};
pub use crate::load::{ANSWER_MAX, PlanError};

/// A connection that rested longer may be about to be closed by the server.
const REST_MAX: Duration = Duration::from_secs(5);

/// What to send, where, how often, and for how long.
#[derive(Debug, Clone)]
pub struct OpenPlan {
    /// Loopback only.
    pub address: SocketAddr,
    /// Taken in turns, by their weights.
    pub shapes: Vec<Shape>,
    /// Requests, evenly spaced.
    pub per_second: f64,
    pub time: Duration,
    /// Opened as they are needed. A request that finds them all taken waits.
    pub connections_max: usize,
}

/// A kind of request.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Path and query of the `POST`.
    pub target: String,
    /// Beside `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Of the sum of all weights, so many requests are of this kind.
    pub weight: u32,
}

impl Shape {
    /// JSON, as senders post it.
    pub fn json(target: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Self { target: target.into(), headers, body: body.into(), weight: 1 }
    }
}

/// One request that was due.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Which of the plan's shapes.
    pub shape: usize,
    /// After the start.
    pub due: Duration,
    /// The answer's status, and how long after the due time it had been read.
    pub answer: Option<(u16, Duration)>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct OpenReport {
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Sent, and without an answer: refused, broken, too late.
    pub errors: u64,
    /// Still waiting for a connection when the time was up. They are samples without an answer too.
    pub unsent: u64,
    /// Ascending by when they were due.
    pub samples: Vec<Sample>,
}

impl OpenReport {
    pub fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// How many requests were answered with a success.
    pub fn successes(&self) -> u64 {
        self.statuses.range(200..300).map(|(_, count)| count).sum()
    }

    /// The time within which that many of a hundred of all requests were answered, `0.0..=100.0`. `None`: so many were not.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        self.percentile_of(percent, |_| true)
    }

    /// The same of those requests that `which` picks: by status, by shape, by when they were due.
    pub fn percentile_of(&self, percent: f64, which: impl Fn(&Sample) -> bool) -> Option<Duration> {
        let picked = self.samples.iter().filter(|sample| which(sample));
        let mut took: Vec<Duration> =
            picked.map(|sample| sample.answer.map_or(Duration::MAX, |(_, took)| took)).collect();
        let rank = (percent / 100.0 * took.len() as f64).ceil() as usize;
        let (_, found, _) =
            (rank <= took.len() && !took.is_empty()).then(|| took.select_nth_unstable(rank.saturating_sub(1)))?;
        (*found < Duration::MAX).then_some(*found)
    }

    /// Those that were due within these times after the start.
    pub fn window(&self, due: Range<Duration>) -> &[Sample] {
        let at = |time| self.samples.partition_point(|sample| sample.due < time);
        &self.samples[at(due.start)..at(due.end).max(at(due.start))]
    }
}

/// Carries out the plan. Dropping the future stops all of it.
pub async fn run(plan: OpenPlan) -> Result<OpenReport, PlanError> {
    run_seeing(plan, |_, _| {}).await
}

/// The same; `see` is called with the number of the shape and every answer once it was read to its end, from many
/// threads.
pub async fn run_seeing<F>(plan: OpenPlan, see: F) -> Result<OpenReport, PlanError>
where
    F: Fn(usize, &Response<'_>) + Send + Sync + 'static,
{
    if !plan.address.ip().is_loopback() {
        return Err(PlanError::NotLoopback(plan.address));
    }
    let request = |shape: &Shape| connection::request(plan.address, "POST", &shape.target, &shape.headers, &shape.body);
    let requests: Result<_, _> = plan.shapes.iter().map(request).collect();
    let total = (plan.per_second * plan.time.as_secs_f64()).round() as u64;
    let shared = Arc::new(Shared {
        address: plan.address,
        requests: requests.map_err(PlanError::Request)?,
        turns: in_turns(&plan.shapes),
        started: Instant::now(),
        per_second: plan.per_second,
        time: plan.time,
        total,
        taken: AtomicU64::new(0),
        due: Semaphore::new(0),
        resting: Mutex::default(),
        stop: AtomicBool::new(false),
        see,
    });
    let stop = StopOnDrop(Arc::clone(&shared));
    let pacer = std::thread::spawn({
        let shared = Arc::clone(&shared);
        move || shared.pace(plan.connections_max)
    });
    let mut senders = JoinSet::new();
    for _ in 0..plan.connections_max {
        senders.spawn(Arc::clone(&shared).send_when_due());
    }
    let tallies = senders.join_all().await;
    let elapsed = shared.started.elapsed();
    drop(stop);
    let _ = pacer.join();

    let mut report = OpenReport { elapsed, statuses: BTreeMap::new(), errors: 0, unsent: 0, samples: Vec::new() };
    for tally in tallies {
        report.errors += tally.errors;
        report.unsent += tally.unsent;
        report.samples.extend(tally.samples);
    }
    for (status, _) in report.samples.iter().filter_map(|sample| sample.answer) {
        *report.statuses.entry(status).or_default() += 1;
    }
    report.samples.sort_unstable_by_key(|sample| sample.due);
    Ok(report)
}

/// The shapes as often as their weights say, spread evenly: whoever is furthest behind is next.
fn in_turns(shapes: &[Shape]) -> Vec<usize> {
    let sum: i64 = shapes.iter().map(|shape| i64::from(shape.weight)).sum();
    let mut behind = vec![0; shapes.len()];
    let mut turn = || {
        for (behind, shape) in behind.iter_mut().zip(shapes) {
            *behind += i64::from(shape.weight);
        }
        let (next, most) = behind.iter_mut().enumerate().max_by_key(|(at, behind)| (**behind, usize::MAX - at))?;
        *most -= sum;
        Some(next)
    };
    (0..sum).filter_map(|_| turn()).collect()
}

struct Shared<F> {
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    /// Numbers of shapes, begun again at the end.
    turns: Vec<usize>,
    started: Instant,
    per_second: f64,
    time: Duration,
    total: u64,
    /// Requests that a sender has taken up.
    taken: AtomicU64,
    /// A permit for each that is due.
    due: Semaphore,
    /// The one that was used last on top.
    resting: Mutex<Vec<(Connection, Instant)>>,
    stop: AtomicBool,
    see: F,
}

/// Ends the pacer however the run ends.
struct StopOnDrop<F>(Arc<Shared<F>>);

impl<F> Drop for StopOnDrop<F> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// Of one sender.
#[derive(Default)]
struct Tally {
    samples: Vec<Sample>,
    errors: u64,
    unsent: u64,
}

impl<F> Shared<F> {
    fn due(&self, number: u64) -> Duration {
        Duration::from_secs_f64(number as f64 / self.per_second)
    }

    /// A thread of its own: timers of the runtime tick in milliseconds, and wait when it is busy.
    fn pace(&self, senders: usize) {
        let mut given = 0;
        while given < self.total && !self.stop.load(Ordering::Relaxed) {
            let due = ((self.started.elapsed().as_secs_f64() * self.per_second) as u64 + 1).min(self.total);
            self.due.add_permits(usize::try_from(due - given).unwrap_or(0));
            given = due;
            std::thread::sleep(self.due(given).saturating_sub(self.started.elapsed()).min(Duration::from_millis(50)));
        }
        // Each finds that there is nothing left.
        self.due.add_permits(senders);
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, Vec<(Connection, Instant)>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Fn(usize, &Response<'_>)> Shared<F> {
    async fn send_when_due(self: Arc<Self>) -> Tally {
        let mut tally = Tally::default();
        while let Ok(permit) = self.due.acquire().await {
            permit.forget();
            let number = self.taken.fetch_add(1, Ordering::Relaxed);
            if number >= self.total {
                break;
            }
            let due = self.due(number);
            let shape = self.turns[usize::try_from(number % self.turns.len() as u64).unwrap_or(0)];
            let answer = if self.started.elapsed() > self.time.max(due) + self.due(1) {
                tally.unsent += 1;
                None
            } else {
                let answer = timeout(ANSWER_MAX, self.send(shape)).await;
                let answer = answer.ok().and_then(Result::ok);
                tally.errors += u64::from(answer.is_none());
                answer.map(|status| (status, self.started.elapsed().saturating_sub(due)))
            };
            tally.samples.push(Sample { shape, due, answer });
        }
        tally
    }

    async fn send(&self, shape: usize) -> std::io::Result<u16> {
        let rested = self.resting().pop().filter(|(_, since)| since.elapsed() < REST_MAX);
        let mut connection = match rested {
            Some((connection, _)) => connection,
            None => Connection::open(self.address).await?,
        };
        let response = connection.exchange(&self.requests[shape]).await?;
        let status = response.status;
        (self.see)(shape, &response);
        if connection.is_reusable() {
            self.resting().push((connection, Instant::now()));
        }
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_take_turns_by_their_weights() {
        let shape = |weight| Shape { weight, ..Shape::json("/", "") };
        assert_eq!(in_turns(&[shape(1)]), [0]);
        assert_eq!(in_turns(&[shape(3), shape(1)]), [0, 0, 1, 0]);
        assert_eq!(in_turns(&[shape(1), shape(0), shape(1)]), [0, 2]);
    }

    #[test]
    fn what_has_no_answer_is_slower_than_every_answer() {
        let sample = |due, answer: Option<u64>| Sample {
            shape: 0,
            due: Duration::from_secs(due),
            answer: answer.map(|took| (200, Duration::from_millis(took))),
        };
        let report = OpenReport {
            elapsed: Duration::ZERO,
            statuses: BTreeMap::new(),
            errors: 0,
            unsent: 0,
            samples: vec![sample(0, Some(3)), sample(1, None), sample(2, Some(1)), sample(3, Some(2))],
        };
        assert_eq!(report.percentile(50.0), Some(Duration::from_millis(2)));
        assert_eq!(report.percentile(75.0), Some(Duration::from_millis(3)));
        assert_eq!(report.percentile(99.0), None);
        assert_eq!(report.percentile_of(100.0, |sample| sample.answer.is_some()), Some(Duration::from_millis(3)));
        assert_eq!(report.percentile_of(50.0, |_| false), None);
        let window = report.window(Duration::from_secs(1)..Duration::from_secs(3));
        assert_eq!(window.len(), 2);
    }
}
