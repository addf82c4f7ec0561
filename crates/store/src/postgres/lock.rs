//! Locks on what no row or constraint stands for: held to the end of the transaction.
//!
//! Whoever takes one takes it first, before any row, and takes one alone: so nobody waits for who waits for him.

use super::fault::Fault;
use super::sql::{Db, execute, statements};

statements! {
    HOLD = "select pg_advisory_xact_lock($1)";
}

/// What only one transaction at a time may change. The numbers are those of the database's locks: once given, they
/// stay.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lock {
    /// Which endpoint keys are in use or retired.
    Keys = 0x686f_6f6b_0001,
    /// How many users there are, and who of them is an admin.
    Users = 0x686f_6f6b_0002,
    /// How many secrets there are.
    Secrets = 0x686f_6f6b_0003,
}

/// Waits until nobody else holds it.
pub(super) async fn hold(db: &Db, lock: Lock) -> Result<(), Fault> {
    execute(db, HOLD, &[&(lock as i64)]).await.map(drop)
}
