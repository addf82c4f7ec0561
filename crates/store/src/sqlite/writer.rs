//! The one thread that writes, and group commit.
//! ```text
//! callers ──commands──▶ channel ─▶ queues ──all that wait──▶ BEGIN ─ command… ─ COMMIT (one flush) ──▶ replies
//!                                                               └ one failed behind a write of its own: ROLLBACK, and all
//!                                                                 again as BEGIN ─ [SAVEPOINT command RELEASE]… ─ COMMIT
//! ```
//! While one batch is flushed the next one gathers in the queue, so that batches grow with the load
//! and a lone caller never waits for a timer. A command that fails has nearly always written nothing by then, so
//! that there is nothing to take back: savepoints would be a third of what a batch costs.
//!
//! Invariants
//! - `Ok` is said after the commit, never before.
//! - A command that fails takes back what it did and nothing else.
//! - After the file failed once, nobody gets `Ok` any more.
//!
//! Not here: what commands do, copying the log into the database file (`checkpoint`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use rusqlite::{Connection, ErrorCode};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::fault::{Fault, is_fatal, is_full};
use super::options::Options;
use super::sql::execute;
use crate::done::Done;
use crate::error::{Error, Result};
use crate::fence::Fence;
use crate::points;
use crate::queues::{Queues, Whose};

/// What a command weighs in the queue beside its content, so that the queue is bounded in number too.
const COMMAND_BYTES: usize = 512;

/// The callers' end of the queue.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Sender<Letter>,
    queue_bytes_max: usize,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) fence: Fence,
    /// Bytes of commands that were handed in and not answered yet.
    pub(super) waiting_bytes: AtomicUsize,
    /// How many these are.
    pub(super) waiting_commands: AtomicUsize,
    /// Held while the write-ahead log is copied: SQLite refuses a second one rather than wait.
    pub(super) copying: Mutex<()>,
    pub(super) done: Done,
}

enum Letter {
    Command(Box<dyn Command>),
    Stop,
}

impl Writer {
    /// The queue, and what its thread has to run.
    pub(super) fn new(
        options: &Options,
        shared: Arc<Shared>,
        db: Connection,
        checkpoints: Checkpoints,
    ) -> (Self, Loop) {
        let (queue, waiting) = crossbeam_channel::unbounded();
        let work = Loop {
            waiting,
            queues: Queues::new(),
            stops: false,
            db,
            shared: Arc::clone(&shared),
            checkpoints,
            batch_bytes_max: options.batch_bytes_max,
            batch_commands_max: options.batch_commands_max,
            runtime: Handle::try_current().ok().filter(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread),
        };
        (Self { queue, queue_bytes_max: options.queue_bytes_max, shared }, work)
    }

    /// Runs `work` in the next batch and answers after that batch's flush. It may run twice, the first time as if it
    /// had not been. `bytes` is about what it holds. Dropping the future does not take the command back.
    pub(super) async fn write<T, F>(&self, operation: &'static str, whose: Whose, bytes: usize, work: F) -> Result<T>
    where
        F: Fn(&Connection) -> Result<T, Fault> + Send + 'static,
        T: Send + 'static,
    {
        let fence = &self.shared.fence;
        fence.check()?;
        let bytes = bytes + COMMAND_BYTES;
        self.reserve(bytes)?;
        let (reply, answer) = oneshot::channel();
        let call = Call { operation, whose, bytes, work, outcome: None, reply };
        self.queue.send(Letter::Command(Box::new(call))).map_err(|_| fence.dropped())?;
        answer.await.unwrap_or_else(|_| Err(fence.dropped()))
    }

    /// A command larger than the whole queue passes when it is alone.
    fn reserve(&self, bytes: usize) -> Result<()> {
        let waiting = self.shared.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        if waiting == 0 || waiting + bytes <= self.queue_bytes_max {
            self.shared.waiting_commands.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        self.shared.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        Err(Error::Overloaded)
    }

    /// Lets the thread end once it has written what was handed in.
    pub(super) fn stop(&self) {
        // It may have ended already.
        let _ = self.queue.send(Letter::Stop);
    }
}

/// The writer's thread.
pub(super) struct Loop {
    waiting: Receiver<Letter>,
    queues: Queues<Box<dyn Command>>,
    /// Nothing is taken from the queue any more.
    stops: bool,
    db: Connection,
    shared: Arc<Shared>,
    checkpoints: Checkpoints,
    batch_bytes_max: usize,
    batch_commands_max: usize,
    /// Whose threads wait for the answers, if there are several.
    runtime: Option<Handle>,
}

impl Loop {
    /// Until it is told to stop, or every caller is gone.
    pub(super) fn run(self) {
        let shared = Arc::clone(&self.shared);
        if catch_unwind(AssertUnwindSafe(|| self.serve())).is_err() {
            shared.fence.break_with("the writer's thread panicked");
        }
    }

    fn serve(mut self) {
        while let Some(batch) = self.next_batch() {
            let mut commands = batch.commands;
            let verdict = self.transact(&mut commands);
            // Before the replies, so that a caller who comes back at once finds room.
            self.shared.waiting_commands.fetch_sub(commands.len(), Ordering::Relaxed);
            self.shared.waiting_bytes.fetch_sub(batch.bytes, Ordering::AcqRel);
            self.answer(commands, verdict);
            self.checkpoints.after_batch(&self.db, &self.shared);
        }
        self.checkpoints.finish(&self.db, &self.shared);
    }

    /// Where there are others to do it, this thread goes on: it is the one that all wait for.
    fn answer(&self, commands: Vec<Box<dyn Command>>, verdict: Verdict) {
        let answer = move || commands.into_iter().for_each(|command| command.answer(&verdict));
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { answer() })),
            None => answer(),
        }
    }

    /// What is to be written next of all that is waiting, within the limits; waits for the first. `None`: it was told
    /// to stop and all is written, or every caller is gone.
    fn next_batch(&mut self) -> Option<Batch> {
        if self.queues.is_empty() && !self.stops {
            let first = self.waiting.recv().ok()?;
            self.take(first);
        }
        while !self.stops
            && let Ok(letter) = self.waiting.try_recv()
        {
            self.take(letter);
        }
        let mut batch = Batch::default();
        while batch.bytes < self.batch_bytes_max
            && batch.commands.len() < self.batch_commands_max
            && let Some(command) = self.queues.pop()
        {
            batch.bytes += command.bytes();
            batch.commands.push(command);
        }
        (!batch.commands.is_empty()).then_some(batch)
    }

    fn take(&mut self, letter: Letter) {
        match letter {
            Letter::Command(command) => self.queues.push(command.whose(), command),
            Letter::Stop => self.stops = true,
        }
    }

    /// One transaction, one flush.
    fn transact(&self, commands: &mut [Box<dyn Command>]) -> Verdict {
        if let Err(error) = self.shared.fence.trusted() {
            return Verdict::Broken(error.to_string());
        }
        let verdict = self.attempt(commands);
        match &verdict {
            Verdict::Committed { took } => {
                let flushed = self.checkpoints.flushed().then_some(*took);
                self.shared.done.add(flushed, commands.len() as u64);
            }
            Verdict::Broken(reason) => self.shared.fence.break_with(reason),
            Verdict::Busy => tracing::warn!("another program has locked the database"),
            Verdict::Full => {}
        }
        if !self.db.is_autocommit()
            && let Err(error) = self.step("ROLLBACK")
        {
            self.shared.fence.break_with(&error.to_string());
        }
        verdict
    }

    fn attempt(&self, commands: &mut [Box<dyn Command>]) -> Verdict {
        if let Err(verdict) = self.run_all(commands) {
            return verdict;
        }
        if let Err(error) = points::reach(points::COMMIT_BEFORE) {
            return Verdict::Broken(error.to_string());
        }
        let began = Instant::now();
        match self.step("COMMIT").map(|()| points::reach(points::COMMIT_AFTER)) {
            Ok(Err(error)) => Verdict::Broken(error.to_string()),
            Ok(Ok(())) => Verdict::Committed { took: began.elapsed() },
            Err(error) => Verdict::of(&error),
        }
    }

    /// Leaves what they wrote to be committed, and nothing of those that failed. `Err` when the whole batch is lost.
    fn run_all(&self, commands: &mut [Box<dyn Command>]) -> Result<(), Verdict> {
        self.begin()?;
        for command in &mut *commands {
            let before = self.db.total_changes();
            if !self.run_one(command.as_mut())? && self.db.total_changes() != before {
                self.step("ROLLBACK").map_err(|error| Verdict::of(&error))?;
                return self.run_apart(commands);
            }
        }
        Ok(())
    }

    /// In a savepoint each.
    fn run_apart(&self, commands: &mut [Box<dyn Command>]) -> Result<(), Verdict> {
        let step = |sql| self.step(sql).map_err(|error| Verdict::of(&error));
        self.begin()?;
        for command in commands {
            step("SAVEPOINT command")?;
            if !self.run_one(command.as_mut())? {
                step("ROLLBACK TO command")?;
            }
            step("RELEASE command")?;
        }
        Ok(())
    }

    fn begin(&self) -> Result<(), Verdict> {
        self.step("BEGIN IMMEDIATE").map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => Verdict::Busy,
            _ => Verdict::of(&error),
        })
    }

    /// Whether it did what it should. `Err` when the whole batch is lost.
    fn run_one(&self, command: &mut dyn Command) -> Result<bool, Verdict> {
        let ran = command.run(&self.db);
        // After some errors SQLite takes the whole transaction back by itself.
        let lost = self.db.is_autocommit();
        match ran {
            Ran::Broke(reason) => Err(Verdict::Broken(reason)),
            Ran::Full if lost => Err(Verdict::Full),
            _ if lost => Err(Verdict::Broken("SQLite ended a transaction by itself".to_owned())),
            Ran::Full | Ran::Failed => Ok(false),
            Ran::Done => Ok(true),
        }
    }

    fn step(&self, sql: &str) -> rusqlite::Result<()> {
        execute(&self.db, sql, []).map(drop)
    }
}

#[derive(Default)]
struct Batch {
    commands: Vec<Box<dyn Command>>,
    bytes: usize,
}

/// What became of a batch.
enum Verdict {
    /// And how long the commit took.
    Committed {
        took: Duration,
    },
    Full,
    /// Someone outside this program holds the database's lock. Nothing was begun.
    Busy,
    Broken(String),
}

impl Verdict {
    /// A failure of the transaction itself: no space may pass, anything else is not understood.
    fn of(error: &rusqlite::Error) -> Self {
        if is_full(error) { Self::Full } else { Self::Broken(error.to_string()) }
    }
}

/// A call, its types forgotten.
trait Command: Send {
    fn whose(&self) -> Whose;
    fn bytes(&self) -> usize;
    fn run(&mut self, db: &Connection) -> Ran;
    fn answer(self: Box<Self>, verdict: &Verdict);
}

/// How a command ended.
enum Ran {
    Done,
    Failed,
    Full,
    Broke(String),
}

struct Call<T, F> {
    operation: &'static str,
    whose: Whose,
    bytes: usize,
    work: F,
    /// What it came to last, if the batch is committed; `None` until it has run.
    outcome: Option<Result<T, Fault>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Command for Call<T, F>
where
    F: Fn(&Connection) -> Result<T, Fault> + Send,
    T: Send,
{
    fn whose(&self) -> Whose {
        self.whose
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn run(&mut self, db: &Connection) -> Ran {
        let outcome =
            catch_unwind(AssertUnwindSafe(|| (self.work)(db))).unwrap_or_else(|_| Err(Fault::panicked(self.operation)));
        let ran = match &outcome {
            Ok(_) => Ran::Done,
            Err(Fault::Driver(error)) if is_full(error) => Ran::Full,
            Err(Fault::Driver(error)) if is_fatal(error) => Ran::Broke(error.to_string()),
            Err(_) => Ran::Failed,
        };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>, verdict: &Verdict) {
        let Self { operation, outcome, reply, .. } = *self;
        let answer = match verdict {
            Verdict::Committed { .. } => match outcome {
                Some(outcome) => outcome.map_err(|fault| fault.into_error(operation)),
                // Only what has run can be committed.
                None => Err(Error::Closed),
            },
            Verdict::Full => Err(Error::Full),
            Verdict::Broken(reason) => Err(Error::Broken { reason: reason.clone() }),
            Verdict::Busy => Err(Error::Overloaded),
        };
        // A caller that has gone does not change what is on disk.
        let _ = reply.send(answer);
    }
}
