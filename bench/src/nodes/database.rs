//! A PostgreSQL of its own, and what it tells of itself. Debian's package; its folder goes when the value does.

use std::time::Duration;

use anyhow::{Context as _, Result};
use store::postgres::testing::{Cluster, client};
use tokio_postgres::Client;

use crate::process;

/// Beside what PostgreSQL does by itself, which is to flush before it says that a commit is done. Nothing here makes a
/// commit cheaper; they keep the pages of a turn in memory, and checkpoints out of it.
pub(super) const SETTINGS: [&str; 5] = [
    "fsync=on",
    "synchronous_commit=on",
    "shared_buffers=512MB",
    "max_wal_size=4GB",
    "shared_preload_libraries=pg_stat_statements",
];

/// Of one database since the last reset.
const CALLS: &str = "select coalesce(sum(calls), 0)::bigint,
                            coalesce(sum(calls) filter (where query ~* '^commit'), 0)::bigint
                       from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1";
const WAL: &str = "select (pg_current_wal_insert_lsn() - '0/0')::bigint";

pub(super) struct Server {
    cluster: Cluster,
    db: Client,
    pub(super) version: String,
    pid: u32,
}

/// What it has done so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) cpu: Duration,
    pub(super) statements: i64,
    pub(super) commits: i64,
    pub(super) wal_bytes: i64,
}

impl Server {
    pub(super) async fn start() -> Result<Self> {
        let cluster = Cluster::start_with(&SETTINGS);
        let db = client(&cluster.url("postgres")).await;
        db.batch_execute("create extension pg_stat_statements").await.context("is postgresql-contrib installed?")?;
        let version = db.query_one("show server_version", &[]).await?.get(0);
        let pid = std::fs::read_to_string(cluster.folder().join("data/postmaster.pid"))?;
        let pid = pid.lines().next().context("it has no process")?.parse()?;
        Ok(Self { cluster, db, version, pid })
    }

    /// An empty database, after all that was written so far has been put in its place.
    pub(super) async fn make(&self, name: &str) -> Result<String> {
        self.db.batch_execute(&format!("create database {name}")).await?;
        self.db.batch_execute("checkpoint").await?;
        Ok(self.cluster.url(name))
    }

    pub(super) async fn drop(&self, name: &str) -> Result<()> {
        Ok(self.db.batch_execute(&format!("drop database {name} with (force)")).await?)
    }

    pub(super) async fn done(&self, database: &str) -> Result<Done> {
        let calls = self.db.query_one(CALLS, &[&database]).await?;
        Ok(Done {
            cpu: process::cpu_time_of_family(self.pid)?,
            statements: calls.get(0),
            commits: calls.get(1),
            wal_bytes: self.db.query_one(WAL, &[]).await?.get(0),
        })
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.cluster.folder()
    }
}
