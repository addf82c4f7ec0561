//! Who may run executions.
//!
//! An execution's row names its `owner`, a server, and an `epoch` that each change of owner raises.
//! The lease itself is the owner's row in `server`: it stands for everything the server holds, so
//! that staying alive costs the same however many executions that is, and giving all of them back
//! is the loss of one row.
//!
//! On SQLite the folder's lock lets one process in at a time, and that lock is the lease: it ends
//! with the process, at once, and no clock can end it early. So a server lives while its row
//! stands, `server_start` removes all the others, and a heartbeat only looks (a backend that
//! several processes share keeps `lease_until` in the row, by the database's clock).
//!
//! Fencing: every write to an execution names the epoch it was claimed at, and is refused unless
//! the row still has it and is open. So one who was thought dead cannot write over a successor.

use domain::id::ServerId;

use super::Sqlite;
use super::sql::{execute, row, statements};
use crate::error::{Error, Result};

statements! {
    REMOVE_ALL = "delete from server";
    ADD = "insert into server (id) values (?1)";
    STANDS = "select 1 from server where id = ?1";
    REMOVE = "delete from server where id = ?1";
}

pub(super) async fn start(store: &Sqlite, server: ServerId) -> Result<()> {
    store
        .write("server_start", 0, move |db| {
            execute(db, REMOVE_ALL, [])?;
            execute(db, ADD, [server.to_bytes()])?;
            Ok(())
        })
        .await
}

pub(super) async fn beat(store: &Sqlite, server: ServerId) -> Result<()> {
    let stands = store.read("server_beat", move |db| Ok(row(db, STANDS, [server.to_bytes()], |_| Ok(()))?)).await?;
    stands.ok_or(Error::ServerLeaseLost)
}

pub(super) async fn stop(store: &Sqlite, server: ServerId) -> Result<()> {
    store
        .write("server_stop", 0, move |db| {
            execute(db, REMOVE, [server.to_bytes()])?;
            Ok(())
        })
        .await
}
