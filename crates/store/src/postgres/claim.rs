//! How open executions come to an owner.
//!
//! The index `execution_open` is ordered by owner, workflow, time. Claiming leaps from owner to
//! owner (only those that do not live), then round the workflows, taking a few of each, so that the
//! cost grows with the workflows that have a backlog and never with the backlog. The round goes on
//! where the last one stopped: a limit does not favour the same workflows each time. What another server is just
//! taking is passed over.

use std::sync::PoisonError;

use domain::execution::status::Status;
use domain::id::{ExecutionId, ServerId, WorkflowId};
use domain::time::Timestamp;
use futures_util::future::{join_all, try_join_all, try_join4};
use tokio_postgres::Row;

use super::Postgres;
use super::execution::{HEAD, NoSuchRow, head, read_draft, read_event, read_head, read_journal};
use super::fault::Fault;
use super::server::{gone, lives};
use super::sql::{Bin, Db, Whole, execute, json, read, row, rows, statements, transact};
use crate::TAKEOVERS_MAX;
use crate::error::Result;
use crate::row::{Claim, Claimed, ExecutionHead, Pinned};

/// Workflows looked for in one statement.
const WORKFLOWS: usize = 64;

/// Executions read in one go: what there is room for is known only when their bodies are here.
const READ_TOGETHER: usize = 8;

/// The first workflow behind `$after` that has something open of nobody, or of one of the owners `$1`.
macro_rules! first_behind {
    ($after:literal) => {
        concat!(
            "select workflow_id from (
                 (select workflow_id from execution
                   where due_at is not null and owner is null and workflow_id > ",
            $after,
            "
                   order by owner, workflow_id limit 1)
                 union all
                 select one.workflow_id from unnest($1::uuid[]) as gone (owner), lateral (
                     select workflow_id from execution
                      where due_at is not null and execution.owner = gone.owner and workflow_id > ",
            $after,
            "
                      order by workflow_id limit 1) as one
             ) as each order by workflow_id limit 1"
        )
    };
}

/// What is told of one that can be taken. What is null is nobody's.
macro_rules! due {
    () => {
        "execution.workflow_id, execution.due_at, execution.id, execution.owner is not null,
         takeovers + (execution.owner is not null)::int, event_id, revision is null"
    };
}

statements! {
    /// Leaps.
    NEXT_WORKFLOWS = concat!(
        "with recursive next (workflow_id, number) as (
             select (", first_behind!("$2"), "), 1
             union all
             select (", first_behind!("next.workflow_id"), "), number + 1
               from next where workflow_id is not null and number < $3::bigint
         )
         select workflow_id from next where workflow_id is not null order by workflow_id"
    );
    DUE_OF_NOBODY = concat!(
        "select ", due!(), " from unnest($1::uuid[]) as wanted (workflow_id), lateral (
             select * from execution
              where due_at is not null and owner is null and execution.workflow_id = wanted.workflow_id and due_at <= $2
              order by owner, due_at, id limit $3
                for update skip locked) as execution"
    );
    DUE_OF_THE_GONE = concat!(
        "select ", due!(), " from unnest($1::uuid[]) as wanted (workflow_id), unnest($4::uuid[]) as gone (owner), lateral (
             select * from execution
              where due_at is not null and execution.owner = gone.owner and execution.workflow_id = wanted.workflow_id
                and due_at <= $2
              order by due_at, id limit $3
                for update skip locked) as execution"
    );
    FIRST_DUE = "select min(first.due_at) from unnest($1::uuid[]) as open (workflow_id), lateral (
                     (select due_at from execution
                       where due_at is not null and owner is null and workflow_id = open.workflow_id
                       order by owner, due_at limit 1)
                     union all
                     select one.due_at from unnest($2::uuid[]) as gone (owner), lateral (
                         select due_at from execution
                          where due_at is not null and execution.owner = gone.owner
                            and workflow_id = open.workflow_id
                          order by due_at limit 1) as one
                 ) as first";
    GET = concat!(
        "select ", head!(), ", timeout_at, epoch + 1 from execution where id = $1 and due_at is not null"
    );
    SUSPECT = "select 1 from execution where due_at is not null and owner = $1 and takeovers > 1 limit 1";
    ONE = concat!(
        "select ", due!(), ", owner from execution where id = $1 and due_at is not null for update skip locked"
    );
    /// Under way it is due, whatever it waited for: should its owner die, the next one finds it.
    TAKE = "update execution
               set takeovers = takeovers + (owner is not null)::int, owner = $2, epoch = epoch + 1,
                   status = 'running', reason = null, due_at = least(due_at, accepted_at)
             where id = any($1)";
    /// The epoch is raised as well: who owned it may only seem dead.
    SET_ASIDE = "update execution
                    set owner = null, epoch = epoch + 1, status = 'waiting', reason = 'quarantined', due_at = $2,
                        notes = case when notes is null then $3
                                     else left(notes, -1) || ',' || substr($3, 2) end
                  where id = $1";
    IS_SET_ASIDE = "select 1 from execution where id = $1 and reason = 'quarantined'";
}

/// What a server remembers between its claims; one of them runs at a time.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// The workflow at which the last round stopped; nothing before the first.
    at: Option<[u8; 16]>,
}

pub(super) async fn claim(store: &Postgres, claim: Claim) -> Result<Vec<Claimed>> {
    let mut round = store.round.lock().await;
    let bytes_max = store.claim_bytes_max;
    let (claimed, at, aside) =
        transact!(store, "execution_claim", async |db| claim_round(db, &claim, round.at, bytes_max).await)?;
    round.at = at;
    drop(round);
    store.told_aside(aside);
    Ok(claimed)
}

/// What was claimed, where the round stopped, and what was set aside.
type Came = (Vec<Claimed>, Option<[u8; 16]>, Vec<ExecutionId>);

/// Once round the workflows, from behind `start` to `start`.
async fn claim_round(db: &Db, claim: &Claim, start: Option<[u8; 16]>, bytes_max: usize) -> Result<Came, Fault> {
    let owners = gone(db, Some(claim.server)).await?;
    let mut taking = Taking { bytes_max, ..Taking::new(db, claim) };
    let mut at = start;
    let mut wrapped = false;
    'round: while taking.has_room() {
        let behind = next_workflows(db, &owners, at).await?;
        let mut left = behind.as_slice();
        while !left.is_empty() {
            // As many at a time as together hardly lock more than are taken.
            let each = taking.left.min(claim.per_workflow).max(1);
            let (some, rest) = left.split_at(left.len().min((taking.left / each).max(1) as usize));
            left = rest;
            let due = due(db, &owners, some, claim, each).await?;
            for workflow in some {
                if wrapped && start.is_none_or(|start| workflow.0 > start) {
                    break 'round;
                }
                at = Some(workflow.0);
                let most = taking.left.min(claim.per_workflow) as usize;
                taking.take(due.iter().filter(|due| due.workflow == workflow.0).take(most)).await?;
                if !taking.has_room() {
                    break 'round;
                }
            }
        }
        if behind.len() < WORKFLOWS {
            if wrapped {
                break;
            }
            (wrapped, at) = (true, None);
            if start.is_none() {
                break;
            }
        }
    }
    let (claimed, aside) = taking.finish().await?;
    Ok((claimed, at, aside))
}

pub(super) async fn claim_one(store: &Postgres, execution: ExecutionId, server: ServerId) -> Result<Option<Claimed>> {
    let id = Bin(execution.to_bytes());
    let claim = Claim { server, now: Timestamp::from_micros(0), per_workflow: 1, limit: 1, skip: Vec::new() };
    let (claimed, aside) = transact!(store, "execution_claim_one", async |db| {
        let found = row(db, ONE, &[&id], |row| Ok((row.try_get::<_, Option<Bin<16>>>(7)?, Due::read(row)?))).await?;
        match found {
            Some((Some(owner), _)) if lives(db, owner).await? => Ok((Vec::new(), Vec::new())),
            Some((_, due)) => {
                let mut taking = Taking::new(db, &claim);
                taking.take_all(vec![&due]).await?;
                taking.finish().await
            }
            None => Ok((Vec::new(), Vec::new())),
        }
    })?;
    store.told_aside(aside);
    Ok(claimed.into_iter().next())
}

/// Claims that have run by now: a claim under way may add to it.
pub(super) async fn set_aside_since(store: &Postgres) -> Result<Vec<ExecutionHead>> {
    let ids = std::mem::take(&mut *store.aside.lock().unwrap_or_else(PoisonError::into_inner));
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    read!(store, "execution_set_aside", async |db| {
        let heads = ids.iter().map(|id| async move { row(db, HEAD, &[&Bin(id.to_bytes())], read_head).await });
        Ok(try_join_all(heads).await?.into_iter().flatten().collect())
    })
}

impl Postgres {
    fn told_aside(&self, aside: Vec<ExecutionId>) {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).extend(aside);
    }
}

pub(super) async fn next_due(store: &Postgres) -> Result<Option<Timestamp>> {
    read!(store, "execution_next_due", async |db| {
        let owners = gone(db, None).await?;
        let (mut first, mut at) = (None::<i64>, None);
        loop {
            let workflows = next_workflows(db, &owners, at).await?;
            let due = row(db, FIRST_DUE, &[&workflows, &owners], |row| Ok(row.try_get::<_, Option<i64>>(0)?)).await?;
            first = [first, due.flatten()].into_iter().flatten().min();
            at = workflows.last().map(|last| last.0);
            if workflows.len() < WORKFLOWS {
                return Ok(first.map(Timestamp::from_micros));
            }
        }
    })
}

/// The first workflows behind `at` that have something open of nobody or of one of `owners`.
async fn next_workflows(db: &Db, owners: &[Bin<16>], at: Option<[u8; 16]>) -> Result<Vec<Bin<16>>, Fault> {
    // Below every id.
    let at = Bin(at.unwrap_or([0; 16]));
    rows(db, NEXT_WORKFLOWS, &[&owners, &at, &(WORKFLOWS as i64)], |row| Ok(row.try_get(0)?)).await
}

/// One that can be taken, as it stands there locked.
#[derive(Debug, Clone, Copy)]
struct Due {
    workflow: [u8; 16],
    due_at: i64,
    id: ExecutionId,
    /// Whether it has an owner, who then is dead.
    owned: bool,
    /// Owners that died since it got on last, that of now among them.
    deaths: u32,
    event: Bin<16>,
    is_test: bool,
}

impl Due {
    fn read(row: &Row) -> Result<Self, Fault> {
        Ok(Self {
            workflow: row.try_get::<_, Bin<16>>(0)?.0,
            due_at: row.try_get(1)?,
            id: ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(2)?.0),
            owned: row.try_get(3)?,
            deaths: row.try_get::<_, Whole<u32>>(4)?.0,
            event: row.try_get(5)?,
            is_test: row.try_get(6)?,
        })
    }
}

/// The oldest that are due, of each of `workflows` at most `limit` of each owner.
async fn due(db: &Db, owners: &[Bin<16>], workflows: &[Bin<16>], claim: &Claim, limit: u32) -> Result<Vec<Due>, Fault> {
    let is_wanted = |workflow: &&Bin<16>| !claim.skip.contains(&WorkflowId::from_bytes(workflow.0));
    let wanted: Vec<_> = workflows.iter().filter(is_wanted).copied().collect();
    let (now, limit) = (claim.now.as_micros(), i64::from(limit));
    let mut due = rows(db, DUE_OF_NOBODY, &[&wanted, &now, &limit], Due::read).await?;
    if !owners.is_empty() {
        due.extend(rows(db, DUE_OF_THE_GONE, &[&wanted, &now, &limit, &owners], Due::read).await?);
    }
    due.sort_unstable_by_key(|due| (due.due_at, due.id));
    Ok(due)
}

/// A claim under way: each that is taken is locked until it ends.
struct Taking<'c> {
    db: &'c Db,
    claim: &'c Claim,
    left: u32,
    bytes: usize,
    bytes_max: usize,
    /// Whether the server has one that may kill it, once that is known.
    has_suspect: Option<bool>,
    claimed: Vec<Claimed>,
    aside: Vec<ExecutionId>,
}

impl<'c> Taking<'c> {
    fn new(db: &'c Db, claim: &'c Claim) -> Self {
        let (claimed, aside) = (Vec::new(), Vec::new());
        Self { db, claim, left: claim.limit, bytes: 0, bytes_max: usize::MAX, has_suspect: None, claimed, aside }
    }

    fn has_room(&self) -> bool {
        self.left > 0 && self.bytes < self.bytes_max
    }

    /// Those of one workflow, in their order.
    async fn take(&mut self, due: impl Iterator<Item = &Due>) -> Result<(), Fault> {
        let mut chosen = Vec::new();
        for due in due {
            // A suspect is alone among its like: whoever dies is the one.
            if due.deaths + 1 == TAKEOVERS_MAX && self.has_suspect().await? {
                continue;
            }
            if due.deaths > 1 && !is_too_deadly(due) {
                self.has_suspect = Some(true);
            }
            chosen.push(due);
        }
        self.take_all(chosen).await
    }

    async fn has_suspect(&mut self) -> Result<bool, Fault> {
        if self.has_suspect.is_none() {
            let found = row(self.db, SUSPECT, &[&Bin(self.claim.server.to_bytes())], |_| Ok(())).await?;
            self.has_suspect = Some(found.is_some());
        }
        Ok(self.has_suspect.unwrap_or_default())
    }

    /// As far as there is room. What has killed too many, or cannot be read, is set aside for a person to look at, so
    /// that it does not stand in the way of the others for ever.
    async fn take_all(&mut self, due: Vec<&Due>) -> Result<(), Fault> {
        for some in due.chunks(READ_TOGETHER) {
            let read =
                some.iter().map(|due| async { if is_too_deadly(due) { None } else { Some(read(self.db, due).await) } });
            for (due, read) in some.iter().zip(join_all(read).await) {
                if !self.has_room() {
                    return Ok(());
                }
                match read {
                    Some(Ok(one)) => {
                        self.bytes += one.event.body.len() + size_of::<Claimed>();
                        self.left -= 1;
                        self.claimed.push(one);
                    }
                    Some(Err(fault)) if fault.is_unreadable() => self.unreadable(due, fault).await?,
                    Some(Err(fault)) => return Err(fault),
                    None => self.deadly(due).await?,
                }
            }
        }
        Ok(())
    }

    async fn deadly(&mut self, due: &Due) -> Result<(), Fault> {
        let Due { id, deaths, .. } = due;
        tracing::error!(execution = %id, deaths, "an execution may be what brings servers down and is quarantined");
        let why = format!(
            "quarantined: the server came down {deaths} times while this was running, and none of its nodes got done; it \
             may be the cause. Resolve it: run it again, skip the node it stands in, or let it fail."
        );
        self.set_aside(*id, why).await
    }

    async fn unreadable(&mut self, due: &Due, fault: Fault) -> Result<(), Fault> {
        // Once is enough, however often somebody tries to take it.
        if row(self.db, IS_SET_ASIDE, &[&Bin(due.id.to_bytes())], |_| Ok(())).await?.is_none() {
            let error = fault.into_error("execution_claim");
            tracing::error!(execution = %due.id, %error, "an execution cannot be read and is quarantined");
            let why = "quarantined: its record cannot be read. All that can be done is to let it fail.";
            self.set_aside(due.id, why.to_owned()).await?;
        }
        Ok(())
    }

    /// For a person to look at.
    async fn set_aside(&mut self, id: ExecutionId, why: String) -> Result<(), Fault> {
        let never = Timestamp::from_micros(i64::MAX).as_micros();
        execute(self.db, SET_ASIDE, &[&Bin(id.to_bytes()), &never, &json(&[why])]).await?;
        self.aside.push(id);
        Ok(())
    }

    /// Makes the server the owner of all that was taken.
    async fn finish(self) -> Result<(Vec<Claimed>, Vec<ExecutionId>), Fault> {
        if !self.claimed.is_empty() {
            let ids: Vec<_> = self.claimed.iter().map(|one| Bin(one.head.id.to_bytes())).collect();
            execute(self.db, TAKE, &[&ids, &Bin(self.claim.server.to_bytes())]).await?;
        } else if self.aside.is_empty() {
            self.db.unchanged();
        }
        Ok((self.claimed, self.aside))
    }
}

fn is_too_deadly(due: &Due) -> bool {
    due.owned && due.deaths >= TAKEOVERS_MAX
}

/// As it is once the server is its owner.
async fn read(db: &Db, due: &Due) -> Result<Claimed, Fault> {
    let id = Bin(due.id.to_bytes());
    let params = [&id as _];
    let parts = row(db, GET, &params, |row| {
        let timeout_at = row.try_get::<_, Option<i64>>(12)?.map(Timestamp::from_micros);
        Ok((read_head(row)?, timeout_at, row.try_get::<_, Whole<u32>>(13)?.0))
    });
    let draft = async { if due.is_test { read_draft(db, id).await } else { Ok(None) } };
    let (found, event, records, draft) =
        try_join4(parts, read_event(db, due.event), read_journal(db, id), draft).await?;
    let no_row = || Fault::unreadable(NoSuchRow);
    let (head, timeout_at, epoch) = found.ok_or_else(no_row)?;
    let pinned = match head.revision {
        Some(number) => Pinned::Revision(number),
        None => Pinned::Draft(draft.ok_or_else(no_row)?.into()),
    };
    let waited_for = head.reason;
    let head = ExecutionHead { status: Status::Running, reason: None, ..head };
    Ok(Claimed { head, waited_for, pinned, event, timeout_at, epoch, records })
}
