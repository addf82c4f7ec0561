//! Brings a database file to this program's schema: numbered steps, each in one transaction.
//!
//! A step that was applied is never edited: its checksum stands in the database, and a database that
//! was made by other steps than ours, or by newer ones, is refused.

use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

use crate::points;

/// `hook`: in the file's header, tells our databases from others'.
const APPLICATION_ID: u32 = 0x686f_6f6b;

struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// The first is number 1.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "first", sql: include_str!("../../migrations/sqlite/0001_first.sql") },
    Migration { name: "servers", sql: include_str!("../../migrations/sqlite/0002_servers.sql") },
];

const LEDGER: &str = "create table if not exists migration (
    number   integer not null primary key,
    name     text    not null,
    checksum text    not null
) strict";

/// Why a database cannot be brought to this program's schema.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrateError {
    #[error("it is not a Hookflow database")]
    Foreign,
    #[error("it was written by a newer Hookflow (schema {found}; this one knows {known})")]
    Newer { found: u32, known: u32 },
    #[error("its schema step {number} is not the one of this Hookflow")]
    Different { number: u32 },
    #[error("{0}")]
    Driver(#[from] rusqlite::Error),
}

pub(super) fn migrate(db: &mut Connection) -> Result<(), MigrateError> {
    migrate_with(db, MIGRATIONS)
}

fn migrate_with(db: &mut Connection, migrations: &[Migration]) -> Result<(), MigrateError> {
    let applied: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 = db.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    let application: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(MigrateError::Foreign);
    }
    let numbered = || (1..).zip(migrations);
    let known = numbered().last().map_or(0, |(number, _)| number);
    if applied > known {
        return Err(MigrateError::Newer { found: applied, known });
    }
    for (number, migration) in numbered() {
        if number > applied {
            apply(db, number, migration)?;
        } else if recorded(db, number)? != checksum(migration) {
            return Err(MigrateError::Different { number });
        }
    }
    Ok(())
}

fn apply(db: &mut Connection, number: u32, migration: &Migration) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(LEDGER)?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "insert into migration (number, name, checksum) values (?1, ?2, ?3)",
        (number, migration.name, checksum(migration)),
    )?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    points::reach(points::MIGRATION_STEP).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    transaction.commit()
}

fn recorded(db: &Connection, number: u32) -> rusqlite::Result<String> {
    db.query_row("select checksum from migration where number = ?1", [number], |row| row.get(0))
}

/// SHA-256 of the step's text, in hex.
fn checksum(migration: &Migration) -> String {
    Sha256::digest(migration.sql).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration = Migration { name: "one", sql: "create table one (id integer)" };
    const TWO: Migration =
        Migration { name: "two", sql: "create table two (id integer); create table one (id integer)" };

    fn tables(db: &Connection) -> Vec<String> {
        let mut names = db.prepare("select name from sqlite_schema where type = 'table' order by name").unwrap();
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn steps_are_applied_once() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate_with(&mut db, &[ONE]).unwrap();
        migrate_with(&mut db, &[ONE]).unwrap();
        assert_eq!(tables(&db), ["migration", "one"]);
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut db = Connection::open_in_memory().unwrap();
        assert!(matches!(migrate_with(&mut db, &[ONE, TWO]), Err(MigrateError::Driver(_))));
        assert_eq!(tables(&db), ["migration", "one"]);
        migrate_with(&mut db, &[ONE]).unwrap();
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        db.pragma_update(None, "user_version", 3).unwrap();
        let error = migrate(&mut db).unwrap_err();
        assert_eq!(error.to_string(), "it was written by a newer Hookflow (schema 3; this one knows 2)");
    }

    #[test]
    fn a_step_that_was_edited_after_the_fact_is_noticed() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate_with(&mut db, &[ONE]).unwrap();
        let edited = Migration { name: "one", sql: "create table one (id integer, more text)" };
        assert!(matches!(migrate_with(&mut db, &[edited]), Err(MigrateError::Different { number: 1 })));
    }

    #[test]
    fn a_database_of_another_program_is_left_alone() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch("create table theirs (id integer)").unwrap();
        assert!(matches!(migrate(&mut db), Err(MigrateError::Foreign)));
        assert_eq!(tables(&db), ["theirs"]);
    }
}
