//! What the SQLite backend promises beyond the suite: group commit, limits, and that nothing which
//! was acknowledged is lost.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::Event;
use domain::execution::status::Status;
use domain::id::ExecutionId;
use futures_util::future::join_all;
use proptest::prelude::*;
use store::conformance::numbered::{
    at, ended, event, execution, execution_id, queued, server_id, workflow, workflow_id,
};
use store::sqlite::{Options, Sqlite};
use store::{Error, NewExecution, RetentionRule, Store};
use tempfile::TempDir;

fn options(folder: &Path) -> Options {
    Options::new(folder.join("hookflow.db"))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The `n`th execution, its body `bytes` long.
fn sized(n: i64, bytes: usize) -> NewExecution {
    let mut new = execution(n, 1, ended(Status::Succeeded, at(n)));
    new.event = Arc::new(Event { body: vec![b'x'; bytes].into(), ..event(n) });
    new
}

/// How many went.
async fn forget(store: &Sqlite, rule: RetentionRule) -> u32 {
    let found = store.retention_find(rule).await.unwrap();
    store.retention_delete(found).await.unwrap()
}

async fn create_together(store: &Sqlite, count: i64, bytes: usize) -> Vec<store::Result<()>> {
    join_all((1..=count).map(|n| store.execution_create(sized(n, bytes)))).await
}

#[tokio::test]
async fn a_lone_create_is_one_command_in_one_flush() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    for n in 1..=5 {
        store.execution_create(sized(n, 1_000)).await.unwrap();
        let stats = store.stats();
        assert_eq!((stats.flushes, stats.commands), (n.unsigned_abs(), n.unsigned_abs()));
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_command_that_writes_nothing_costs_no_flush() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    let lost = store.execution_progress(execution_id(1), 1, queued(at(1))).await;
    assert!(matches!(lost, Err(Error::LeaseLost { .. })));
    store.server_beat(server_id(1), Duration::from_secs(15), false).await.unwrap_err();
    assert_eq!(store.stats().flushes, 0);
    store.close().await.unwrap();
}

#[tokio::test]
async fn callers_that_wait_share_a_flush() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    assert!(create_together(&store, 64, 1_000).await.iter().all(Result::is_ok));
    let stats = store.stats();
    assert_eq!(stats.commands, 64);
    assert!(stats.flushes <= 16, "{stats:?}");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_batch_is_bounded_in_bytes_and_in_number() {
    for limited in [
        Options { batch_bytes_max: 10_000, ..options(Path::new("")) },
        Options { batch_commands_max: 3, ..options(Path::new("")) },
    ] {
        let folder = folder();
        let store = Sqlite::open(Options { path: folder.path().join("hookflow.db"), ..limited }).unwrap();
        assert!(create_together(&store, 60, 4_000).await.iter().all(Result::is_ok));
        let stats = store.stats();
        assert!(stats.flushes >= 20, "at most three each: {stats:?}");
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn more_than_the_queue_holds_is_refused_and_not_kept() {
    let folder = folder();
    let store = Sqlite::open(Options { queue_bytes_max: 100_000, ..options(folder.path()) }).unwrap();
    let made = create_together(&store, 64, 30_000).await;
    let refused = made.iter().filter(|made| matches!(made, Err(Error::Overloaded))).count();
    assert!(refused > 0 && made.iter().all(|made| matches!(made, Ok(()) | Err(Error::Overloaded))), "{made:?}");
    for (n, made) in (1..).zip(&made) {
        assert_eq!(store.execution_get(execution_id(n)).await.unwrap().is_some(), made.is_ok(), "{n}");
    }
    store.execution_create(sized(100, 30_000)).await.unwrap();
    store.execution_create(sized(101, 300_000)).await.expect("alone, even what is larger than the queue passes");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_take_its_command_back() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    let impatient = tokio::time::timeout(Duration::ZERO, store.execution_create(sized(1, 10)));
    let _ = impatient.await;
    store.execution_create(sized(2, 10)).await.unwrap();
    assert!(store.execution_get(execution_id(1)).await.unwrap().is_some());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_folder_serves_one_process_at_a_time() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    let second = Sqlite::open(options(folder.path())).unwrap_err();
    let (reason, me) = (second.to_string(), format!("is in use by process {}", std::process::id()));
    assert!(matches!(second, Error::Unusable { .. }) && reason.contains(&me), "{reason}");
    store.close().await.unwrap();
    Sqlite::open(options(folder.path())).unwrap().close().await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    let save = store::WorkflowSave { workflow: workflow(1), made_from: None, publish: None };
    store.workflow_save(vec![save]).await.unwrap();
    create_together(&store, 20, 5_000).await;
    store.close().await.unwrap();
    assert!(!folder.path().join("hookflow.db-wal").metadata().is_ok_and(|wal| wal.len() > 0), "the log is copied");

    let store = Sqlite::open(options(folder.path())).unwrap();
    assert_eq!(store.workflow_get(workflow_id(1)).await.unwrap(), Some(workflow(1)));
    for n in 1..=20 {
        let stored = store.execution_get(execution_id(n)).await.unwrap().unwrap();
        assert_eq!(stored.event, *sized(n, 5_000).event);
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_log_is_copied_as_it_grows() {
    let folder = folder();
    let limits = Options { checkpoint_bytes: 256 << 10, wal_bytes_max: 1 << 20, ..options(folder.path()) };
    let store = Sqlite::open(limits).unwrap();
    for round in 0..20 {
        join_all((1..=16).map(|n| store.execution_create(sized(round * 16 + n, 40_000)))).await;
        let log = folder.path().join("hookflow.db-wal").metadata().unwrap().len();
        assert!(log < 3 << 20, "round {round}: {log} bytes of log for one batch of 640 KB at most beyond 1 MiB");
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_full_database_refuses_and_recovers_when_there_is_room() {
    let folder = folder();
    let small = Options { database_bytes_max: Some(1 << 20), ..options(folder.path()) };
    let store = Sqlite::open(small).unwrap();
    let mut kept = 0;
    let refused = loop {
        match store.execution_create(sized(kept + 1, 20_000)).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Full), "{refused:?}");
    assert!(kept > 20, "{kept}");
    store.health().expect("no space is not a failure");
    assert!(store.execution_get(execution_id(kept)).await.unwrap().is_some(), "what was kept can be read");
    assert!(store.execution_get(execution_id(kept + 1)).await.unwrap().is_none(), "what was refused is not there");
    let together = create_together_from(&store, kept + 1).await;
    assert!(together.iter().all(|made| matches!(made, Err(Error::Full))), "{together:?}");

    let rule = RetentionRule { workflow: workflow_id(1), before: at(0), keep: 10, limit: 100 };
    assert!(forget(&store, rule).await > 0);
    store.execution_create(sized(kept + 1, 20_000)).await.expect("there is room again");
    store.close().await.unwrap();

    let store = Sqlite::open(options(folder.path())).unwrap();
    assert!(create_together_from(&store, 1_000).await.iter().all(Result::is_ok), "the limit was raised");
    store.close().await.unwrap();
}

async fn create_together_from(store: &Sqlite, first: i64) -> Vec<store::Result<()>> {
    join_all((first..first + 40).map(|n| store.execution_create(sized(n, 40_000)))).await
}

#[tokio::test]
async fn while_another_program_has_the_database_locked_calls_are_put_off() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    store.execution_create(sized(1, 10)).await.unwrap();
    let shell = rusqlite::Connection::open(folder.path().join("hookflow.db")).unwrap();
    shell.execute_batch("begin immediate").unwrap();
    let refused = store.execution_create(sized(2, 10)).await;
    assert!(matches!(refused, Err(Error::Overloaded)), "{refused:?}");
    shell.execute_batch("rollback").unwrap();
    store.execution_create(sized(2, 10)).await.unwrap();
    store.close().await.unwrap();
}

/// Twenty commands in a few batches, one of which writes nothing.
#[tokio::test]
async fn what_is_counted_in_ranges_is_what_is_counted_in_all() {
    let folder = folder();
    let store = Sqlite::open(Options { batch_commands_max: 4, ..options(folder.path()) }).unwrap();
    assert!(create_together(&store, 19, 1_000).await.iter().all(Result::is_ok));
    store.execution_progress(execution_id(99), 1, queued(at(1))).await.unwrap_err();
    let stats = store.stats();
    assert_eq!((stats.commands, stats.batch_commands.sum), (20, 20.0));
    assert_eq!(stats.flush_times.count(), stats.flushes);
    assert_eq!(stats.batch_commands.count(), stats.flushes + 1);
    assert!(stats.flush_times.sum > 0.0 && stats.flush_times.sum < 60.0, "{stats:?}");
    assert_eq!((stats.commands_waiting, stats.bytes_waiting), (0, 0));
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_waits_to_be_written_is_told() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    let shell = rusqlite::Connection::open(folder.path().join("hookflow.db")).unwrap();
    shell.execute_batch("begin immediate").unwrap();
    let made = tokio::spawn({
        let store = Arc::clone(&store);
        async move { create_together(&store, 3, 1_000).await }
    });
    let until = Instant::now() + Duration::from_secs(5);
    while store.stats().commands_waiting < 3 {
        assert!(Instant::now() < until && !made.is_finished(), "{:?}", store.stats());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let waiting = store.stats().bytes_waiting;
    assert!((3_000..10_000).contains(&waiting), "{waiting}");
    shell.execute_batch("rollback").unwrap();
    drop(made.await.unwrap());
    let stats = store.stats();
    assert_eq!((stats.commands_waiting, stats.bytes_waiting), (0, 0));
    store.close().await.unwrap();
}

#[tokio::test]
async fn freed_space_goes_back_to_the_file_system() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    for made in create_together(&store, 300, 50_000).await {
        made.unwrap();
    }
    let rule = RetentionRule { workflow: workflow_id(1), before: at(0), keep: 0, limit: 1_000 };
    assert_eq!(forget(&store, rule).await, 300);
    for _ in 0..20 {
        store.space_slice().await.unwrap();
    }
    store.close().await.unwrap();
    let left = folder.path().join("hookflow.db").metadata().unwrap().len();
    assert!(left < 6 << 20, "{left} bytes of the 15 MB");
}

#[tokio::test]
async fn a_damaged_or_foreign_file_is_refused_with_the_reason() {
    let folder = folder();
    let path = folder.path().join("hookflow.db");
    let refusal = || match Sqlite::open(options(folder.path())) {
        Err(Error::Unusable { reason }) => reason,
        other => panic!("{other:?}"),
    };
    std::fs::write(&path, vec![b'?'; 10_000]).unwrap();
    assert!(refusal().contains("hookflow.db: file is not a database"), "{}", refusal());

    std::fs::remove_file(&path).unwrap();
    let theirs = rusqlite::Connection::open(&path).unwrap();
    theirs.execute_batch("create table theirs (id integer)").unwrap();
    drop(theirs);
    assert!(refusal().contains("it is not a Hookflow database"), "{}", refusal());

    std::fs::remove_file(&path).unwrap();
    Sqlite::open(options(folder.path())).unwrap().close().await.unwrap();
    let ours = rusqlite::Connection::open(&path).unwrap();
    ours.execute_batch("insert into migration values (99, 'later', '', 0)").unwrap();
    drop(ours);
    assert!(refusal().contains("written by a newer Hookflow"), "{}", refusal());
}

#[tokio::test]
async fn an_execution_that_cannot_be_read_does_not_hold_up_the_others() {
    let folder = folder();
    let store = Sqlite::open(options(folder.path())).unwrap();
    for n in 1..=3 {
        let mut new = execution(n, 1, queued(at(n)));
        new.progress.records = vec![store::conformance::numbered::node_run("call", "running".parse().unwrap())];
        store.execution_create(new).await.unwrap();
    }
    store.close().await.unwrap();
    let db = rusqlite::Connection::open(folder.path().join("hookflow.db")).unwrap();
    db.execute(
        "update journal set records = '[{' where place = (select journal_end from execution where id = ?1)",
        [execution_id(1).to_bytes()],
    )
    .unwrap();
    drop(db);

    let store = Sqlite::open(options(folder.path())).unwrap();
    let claim = store::Claim { server: server_id(1), now: at(9), per_workflow: 9, limit: 9, skip: Vec::new() };
    let claimed = store.execution_claim(claim.clone()).await.unwrap();
    assert_eq!(claimed.iter().map(|one| one.head.id).collect::<Vec<_>>(), [execution_id(2), execution_id(3)]);
    assert!(store.execution_claim(claim).await.unwrap().is_empty());
    let set_aside =
        store.execution_list(store::ExecutionFilter { limit: 9, ..Default::default() }).await.unwrap().items;
    assert_eq!(set_aside.last().unwrap().reason, Some(domain::execution::status::Reason::Quarantined));
    store.close().await.unwrap();
}

const CHILD: &str = "HOOKFLOW_STORE_CHILD";

/// Not a test by itself: the process that the next one kills.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let limits = Options { checkpoint_bytes: 128 << 10, wal_bytes_max: 1 << 20, ..options(Path::new(&folder)) };
    let store = Sqlite::open(limits).unwrap();
    let first = i64::from(std::process::id()) * 1_000_000;
    let writers = (0..32).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in (first + writer..).step_by(32) {
                let new = sized(n, 1_000);
                let id = new.id;
                store.execution_create(new).await.unwrap();
                // One write call for a line, so that a line is whole or not there.
                std::io::stdout().write_all(format!("acknowledged {id}\n").as_bytes()).unwrap();
            }
        })
    });
    join_all(writers).await;
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let folder = folder();
    let mut acknowledged: Vec<ExecutionId> = Vec::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ids = |line: String| line.split_once("acknowledged ").and_then(|(_, id)| id.parse::<ExecutionId>().ok());
        acknowledged.extend(lines.by_ref().filter_map(ids).take(300 + 211 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(lines.filter_map(ids));
    }
    assert!(acknowledged.len() > 1_500, "{}", acknowledged.len());

    let store = Sqlite::open(options(folder.path())).unwrap();
    for id in acknowledged {
        assert!(store.execution_get(id).await.unwrap().is_some(), "{id} was acknowledged and is lost");
    }
    store.close().await.unwrap();
    let db = rusqlite::Connection::open(folder.path().join("hookflow.db")).unwrap();
    let check: String = db.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_event_reads_back_as_it_came(
        method in ".*", headers: Vec<(String, String)>, query_string in ".*", body: Vec<u8>, remote_addr: std::net::IpAddr,
    ) {
        let came = Event { method, headers, query_string, body: body.into(), remote_addr, ..event(1) };
        let mut new = sized(1, 0);
        new.event = Arc::new(came.clone());
        let stored = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let folder = folder();
            let store = Sqlite::open(options(folder.path())).unwrap();
            store.execution_create(new).await.unwrap();
            let stored = store.execution_get(execution_id(1)).await.unwrap().unwrap();
            store.close().await.unwrap();
            stored
        });
        prop_assert_eq!(stored.event, came);
    }
}
