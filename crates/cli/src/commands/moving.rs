//! `move`: everything from one database into another, compared there.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::moving::{self, MoveError, PageLimits, Place, Step, Sums};

use crate::config::DatabaseUrl;
use crate::failure::{Complaint, Failure, chain};
use crate::folder::Folder;
use crate::output::Output;

/// A table that takes long says how it gets on.
const SAID_EVERY: Duration = Duration::from_secs(1);
/// A password in a command is seen by everybody on the machine.
const FROM: &str = "HOOKFLOW_MOVE_FROM";
const TO: &str = "HOOKFLOW_MOVE_TO";

const KEY: &str =
    "The key is not in the database: carry it along. Passwords of endpoints, tickets and secrets are read with it.";

/// Move everything from one database into another: SQLite to PostgreSQL, and back.
///
/// No server may run on either, and the target has to be empty. What was written is read back, and compared with the
/// source. The source stays as it is, but for its schema, which is brought to that of this version.
///
/// Killed or cut off, the same command goes on where it was. Until it has come to its end, no server starts on the
/// target.
#[derive(Debug, clap::Args)]
#[command(name = "move")]
#[command(after_help = "\
URLs:
  sqlite:DIR                             the database in a server's data folder
  postgres://USER:PASSWORD@HOST/NAME     a database on PostgreSQL, with ?sslmode=require if need be

Environment:
  HOOKFLOW_MOVE_FROM, HOOKFLOW_MOVE_TO   in place of the flags: others on this machine see what stands in a command

Examples:
  hookflow move --from sqlite:/var/lib/hookflow --to postgres://hookflow@db.internal/hookflow
  HOOKFLOW_MOVE_FROM=postgres://… hookflow move --to sqlite:./hookflow-data")]
pub(crate) struct Args {
    /// The database to move.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Where to: a database that is empty, or that this move has begun to fill.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

/// What a URL names.
enum Named {
    Folder(PathBuf),
    Shared(DatabaseUrl),
}

pub(crate) async fn run(args: Args, out: &mut Output) -> Result<(), Failure> {
    let (from, to) = (named("--from", args.from, FROM)?, named("--to", args.to, TO)?);
    if let Named::Folder(path) = &to {
        Folder::create(path.clone())?.make_database()?;
    }
    let (source, target) = (from.place(), to.place());
    let mut said = Ok(());
    let mut last = Instant::now();
    let moved = moving::run(&source, &target, PageLimits::default(), &mut |step| {
        if out.json || said.is_err() {
            return;
        }
        said = match step {
            Step::Copying { .. } if last.elapsed() < SAID_EVERY => Ok(()),
            step => {
                last = Instant::now();
                out.line(line(step))
            }
        };
    })
    .await;
    let sums = moved.map_err(|error| failure(&error, &source, &target))?;
    said?;
    let tables: Vec<Value> =
        sums.iter().map(|(table, sum)| json!({"table": table, "rows": sum.rows, "hash": sum.hash()})).collect();
    if out.json {
        let document = json!({"from": source.to_string(), "to": target.to_string(), "equal": true, "tables": tables});
        return Ok(out.document(&document)?);
    }
    out.table(
        ["TABLE", "ROWS", "HASH (source = target)"],
        &sums.iter().map(|(table, sum)| [table.to_owned(), grouped(sum.rows), sum.hash()]).collect::<Vec<_>>(),
    )?;
    out.line(format!("equal: what was read back from {target} is what stands in {source}"))?;
    out.line(KEY)?;
    Ok(out.line(format!("  {}", carry(&from, &to)))?)
}

fn named(flag: &str, given: Option<String>, variable: &str) -> Result<Named, Failure> {
    let misused = |sentence: String| {
        let hint = "sqlite:DIR (a server's data folder) or postgres://USER:PASSWORD@HOST/NAME";
        Failure::misused(vec![Complaint::new("usage", sentence).hint(hint)])
    };
    let Some(url) = given.or_else(|| std::env::var(variable).ok()).filter(|url| !url.is_empty()) else {
        return Err(misused(format!("neither {flag} nor {variable} is there")));
    };
    if let Some(folder) = url.strip_prefix("sqlite:") {
        let folder = folder.strip_prefix("//").unwrap_or(folder);
        return match folder.is_empty() {
            true => Err(misused(format!("{flag} names no folder"))),
            false => Ok(Named::Folder(folder.into())),
        };
    }
    match DatabaseUrl::read(&url) {
        Some(url) if !url.is_empty() => Ok(Named::Shared(url)),
        // What it is may hold a password.
        _ => Err(misused(format!("{flag} is not the URL of a database"))),
    }
}

impl Named {
    fn place(&self) -> Place {
        match self {
            Self::Folder(path) => Place::Sqlite(Folder::at(path.clone()).database()),
            Self::Shared(url) => Place::Postgres { url: url.reveal().to_owned(), name: url.masked() },
        }
    }
}

/// What is done about the key file.
fn carry(from: &Named, to: &Named) -> String {
    let key = |path: &PathBuf| path.join("hookflow.key").display().to_string();
    match (from, to) {
        (Named::Folder(from), Named::Folder(to)) => format!("cp -p {} {}", key(from), key(to)),
        (Named::Folder(from), Named::Shared(_)) => format!("every server is given {}, by key_file", key(from)),
        (Named::Shared(_), Named::Folder(to)) => {
            format!("the servers' key_file becomes {} (mode 0600), or stays key_file", key(to))
        }
        (Named::Shared(_), Named::Shared(_)) => "every server is given the same key_file as before".to_owned(),
    }
}

fn line(step: Step) -> String {
    match step {
        Step::GoesOn { rows } => format!("going on: {} rows are there from the last time", grouped(rows)),
        Step::Copying { table, rows } => format!("{table}: {} rows so far", grouped(rows)),
        Step::Copied { table, rows } => format!("{table}: {} rows", grouped(rows)),
        Step::Comparing => "comparing: both are read back".to_owned(),
    }
}

/// `1234567` → `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let from_the_end = |place: usize| digits.len() - place;
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && from_the_end(place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn failure(error: &MoveError, source: &Place, target: &Place) -> Failure {
    let empty = format!("empty {target} (delete the folder, or drop and create the database) and begin again");
    let (code, hint) = match error {
        MoveError::NoSource { .. } => {
            ("move.no_source", Some("a server that was started there has made one".to_owned()))
        }
        MoveError::SamePlace => ("move.same", None),
        MoveError::InUse { .. } => (
            "move.in_use",
            Some("stop every server first; the lease of one that was killed ends after 15 seconds".to_owned()),
        ),
        MoveError::NotEmpty { .. } => (
            "move.not_empty",
            Some("a move needs a new database, or one that the same move has begun to fill".to_owned()),
        ),
        MoveError::OtherMove { .. } => ("move.other", Some(format!("run that one to its end, or {empty}"))),
        MoveError::Differs { .. } => (
            "move.differs",
            Some(format!("something has written to {source} between two tries, or a disk is broken: {empty}")),
        ),
        MoveError::ChangedSince { .. } => {
            ("move.changed", Some("there is nothing to move; servers may use the target".to_owned()))
        }
        MoveError::Store { source: store::Error::Unusable { .. }, .. } => ("move.database", None),
        MoveError::Marker { .. } | MoveError::NoEvent { .. } => ("move.damaged", None),
        _ => ("move.database", Some("run the same command again: it goes on where it was".to_owned())),
    };
    let mut sentence = chain(error);
    if let MoveError::Differs { source_sums, target_sums } | MoveError::ChangedSince { source_sums, target_sums } =
        error
    {
        sentence += &differences(source_sums, target_sums);
    }
    let failure = Failure::new(code, sentence);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// `: session has 3 rows there and 2 here, …`
fn differences(source: &Sums, target: &Sums) -> String {
    let differing = source.iter().filter(|(table, sum)| target.of(table) != *sum);
    let said = differing.map(|(table, sum)| {
        let there = target.of(table).rows;
        match sum.rows == there {
            true => format!("{table} has {there} rows in both, with other content"),
            false => format!("{table} has {} rows in the source and {there} in the target", sum.rows),
        }
    });
    format!(": {}", said.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_read_in_groups() {
        let all = [0, 12, 999, 1_000, 200_000, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "12", "999", "1,000", "200,000", "1,234,567"]);
    }

    #[test]
    fn a_url_is_a_folder_or_postgresql() {
        let place = |url: &str| named("--from", Some(url.to_owned()), FROM).map(|named| named.place().to_string());
        assert_eq!(place("sqlite:/var/lib/hookflow").unwrap(), "/var/lib/hookflow/hookflow.db");
        assert_eq!(place("sqlite:///var/lib/hookflow").unwrap(), "/var/lib/hookflow/hookflow.db");
        assert_eq!(place("sqlite:data").unwrap(), "data/hookflow.db");
        assert_eq!(place("postgres://me:s3cret@db/hookflow").unwrap(), "postgres://me:…@db/hookflow");
        for wrong in ["", "sqlite:", "/var/lib/hookflow", "mysql://me:s3cret@db"] {
            let failure = place(wrong).unwrap_err();
            assert!(failure.exit == 2 && !failure.complaints[0].to_string().contains("s3cret"), "{failure:?}");
        }
    }
}
