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
    client.execute(HOLD, &[&(Lock::Schema as i64)]).await?;
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
