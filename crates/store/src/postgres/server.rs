//! Who may run executions.
//!
//! An execution's row names its `owner`, a server, and an `epoch` that each change of owner raises.
//! The lease itself is the owner's row in `server`: it stands for everything the server holds, so
//! that staying alive costs the same however many executions that is, and giving all of them back
//! is the loss of one row.
//!
//! A server lives until the time in its row, by the database's clock: those of the servers' machines may differ. A
//! beat in time extends it; a beat that comes late does so, too, as long as the row stands.
//!
//! Fencing: every write to an execution names the epoch it was claimed at, and is refused unless
//! the row still has it and is open. So one who was thought dead cannot write over a successor.

use std::time::Duration;

use domain::id::ServerId;

use super::Postgres;
use super::sql::{Bin, Text, Word, execute, read, row, rows, statements, transact};
use crate::error::{Error, Result};
use crate::server::{NewServer, ServerHead};

/// The setting that tells the key this database is served with.
const KEY_CHECK: &str = "key_check";

statements! {
    FIRST_KEY = "insert into setting (name, value) values ($1, $2) on conflict (name) do nothing";
    KEY = "select value from setting where name = $1";
    NEW_KEY = "update setting set value = $2 where name = $1";
    ADD = "insert into server (id, lease_until, role, address, version, looks_on)
           values ($1, clock_timestamp() + $2::bigint * interval '1 microsecond', $3, $4, $5, false)";
    INHERIT = "update execution set owner = $2 where owner = $1 and due_at is not null";
    EXTEND = "update server set lease_until = clock_timestamp() + $2::bigint * interval '1 microsecond', looks_on = $3
               where id = $1";
    REMOVE = "delete from server where id = $1";
    SERVERS = "select id, role, address, version, looks_on from server where lease_until > clock_timestamp() order by id";
}

pub(super) async fn start(store: &Postgres, server: NewServer, lease: Duration) -> Result<()> {
    transact!(store, "server_start", async |db| {
        let check = server.key_check.as_bytes();
        execute(db, FIRST_KEY, &[&KEY_CHECK, &check]).await?;
        let known = row(db, KEY, &[&KEY_CHECK], |row| Ok(row.try_get::<_, Text>(0)?.0)).await?;
        if known.as_ref() != Some(&server.key_check) {
            if !server.key_is_new {
                return Err(Error::OtherKey.into());
            }
            execute(db, NEW_KEY, &[&KEY_CHECK, &check]).await?;
        }
        let id = Bin(server.id.to_bytes());
        execute(db, ADD, &[&id, &micros(lease), &server.role.as_str(), &server.address, &server.version]).await?;
        if let Some(formerly) = server.formerly {
            execute(db, INHERIT, &[&Bin(formerly.to_bytes()), &id]).await?;
        }
        Ok(())
    })
}

pub(super) async fn beat(store: &Postgres, server: ServerId, lease: Duration, looks_on: bool) -> Result<()> {
    let id = Bin(server.to_bytes());
    let extended =
        transact!(store, "server_beat", async |db| { execute(db, EXTEND, &[&id, &micros(lease), &looks_on]).await })?;
    if extended == 1 { Ok(()) } else { Err(Error::ServerLeaseLost) }
}

pub(super) async fn stop(store: &Postgres, server: ServerId) -> Result<()> {
    let id = Bin(server.to_bytes());
    transact!(store, "server_stop", async |db| execute(db, REMOVE, &[&id]).await.map(drop))
}

pub(super) async fn list(store: &Postgres) -> Result<Vec<ServerHead>> {
    let listed = read!(store, "server_list", async |db| {
        rows(db, SERVERS, &[], |row| {
            // One of a later version may have a role that this one does not know.
            let role = row.try_get::<_, Word<String>>(1)?.0.parse().ok();
            Ok(role
                .map(|role| (role, row))
                .map(|(role, row)| {
                    Ok::<_, tokio_postgres::Error>(ServerHead {
                        id: ServerId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
                        role,
                        address: row.try_get(2)?,
                        version: row.try_get(3)?,
                        looks_on: row.try_get(4)?,
                    })
                })
                .transpose()?)
        })
        .await
    })?;
    Ok(listed.into_iter().flatten().collect())
}

fn micros(lease: Duration) -> i64 {
    i64::try_from(lease.as_micros()).unwrap_or(i64::MAX)
}
