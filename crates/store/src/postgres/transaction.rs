//! Transactions over connections that may be lost at any moment.
//! ```text
//! begin (its number) ─▶ work ─▶ COMMIT ─▶ answer
//!                        lost ─▶ nothing was kept: again
//!                        COMMIT lost ─▶ what became of that number? ─▶ answer, or again
//! ```
//! A connection that is lost during the commit leaves open whether it happened. Every transaction that writes knows
//! its number, and the database tells what became of one: see decision 34.

use std::time::Duration;

use deadpool_postgres::{Client, Pool, PoolError, TimeoutType};
use tokio::time::Instant;
use tokio_postgres::SimpleQueryMessage;

use super::Postgres;
use super::fault::{Fault, away};
use super::sql::statements;
use crate::error::{Error, Result};
use crate::fence::Fence;

/// Until another look for a database that is away, at most.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// Tries of one call that met a lost connection or a transaction in its way.
const TRIES_MAX: u32 = 10;

/// How long a caller waits to hear whether its commit happened.
const FATE_MAX: Duration = Duration::from_secs(15);

const BEGIN_READ: &str = "begin isolation level repeatable read read only";
const BEGIN_WRITE: &str = "begin; select pg_current_xact_id()::text";

statements! {
    /// A number that nobody has had yet was given before the database was put back to an earlier time.
    FATE = "select case when $1::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) then 'ahead'
                        else pg_xact_status($1::text::xid8) end";
    END_OPEN = "select pg_terminate_backend(pid) from pg_stat_activity where backend_xid = $1::text::xid8::xid";
}

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
    fn again(&mut self) -> bool {
        self.count += 1;
        self.count < TRIES_MAX
    }
}

/// A connection in a transaction. Dropped in the middle of it, it is closed, and the transaction is taken back.
pub(super) struct Db {
    client: Option<Client>,
    /// `None`: it only reads.
    number: Option<Number>,
}

impl Db {
    pub(super) fn client(&self) -> &Client {
        self.client.as_ref().expect("it goes when the transaction ends")
    }

    /// On a connection of `pool`.
    pub(super) async fn of(pool: &Pool, kind: Kind) -> Result<Self, Fault> {
        let mut db = Self { client: Some(pool.get().await.map_err(no_connection)?), number: None };
        db.begin(kind).await?;
        Ok(db)
    }

    async fn begin(&mut self, kind: Kind) -> Result<(), Fault> {
        match kind {
            Kind::Read => self.client().batch_execute(BEGIN_READ).await?,
            Kind::Write => self.number = Some(Number::read(&self.client().simple_query(BEGIN_WRITE).await?)?),
        }
        Ok(())
    }

    /// Its number, if it writes.
    pub(super) fn number(&self) -> Option<Number> {
        self.number.clone()
    }

    pub(super) async fn commit(self) -> Result<(), Fault> {
        self.client().batch_execute("commit").await?;
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

/// A transaction's, as text: higher with each, for as long as the database lives.
#[derive(Debug, Clone)]
pub(super) struct Number(String);

impl Number {
    fn read(messages: &[SimpleQueryMessage]) -> Result<Self, Fault> {
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        rows.last().map(|number| Self(number.to_owned())).ok_or_else(|| Fault::unreadable(NoNumber))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the transaction has no number")]
struct NoNumber;

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    /// Nothing of it was kept.
    TakenBack,
}

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
            Ok(value) => {
                let number = db.number();
                match (db.commit().await, number) {
                    (Ok(()), _) => return Some(Ok(value)),
                    (Err(fault), Some(number)) if fault.is_lost() => {
                        match fate(&self.pool, &self.fence, &number, Some(FATE_MAX)).await {
                            Ok(Fate::Committed) => return Some(Ok(value)),
                            Ok(Fate::TakenBack) => fault,
                            Err(error) => return Some(Err(error)),
                        }
                    }
                    (Err(fault), _) => fault,
                }
            }
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

/// Asks what became of a transaction whose commit was not answered, until the database says it; for `at_most` so long,
/// if that is given. One that is still open behind a dead connection is taken back first.
pub(super) async fn fate(pool: &Pool, fence: &Fence, number: &Number, at_most: Option<Duration>) -> Result<Fate> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(10);
    loop {
        let error = match ask_fate(pool, number).await {
            Ok(Some(fate)) => return Ok(fate),
            Ok(None) => Error::Away { reason: "whether a commit happened is not known yet".to_owned() },
            Err(error) => error,
        };
        let at_most = if fence.check().is_err() { Some(FATE_MAX) } else { at_most };
        if at_most.is_some_and(|at_most| began.elapsed() > at_most) {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// `None`: it is still open.
async fn ask_fate(pool: &Pool, number: &Number) -> Result<Option<Fate>> {
    let client = pool.get().await.map_err(no_connection)?;
    let asked = client.query_one(FATE, &[&number.0]).await.and_then(|row| row.try_get::<_, Option<String>>(0));
    let status = match asked {
        Ok(status) => status,
        Err(error) => {
            drop(Client::take(client));
            return Err(away(&error));
        }
    };
    match status.as_deref() {
        Some("committed") => Ok(Some(Fate::Committed)),
        Some("aborted" | "ahead") => Ok(Some(Fate::TakenBack)),
        Some(_) => {
            client.execute(END_OPEN, &[&number.0]).await.map_err(|error| away(&error))?;
            Ok(None)
        }
        None => Err(Error::Away { reason: "it is too late to know whether a commit happened".to_owned() }),
    }
}

fn no_connection(error: PoolError) -> Error {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => Error::Overloaded,
        PoolError::Closed => Error::Closed,
        error => away(&error),
    }
}
