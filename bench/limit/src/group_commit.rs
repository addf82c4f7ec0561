//! One thread writes to SQLite: all rows that wait go into one transaction with one flush.
//! ```text
//! handlers ──rows──▶ queue ──all that wait──▶ BEGIN insert… COMMIT (one flush) ──the batch──▶ one task ──▶ handlers
//! ```
//! The batch goes back as one message: a wake of a task from another thread costs a system call,
//! from a task beside it next to nothing.
//!
//! Not here: who writes the same rows to PostgreSQL (`postgres`).

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use bytes::Bytes;
use rusqlite::{Connection, OpenFlags, Statement, params};
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};

/// As much of the log as waits before it is copied into the database, beside the writer.
const COPY_PAGES: u64 = 2_000;
/// Past this the writer waits for the copy to be whole, so that the log begins anew: 64 MB.
const LOG_PAGES_MAX: u64 = 8_000;

/// Batches, once they are on disk.
pub type Committed = mpsc::UnboundedReceiver<Vec<Row>>;

/// What is written.
#[derive(Debug)]
pub enum Row {
    Accepted {
        id: u64,
        at: u64,
        body: Bytes,
        answer: Bytes,
        /// What still is to run, and so comes back.
        run: Option<Value>,
        reply: oneshot::Sender<()>,
    },
    Finished {
        id: u64,
        at: u64,
        holds: bool,
    },
}

impl Row {
    pub fn is_new(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// Tells who waits; gives back what still is to run.
    pub fn accepted(self) -> Option<(u64, Value)> {
        match self {
            Self::Accepted { id, run, reply, .. } => {
                // Whoever asked may be gone.
                let _ = reply.send(());
                Some(id).zip(run)
            }
            Self::Finished { .. } => None,
        }
    }
}

/// Rows that wait to be written.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Vec<Row>>,
    arrived: Condvar,
    /// The same for those who write as tasks.
    told: Notify,
    rows: AtomicU64,
    batches: AtomicU64,
}

/// The handlers' end.
#[derive(Debug)]
pub struct Writer {
    queue: Arc<Queue>,
    next_id: AtomicU64,
}

impl Writer {
    /// Starts the thread; it ends with the process. The database is new.
    pub fn start(database: &Path) -> Result<(Self, Committed)> {
        let mut log = Log::open(database)?;
        let queue = Arc::new(Queue::default());
        let (done, committed) = mpsc::unbounded_channel();
        let here = Arc::clone(&queue);
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            let mut batch = Vec::new();
            loop {
                here.take(&mut batch);
                if let Err(error) = log.write(&batch) {
                    // Nobody is told that it is kept, and nothing that comes later is.
                    eprintln!("nothing can be written: {error}");
                    return;
                }
                here.written(&batch);
                let capacity = batch.len();
                if done.send(std::mem::replace(&mut batch, Vec::with_capacity(capacity))).is_err() {
                    return;
                }
                log.copy_in_time();
            }
        })?;
        Ok((Self::of(queue), committed))
    }

    pub(crate) fn of(queue: Arc<Queue>) -> Self {
        Self { queue, next_id: AtomicU64::new(1) }
    }

    /// Returns once the row is on disk.
    pub async fn accept(
        &self,
        body: Bytes,
        answer: Bytes,
        run: Option<Value>,
    ) -> Result<(), oneshot::error::RecvError> {
        let (reply, kept) = oneshot::channel();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.queue.put([Row::Accepted { id, at: now(), body, answer, run, reply }]);
        kept.await
    }

    /// Nobody waits for these.
    pub fn finish(&self, results: impl Iterator<Item = (u64, bool)>) {
        let at = now();
        self.queue.put(results.map(|(id, holds)| Row::Finished { id, at, holds }));
    }

    /// The mean since the start.
    pub fn rows_a_batch(&self) -> f64 {
        let (rows, batches) = (self.queue.rows.load(Ordering::Relaxed), self.queue.batches.load(Ordering::Relaxed));
        rows as f64 / (batches.max(1) as f64)
    }
}

impl Queue {
    fn put(&self, rows: impl IntoIterator<Item = Row>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = waiting.is_empty();
        waiting.extend(rows);
        drop(waiting);
        // The thread sleeps only when there is nothing.
        if was_empty {
            self.arrived.notify_one();
            self.told.notify_one();
        }
    }

    /// What waits, once there is something.
    pub(crate) async fn taken(&self) -> Vec<Row> {
        loop {
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !waiting.is_empty() {
                return waiting;
            }
            self.told.notified().await;
        }
    }

    pub(crate) fn written(&self, batch: &[Row]) {
        self.rows.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.batches.fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self, batch: &mut Vec<Row>) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = self.arrived.wait_while(waiting, |waiting| waiting.is_empty());
        std::mem::swap(&mut *waiting.unwrap_or_else(PoisonError::into_inner), batch);
    }
}

/// The database, and who copies its log.
#[derive(Debug)]
pub(crate) struct Log {
    db: Connection,
    copier: std::sync::mpsc::SyncSender<()>,
    pages: Arc<AtomicU64>,
    copied_at: u64,
}

impl Log {
    pub(crate) fn open(database: &Path) -> Result<Self> {
        let mut db = connect(database)?;
        db.execute_batch(
            "create table event (id integer primary key, at integer, body blob, answer blob);
             create table result (id integer primary key, at integer, holds integer);",
        )?;
        let pages = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&pages);
        db.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
            told.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let (copier, wake) = std::sync::mpsc::sync_channel(1);
        let beside = connect(database)?;
        std::thread::Builder::new().name("copier".to_owned()).spawn(move || {
            while wake.recv().is_ok() {
                checkpoint(&beside, "pragma wal_checkpoint(passive)");
            }
        })?;
        Ok(Self { db, copier, pages, copied_at: 0 })
    }

    /// One transaction, one flush.
    pub(crate) fn write(&mut self, batch: &[Row]) -> rusqlite::Result<()> {
        // Statements are kept by the connection: looking them up twice a batch costs nothing.
        let mut begin = self.db.prepare_cached("begin immediate")?;
        let mut commit = self.db.prepare_cached("commit")?;
        let mut event = self.db.prepare_cached("insert into event (id, at, body, answer) values (?1, ?2, ?3, ?4)")?;
        let mut result = self.db.prepare_cached("insert into result (id, at, holds) values (?1, ?2, ?3)")?;
        begin.execute([])?;
        batch.iter().try_for_each(|row| insert(row, &mut event, &mut result))?;
        commit.execute([])?;
        Ok(())
    }

    pub(crate) fn copy_in_time(&mut self) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.copied_at {
            self.copied_at = 0;
        }
        if pages >= LOG_PAGES_MAX {
            checkpoint(&self.db, "pragma wal_checkpoint(restart)");
            self.pages.store(0, Ordering::Relaxed);
        } else if pages >= self.copied_at + COPY_PAGES {
            self.copied_at = pages;
            // Full: it has been woken already.
            let _ = self.copier.try_send(());
        }
    }
}

fn insert(row: &Row, event: &mut Statement<'_>, result: &mut Statement<'_>) -> rusqlite::Result<()> {
    match row {
        Row::Accepted { id, at, body, answer, .. } => {
            event.execute(params![*id as i64, *at as i64, body.as_ref(), answer.as_ref()])?;
        }
        Row::Finished { id, at, holds } => {
            result.execute(params![*id as i64, *at as i64, *holds])?;
        }
    }
    Ok(())
}

fn connect(database: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database, flags)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.execute_batch(
        "pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full;
         pragma wal_autocheckpoint = 0; pragma foreign_keys = off; pragma cache_size = -16384;",
    )?;
    Ok(db)
}

/// What cannot be copied now is copied the next time.
fn checkpoint(db: &Connection, sql: &str) {
    if let Err(error) = db.query_row(sql, [], |_| Ok(())) {
        eprintln!("the log is not copied: {error}");
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}
