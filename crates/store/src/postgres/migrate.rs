//! Brings a database to this program's schema: numbered steps, each in one transaction, by one server at a time.
//!
//! Other servers may be at work meanwhile. A step that changes a table waits for who uses it, and whoever comes next
//! waits behind it: so it waits for moments only, and tries again. A step that others cannot go on beside is not made
//! while there are any.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::fault::chain;
use super::lock::Lock;
use super::server::SERVERS;
use crate::error::Error;
use crate::migration::{Applied, Migration, Mismatch, missing};
use crate::points;

/// The first is number 1.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "first", sql: include_str!("../../migrations/postgres/0001_first.sql"), beside: false },
    Migration { name: "servers", sql: include_str!("../../migrations/postgres/0002_servers.sql"), beside: false },
    Migration { name: "records", sql: include_str!("../../migrations/postgres/0003_records.sql"), beside: false },
];
/// The first that finds the table of servers as it is asked.
const KNOWS_SERVERS: u32 = 3;

#[cfg(feature = "next_schema")]
const NEXT: [Migration; 3] = [
    Migration { name: "column", sql: include_str!("../../migrations/next/postgres/column.sql"), beside: true },
    Migration { name: "filled", sql: include_str!("../../migrations/next/postgres/filled.sql"), beside: true },
    Migration { name: "alone", sql: include_str!("../../migrations/next/postgres/alone.sql"), beside: false },
];

const LEDGER: &str = "create table migration (
    number   bigint  not null primary key,
    name     text    not null,
    checksum text    not null,
    beside   boolean not null                  -- programs that do not know it may go on
)";
/// Held until the connection ends: servers that start together wait for the first of them.
const HOLD: &str = "select pg_advisory_lock($1)";
const TRY_HOLD: &str = "select pg_try_advisory_lock($1)";
/// Where the tables are made is the first schema of the search path.
const TABLES: &str = "select count(*), count(*) filter (where tablename = 'migration')
                        from pg_tables where schemaname = current_schema()";
const APPLIED: &str = "select number, checksum, beside from migration order by number";
const APPLY: &str = "insert into migration (number, name, checksum, beside) values ($1, $2, $3, $4)";
/// As long as a step may keep others waiting for a table that it cannot have yet.
const MOMENTS: &str = "set local lock_timeout = '300ms'";
const PAUSE: Duration = Duration::from_millis(500);
/// More than a minute.
const TRIES_MAX: u32 = 100;

/// Why a database cannot be brought to this program's schema.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrateError {
    #[error("it is not a Hookflow database: there are tables of something else")]
    Foreign,
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    #[error("servers that run ({servers}) cannot go on beside its schema step {number}: stop them first")]
    Alone { number: u32, servers: usize },
    #[error("{}", chain(.0))]
    Driver(#[from] tokio_postgres::Error),
    #[error(transparent)]
    MadeToFail(#[from] points::MadeToFail),
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        Self::Unusable { reason: error.to_string() }
    }
}

impl MigrateError {
    /// Whether somebody was in the way.
    fn passes(&self) -> bool {
        let Self::Driver(error) = self else { return false };
        [Some(&SqlState::LOCK_NOT_AVAILABLE), Some(&SqlState::T_R_DEADLOCK_DETECTED)].contains(&error.code())
    }
}

pub(super) async fn migrate(client: &mut Client) -> Result<(), MigrateError> {
    #[cfg(feature = "next_schema")]
    return migrate_with(client, &crate::migration::with_next(MIGRATIONS, NEXT)).await;
    #[cfg(not(feature = "next_schema"))]
    migrate_with(client, MIGRATIONS).await
}

async fn migrate_with(client: &mut Client, migrations: &[Migration]) -> Result<(), MigrateError> {
    if !client.query_one(TRY_HOLD, &[&(Lock::Schema as i64)]).await?.try_get(0)? {
        tracing::info!("waiting for another server that starts on this database, or for a move that is under way");
        client.execute(HOLD, &[&(Lock::Schema as i64)]).await?;
    }
    let there = client.query_one(TABLES, &[]).await?;
    let (tables, ledgers): (i64, i64) = (there.try_get(0)?, there.try_get(1)?);
    let applied = match (tables, ledgers) {
        (0, _) => Vec::new(),
        (_, 0) => return Err(MigrateError::Foreign),
        _ => applied(client).await?,
    };
    for (number, migration) in missing(migrations, &applied)? {
        if !migration.beside && number >= KNOWS_SERVERS {
            let servers = client.query(SERVERS, &[]).await?.len();
            if servers > 0 {
                return Err(MigrateError::Alone { number, servers });
            }
        }
        let mut tries = 1;
        while let Err(error) = apply(client, number, migration).await {
            if !error.passes() || tries == TRIES_MAX {
                return Err(error);
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

async fn applied(client: &Client) -> Result<Vec<Applied>, MigrateError> {
    let mut steps = Vec::new();
    for row in client.query(APPLIED, &[]).await? {
        let number = u32::try_from(row.try_get::<_, i64>(0)?).unwrap_or(u32::MAX);
        steps.push(Applied { number, checksum: row.try_get(1)?, beside: row.try_get(2)? });
    }
    Ok(steps)
}

async fn apply(client: &mut Client, number: u32, migration: Migration) -> Result<(), MigrateError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(MOMENTS).await?;
    if number == 1 {
        transaction.batch_execute(LEDGER).await?;
    }
    transaction.batch_execute(migration.sql).await?;
    let checksum = migration.checksum();
    transaction.execute(APPLY, &[&i64::from(number), &migration.name, &checksum, &migration.beside]).await?;
    points::reach(points::MIGRATION_STEP)?;
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Cluster, client};
    use super::*;

    const ONE: Migration = Migration { name: "one", sql: "create table one (id integer)", beside: false };
    const TWO: Migration =
        Migration { name: "two", sql: "create table two (id integer); create table one (id integer)", beside: false };

    async fn empty() -> (Client, String) {
        let url = Cluster::shared().database().await;
        (client(&url).await, url)
    }

    async fn tables(db: &Client) -> Vec<String> {
        let sql = "select tablename::text from pg_tables where schemaname = current_schema() order by tablename";
        db.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    #[tokio::test]
    async fn steps_are_applied_once() {
        let (mut db, _) = empty().await;
        migrate_with(&mut db, &[ONE]).await.unwrap();
        migrate_with(&mut db, &[ONE]).await.unwrap();
        assert_eq!(tables(&db).await, ["migration", "one"]);
    }

    #[tokio::test]
    async fn servers_that_start_together_apply_them_once() {
        let url = Cluster::shared().database().await;
        let start = async || {
            let mut db = client(&url).await;
            migrate(&mut db).await
        };
        let started = tokio::join!(start(), start(), start(), start());
        assert!(matches!(started, (Ok(()), Ok(()), Ok(()), Ok(()))), "{started:?}");
    }

    #[tokio::test]
    async fn a_step_that_fails_leaves_nothing_behind() {
        let (mut db, _) = empty().await;
        assert!(matches!(migrate_with(&mut db, &[ONE, TWO]).await, Err(MigrateError::Driver(_))));
        assert_eq!(tables(&db).await, ["migration", "one"]);
        migrate_with(&mut db, &[ONE]).await.unwrap();
    }

    #[tokio::test]
    async fn a_newer_database_is_refused_unless_its_steps_say_otherwise() {
        let (mut db, _) = empty().await;
        let later = Migration { name: "later", sql: "create table later (id integer)", beside: true };
        let third = Migration { name: "third", sql: "drop table later", beside: true };
        migrate_with(&mut db, &[ONE, later]).await.unwrap();
        migrate_with(&mut db, &[ONE]).await.unwrap();
        migrate_with(&mut db, &[ONE, later, third]).await.unwrap();
        db.batch_execute("update migration set beside = false where number = 3").await.unwrap();
        let error = migrate_with(&mut db, &[ONE]).await.unwrap_err();
        assert_eq!(error.to_string(), "it was written by a newer Hookflow (schema 3; this one knows 1)");
        assert_eq!(tables(&db).await, ["migration", "one"]);
    }

    #[tokio::test]
    async fn a_step_that_others_cannot_go_on_beside_waits_until_they_are_gone() {
        let (mut db, _) = empty().await;
        migrate(&mut db).await.unwrap();
        let alone = Migration { name: "alone", sql: "create table alone (id integer)", beside: false };
        let steps: Vec<Migration> = MIGRATIONS.iter().copied().chain([alone]).collect();
        let lives = "insert into server (id, lease_until, role, address, version, looks_on)
                     values (gen_random_uuid(), 'infinity', 'all', '', '', false)";
        db.batch_execute(lives).await.unwrap();
        let error = migrate_with(&mut db, &steps).await.unwrap_err();
        assert_eq!(error.to_string(), "servers that run (1) cannot go on beside its schema step 4: stop them first");
        db.batch_execute("update server set lease_until = '-infinity'").await.unwrap();
        migrate_with(&mut db, &steps).await.unwrap();
        assert!(tables(&db).await.contains(&"alone".to_owned()));
    }

    /// Who reads a table for long, the step that waits for it, and who comes after: the last must not wait for the first.
    #[tokio::test]
    async fn a_step_that_waits_for_a_table_keeps_nobody_waiting() {
        let (mut db, url) = empty().await;
        migrate_with(&mut db, &[ONE]).await.unwrap();
        let reader = client(&url).await;
        reader.batch_execute("begin; select count(*) from one").await.unwrap();
        let wider = Migration { name: "wider", sql: "alter table one add column more text", beside: true };
        let migrating = tokio::spawn(async move { migrate_with(&mut db, &[ONE, wider]).await });
        let others = client(&url).await;
        let (mut slowest, from) = (Duration::ZERO, std::time::Instant::now());
        while from.elapsed() < Duration::from_millis(1_500) {
            let asked = std::time::Instant::now();
            others.query("select count(*) from one", &[]).await.unwrap();
            slowest = slowest.max(asked.elapsed());
        }
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
        assert!(!migrating.is_finished());
        reader.batch_execute("commit").await.unwrap();
        migrating.await.unwrap().unwrap();
        others.query("select more from one", &[]).await.unwrap();
    }

    #[tokio::test]
    async fn a_step_that_was_edited_after_the_fact_is_noticed() {
        let (mut db, _) = empty().await;
        migrate_with(&mut db, &[ONE]).await.unwrap();
        let edited = Migration { sql: "create table one (id integer, more text)", ..ONE };
        let error = migrate_with(&mut db, &[edited]).await.unwrap_err();
        assert_eq!(error.to_string(), "its schema step 1 is not the one of this Hookflow");
    }

    #[tokio::test]
    async fn a_database_of_another_program_is_left_alone() {
        let (mut db, _) = empty().await;
        db.batch_execute("create table theirs (id integer)").await.unwrap();
        assert!(matches!(migrate(&mut db).await, Err(MigrateError::Foreign)));
        assert_eq!(tables(&db).await, ["theirs"]);
    }
}
