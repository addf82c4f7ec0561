//! Senders who mean well: so many requests a second whatever comes back, each timed from when it was due.
//!
//! A loader that waits for answers sends less to a slow server and so hides how slow it is; this one does not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bench::connection::{Connection, request};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Connections of one way, as a client's pool has: who finds none waits, and what is waited counts.
const CONNECTIONS_MAX: usize = 512;
/// An answer that takes longer is none.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Where to, and how.
#[derive(Debug, Clone)]
pub struct Way {
    pub address: SocketAddr,
    pub method: &'static str,
    pub target: String,
    pub body: Vec<u8>,
    /// A new connection for each request.
    pub fresh: bool,
}

impl Way {
    pub fn hook(address: SocketAddr, key: &str, body: &str) -> Self {
        let target = format!("/api/webhook:trigger/{key}");
        Self { address, method: "POST", target, body: body.as_bytes().to_vec(), fresh: false }
    }

    pub fn page(address: SocketAddr, target: &str) -> Self {
        Self { address, method: "GET", target: target.to_owned(), body: Vec::new(), fresh: true }
    }

    #[must_use]
    pub fn fresh(self) -> Self {
        Self { fresh: true, ..self }
    }

    /// As it goes over the wire.
    pub fn request(&self) -> std::io::Result<Vec<u8>> {
        // A browser names the type that it wants; a program would get no page.
        let headers = [("Content-Type", "application/json"), ("Accept", "text/html, */*")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        request(self.address, self.method, &self.target, &headers, &self.body)
    }
}

/// What came back within one stretch of time.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub errors: u64,
    latencies: Vec<Duration>,
}

impl Seen {
    /// The time within which that many of a hundred answers came.
    pub fn percentile(&mut self, percent: f64) -> Duration {
        self.latencies.sort_unstable();
        let rank = (percent / 100.0 * self.latencies.len() as f64).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// What was no success, in words; empty if all was well.
    pub fn trouble(&self) -> String {
        let bad = self.statuses.iter().filter(|(status, _)| !(200..300).contains(*status));
        let mut said: Vec<String> = bad.map(|(status, count)| format!("{count} answered {status}")).collect();
        if self.errors > 0 {
            said.push(format!("{} without an answer", self.errors));
        }
        said.join(", ")
    }
}

/// Senders at work. Dropped, they stop.
#[derive(Debug)]
pub struct Steady {
    seen: Arc<Mutex<Seen>>,
    sending: JoinHandle<()>,
}

impl Steady {
    /// `rate` requests a second in all, taking `ways` in turns.
    pub fn start(ways: Vec<Way>, rate: f64) -> Result<Self> {
        anyhow::ensure!(ways.iter().all(|way| way.address.ip().is_loopback()), "only loopback is loaded");
        let wires: Vec<Arc<Wire>> = ways.into_iter().map(Wire::new).collect::<Result<_>>()?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let sending = tokio::spawn(send(wires, rate, Arc::clone(&seen)));
        Ok(Self { seen, sending })
    }

    /// What was seen since the last time, by those that have their answer.
    pub fn take(&self) -> Seen {
        std::mem::take(&mut *lock(&self.seen))
    }
}

impl Drop for Steady {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

#[derive(Debug)]
struct Wire {
    way: Way,
    request: Vec<u8>,
    idle: Mutex<Vec<Connection>>,
    places: Semaphore,
}

impl Wire {
    fn new(way: Way) -> Result<Arc<Self>> {
        let places = Semaphore::new(CONNECTIONS_MAX);
        Ok(Arc::new(Self { request: way.request()?, way, idle: Mutex::default(), places }))
    }

    async fn once(&self) -> std::io::Result<u16> {
        let _place = self.places.acquire().await;
        let idle = lock(&self.idle).pop();
        if let Some(connection) = idle
            && let Ok(status) = self.on(connection).await
        {
            return Ok(status);
        }
        // A connection that rested may have been closed; what was sent on it is sent again on a new one.
        self.on(Connection::open(self.way.address).await?).await
    }

    async fn on(&self, mut connection: Connection) -> std::io::Result<u16> {
        let status = connection.exchange(&self.request).await?.status;
        if !self.way.fresh && connection.is_reusable() {
            lock(&self.idle).push(connection);
        }
        Ok(status)
    }
}

async fn send(wires: Vec<Arc<Wire>>, rate: f64, seen: Arc<Mutex<Seen>>) {
    let began = Instant::now();
    let mut under_way = JoinSet::new();
    for number in 0_u64.. {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        if due > Instant::now() {
            sleep_until(due).await;
        }
        let wire = Arc::clone(&wires[usize::try_from(number).unwrap_or(0) % wires.len()]);
        let seen = Arc::clone(&seen);
        under_way.spawn(async move {
            let answered = timeout(ANSWER_MAX, wire.once()).await;
            let mut seen = lock(&seen);
            match answered {
                Ok(Ok(status)) => {
                    *seen.statuses.entry(status).or_default() += 1;
                    seen.latencies.push(due.elapsed());
                }
                Ok(Err(_)) | Err(_) => seen.errors += 1,
            }
        });
        while under_way.try_join_next().is_some() {}
    }
}

/// Answers a second when `connections` ask one after the other, each way in turns.
pub async fn capacity(ways: &[Way], connections: usize, time: Duration) -> Result<f64> {
    let wires: Vec<Arc<Wire>> = ways.iter().cloned().map(Wire::new).collect::<Result<_>>()?;
    let answers = Arc::new(AtomicU64::new(0));
    let mut callers = JoinSet::new();
    for number in 0..connections {
        let (wire, answers) = (Arc::clone(&wires[number % wires.len()]), Arc::clone(&answers));
        callers.spawn(async move {
            loop {
                match timeout(ANSWER_MAX, wire.once()).await {
                    Ok(Ok(200..300)) => drop(answers.fetch_add(1, Relaxed)),
                    _ => sleep(Duration::from_millis(5)).await,
                }
            }
        });
    }
    // Not the start.
    sleep(time / 4).await;
    let (before, from) = (answers.load(Relaxed), Instant::now());
    sleep(time).await;
    Ok((answers.load(Relaxed) - before) as f64 / from.elapsed().as_secs_f64())
}

/// Callers who do not mean well: each asks again as soon as it is answered. Dropped, they stop.
#[derive(Debug)]
pub struct Insistent {
    _callers: JoinSet<()>,
    pub answers: Arc<Mutex<BTreeMap<u16, u64>>>,
}

impl Insistent {
    pub fn start(way: Way, connections: usize) -> Result<Self> {
        anyhow::ensure!(way.address.ip().is_loopback(), "only loopback is loaded");
        let wire = Wire::new(way)?;
        let answers = Arc::<Mutex<BTreeMap<u16, u64>>>::default();
        let mut callers = JoinSet::new();
        for _ in 0..connections {
            let (wire, answers) = (Arc::clone(&wire), Arc::clone(&answers));
            callers.spawn(async move {
                loop {
                    let status = match timeout(ANSWER_MAX * 3, wire.once()).await {
                        Ok(Ok(status)) => status,
                        Ok(Err(_)) | Err(_) => 0,
                    };
                    *lock(&answers).entry(status).or_default() += 1;
                    if !(200..300).contains(&status) {
                        // Who is told to come back later comes back soon.
                        sleep(Duration::from_millis(10)).await;
                    }
                }
            });
        }
        Ok(Self { _callers: callers, answers })
    }

    /// How often each status came, 0 for no answer.
    pub fn said(&self) -> String {
        let said: Vec<String> =
            lock(&self.answers).iter().map(|(status, count)| format!("{status}: {count}")).collect();
        said.join(", ")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
