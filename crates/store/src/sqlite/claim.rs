//! How open executions come to an owner.
//!
//! The index `execution_open` is ordered by owner, workflow, time. Claiming leaps from owner to
//! owner (only those that do not live), then round the workflows, taking a few of each, so that the
//! cost grows with the workflows that have a backlog and never with the backlog. The round goes on
//! where the last one stopped: a limit does not favour the same workflows each time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::execution::status::Status;
use domain::id::{ExecutionId, ServerId, WorkflowId};
use domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::Sqlite;
use super::execution::{HEAD, NOTE, head, read_draft, read_event, read_head, read_journal};
use super::fault::{Fault, is_fatal};
use super::sql::{execute, row, rows, statements};
use crate::TAKEOVERS_MAX;
use crate::error::Result;
use crate::row::{Claim, Claimed, ExecutionHead, Pinned};

statements! {
    NEXT_OWNER = "select owner from execution where due_at is not null and owner > ?1 order by owner limit 1";
    LIVES = "select 1 from server where id = ?1";
    NEXT_WORKFLOW = "select workflow_id from execution
                      where due_at is not null and owner is ?1 and workflow_id > ?2
                      order by workflow_id limit 1";
    DUE = "select due_at, id from execution
            where due_at is not null and owner is ?1 and workflow_id = ?2 and due_at <= ?3
            order by due_at, id limit ?4";
    FIRST_DUE = "select min(due_at) from execution where due_at is not null and owner is ?1 and workflow_id = ?2";
    GET = concat!(
        "select ", head!(), ", event_place, timeout_at, epoch + 1 from execution where id = ?1 and due_at is not null"
    );
    DEATHS = "select owner is not null, takeovers + (owner is not null) from execution where id = ?1";
    SUSPECT = "select 1 from execution where due_at is not null and owner = ?1 and takeovers > 1 limit 1";
    OWNER = "select owner from execution where id = ?1 and due_at is not null";
    /// Under way it is due, whatever it waited for: should its owner die, the next one finds it.
    TAKE = "update execution
               set takeovers = takeovers + (owner is not null), owner = ?2, epoch = epoch + 1,
                   status = 'running', reason = null, due_at = min(due_at, accepted_at)
             where id = ?1";
    /// The epoch is raised as well: who owned it may only seem dead.
    SET_ASIDE = "update execution
                    set owner = null, epoch = epoch + 1, status = 'waiting', reason = 'quarantined', due_at = ?2
                  where id = ?1";
    IS_SET_ASIDE = "select 1 from execution where id = ?1 and reason = 'quarantined'";
}

/// An owner as the column has it. `None`: nobody.
type Owner = Option<[u8; 16]>;

/// The workflow at which the last round stopped; nothing before the first.
pub(super) type Round = Arc<Mutex<Vec<u8>>>;

/// What was set aside and nobody has asked about: once, though the claim may have run twice.
pub(super) type SetAside = Arc<Mutex<BTreeSet<ExecutionId>>>;

pub(super) async fn claim(store: &Sqlite, claim: Claim) -> Result<Vec<Claimed>> {
    let (round, aside) = (Arc::clone(&store.round), Arc::clone(&store.set_aside));
    let bytes_max = store.claim_bytes_max;
    store
        .write("execution_claim", 0, move |db| {
            let mut round = round.lock().unwrap_or_else(PoisonError::into_inner);
            let (claimed, stopped_at) = claim_round(db, &claim, &round, bytes_max, &aside)?;
            *round = stopped_at;
            Ok(claimed)
        })
        .await
}

/// Once round the workflows, from behind `start` to `start`.
fn claim_round(
    db: &Connection,
    claim: &Claim,
    start: &[u8],
    bytes_max: usize,
    aside: &SetAside,
) -> Result<(Vec<Claimed>, Vec<u8>), Fault> {
    let owners = owners_gone(db, Some(claim.server))?;
    let mut claimed = Vec::new();
    let mut left = claim.limit;
    let mut bytes = 0;
    let mut at = start.to_vec();
    let mut wrapped = false;
    while left > 0 && bytes < bytes_max {
        match next_workflow(db, &owners, &at)? {
            Some(workflow) if wrapped && workflow.as_slice() > start => break,
            Some(workflow) => {
                at = workflow.to_vec();
                if claim.skip.contains(&WorkflowId::from_bytes(workflow)) {
                    continue;
                }
                for id in due(db, &owners, workflow, claim.now, left.min(claim.per_workflow))? {
                    if bytes >= bytes_max {
                        break;
                    }
                    let deaths = deaths(db, id)?;
                    if is_held_back(db, deaths, claim.server)? {
                        continue;
                    }
                    if let Some(one) = take(db, id, claim.server, deaths, aside)? {
                        bytes += one.event.body.len() + size_of::<Claimed>();
                        left -= 1;
                        claimed.push(one);
                    }
                }
            }
            None if wrapped => break,
            None => {
                wrapped = true;
                at.clear();
            }
        }
    }
    Ok((claimed, at))
}

pub(super) async fn claim_one(store: &Sqlite, execution: ExecutionId, server: ServerId) -> Result<Option<Claimed>> {
    let aside = Arc::clone(&store.set_aside);
    store
        .write("execution_claim_one", 0, move |db| {
            match row(db, OWNER, [execution.to_bytes()], |row| row.get::<_, Owner>(0))? {
                Some(owner) if !lives(db, owner)? => take(db, execution, server, deaths(db, execution)?, &aside),
                _ => Ok(None),
            }
        })
        .await
}

/// Claims that have run by now: a claim under way may add to it.
pub(super) async fn set_aside_since(store: &Sqlite) -> Result<Vec<ExecutionHead>> {
    let ids = std::mem::take(&mut *store.set_aside.lock().unwrap_or_else(PoisonError::into_inner));
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    store
        .read("execution_set_aside", move |db| {
            let heads = ids.iter().map(|id| row(db, HEAD, [id.to_bytes()], read_head));
            Ok(heads.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?)
        })
        .await
}

pub(super) async fn next_due(store: &Sqlite) -> Result<Option<Timestamp>> {
    store
        .read("execution_next_due", |db| {
            let mut first: Option<i64> = None;
            for owner in owners_gone(db, None)? {
                let mut at = Vec::new();
                while let Some(workflow) = next_workflow(db, &[owner], &at)? {
                    let due = row(db, FIRST_DUE, params![owner, workflow], |row| row.get::<_, Option<i64>>(0))?;
                    first = [first, due.flatten()].into_iter().flatten().min();
                    at = workflow.to_vec();
                }
            }
            Ok(first.map(Timestamp::from_micros))
        })
        .await
}

/// Nobody, and every owner of open executions that does not live. Who asks does live.
fn owners_gone(db: &Connection, asks: Option<ServerId>) -> Result<Vec<Owner>, Fault> {
    let mut gone = vec![None];
    let mut at = Vec::new();
    while let Some(owner) = row(db, NEXT_OWNER, [&at], |row| row.get::<_, [u8; 16]>(0))? {
        at = owner.to_vec();
        if asks.is_none_or(|asks| asks.to_bytes() != owner) && !lives(db, Some(owner))? {
            gone.push(Some(owner));
        }
    }
    Ok(gone)
}

fn lives(db: &Connection, owner: Owner) -> Result<bool, Fault> {
    match owner {
        Some(owner) => Ok(row(db, LIVES, [owner], |_| Ok(()))?.is_some()),
        None => Ok(false),
    }
}

/// The first workflow behind `at` that has something open of one of `owners`.
fn next_workflow(db: &Connection, owners: &[Owner], at: &[u8]) -> Result<Option<[u8; 16]>, Fault> {
    let mut first: Option<[u8; 16]> = None;
    for owner in owners {
        let next = row(db, NEXT_WORKFLOW, params![owner, at], |row| row.get(0))?;
        first = [first, next].into_iter().flatten().min();
    }
    Ok(first)
}

/// The oldest `limit` of a workflow that are due.
fn due(
    db: &Connection,
    owners: &[Owner],
    workflow: [u8; 16],
    now: Timestamp,
    limit: u32,
) -> Result<Vec<ExecutionId>, Fault> {
    let mut due: Vec<(i64, ExecutionId)> = Vec::new();
    for owner in owners {
        let params = params![owner, workflow, now.as_micros(), limit];
        due.extend(rows(db, DUE, params, |row| Ok((row.get(0)?, ExecutionId::from_bytes(row.get(1)?))))?);
    }
    due.sort_unstable();
    due.truncate(limit as usize);
    Ok(due.into_iter().map(|(_, id)| id).collect())
}

/// One that may kill this server too is taken when no other such one is under way: whoever dies is the one.
fn is_held_back(db: &Connection, Deaths { count, .. }: Deaths, server: ServerId) -> Result<bool, Fault> {
    Ok(count + 1 == TAKEOVERS_MAX && row(db, SUSPECT, [server.to_bytes()], |_| Ok(()))?.is_some())
}

/// Owners of an execution that died since it got on last.
#[derive(Debug, Clone, Copy, Default)]
struct Deaths {
    /// Its owner of now among them.
    count: u32,
    /// Whether it has an owner, who then is dead.
    owned: bool,
}

fn deaths(db: &Connection, id: ExecutionId) -> Result<Deaths, Fault> {
    let found = row(db, DEATHS, [id.to_bytes()], |row| Ok(Deaths { owned: row.get(0)?, count: row.get(1)? }))?;
    Ok(found.unwrap_or_default())
}

/// Makes `server` the owner. `None` if it has killed too many, or if the record cannot be read: it is set
/// aside for a person to look at, so that it does not stand in the way of the others for ever.
fn take(
    db: &Connection,
    id: ExecutionId,
    server: ServerId,
    Deaths { count: deaths, owned }: Deaths,
    aside: &SetAside,
) -> Result<Option<Claimed>, Fault> {
    if owned && deaths >= TAKEOVERS_MAX {
        tracing::error!(execution = %id, deaths, "an execution may be what brings servers down and is quarantined");
        let why = format!(
            "quarantined: the server came down {deaths} times while this was running, and none of its nodes got done; it \
             may be the cause. Resolve it: run it again, skip the node it stands in, or let it fail."
        );
        set_aside(db, id, &why, aside)?;
        return Ok(None);
    }
    match read(db, id) {
        Ok(claimed) => {
            execute(db, TAKE, params![id.to_bytes(), server.to_bytes()])?;
            Ok(Some(claimed))
        }
        Err(error) if is_fatal(&error) => Err(error.into()),
        Err(error) => {
            // Once is enough, however often somebody tries to take it.
            if row(db, IS_SET_ASIDE, [id.to_bytes()], |_| Ok(()))?.is_none() {
                tracing::error!(execution = %id, %error, "an execution cannot be read and is quarantined");
                set_aside(
                    db,
                    id,
                    "quarantined: its record cannot be read. All that can be done is to let it fail.",
                    aside,
                )?;
            }
            Ok(None)
        }
    }
}

/// For a person to look at.
fn set_aside(db: &Connection, id: ExecutionId, why: &str, aside: &SetAside) -> Result<(), Fault> {
    let never = Timestamp::from_micros(i64::MAX).as_micros();
    execute(db, SET_ASIDE, params![id.to_bytes(), never])?;
    execute(db, NOTE, params![id.to_bytes(), why])?;
    aside.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    Ok(())
}

fn read(db: &Connection, id: ExecutionId) -> rusqlite::Result<Claimed> {
    let claimed = row(db, GET, [id.to_bytes()], |row| {
        let head = read_head(row)?;
        let waited_for = head.reason;
        let head = ExecutionHead { status: Status::Running, reason: None, ..head };
        let pinned = match head.revision {
            Some(number) => Pinned::Revision(number),
            None => Pinned::Draft(read_draft(db, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?.into()),
        };
        Ok(Claimed {
            head,
            waited_for,
            pinned,
            event: read_event(db, row.get(12)?)?,
            timeout_at: row.get::<_, Option<i64>>(13)?.map(Timestamp::from_micros),
            epoch: row.get(14)?,
            records: read_journal(db, id)?,
        })
    })?;
    claimed.ok_or(rusqlite::Error::QueryReturnedNoRows)
}
