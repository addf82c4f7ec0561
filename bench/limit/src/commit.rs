//! The row and the flush alone, in a loop: what group commit gives at a size of batch, without HTTP.
//!
//! In `sync` and `queued` the writer shares its cores with HTTP and the loader. So the loop can be
//! given the same company: `beside` microseconds of computing for each row, on threads of their own,
//! never further behind than one batch. With it, it is what the same cores could do were HTTP
//! perfectly packed around the commits.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::oneshot;

use crate::group_commit::{Log, Row, now};

/// How much a burner takes on at once.
const PORTION_NS: i64 = 20_000;

#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub batch: usize,
    pub body_bytes: usize,
    /// A result for each row, in the next batch.
    pub with_results: bool,
    pub time: Duration,
    /// Computing beside each row.
    pub beside: Duration,
    pub burners: usize,
}

/// Rows (not results) a second.
pub fn run(database: &Path, plan: &Plan) -> Result<f64> {
    let mut log = Log::open(database)?;
    let burners = Burners::start(plan.burners)?;
    let body = Bytes::from(vec![b'x'; plan.body_bytes]);
    let answer = if plan.with_results { Bytes::new() } else { Bytes::from_static(br#"{"received":"A-1001"}"#) };
    let a_row = i64::try_from(plan.beside.as_nanos())?;
    // As in `queued`, a batch holds new rows and results of earlier ones.
    let new = if plan.with_results { plan.batch.div_ceil(2) } else { plan.batch } as u64;
    let (mut next, started) = (0_u64, Instant::now());
    while started.elapsed() < plan.time {
        let at = now();
        let mut batch: Vec<_> = (next..next + new)
            .map(|id| Row::Accepted {
                id,
                at,
                body: body.clone(),
                answer: answer.clone(),
                run: None,
                reply: oneshot::channel().0,
            })
            .collect();
        if plan.with_results {
            batch.extend((next.saturating_sub(new)..next).map(|id| Row::Finished { id, at, holds: true }));
        }
        log.write(&batch)?;
        log.copy_in_time();
        next += new;
        burners.owe(new as i64 * a_row);
    }
    Ok(next as f64 / started.elapsed().as_secs_f64())
}

/// Threads that compute as much as they are told.
struct Burners {
    owed: Arc<AtomicI64>,
    over: Arc<AtomicBool>,
}

impl Burners {
    fn start(count: usize) -> Result<Self> {
        let this = Self { owed: Arc::default(), over: Arc::default() };
        for _ in 0..count {
            let (owed, over) = (Arc::clone(&this.owed), Arc::clone(&this.over));
            std::thread::Builder::new().name("burner".to_owned()).spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    if owed.load(Ordering::Relaxed) < PORTION_NS {
                        std::thread::sleep(Duration::from_micros(50));
                        continue;
                    }
                    owed.fetch_sub(PORTION_NS, Ordering::Relaxed);
                    let end = computed() + PORTION_NS;
                    while computed() < end {}
                }
            })?;
        }
        Ok(this)
    }

    /// Waits while the batch before is not computed.
    fn owe(&self, ns: i64) {
        while self.owed.load(Ordering::Relaxed) > ns {
            std::thread::sleep(Duration::from_micros(20));
        }
        self.owed.fetch_add(ns, Ordering::Relaxed);
    }
}

impl Drop for Burners {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Nanoseconds of processor this thread had.
fn computed() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
