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
use rusqlite::{Row, params};

use super::Sqlite;
use super::setting;
use super::sql::{Word, execute, row, rows, statements};
use crate::error::{Error, Result};
use crate::server::{NewServer, ServerHead};

/// The setting that tells the key this database is served with.
const KEY_CHECK: &str = "key_check";

statements! {
    REMOVE_ALL = "delete from server";
    ADD = "insert into server (id, role, address, version) values (?1, ?2, ?3, ?4)";
    INHERIT = "update execution set owner = ?2 where owner = ?1 and due_at is not null";
    STANDS = "select 1 from server where id = ?1";
    REMOVE = "delete from server where id = ?1";
    SERVERS = "select id, role, address, version from server order by id";
}

pub(super) async fn start(store: &Sqlite, server: NewServer) -> Result<()> {
    store
        .write("server_start", 0, move |db| {
            let known = row(db, setting::GET, [KEY_CHECK], |row| row.get::<_, String>(0))?;
            if known.is_some_and(|known| known != server.key_check) && !server.key_is_new {
                return Err(Error::OtherKey.into());
            }
            execute(db, setting::SET, params![KEY_CHECK, server.key_check])?;
            execute(db, REMOVE_ALL, [])?;
            execute(db, ADD, params![server.id.to_bytes(), server.role.as_str(), server.address, server.version])?;
            if let Some(formerly) = server.formerly {
                execute(db, INHERIT, params![formerly.to_bytes(), server.id.to_bytes()])?;
            }
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

pub(super) async fn list(store: &Sqlite) -> Result<Vec<ServerHead>> {
    let read = |row: &Row<'_>| {
        Ok(ServerHead {
            id: ServerId::from_bytes(row.get(0)?),
            role: row.get::<_, Word<_>>(1)?.0,
            address: row.get(2)?,
            version: row.get(3)?,
            looks_on: false,
        })
    };
    store.read("server_list", move |db| Ok(rows(db, SERVERS, [], read)?)).await
}
