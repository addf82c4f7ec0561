//! Who may run executions.
//!
//! An execution's row names its `owner`, a server, and an `epoch` that each change of owner raises.
//! The lease itself is the owner's row in `server`: it stands for everything the server holds, so
//! that staying alive costs the same however many executions that is, and giving all of them back
//! is the loss of one row.
//!
//! Several servers live at a time, each until its lease ends, by the clock of the database: theirs may differ. What
//! one holds whose lease is over can be claimed; its row goes once it holds nothing any more. Until then a heartbeat
//! that comes late brings it back to life, without what others have claimed.
//!
//! Fencing: every write to an execution names the epoch it was claimed at, and is refused unless
//! the row still has it and is open. So one who was thought dead cannot write over a successor.

use std::time::Duration;

use deadpool_postgres::Client;
use domain::id::ServerId;

use super::Postgres;
use super::fault::Fault;
use super::setting;
use super::sql::{Bin, Db, Text, execute, read, row, rows, statements, transact};
use super::transaction::{Tries, no_connection};
use crate::error::{Error, Result};
use crate::server::{NewServer, ServerHead};

/// The setting that tells the key this database is served with.
const KEY_CHECK: &str = "key_check";

statements! {
    /// Of those that start together, one is the first.
    FIRST_KEY = "insert into setting (name, value) values ($1, $2) on conflict (name) do nothing";
    ADD = "insert into server (id, lease_until, role, address, version, looks_on)
           values ($1, clock_timestamp() + $2::bigint * interval '1 microsecond', $3, $4, $5, false)
           on conflict (id) do update set lease_until = excluded.lease_until";
    INHERIT = "update execution set owner = $2 where owner = $1 and due_at is not null";
    EXTEND = "update server set lease_until = clock_timestamp() + $2::bigint * interval '1 microsecond', looks_on = $3
               where id = $1";
    REMOVE = "delete from server where id = $1";
    SERVERS = "select id, role, address, version, looks_on from server where lease_until > clock_timestamp() order by id";
    LIVES = "select 1 from server where id = $1 and lease_until > clock_timestamp()";
    LIVING = "select count(*) from server where lease_until > clock_timestamp()";
    /// Leaps from owner to owner: those of open executions that do not live. Who asks does live.
    GONE = "with recursive owned (owner) as (
                (select owner from execution where due_at is not null and owner is not null order by owner limit 1)
                union all
                select (select execution.owner from execution
                         where due_at is not null and execution.owner > owned.owner order by execution.owner limit 1)
                  from owned where owned.owner is not null
            )
            select owner from owned
             where owner is not null and owner is distinct from $1
               and not exists (select from server where server.id = owned.owner and lease_until > clock_timestamp())
             order by owner";
    REMOVE_DEAD = "delete from server
                    where lease_until < clock_timestamp()
                      and not exists (select from execution where due_at is not null and owner = server.id)";
}

pub(super) async fn start(store: &Postgres, server: NewServer, lease: Duration) -> Result<()> {
    let (id, check) = (Bin(server.id.to_bytes()), server.key_check.as_bytes());
    transact!(store, "server_start", async |db| {
        execute(db, FIRST_KEY, &[&KEY_CHECK, &check]).await?;
        let known = row(db, setting::GET, &[&KEY_CHECK], |row| Ok(row.try_get::<_, Text>(0)?.0)).await?;
        if known.as_ref() != Some(&server.key_check) {
            if !server.key_is_new {
                return Err(Error::OtherKey.into());
            }
            execute(db, setting::SET, &[&KEY_CHECK, &check]).await?;
        }
        execute(db, ADD, &[&id, &micros(lease), &server.role.as_str(), &server.address, &server.version]).await?;
        if let Some(formerly) = server.formerly {
            execute(db, INHERIT, &[&Bin(formerly.to_bytes()), &id]).await?;
        }
        Ok(())
    })
}

pub(super) async fn beat(store: &Postgres, server: ServerId, lease: Duration, looks_on: bool) -> Result<()> {
    store.fence.check()?;
    let mut tries = Tries::default();
    loop {
        match extend(store, server, lease, looks_on).await {
            Ok(1) => return Ok(()),
            Ok(_) => return Err(Error::ServerLeaseLost),
            // Whether that was done or not, it may be done again.
            Err(fault) if (fault.is_lost() || fault.is_of_the_moment()) && tries.again() => {}
            Err(fault) => return Err(fault.into_error("server_beat")),
        }
    }
}

async fn extend(store: &Postgres, server: ServerId, lease: Duration, looks_on: bool) -> Result<u64, Fault> {
    let client = store.beats.get().await.map_err(no_connection)?;
    let extended = client.execute(EXTEND, &[&Bin(server.to_bytes()), &micros(lease), &looks_on]).await;
    extended.map_err(|error| {
        drop(Client::take(client));
        error.into()
    })
}

pub(super) async fn stop(store: &Postgres, server: ServerId) -> Result<()> {
    let id = Bin(server.to_bytes());
    transact!(store, "server_stop", async |db| execute(db, REMOVE, &[&id]).await.map(drop))
}

pub(super) async fn list(store: &Postgres) -> Result<Vec<ServerHead>> {
    let servers = read!(store, "server_list", async |db| {
        rows(db, SERVERS, &[], |row| {
            // One of a later version may have a role that this one does not know.
            let Ok(role) = row.try_get::<_, &str>(1)?.parse() else { return Ok(None) };
            Ok(Some(ServerHead {
                id: ServerId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0),
                role,
                address: row.try_get(2)?,
                version: row.try_get(3)?,
                looks_on: row.try_get(4)?,
            }))
        })
        .await
    })?;
    Ok(servers.into_iter().flatten().collect())
}

/// Every owner of open executions that does not live.
pub(super) async fn gone(db: &Db, asks: Option<ServerId>) -> Result<Vec<Bin<16>>, Fault> {
    let asks = asks.map(|server| Bin(server.to_bytes()));
    rows(db, GONE, &[&asks], |row| Ok(row.try_get(0)?)).await
}

pub(super) async fn lives(db: &Db, server: Bin<16>) -> Result<bool, Fault> {
    Ok(row(db, LIVES, &[&server], |_| Ok(())).await?.is_some())
}

/// The rows of those whose lease is over and who hold nothing any more.
pub(super) async fn remove_dead(store: &Postgres) -> Result<()> {
    transact!(store, "space_slice", async |db| execute(db, REMOVE_DEAD, &[]).await.map(drop))
}

fn micros(lease: Duration) -> i64 {
    i64::try_from(lease.as_micros()).unwrap_or(i64::MAX)
}
