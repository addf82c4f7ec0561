//! Transactions over connections that may be lost at any moment.
//! ```text
//! BEGIN ─▶ work ─▶ mark, COMMIT ─▶ answer
//!          lost ─▶ nothing was kept: again
//!                  lost ─▶ is the mark there? ─▶ answer, or again
//! ```

use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::{Client, Pool, PoolError, TimeoutType};

use super::Postgres;
use super::fault::{Fault, away};
use super::mark::{FATE_MAX, Fate, Mark, Marks};
use crate::error::{Error, Result};

/// Tries of one call that met a lost connection or a transaction in its way.
const TRIES_MAX: u32 = 10;

const BEGIN_READ: &str = "begin isolation level repeatable read read only";
const BEGIN_WRITE: &str = "begin";

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One snapshot.
    Read,
    Write,
}

/// How often one call was tried.
#[derive(Debug, Default)]
pub(super) struct Tries {
    count: u32,
}

impl Tries {
    pub(super) fn again(&mut self) -> bool {
        self.count += 1;
        self.count < TRIES_MAX
    }
}

/// A connection in a transaction. Dropped in the middle of it, it is closed, and the transaction is taken back.
pub(super) struct Db {
    client: Option<Client>,
    writes: AtomicBool,
}

/// How a commit failed.
pub(super) enum NotCommitted {
    TakenBack(Fault),
    /// Whether it happened is to be asked by its mark.
    Unknown(Fault, Mark),
}

impl Db {
    pub(super) fn client(&self) -> &Client {
        self.client.as_ref().expect("it goes when the transaction ends")
    }

    /// On a connection of `pool`.
    pub(super) async fn of(pool: &Pool, kind: Kind) -> Result<Self, Fault> {
        let client = Some(pool.get().await.map_err(no_connection)?);
        let db = Self { client, writes: AtomicBool::new(kind == Kind::Write) };
        db.client().batch_execute(if kind == Kind::Write { BEGIN_WRITE } else { BEGIN_READ }).await?;
        Ok(db)
    }

    /// Nothing was written after all: there is nothing to flush.
    pub(super) fn unchanged(&self) {
        self.writes.store(false, Ordering::Relaxed);
    }

    pub(super) async fn commit(self, marks: &Marks) -> Result<(), NotCommitted> {
        let mark = self.writes.load(Ordering::Relaxed).then(|| marks.take());
        let committed = marks.commit(self.client(), mark.as_ref()).await;
        match (committed, mark) {
            (Err(fault), Some(mark)) if fault.is_lost() => return Err(NotCommitted::Unknown(fault, mark)),
            (committed, mark) => {
                mark.into_iter().for_each(|mark| marks.give_back(mark));
                committed.map_err(NotCommitted::TakenBack)?;
            }
        }
        self.give_back();
        Ok(())
    }

    pub(super) async fn roll_back(self) {
        // Else it is closed, which takes it back as well.
        if self.client().batch_execute("rollback").await.is_ok() {
            self.give_back();
        }
    }

    /// Back into the pool.
    fn give_back(mut self) {
        drop(self.client.take());
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Client::take(client));
        }
    }
}

/// What takes executions for this server: if it happened and nobody knew, they would have an owner that lives and does
/// not run them. So it is asked for until it is known.
const CLAIM: &str = "execution_claim";

impl Postgres {
    /// Errors: `Away`, `Overloaded`, `Closed`.
    pub(super) async fn begin(&self, kind: Kind, tries: &mut Tries) -> Result<Db> {
        self.fence.check()?;
        let waiting = self.pool.status().waiting;
        if waiting >= self.calls_waiting_max {
            return Err(Error::Overloaded);
        }
        loop {
            match Db::of(&self.pool, kind).await {
                Ok(db) => return Ok(db),
                // Those that stood in the pool died with the server they led to: the next is another, or a new one.
                Err(fault) if fault.is_lost() && tries.again() => {}
                Err(fault) => return Err(fault.into_error("begin")),
            }
        }
    }

    /// Ends what was begun. `None`: all of it has to be done again.
    pub(super) async fn end<T>(
        &self,
        operation: &'static str,
        db: Db,
        done: Result<T, Fault>,
        tries: &mut Tries,
    ) -> Option<Result<T>> {
        let fault = match done {
            Ok(value) => match db.commit(&self.marks).await {
                Ok(()) => return Some(Ok(value)),
                Err(NotCommitted::TakenBack(fault)) => fault,
                Err(NotCommitted::Unknown(fault, mark)) => {
                    let at_most = (!operation.starts_with(CLAIM)).then_some(FATE_MAX);
                    match self.marks.fate(&self.pool, &self.fence, mark, at_most).await {
                        Ok(Fate::Committed) => return Some(Ok(value)),
                        Ok(Fate::TakenBack) => fault,
                        Err(error) => return Some(Err(error)),
                    }
                }
            },
            Err(fault) => {
                if !fault.is_lost() {
                    db.roll_back().await;
                }
                fault
            }
        };
        let again = (fault.is_lost() || fault.is_of_the_moment()) && tries.again();
        if again { None } else { Some(Err(fault.into_error(operation))) }
    }
}

pub(super) fn no_connection(error: PoolError) -> Error {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => Error::Overloaded,
        PoolError::Closed => Error::Closed,
        error => away(&error),
    }
}
