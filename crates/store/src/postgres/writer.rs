//! Group commit: a few writers, each with a transaction of its own under way.
//! ```text
//! callers ──commands──▶ what waits ──all of it──▶ whoever is free: one statement, one commit ──▶ replies
//! ```
//! Invariants
//! - A reply goes out when its batch is on disk, or when it is known that nothing of the command was kept.
//! - What is written of one execution is written in the order in which it was handed in (`waiting`).
//! - A command that fails does not fail its neighbours: the batch is written without it.
//! - A connection that is lost is nobody's error: what was not kept is written again. Only who cannot be sent anywhere
//!   for a while hears of it, and who stands behind a batch whose fate nobody can tell for a while.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use domain::id::ExecutionId;
use futures_util::FutureExt;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::batch::{self, Command};
use super::fault::{Fault, away};
use super::mark::{Fate, Marks};
use super::options::Options;
use super::transaction::no_connection;
use super::waiting::{Handed, Waiting};
use crate::done::Done;
use crate::error::{Error, Result};
use crate::fence::Fence;
use crate::points;

/// What a command weighs in the queue beside its content, so that the queue is bounded in number too.
const COMMAND_BYTES: usize = 512;
/// How long a batch looks for a database that is away before its callers hear of it.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);
/// A writer that has written nothing for so long asks its connection whether it is there: what became of a batch that was
/// sent to one that is not may never be told.
const RESTED: Duration = Duration::from_secs(1);

/// The callers' end.
#[derive(Debug)]
pub(super) struct Writers {
    queue_bytes_max: usize,
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    fence: Arc<Fence>,
    waiting: Waiting,
    /// Bytes of commands that were handed in and not answered yet.
    pub(super) waiting_bytes: AtomicUsize,
    /// How many these are.
    pub(super) waiting_commands: AtomicUsize,
    pub(super) done: Done,
    writers: usize,
    /// Writers that are stuck.
    stuck: AtomicUsize,
}

impl Writers {
    /// What waits, and the tasks that write it.
    pub(super) fn start(
        options: &Options,
        pool: &Pool,
        marks: &Arc<Marks>,
        fence: Arc<Fence>,
    ) -> (Self, Vec<JoinHandle<()>>) {
        let shared = Arc::new(Shared {
            fence,
            waiting: Waiting::new(options),
            waiting_bytes: AtomicUsize::default(),
            waiting_commands: AtomicUsize::default(),
            done: Done::default(),
            writers: options.writers.max(1),
            stuck: AtomicUsize::default(),
        });
        let tasks = (0..shared.writers)
            .map(|_| {
                let writer = Writer {
                    pool: pool.clone(),
                    marks: Arc::clone(marks),
                    shared: Arc::clone(&shared),
                    is_stuck: watch::Sender::new(false),
                    answered: Mutex::default(),
                };
                tokio::spawn(writer.run())
            })
            .collect();
        (Self { queue_bytes_max: options.queue_bytes_max, shared }, tasks)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Answers after the flush of the batch it was written in. Dropping the future does not take the command back.
    pub(super) async fn write(&self, command: Command) -> Result<()> {
        let fence = &self.shared.fence;
        fence.check()?;
        let bytes = command.bytes() + COMMAND_BYTES;
        self.reserve(bytes)?;
        let (reply, answer) = oneshot::channel();
        self.shared.waiting.push(Handed { command, bytes, reply }).map_err(|_| fence.dropped())?;
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

    /// Lets the tasks end once they have written what was handed in.
    pub(super) fn stop(&self) {
        self.shared.waiting.stop();
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A task, with what it writes by.
struct Writer {
    pool: Pool,
    marks: Arc<Marks>,
    shared: Arc<Shared>,
    /// Whether it waits for a connection, or asks what became of a commit.
    is_stuck: watch::Sender<bool>,
    /// When the database answered last.
    answered: Mutex<Option<Instant>>,
}

impl Writer {
    /// Until it is told to stop, or every caller is gone.
    async fn run(self) {
        let shared = Arc::clone(&self.shared);
        if AssertUnwindSafe(self.serve()).catch_unwind().await.is_err() {
            shared.fence.break_with("a writer panicked");
            shared.waiting.abandon();
        }
    }

    async fn serve(self) {
        while let Some(batch) = self.shared.waiting.next().await {
            let commands: Vec<&Command> = batch.iter().map(|one| &one.command).collect();
            let outcomes = tokio::select! {
                outcomes = self.write(&commands) => outcomes,
                never = self.turn_away(&commands) => match never {},
            };
            self.shared.waiting.done(&batch);
            for (one, outcome) in batch.into_iter().zip(outcomes) {
                self.shared.answer(one, outcome);
            }
        }
    }

    /// While nobody knows what becomes of `batch`, those behind it hear that the database is away, and all others when
    /// nobody is there to write them: they have not been begun, and that may last.
    async fn turn_away(&self, batch: &[&Command]) -> Infallible {
        let mut is_stuck = self.is_stuck.subscribe();
        loop {
            // The sender is borrowed from one who holds it.
            let _ = is_stuck.wait_for(|is_stuck| *is_stuck).await;
            let executions = batch.iter().map(|command| command.execution()).collect();
            tokio::time::sleep(PATIENCE).await;
            while *is_stuck.borrow_and_update() {
                let nobody = self.shared.stuck.load(Ordering::Acquire) == self.shared.writers;
                for one in self.shared.waiting.take_behind(&executions, nobody) {
                    self.shared.answer(one, Err(away(&Lost)));
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Shared {
    fn answer(&self, one: Handed, outcome: Result<()>) {
        // Before the reply, so that a caller who comes back at once finds room.
        self.waiting_commands.fetch_sub(1, Ordering::Relaxed);
        self.waiting_bytes.fetch_sub(one.bytes, Ordering::AcqRel);
        // A caller that has gone does not change what is on disk.
        let _ = one.reply.send(outcome);
    }
}

impl Writer {
    /// What became of each.
    async fn write(&self, commands: &[&Command]) -> Vec<Result<()>> {
        let mut outcomes: Vec<Result<()>> = commands.iter().map(|_| Ok(())).collect();
        // Each is written together, by place.
        let mut groups: VecDeque<Vec<usize>> = VecDeque::from([(0..commands.len()).collect()]);
        while let Some(group) = groups.pop_front() {
            let together: Vec<&Command> = group.iter().map(|place| commands[*place]).collect();
            match self.commit(&together).await {
                Verdict::Committed => {}
                Verdict::Without(refused) => {
                    let (refused, rest): (Vec<usize>, _) =
                        group.into_iter().partition(|at| refused.contains(&commands[*at].execution()));
                    for at in refused {
                        outcomes[at] = Err(Error::LeaseLost { execution: commands[at].execution() });
                    }
                    groups.push_front(rest);
                }
                Verdict::Failed(fault) => match group[..] {
                    [at] => outcomes[at] = Err(fault.into_error(commands[at].operation())),
                    _ => groups.extend(group.into_iter().map(|at| vec![at])),
                },
                Verdict::NotKept(error) => {
                    // Where nobody is, the next would wait as long, and the last of a large batch for minutes.
                    let is_nobody_there = matches!(error, Error::Away { .. } | Error::Broken { .. } | Error::Closed);
                    let rest = if is_nobody_there { std::mem::take(&mut groups) } else { VecDeque::new() };
                    for at in group.into_iter().chain(rest.into_iter().flatten()) {
                        outcomes[at] = Err(again(&error));
                    }
                }
            }
        }
        outcomes
    }

    /// One transaction, tried again for as long as that may help.
    async fn commit(&self, commands: &[&Command]) -> Verdict {
        let began = Instant::now();
        loop {
            let fault = match self.attempt(commands).await {
                Ok(verdict) => return verdict,
                Err(fault) => fault,
            };
            let passes = fault.is_lost() || fault.is_of_the_moment() || fault.is_away();
            if passes && began.elapsed() < PATIENCE {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            return if fault.may_be_of_one() {
                Verdict::Failed(fault)
            } else {
                Verdict::NotKept(fault.into_error("batch"))
            };
        }
    }

    /// One that is there.
    async fn client(&self) -> Result<Client, Fault> {
        let client = {
            let _stuck = Stuck::new(self);
            self.pool.get().await.map_err(no_connection)?
        };
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.is_none_or(|at| at.elapsed() > RESTED) {
            client.batch_execute("").await?;
            self.has_answered();
        }
        Ok(client)
    }

    fn has_answered(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// `Err`: nothing of it was kept.
    async fn attempt(&self, commands: &[&Command]) -> Result<Verdict, Fault> {
        if commands.is_empty() {
            return Ok(Verdict::Committed);
        }
        let client = self.client().await?;
        points::reach(points::COMMIT_BEFORE).map_err(|error| away(&error))?;
        let (mark, began) = (self.marks.take(), Instant::now());
        let fate = match batch::write(&client, commands, &self.marks, &mark).await {
            Err(fault) if fault.is_lost() => {
                drop(Client::take(client));
                tracing::warn!("a connection was lost during a commit; the database is asked what became of it");
                let _stuck = Stuck::new(self);
                self.marks.fate(&self.pool, &self.shared.fence, mark, None).await
            }
            done => {
                self.has_answered();
                self.marks.give_back(mark);
                match done {
                    Err(fault) if fault.is_of_the_fence() => {
                        return Ok(Verdict::Without(batch::refused(&client, commands).await?));
                    }
                    done => done.map(|()| Ok(Fate::Committed))?,
                }
            }
        };
        if let Err(error) = points::reach(points::COMMIT_AFTER) {
            self.shared.fence.break_with(&error.to_string());
            return Ok(Verdict::NotKept(self.shared.fence.dropped()));
        }
        match fate {
            Ok(Fate::Committed) => {
                self.shared.done.add(Some(began.elapsed()), commands.len() as u64);
                Ok(Verdict::Committed)
            }
            Ok(Fate::TakenBack) => Err(away(&Lost).into()),
            Err(error) => Ok(Verdict::NotKept(error)),
        }
    }
}

/// While it is there, its writer cannot say when it goes on.
struct Stuck<'a>(&'a Writer);

impl<'a> Stuck<'a> {
    fn new(writer: &'a Writer) -> Self {
        writer.shared.stuck.fetch_add(1, Ordering::AcqRel);
        writer.is_stuck.send_replace(true);
        Self(writer)
    }
}

impl Drop for Stuck<'_> {
    fn drop(&mut self) {
        self.0.is_stuck.send_replace(false);
        self.0.shared.stuck.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What became of a batch.
enum Verdict {
    Committed,
    /// Taken back, as these may not be written.
    Without(HashSet<ExecutionId>),
    /// Taken back, since something in it cannot be written.
    Failed(Fault),
    /// Taken back, or nobody can know.
    NotKept(Error),
}

#[derive(Debug, thiserror::Error)]
#[error("the connection was lost")]
struct Lost;

/// What all callers of a batch are told.
fn again(error: &Error) -> Error {
    match error {
        Error::Full => Error::Full,
        Error::Closed => Error::Closed,
        Error::Away { reason } => Error::Away { reason: reason.clone() },
        Error::Broken { reason } => Error::Broken { reason: reason.clone() },
        _ => Error::Overloaded,
    }
}
