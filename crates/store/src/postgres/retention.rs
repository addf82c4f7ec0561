//! Keeping the house: old executions go, and the space they took.
//!
//! What is found is looked at again when it is deleted. Days that are empty then are dropped (`partition`).

use std::collections::BTreeMap;

use domain::id::{ExecutionId, WorkflowId};

use super::Postgres;
use super::fault::Fault;
use super::sql::{Bin, Db, Whole, execute, read, row, rows, statements, transact};
use crate::error::Result;
use crate::row::RetentionRule;

/// Deleted in one transaction.
const PIECE: usize = 200;

statements! {
    /// The newest one that is too many.
    BEYOND = "select id from execution where workflow_id = $1 order by id desc limit 1 offset $2";
    /// An execution ends after it began, so one whose id is later than the bound cannot have ended before it.
    EXPIRED = "select id from execution
                where workflow_id = $1 and id <= greatest($2::uuid, $3::uuid) and due_at is null and (id <= $2 or finished_at < $4)
                order by id limit $5";
    DELETE = "delete from execution where id = any($1) and due_at is null returning id, event_id, revision";
    DELETE_PARTS = "delete from journal where execution_id = any($1)";
    DELETE_DRAFTS = "delete from tested_draft where execution_id = any($1)";
    /// In one order for all, so that nobody waits for who waits for him.
    EVENTS = "select id from event where id = any($1) order by id for update";
    SHARE_LESS = "update event set executions = executions - less.number
                    from unnest($1::uuid[], $2::bigint[]) as less (id, number)
                   where event.id = less.id and event.executions > less.number
               returning event.id";
    DELETE_EVENTS = "delete from event where id = any($1)";
    NEXT_WORKFLOW = "select workflow_id from execution where workflow_id > $1 order by workflow_id limit 1";
}

pub(super) async fn find(store: &Postgres, rule: RetentionRule) -> Result<Vec<ExecutionId>> {
    read!(store, "retention_find", async |db| found(db, &rule).await)
}

async fn found(db: &Db, rule: &RetentionRule) -> Result<Vec<ExecutionId>, Fault> {
    let workflow = Bin(rule.workflow.to_bytes());
    let beyond = row(db, BEYOND, &[&workflow, &i64::from(rule.keep)], |row| Ok(row.try_get::<_, Bin<16>>(0)?)).await?;
    let beyond = beyond.unwrap_or(Bin([0; 16]));
    let bound = Bin(ExecutionId::new(rule.before, u64::MAX).to_bytes());
    let (before, limit) = (rule.before.as_micros(), i64::from(rule.limit));
    rows(db, EXPIRED, &[&workflow, &beyond, &bound, &before, &limit], |row| {
        Ok(ExecutionId::from_bytes(row.try_get::<_, Bin<16>>(0)?.0))
    })
    .await
}

pub(super) async fn delete(store: &Postgres, executions: Vec<ExecutionId>) -> Result<u32> {
    store.fence.check()?;
    let mut deleted = 0;
    for piece in executions.chunks(PIECE) {
        let ids: Vec<_> = piece.iter().map(|id| Bin(id.to_bytes())).collect();
        deleted += transact!(store, "retention_delete", async |db| delete_some(db, &ids).await)?;
    }
    Ok(deleted)
}

/// How many of them were there, and finished.
async fn delete_some(db: &Db, ids: &[Bin<16>]) -> Result<u32, Fault> {
    let gone: Vec<(Bin<16>, Bin<16>, Option<Whole<u32>>)> =
        rows(db, DELETE, &[&ids], |row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).await?;
    let all: Vec<_> = gone.iter().map(|(id, ..)| *id).collect();
    execute(db, DELETE_PARTS, &[&all]).await?;
    let tests: Vec<_> = gone.iter().filter(|(.., revision)| revision.is_none()).map(|(id, ..)| *id).collect();
    if !tests.is_empty() {
        execute(db, DELETE_DRAFTS, &[&tests]).await?;
    }
    let mut events: BTreeMap<[u8; 16], i64> = BTreeMap::new();
    for (_, event, _) in &gone {
        *events.entry(event.0).or_default() += 1;
    }
    let ids: Vec<_> = events.keys().map(|id| Bin(*id)).collect();
    rows(db, EVENTS, &[&ids], |_| Ok(())).await?;
    let less: Vec<i64> = events.values().copied().collect();
    for Bin(shared) in rows(db, SHARE_LESS, &[&ids, &less], |row| Ok(row.try_get::<_, Bin<16>>(0)?)).await? {
        events.remove(&shared);
    }
    let last: Vec<_> = events.keys().map(|id| Bin(*id)).collect();
    execute(db, DELETE_EVENTS, &[&last]).await?;
    Ok(u32::try_from(gone.len()).unwrap_or(u32::MAX))
}

pub(super) async fn workflows(store: &Postgres) -> Result<Vec<WorkflowId>> {
    read!(store, "retention_workflows", async |db| {
        let mut workflows = Vec::new();
        // Below every id.
        let mut at = Bin([0; 16]);
        while let Some(workflow) = row(db, NEXT_WORKFLOW, &[&at], |row| Ok(row.try_get::<_, Bin<16>>(0)?)).await? {
            workflows.push(WorkflowId::from_bytes(workflow.0));
            at = workflow;
        }
        Ok(workflows)
    })
}
