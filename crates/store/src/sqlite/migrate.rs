//! Brings a database file to this program's schema: numbered steps, each in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use crate::migration::{Applied, Migration, Mismatch, missing};
use crate::points;

/// `hook`: in the file's header, tells our databases from others'.
const APPLICATION_ID: u32 = 0x686f_6f6b;

/// The first is number 1.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "first", sql: include_str!("../../migrations/sqlite/0001_first.sql"), beside: false },
    Migration { name: "servers", sql: include_str!("../../migrations/sqlite/0002_servers.sql"), beside: false },
];

#[cfg(feature = "next_schema")]
const NEXT: [Migration; 3] = [
    Migration { name: "column", sql: include_str!("../../migrations/next/sqlite/column.sql"), beside: true },
    Migration { name: "filled", sql: include_str!("../../migrations/next/sqlite/filled.sql"), beside: true },
    Migration { name: "alone", sql: include_str!("../../migrations/next/sqlite/alone.sql"), beside: false },
];

const LEDGER: &str = "create table if not exists migration (
    number   integer not null primary key,
    name     text    not null,
    checksum text    not null,
    beside   integer not null                  -- programs that do not know it may go on
) strict";

/// Why a database cannot be brought to this program's schema.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrateError {
    #[error("it is not a Hookflow database")]
    Foreign,
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    #[error("{0}")]
    Driver(#[from] rusqlite::Error),
}

pub(super) fn migrate(db: &mut Connection) -> Result<(), MigrateError> {
    #[cfg(feature = "next_schema")]
    return migrate_with(db, &crate::migration::with_next(MIGRATIONS, NEXT));
    #[cfg(not(feature = "next_schema"))]
    migrate_with(db, MIGRATIONS)
}

fn migrate_with(db: &mut Connection, migrations: &[Migration]) -> Result<(), MigrateError> {
    let tables: u32 = db.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    let application: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(MigrateError::Foreign);
    }
    let applied = if tables == 0 { Vec::new() } else { applied(db)? };
    for (number, migration) in missing(migrations, &applied)? {
        apply(db, number, migration)?;
    }
    Ok(())
}

fn applied(db: &Connection) -> rusqlite::Result<Vec<Applied>> {
    let mut steps = db.prepare("select number, checksum, beside from migration order by number")?;
    let steps =
        steps.query_map([], |row| Ok(Applied { number: row.get(0)?, checksum: row.get(1)?, beside: row.get(2)? }))?;
    steps.collect()
}

fn apply(db: &mut Connection, number: u32, migration: Migration) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(LEDGER)?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "insert into migration (number, name, checksum, beside) values (?1, ?2, ?3, ?4)",
        (number, migration.name, migration.checksum(), migration.beside),
    )?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    points::reach(points::MIGRATION_STEP).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration = Migration { name: "one", sql: "create table one (id integer)", beside: false };
    const TWO: Migration =
        Migration { name: "two", sql: "create table two (id integer); create table one (id integer)", beside: false };

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
    fn a_newer_database_is_refused_unless_its_steps_say_otherwise() {
        let mut db = Connection::open_in_memory().unwrap();
        let later = Migration { name: "later", sql: "create table later (id integer)", beside: true };
        let alone = Migration { name: "alone", sql: "drop table later", beside: false };
        migrate_with(&mut db, &[ONE, later]).unwrap();
        migrate_with(&mut db, &[ONE]).unwrap();
        migrate_with(&mut db, &[ONE, later, alone]).unwrap();
        let error = migrate_with(&mut db, &[ONE]).unwrap_err();
        assert_eq!(error.to_string(), "it was written by a newer Hookflow (schema 3; this one knows 1)");
        assert_eq!(tables(&db), ["migration", "one"]);
    }

    #[test]
    fn a_step_that_was_edited_after_the_fact_is_noticed() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate_with(&mut db, &[ONE]).unwrap();
        let edited = Migration { sql: "create table one (id integer, more text)", ..ONE };
        let error = migrate_with(&mut db, &[edited]).unwrap_err();
        assert_eq!(error.to_string(), "its schema step 1 is not the one of this Hookflow");
    }

    #[test]
    fn a_database_of_another_program_is_left_alone() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch("create table theirs (id integer)").unwrap();
        assert!(matches!(migrate(&mut db), Err(MigrateError::Foreign)));
        assert_eq!(tables(&db), ["theirs"]);
    }
}
