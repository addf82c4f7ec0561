//! Statements against the real schema, and the schema against its committed dump.

use std::fmt::Write;

use domain::execution::status::Status;
use domain::id::WorkflowId;
use rusqlite::{Connection, StatementStatus};

use super::sql::{self, LAST_ID};
use super::{
    Options, Sqlite, cancel_wish, checkpoint, claim, connect, execution, execution_list, figures, migrate, moving,
    request_log, retention, sample, search, secret, server, session, setting, token, user, workflow,
};
use crate::list::ROWS_MAX;
use crate::{Error, ExecutionFilter, Store};

fn database() -> (Connection, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut db = connect::writer(&Options::new(folder.path().join("hookflow.db"))).unwrap();
    migrate::migrate(&mut db).unwrap();
    (db, folder)
}

fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        cancel_wish::STATEMENTS,
        checkpoint::STATEMENTS,
        claim::STATEMENTS,
        execution::STATEMENTS,
        execution_list::STATEMENTS,
        figures::STATEMENTS,
        moving::STATEMENTS,
        request_log::STATEMENTS,
        retention::STATEMENTS,
        sample::STATEMENTS,
        search::STATEMENTS,
        server::STATEMENTS,
        secret::STATEMENTS,
        session::STATEMENTS,
        setting::STATEMENTS,
        token::STATEMENTS,
        user::STATEMENTS,
        workflow::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[test]
fn every_statement_can_be_prepared() {
    let (db, _folder) = database();
    for (name, sql) in statements() {
        assert!(db.prepare(sql).is_ok(), "{name}: {:?}\n{sql}", db.prepare(sql).err());
    }
}

/// What a statement costs does not grow with the tables: it finds its rows by a key, in the order it wants them.
#[test]
fn no_statement_reads_or_sorts_a_whole_table() {
    let (db, _folder) = database();
    for (name, sql) in statements().filter(|(_, sql)| !sql.starts_with("pragma")) {
        let mut plan = db.prepare(&format!("explain query plan {sql}")).unwrap();
        let steps: Vec<String> = plan.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
        for step in &steps {
            let whole = step.starts_with("SCAN") || step.contains("TEMP B-TREE");
            // One row, a small table in full and in its index's order, an ordered index up to the cap
            // that the caller names.
            // The parts that were found so far are no table.
            let meant = ["SCAN CONSTANT ROW", "SCAN part"].contains(&step.as_str())
                || (matches!(
                    name,
                    "REMOVE_ALL"
                        | "RETIRED"
                        | "TOKENS"
                        | "USERS"
                        | "HOW_MANY_USERS"
                        | "OTHER_ADMINS"
                        | "SECRETS"
                        | "SERVERS"
                        | "WISHES"
                        | "COUNT"
                        | "WORKFLOWS"
                ) && step.starts_with("SCAN"))
                || (matches!(name, "OLDEST_BEYOND" | "OPEN") && step.contains("USING COVERING INDEX"));
            assert!(!whole || meant, "{name}: {steps:#?}\n{sql}");
        }
    }
}

#[test]
fn lists_by_status_and_claims_use_their_indexes() {
    let (db, _folder) = database();
    let wanted = [
        ("SCAN_RARE_STATUS", "execution_by_status"),
        ("SCAN_WORKFLOW", "execution_by_workflow"),
        ("SCAN_WORKFLOW_BAD_END", "execution_by_bad_end (workflow_id=? AND status=? AND id>? AND id<?)"),
        ("OPEN", "COVERING INDEX execution_open"),
        ("WAITING", "execution_by_status"),
        ("NEXT_OWNER", "execution_open"),
        ("DUE", "execution_open (owner=? AND workflow_id=? AND due_at>? AND due_at<?)"),
        ("FIRST_DUE", "execution_open (owner=? AND workflow_id=?"),
        ("EXPIRED", "execution_by_workflow (workflow_id=? AND id<?)"),
    ];
    for (name, index) in wanted {
        let (_, sql) = statements().find(|(found, _)| *found == name).unwrap();
        let mut plan = db.prepare(&format!("explain query plan {sql}")).unwrap();
        let steps: Vec<String> = plan.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
        assert!(steps.iter().any(|step| step.contains(index)), "{name}: {steps:#?}");
    }
}

/// A list of more than two words in an index's condition is a table that SQLite builds and drops for each row: that
/// was a fifth of what an execution cost.
#[test]
fn what_every_execution_runs_builds_no_table_on_the_way() {
    let (db, _folder) = database();
    for name in ["INSERT_EVENT", "APPEND", "INSERT", "FENCE", "PROGRESS", "ANSWER"] {
        let (_, sql) = statements().find(|(found, _)| *found == name).unwrap();
        let mut program = db.prepare(&format!("explain {sql}")).unwrap();
        let steps: Vec<String> = program.raw_query().mapped(|row| row.get(1)).map(Result::unwrap).collect();
        assert!(!steps.iter().any(|step| step.starts_with("Open") && step.contains("Ephemeral")), "{name}: {steps:?}");
    }
}

/// Whether few or many have not ended, what is listed by an open status is the same.
#[test]
fn what_is_queued_is_listed_however_much_is_open() {
    for open in [ROWS_MAX - 1, ROWS_MAX] {
        let (db, _folder) = database();
        // Each hundredth is queued, the others wait.
        db.execute(
            "with recursive n(n) as (values (1) union all select n + 1 from n where n < ?1)
             insert into execution (id, workflow_id, workflow_key, revision, event_place, mode, status, epoch, due_at, accepted_at)
             select unhex(format('%032x', n)), unhex(format('%032x', n % 2)), 'abcdefghijkl', 1, n, 'async',
                    iif(n % 100 < 2, 'queued', 'waiting'), 1, n, n from n",
            [open],
        )
        .unwrap();
        let filter = ExecutionFilter {
            status: Some(Status::Queued),
            workflow: Some(WorkflowId::from_bytes(1_u128.to_be_bytes())),
            ..ExecutionFilter::default()
        };
        let mut listed = Vec::new();
        let all = execution_list::scan(&db, &filter, ROWS_MAX, |found| {
            listed.extend(found.is_wanted(&filter).then(|| u128::from_be_bytes(found.id.to_bytes())));
            Ok(true)
        });
        let expected: Vec<u128> = (1..=u128::from(open)).rev().filter(|n| n % 100 == 1).collect();
        assert_eq!((listed, all.unwrap()), (expected, true), "{open}");
    }
}

/// `UPDATE_SCHEMA=1 cargo test -p store` writes it anew.
#[test]
fn the_committed_dump_is_the_schema() {
    let (db, _folder) = database();
    let mut dump = String::from("-- What the migrations come to. Made by a test; see `sqlite/tests.rs`.\n");
    let mut tables = db
        .prepare("select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by tbl_name, type desc, name")
        .unwrap();
    for sql in tables.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        write!(dump, "\n{};\n", sql.unwrap()).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/sqlite.sql");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &dump).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), dump, "the schema has changed");
}

#[test]
fn the_file_is_set_up_to_lose_nothing_and_to_shrink() {
    let (db, _folder) = database();
    let setting =
        |name: &str| db.query_row(&format!("pragma {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0));
    assert_eq!(setting("journal_mode").unwrap(), "wal".to_owned().into());
    for (name, value) in
        [("synchronous", 2), ("auto_vacuum", 2), ("page_size", 4_096), ("wal_autocheckpoint", 0), ("foreign_keys", 0)]
    {
        assert_eq!(setting(name).unwrap(), value.into(), "{name}");
    }
}

/// `.cargo/config.toml` says how.
#[test]
fn sqlite_is_built_as_this_program_wants_it() {
    let (db, _folder) = database();
    let options = sql::rows(&db, "pragma compile_options", [], |row| row.get::<_, String>(0)).unwrap();
    for wanted in ["DEFAULT_MEMSTATUS=0", "DQS=0", "OMIT_SHARED_CACHE", "THREADSAFE=2"] {
        assert!(options.iter().any(|option| option == wanted), "{wanted} is not among {options:?}");
    }
    for unwanted in ["ENABLE_API_ARMOR", "ENABLE_STAT4", "ENABLE_FTS5"] {
        assert!(!options.iter().any(|option| option == unwanted), "{unwanted} is among {options:?}");
    }
}

/// A plan that looks at what is bound is made anew for each value.
#[test]
fn what_is_bound_makes_no_plan_stale() {
    let (db, _folder) = database();
    for (name, sql) in statements().filter(|(_, sql)| !sql.starts_with("pragma")) {
        let mut statement = db.prepare(sql).unwrap();
        for value in [1, 2_000_000] {
            for parameter in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(parameter, value).unwrap();
            }
            // Most want other types than that; what is asked is only whether it was prepared again before.
            let _ = statement.raw_query().next();
            statement.clear_bindings();
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{name}\n{sql}");
    }
}

#[test]
fn the_last_id_is_above_all() {
    let last = domain::id::ExecutionId::new(domain::time::Timestamp::from_micros(i64::MAX), u64::MAX);
    assert!(last.to_bytes() < LAST_ID);
}

#[tokio::test]
async fn work_that_panics_fails_alone_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap();
    let insert =
        |db: &Connection, id: u8| sql::execute(db, "insert into cancel_wish (execution_id) values (?1)", [[id; 16]]);
    let panics = store.write::<(), _>("server_start", 0, move |db| {
        insert(db, 1)?;
        panic!("on purpose")
    });
    let works = store.write("server_start", 0, move |db| Ok(insert(db, 2)?));
    let (panicked, worked) = tokio::join!(panics, works);
    assert!(matches!(panicked, Err(Error::Database { operation: "server_start", .. })), "{panicked:?}");
    assert_eq!(worked.unwrap(), 1);

    let panicked = store.read::<(), _>("server_beat", |_| panic!("on purpose")).await;
    assert!(matches!(panicked, Err(Error::Database { operation: "server_beat", .. })), "{panicked:?}");
    let servers = store
        .read("server_beat", |db| {
            Ok(sql::rows(db, "select execution_id from cancel_wish", [], |row| row.get::<_, [u8; 16]>(0))?)
        })
        .await;
    assert_eq!(servers.unwrap(), [[2u8; 16]]);
    store.health().unwrap();
    store.close().await.unwrap();
}

/// Whatever fails in a batch, and whether it had written by then or not.
#[tokio::test]
async fn what_fails_in_a_batch_takes_back_what_it_did_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap();
    let insert =
        |db: &Connection, id: u8| sql::execute(db, "insert into cancel_wish (execution_id) values (?1)", [[id; 16]]);
    let (go, wait) = crossbeam_channel::bounded::<()>(0);
    let (began, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let holds = store.write("server_start", 0, move |_| {
        let _ = began.send(());
        let _ = wait.recv();
        Ok(())
    });
    let works = store.write("server_start", 0, move |db| Ok(insert(db, 1)?));
    let refused = store.write::<(), _>("server_start", 0, move |db| {
        insert(db, 2)?;
        Err(Error::Overloaded.into())
    });
    let there_already = store.write("server_start", 0, move |db| Ok(insert(db, 1)?));
    let half_there = store.write("server_start", 0, move |db| Ok(insert(db, 3)? + insert(db, 1)?));
    let works_too = store.write("server_start", 0, move |db| Ok(insert(db, 4)?));
    let one_batch = async {
        begins.recv().await.unwrap();
        // Each is in the queue once it has been asked for the first time.
        tokio::join!(biased; works, refused, there_already, half_there, works_too, async move { drop(go) })
    };
    let (_, (works, refused, there_already, half_there, works_too, ())) = tokio::join!(holds, one_batch);
    assert_eq!((works.unwrap(), works_too.unwrap()), (1, 1));
    assert!(matches!(refused, Err(Error::Overloaded)), "{refused:?}");
    assert!(matches!(there_already, Err(Error::Database { .. })), "{there_already:?}");
    assert!(matches!(half_there, Err(Error::Database { .. })), "{half_there:?}");
    let servers = store
        .read("server_beat", |db| {
            Ok(sql::rows(db, "select execution_id from cancel_wish order by execution_id", [], |row| {
                row.get::<_, [u8; 16]>(0)
            })?)
        })
        .await;
    assert_eq!(servers.unwrap(), [[1; 16], [4; 16]]);
    let stats = store.stats();
    assert_eq!((stats.flushes, stats.commands), (1, 6), "one batch with the one that held it: {stats:?}");
    store.close().await.unwrap();
}
