//! How a commit is known that nobody has answered for.
//!
//! Each transaction that writes leaves a mark, together with its commit: `(process, line, number)`, a key that
//! is used once. Who lost the connection during the commit leaves the same mark, and a witness beside it:
//! - it is there already: the commit happened. But if the witness is there, too, it was left by such a question, whose
//!   answer was lost in its turn;
//! - it was not: the transaction was taken back, and should it still be open somewhere behind a dead connection, it
//!   can never commit, as its mark is taken, and stays taken. While it is just committing, this waits for it.
//!
//! A process uses a few lines at a time, and each keeps its last marks only; one whose transaction was taken back stays
//! for as long as the process, since what is behind a dead connection may come late. [Decision 34] says why it is not
//! the number that PostgreSQL gives a transaction.
//!
//! [Decision 34]: ../../../../docs/decisions/0034-commits-leave-a-mark.md

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use futures_util::future::join3;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::fault::{Fault, away};
use super::sql::{Bin, statements};
use super::transaction::no_connection;
use crate::error::Result;
use crate::fence::Fence;

/// Until another look for a database that is away, at most.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// How long one who cannot wait for ever waits to hear whether a commit happened.
pub(super) const FATE_MAX: Duration = Duration::from_secs(15);

statements! {
    NEW_PROCESS = "select gen_random_uuid()";
    /// The mark before it.
    CLEAN = "delete from commit_mark where process = $1 and line = $2 and number < $3";
    LEAVE = "insert into commit_mark (process, line, number) values ($1, $2, $3)";
    /// The same, with the witness, whose line is below zero. Both or neither.
    QUESTION = "insert into commit_mark (process, line, number)
                values ($1::uuid, $2::bigint, $3::bigint), ($1::uuid, -$2::bigint, $3::bigint)";
    WITNESS = "select 1 from commit_mark where process = $1 and line = -$2::bigint and number = $3";
    TOUCH = "update commit_mark set number = number where process = $1 and line = $2 and number = $3";
    FORGET = "delete from commit_mark where process = $1 and line = any($2::bigint[])";
}

/// The marks of a process.
#[derive(Debug)]
pub(super) struct Marks {
    process: Bin<16>,
    free: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    free: Vec<Mark>,
    count: i64,
}

/// One that is left by one transaction.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) line: i64,
    pub(super) number: i64,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    /// Nothing of it was kept, nor ever will be.
    TakenBack,
}

impl Marks {
    pub(super) async fn new(client: &tokio_postgres::Client) -> Result<Self> {
        let process = async { client.query_one(NEW_PROCESS, &[]).await?.try_get(0) };
        Ok(Self { process: process.await.map_err(|error| away(&error))?, free: Mutex::default() })
    }

    pub(super) fn process_id(&self) -> Bin<16> {
        self.process
    }

    /// Of the process, unlike that of any other.
    pub(super) fn process(&self) -> i64 {
        let [first @ .., _, _, _, _, _, _, _, _] = self.process.0;
        i64::from_be_bytes(first)
    }

    /// Ends the transaction that `client` is in. Without a mark if there is none: then nothing was to be kept.
    pub(super) async fn commit(&self, client: &Client, mark: Option<&Mark>) -> Result<(), Fault> {
        let Some(Mark { line, number }) = mark else { return Ok(client.batch_execute("rollback").await?) };
        let (clean, leave) = (client.prepare_cached(CLEAN).await?, client.prepare_cached(LEAVE).await?);
        let params: [&(dyn ToSql + Sync); 3] = [&self.process, line, number];
        // Sent together, done in this order. Where the mark cannot be left, the last of them takes back.
        let (clean, leave, commit) =
            join3(client.execute(&clean, &params), client.execute(&leave, &params), client.batch_execute("commit"))
                .await;
        clean?;
        leave?;
        Ok(commit?)
    }

    /// One that was never used. It comes back when it is known what became of its transaction.
    pub(super) fn take(&self) -> Mark {
        let mut lines = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = lines.free.pop();
        mark.map(|mark| Mark { number: mark.number + 1, ..mark }).unwrap_or_else(|| {
            lines.count += 1;
            Mark { line: lines.count, number: 1 }
        })
    }

    pub(super) fn give_back(&self, mark: Mark) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).free.push(mark);
    }

    /// Asks what became of a transaction whose commit was not answered, until the database says it; for `at_most` so
    /// long, if that is given.
    pub(super) async fn fate(&self, pool: &Pool, fence: &Fence, mark: Mark, at_most: Option<Duration>) -> Result<Fate> {
        let began = Instant::now();
        let mut pause = Duration::from_millis(10);
        loop {
            let error = match self.question(pool, &mark).await {
                Ok(Fate::Committed) => {
                    self.give_back(mark);
                    return Ok(Fate::Committed);
                }
                // The line is not used again: the mark has to stay where it is.
                Ok(Fate::TakenBack) => return Ok(Fate::TakenBack),
                Err(error) => error,
            };
            let at_most = if fence.check().is_err() { Some(FATE_MAX) } else { at_most };
            if at_most.is_some_and(|at_most| began.elapsed() > at_most) {
                // The line is not used again: its mark may come to be yet.
                tracing::error!(%error, "whether a commit happened is not known");
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Asks once.
    pub(super) async fn question(&self, pool: &Pool, mark: &Mark) -> Result<Fate> {
        let client = pool.get().await.map_err(no_connection)?;
        let params: [&(dyn ToSql + Sync); 3] = [&self.process, &mark.line, &mark.number];
        let answered = async {
            let (question, witness) = (client.prepare_cached(QUESTION).await?, client.prepare_cached(WITNESS).await?);
            let touch = client.prepare_cached(TOUCH).await?;
            match client.execute(&question, &params).await {
                Ok(_) => Ok(Fate::TakenBack),
                Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                    if client.query_opt(&witness, &params).await?.is_some() {
                        return Ok(Fate::TakenBack);
                    }
                    // It is in force here. A commit behind it waits for the standby that has to have it, and so for it.
                    client.execute(&touch, &params).await?;
                    Ok(Fate::Committed)
                }
                Err(error) => Err(error),
            }
        };
        let answered: Result<Fate, tokio_postgres::Error> = answered.await;
        answered.map_err(|error| {
            drop(Client::take(client));
            away(&error)
        })
    }

    /// Once nothing is written any more. Where a transaction was taken back its mark stays: it may still come.
    pub(super) async fn forget(&self, pool: &Pool) {
        let forgotten = async {
            let client = pool.get().await.map_err(|error| error.to_string())?;
            let free = |lines: &Lines| lines.free.iter().map(|mark| mark.line).collect::<Vec<_>>();
            let free = free(&self.free.lock().unwrap_or_else(PoisonError::into_inner));
            client.execute(FORGET, &[&self.process, &free]).await.map_err(|error| error.to_string())
        };
        if let Err(reason) = forgotten.await {
            tracing::debug!(reason, "some marks are left behind; nobody asks for them");
        }
    }
}
