//! What is left, read straight from the database file: what the server says about itself is not asked.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::id::ExecutionId;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use serde_json::Value;

/// A look at the database of a server, running or not.
#[derive(Debug)]
pub struct Stored(Connection);

/// An execution's row, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Row {
    pub status: String,
    pub reason: Option<String>,
    /// How often it was claimed: no effect can have begun more often.
    pub epoch: u32,
    pub answer_status: Option<u16>,
}

impl Row {
    pub fn has_ended(&self) -> bool {
        !matches!(self.status.as_str(), "queued" | "running" | "waiting")
    }
}

/// A node of an execution, as its journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeState {
    pub node: String,
    pub status: String,
    pub attempt: u32,
}

impl Stored {
    /// Reads back the write-ahead log that a crash left, as the server would.
    pub fn open(database: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(database, flags).context("the database cannot be opened")?;
        db.busy_timeout(Duration::from_secs(5))?;
        // What is looked at stays as it is: the log is left to the server.
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        db.execute_batch("pragma wal_autocheckpoint = 0; pragma query_only = on")?;
        Ok(Self(db))
    }

    pub fn integrity(&self) -> Result<String> {
        Ok(self.0.query_row("pragma integrity_check", [], |row| row.get(0))?)
    }

    pub fn execution(&self, id: ExecutionId) -> Result<Option<Row>> {
        let mut select =
            self.0.prepare_cached("select status, reason, epoch, answer_status from execution where id = ?1")?;
        let row = select.query_row([id.to_bytes()], |row| {
            Ok(Row { status: row.get(0)?, reason: row.get(1)?, epoch: row.get(2)?, answer_status: row.get(3)? })
        });
        Ok(row.optional()?)
    }

    /// Those that are not there.
    pub fn missing(&self, ids: &[ExecutionId]) -> Result<Vec<ExecutionId>> {
        let mut missing = Vec::new();
        for id in ids {
            if self.execution(*id)?.is_none() {
                missing.push(*id);
            }
        }
        Ok(missing)
    }

    pub fn executions(&self) -> Result<i64> {
        Ok(self.0.query_row("select count(*) from execution", [], |row| row.get(0))?)
    }

    /// Ids after `after`, in their order.
    pub fn ids_after(&self, after: Option<ExecutionId>) -> Result<Vec<ExecutionId>> {
        let mut select = self.0.prepare_cached("select id from execution where id > ?1 order by id")?;
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let ids = select.query_map([after], |row| Ok(ExecutionId::from_bytes(row.get(0)?)))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Ids of executions that wait for this reason.
    pub fn waiting_for(&self, reason: &str) -> Result<Vec<ExecutionId>> {
        let mut select = self.0.prepare_cached(
            "select id from execution where due_at is not null and status = 'waiting' and reason = ?1 order by id",
        )?;
        let ids = select.query_map([reason], |row| Ok(ExecutionId::from_bytes(row.get(0)?)))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Executions that still have something before them and wait for nobody.
    pub fn open_count(&self) -> Result<i64> {
        let sql = "select count(*) from execution where due_at is not null
                   and (reason is null or reason not in ('needs_attention', 'quarantined'))";
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }

    /// How many of the oldest `of` have succeeded. Cheap however many there are.
    pub fn succeeded_of_oldest(&self, of: u32) -> Result<i64> {
        let sql = "select count(*) from (select status from execution order by id limit ?1) where status = 'succeeded'";
        Ok(self.0.query_row(sql, [of], |row| row.get(0))?)
    }

    /// The latest word of the journal on each node, in the order in which they came up.
    pub fn journal(&self, id: ExecutionId) -> Result<Vec<NodeState>> {
        let mut select = self.0.prepare_cached(
            "with recursive part (records, before) as (
                 select records, before_place from journal
                  where place = (select journal_end from execution where id = ?1)
                  union all
                 select journal.records, before_place from part cross join journal on place = before
             )
             select records from part",
        )?;
        let mut parts =
            select.query_map([id.to_bytes()], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        parts.reverse();
        let mut nodes: Vec<NodeState> = Vec::new();
        for part in parts {
            let records: Vec<Value> = serde_json::from_str(&part)?;
            for record in records {
                let text = |name: &str| record[name].as_str().map(str::to_owned);
                let (Some(node), Some(status)) = (text("node"), text("status")) else {
                    anyhow::bail!("a record of {id} has no node or status: {record}");
                };
                let attempt = record["attempt"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
                let state = NodeState { node, status, attempt };
                match nodes.iter_mut().find(|known| known.node == state.node) {
                    Some(known) => *known = state,
                    None => nodes.push(state),
                }
            }
        }
        Ok(nodes)
    }
}

/// Waits until nothing that could go on by itself is open.
pub async fn all_ended(database: &Path, patience: Duration) -> Result<()> {
    let from = Instant::now();
    let stored = Stored::open(database)?;
    loop {
        let open = stored.open_count()?;
        if open == 0 {
            return Ok(());
        }
        ensure!(from.elapsed() < patience, "after {} s, {open} executions are still open", patience.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
