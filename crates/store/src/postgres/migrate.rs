//! Brings a database to this program's schema: numbered steps, each in one transaction, by one server at a time.
//!
//! A step that was applied is never edited: its checksum stands in the database, and a database that
//! was made by other steps than ours, or by newer ones, is refused.

use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::fault::chain;
use super::lock::Lock;
use crate::error::Error;
use crate::points;

struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// The first is number 1.
const MIGRATIONS: &[Migration] =
    &[Migration { name: "first", sql: include_str!("../../migrations/postgres/0001_first.sql") }];

const LEDGER: &str = "create table migration (
    number   bigint not null primary key,
    name     text   not null,
    checksum text   not null
)";
/// Held until the connection ends: servers that start together wait for the first of them.
const HOLD: &str = "select pg_advisory_lock($1)";
const TRY_HOLD: &str = "select pg_try_advisory_lock($1)";
/// Where the tables are made is the first schema of the search path.
const TABLES: &str = "select count(*), count(*) filter (where tablename = 'migration')
                        from pg_tables where schemaname = current_schema()";
const APPLIED: &str = "select number, checksum from migration order by number";
const APPLY: &str = "insert into migration (number, name, checksum) values ($1, $2, $3)";

/// Why a database cannot be brought to this program's schema.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrateError {
    #[error("it is not a Hookflow database: there are tables of something else")]
    Foreign,
    #[error("it was written by a newer Hookflow (schema {found}; this one knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("its schema step {number} is not the one of this Hookflow")]
    Different { number: i64 },
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

pub(super) async fn migrate(client: &mut Client) -> Result<(), MigrateError> {
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
        _ => client.query(APPLIED, &[]).await?,
    };
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    for row in &applied {
        let (number, checksum): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        let step = usize::try_from(number - 1).ok().and_then(|place| migrations.get(place));
        let step = step.ok_or(MigrateError::Newer { found: number, known })?;
        if checksum != self::checksum(step) {
            return Err(MigrateError::Different { number });
        }
    }
    for (number, migration) in (1..).zip(migrations).skip(applied.len()) {
        apply(client, number, migration).await?;
    }
    Ok(())
}

async fn apply(client: &mut Client, number: i64, migration: &Migration) -> Result<(), MigrateError> {
    let transaction = client.transaction().await?;
    if number == 1 {
        transaction.batch_execute(LEDGER).await?;
    }
    transaction.batch_execute(migration.sql).await?;
    transaction.execute(APPLY, &[&number, &migration.name, &checksum(migration)]).await?;
    points::reach(points::MIGRATION_STEP)?;
    Ok(transaction.commit().await?)
}

/// SHA-256 of the step's text, in hex.
fn checksum(migration: &Migration) -> String {
    Sha256::digest(migration.sql).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Cluster, client};
    use super::*;

    const ONE: Migration = Migration { name: "one", sql: "create table one (id integer)" };
    const TWO: Migration =
        Migration { name: "two", sql: "create table two (id integer); create table one (id integer)" };

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
    async fn a_newer_database_is_refused() {
        let (mut db, _) = empty().await;
        migrate(&mut db).await.unwrap();
        db.batch_execute("insert into migration values (2, 'later', '')").await.unwrap();
        let error = migrate(&mut db).await.unwrap_err();
        assert_eq!(error.to_string(), "it was written by a newer Hookflow (schema 2; this one knows 1)");
    }

    #[tokio::test]
    async fn a_step_that_was_edited_after_the_fact_is_noticed() {
        let (mut db, _) = empty().await;
        migrate_with(&mut db, &[ONE]).await.unwrap();
        let edited = Migration { name: "one", sql: "create table one (id integer, more text)" };
        assert!(matches!(migrate_with(&mut db, &[edited]).await, Err(MigrateError::Different { number: 1 })));
    }

    #[tokio::test]
    async fn a_database_of_another_program_is_left_alone() {
        let (mut db, _) = empty().await;
        db.batch_execute("create table theirs (id integer)").await.unwrap();
        assert!(matches!(migrate(&mut db).await, Err(MigrateError::Foreign)));
        assert_eq!(tables(&db).await, ["theirs"]);
    }
}
