//! Sixty-four callers who write down what they are told.
//!
//! Beside `bench::load` this one sends to several workflows in turns, knows each request by a number, and
//! remembers how many were under way when the server went.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bench::connection::{Connection, request};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::ledger::Ledger;

/// An answer that takes longer is none.
const ANSWER_MAX: Duration = Duration::from_secs(60);
const RECONNECT_PAUSE: Duration = Duration::from_millis(5);
/// After a refusal, so that a full disk is not asked a hundred thousand times a second.
const REFUSED_PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug, Clone)]
pub struct Plan {
    /// Callers begin at one each, in turns, and go on to the next when theirs does not take them.
    pub addresses: Vec<SocketAddr>,
    /// Endpoint keys, taken in turns.
    pub keys: Vec<String>,
    pub connections: usize,
    /// Bytes of filling in each body.
    pub filling: usize,
    /// Between an answer and the next request of a connection.
    pub pause: Duration,
}

impl Plan {
    pub fn new(address: SocketAddr, keys: &[&str]) -> Self {
        Self::over(&[address], keys)
    }

    /// Over several servers, as a proxy would.
    pub fn over(addresses: &[SocketAddr], keys: &[&str]) -> Self {
        let (addresses, keys) = (addresses.to_vec(), keys.iter().map(|&key| key.to_owned()).collect());
        Self { addresses, keys, connections: 64, filling: 0, pause: Duration::ZERO }
    }
}

/// A load under way. Dropped, it stops without waiting.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    callers: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    plan: Plan,
    ledger: Arc<Ledger>,
    stop: AtomicBool,
    sent: AtomicU64,
    answered: AtomicU64,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    /// How many were refused with which status.
    statuses: Mutex<BTreeMap<u16, u64>>,
    slowest_ms: AtomicU64,
}

/// What went out and what came back.
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    /// Requests whose bytes were handed to the system.
    pub sent: u64,
    pub answered: u64,
    pub acknowledged: u64,
    pub refused: u64,
}

impl Load {
    pub fn start(plan: Plan, ledger: &Arc<Ledger>) -> Self {
        assert!(plan.addresses.iter().all(|address| address.ip().is_loopback()), "only loopback is loaded");
        let connections = plan.connections;
        let shared = Arc::new(Shared {
            plan,
            ledger: Arc::clone(ledger),
            stop: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            statuses: Mutex::default(),
            slowest_ms: AtomicU64::new(0),
        });
        let mut callers = JoinSet::new();
        for caller in 0..connections {
            callers.spawn(Arc::clone(&shared).call_in_turn(caller));
        }
        Self { shared, callers }
    }

    pub fn tally(&self) -> Tally {
        let Shared { sent, answered, acknowledged, refused, .. } = &*self.shared;
        Tally {
            sent: sent.load(Relaxed),
            answered: answered.load(Relaxed),
            acknowledged: acknowledged.load(Relaxed),
            refused: refused.load(Relaxed),
        }
    }

    /// How many were refused so far, and with which status.
    pub fn refusals(&self) -> BTreeMap<u16, u64> {
        self.shared.statuses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Of the answers that came, and of those that a caller waited for in vain.
    pub fn slowest(&self) -> Duration {
        Duration::from_millis(self.shared.slowest_ms.load(Relaxed))
    }

    /// Reads what is on its way, then ends.
    pub async fn finish(mut self) -> Tally {
        self.shared.stop.store(true, Relaxed);
        while self.callers.join_next().await.is_some() {}
        self.tally()
    }

    /// Until a caller got a 2xx; `None` if none did in time.
    pub async fn first_success(&self, patience: Duration) -> Option<Instant> {
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if self.tally().acknowledged > 0 {
                return Some(Instant::now());
            }
            sleep(Duration::from_millis(2)).await;
        }
        None
    }
}

impl Shared {
    async fn call_in_turn(self: Arc<Self>, mut at: usize) {
        let mut open = None;
        while !self.stop.load(Relaxed) {
            let address = self.plan.addresses[at % self.plan.addresses.len()];
            let from = Instant::now();
            let called = timeout(ANSWER_MAX, self.call(address, &mut open)).await;
            self.slowest_ms.fetch_max(u64::try_from(from.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
            match called {
                Ok(Ok(true)) => sleep(self.plan.pause).await,
                Ok(Ok(false)) => sleep(REFUSED_PAUSE).await,
                Ok(Err(_)) | Err(_) => {
                    open = None;
                    at += 1;
                    sleep(RECONNECT_PAUSE).await;
                }
            }
        }
    }

    /// Whether it was acknowledged.
    async fn call(&self, address: SocketAddr, open: &mut Option<Connection>) -> std::io::Result<bool> {
        let connection = match open.take().filter(Connection::is_reusable) {
            Some(connection) => open.insert(connection),
            None => open.insert(Connection::open(address).await?),
        };
        let number = self.sent.fetch_add(1, Relaxed);
        let key = &self.plan.keys[usize::try_from(number).unwrap_or(0) % self.plan.keys.len()];
        let body = format!(
            r#"{{"order":{{"id":"{number}","status":"paid"}},"filling":"{:x<width$}"}}"#,
            "",
            width = self.plan.filling
        );
        let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
        let target = format!("/api/webhook:trigger/{key}");
        let request = request(address, "POST", &target, &headers, body.as_bytes())?;
        let response = connection.exchange(&request).await?;
        self.answered.fetch_add(1, Relaxed);
        self.ledger.note(number, response.status, response.header("Hookflow-Execution").unwrap_or("-"));
        let is_success = (200..300).contains(&response.status);
        if is_success {
            self.acknowledged.fetch_add(1, Relaxed);
        } else {
            self.refused.fetch_add(1, Relaxed);
            *self.statuses.lock().unwrap_or_else(PoisonError::into_inner).entry(response.status).or_default() += 1;
        }
        Ok(is_success)
    }
}
