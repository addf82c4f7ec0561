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

use domain::id::ServerId;

use super::Postgres;
use super::fault::Fault;
use super::sql::{Bin, Db, execute, row, rows, statements, transact};
use crate::error::{Error, Result};

statements! {
    ADD = "insert into server (id, lease_until) values ($1, clock_timestamp() + $2::bigint * interval '1 microsecond')
           on conflict (id) do update set lease_until = excluded.lease_until";
    EXTEND = "update server set lease_until = clock_timestamp() + $2::bigint * interval '1 microsecond' where id = $1";
    REMOVE = "delete from server where id = $1";
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

pub(super) async fn start(store: &Postgres, server: ServerId, lease: Duration) -> Result<()> {
    let id = Bin(server.to_bytes());
    transact!(store, "server_start", async |db| execute(db, ADD, &[&id, &micros(lease)]).await.map(drop))
}

pub(super) async fn beat(store: &Postgres, server: ServerId, lease: Duration) -> Result<()> {
    let id = Bin(server.to_bytes());
    let extended = transact!(store, "server_beat", async |db| execute(db, EXTEND, &[&id, &micros(lease)]).await)?;
    if extended == 1 { Ok(()) } else { Err(Error::ServerLeaseLost) }
}

pub(super) async fn stop(store: &Postgres, server: ServerId) -> Result<()> {
    let id = Bin(server.to_bytes());
    transact!(store, "server_stop", async |db| execute(db, REMOVE, &[&id]).await.map(drop))
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
