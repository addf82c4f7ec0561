//! A closed-loop loader: each connection sends a request, reads the answer, sends the next.
//!
//! So a slow server gets fewer requests, not a queue of them: latencies are those of a server that
//! is busy, not of one that is flooded.
//!
//! Invariants
//! - A request is counted once: as an answer by its status, or as an error.
//! - A request that was begun is read to its end (within [`ANSWER_MAX`]), also when the time is up.
//! - A connection that breaks is counted and opened again: the server may be killed and started
//!   in the middle of a run.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connection::{self, Connection, Response};

/// An answer that takes longer is an error.
pub const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Between a broken connection and the next try.
const RECONNECT_PAUSE: Duration = Duration::from_millis(10);

/// What to send, where, and for how long.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Loopback only.
    pub address: SocketAddr,
    /// Path and query of the `POST`.
    pub target: String,
    /// Beside `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub connections: usize,
    pub until: Until,
}

#[derive(Debug, Clone, Copy)]
pub enum Until {
    Elapsed(Duration),
    /// Of all connections together, failed ones included.
    Requests(u64),
}

/// Why a plan is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    #[error("the request cannot be written")]
    Request(#[source] std::io::Error),
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer: refused, broken, too late.
    pub errors: u64,
    /// Of the answers, ascending.
    latencies: Vec<Duration>,
}

impl Report {
    pub fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    pub fn answers_per_second(&self) -> f64 {
        self.answers() as f64 / self.elapsed.as_secs_f64()
    }

    /// Both, which ran side by side.
    pub fn beside(mut self, other: Self) -> Self {
        self.elapsed = self.elapsed.max(other.elapsed);
        self.errors += other.errors;
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.latencies.extend(other.latencies);
        self.latencies.sort_unstable();
        self
    }

    /// The time within which that many of a hundred answers came, `0.0..=100.0`. Zero if none did.
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = (percent / 100.0 * self.latencies.len() as f64).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Carries out the plan. Dropping the future stops all connections.
pub async fn run(plan: Plan) -> Result<Report, PlanError> {
    run_seeing(plan, |_| {}).await
}

/// The same; `see` is called with every answer once it was read to its end, from many threads.
pub async fn run_seeing<F>(plan: Plan, see: F) -> Result<Report, PlanError>
where
    F: Fn(&Response<'_>) + Send + Sync + 'static,
{
    if !plan.address.ip().is_loopback() {
        return Err(PlanError::NotLoopback(plan.address));
    }
    let request = connection::request(plan.address, "POST", &plan.target, &plan.headers, &plan.body);
    let started = Instant::now();
    let shared = Arc::new(Shared {
        address: plan.address,
        request: request.map_err(PlanError::Request)?,
        budget: match plan.until {
            Until::Elapsed(time) => Budget::Deadline(started + time),
            Until::Requests(count) => Budget::Requests(AtomicU64::new(count)),
        },
        see,
    });
    let mut loops = JoinSet::new();
    for _ in 0..plan.connections {
        loops.spawn(Arc::clone(&shared).send_in_turn());
    }
    let tallies = loops.join_all().await;

    let mut report = Report { elapsed: started.elapsed(), statuses: BTreeMap::new(), errors: 0, latencies: Vec::new() };
    for tally in tallies {
        report.errors += tally.errors;
        for (status, latency) in tally.answers {
            *report.statuses.entry(status).or_default() += 1;
            report.latencies.push(latency);
        }
    }
    report.latencies.sort_unstable();
    Ok(report)
}

struct Shared<F> {
    address: SocketAddr,
    request: Vec<u8>,
    budget: Budget,
    see: F,
}

enum Budget {
    Deadline(Instant),
    Requests(AtomicU64),
}

impl Budget {
    fn take(&self) -> bool {
        match self {
            Self::Deadline(deadline) => Instant::now() < *deadline,
            Self::Requests(left) => {
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            }
        }
    }
}

/// Of one connection.
#[derive(Default)]
struct Tally {
    answers: Vec<(u16, Duration)>,
    errors: u64,
}

impl<F: Fn(&Response<'_>)> Shared<F> {
    async fn send_in_turn(self: Arc<Self>) -> Tally {
        let mut tally = Tally::default();
        let mut open = None;
        while self.budget.take() {
            match timeout(ANSWER_MAX, self.send(&mut open)).await {
                Ok(Ok(answer)) => tally.answers.push(answer),
                Ok(Err(_)) | Err(_) => {
                    tally.errors += 1;
                    open = None;
                    tokio::time::sleep(RECONNECT_PAUSE).await;
                }
            }
        }
        tally
    }

    /// The latency is that of the exchange, opening the connection not counted.
    async fn send(&self, open: &mut Option<Connection>) -> std::io::Result<(u16, Duration)> {
        let connection = match open.take().filter(Connection::is_reusable) {
            Some(connection) => open.insert(connection),
            None => open.insert(Connection::open(self.address).await?),
        };
        let started = Instant::now();
        let response = connection.exchange(&self.request).await?;
        let latency = started.elapsed();
        (self.see)(&response);
        Ok((response.status, latency))
    }
}
