//! What PostgreSQL does to those who write to it: connections cut, the server killed, settings that would lose what
//! was acknowledged. And that many who write at once share a flush.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use domain::event::Event;
use domain::execution::status::{NodeStatus, Status};
use domain::flow::document::Mode;
use futures_util::future::join_all;
use store::conformance::numbered::{
    at, ended, event, execution, execution_id, key, node_run, queued, running, server, server_id,
};
use store::postgres::testing::{Cluster, client};
use store::postgres::{Options, Postgres};
use store::{Claim, Error, NewExecution, Progress, Store};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

async fn open(cluster: &Cluster) -> (Arc<Postgres>, String) {
    let url = cluster.database().await;
    (Postgres::open(Options::new(&url)).await.unwrap(), url)
}

async fn refusal(url: String) -> String {
    match Postgres::open(Options::new(url)).await {
        Err(Error::Unusable { reason } | Error::Away { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_database_that_says_done_before_it_is_on_disk_is_refused() {
    let cluster = Cluster::shared();
    let url = cluster.database().await;
    let name = url.rsplit('/').next().unwrap();
    cluster.execute("postgres", &format!("alter database {name} set synchronous_commit = off")).await;
    let reason = refusal(url.clone()).await;
    assert!(reason.contains("synchronous_commit is off"), "{reason}");
    // By the role, too; and what only adds to it is fine.
    cluster.execute("postgres", &format!("alter database {name} set synchronous_commit = local")).await;
    Postgres::open(Options::new(&url)).await.unwrap().close().await.unwrap();
    cluster.execute("postgres", "create role hasty login superuser password 'p'").await;
    cluster.execute("postgres", &format!("alter role hasty in database {name} set synchronous_commit = off")).await;
    let hasty = url.replace("hookflow:right%20horse", "hasty:p");
    let reason = refusal(hasty).await;
    assert!(reason.contains("synchronous_commit is off"), "{reason}");
}

#[tokio::test]
async fn a_server_that_flushes_nothing_is_refused() {
    let cluster = Cluster::start_with(&["fsync=off"]);
    let reason = refusal(cluster.database().await).await;
    assert!(reason.contains("fsync is off"), "{reason}");
}

#[tokio::test]
async fn who_asks_for_encryption_gets_no_plain_connection() {
    let url = Cluster::shared().database().await;
    let reason = refusal(format!("{url}?sslmode=require")).await;
    assert!(reason.contains("TLS"), "{reason}");
}

#[tokio::test]
async fn who_is_not_there_is_away() {
    let error = Postgres::open(Options::new("postgres://hookflow@127.0.0.1:1/none")).await.unwrap_err();
    assert!(matches!(error, Error::Away { .. }), "{error:?}");
    let error = Postgres::open(Options::new("not a url")).await.unwrap_err();
    assert!(matches!(error, Error::Unusable { .. }), "{error:?}");
}

/// One that is known only in batches: the database itself refuses it.
#[tokio::test]
async fn what_the_database_refuses_fails_alone() {
    let (store, url) = open(&Cluster::shared()).await;
    let sql = format!("alter table execution add constraint odd check (workflow_key <> '{}')", key(9).as_str());
    client(&url).await.batch_execute(&sql).await.unwrap();
    let made = (1..=40).map(|n| {
        let new = execution(n, 1, queued(at(n)));
        let workflow_key = if n % 10 == 0 { key(9) } else { new.workflow_key.clone() };
        store.execution_create(NewExecution { workflow_key, ..new })
    });
    for (n, made) in (1..).zip(join_all(made).await) {
        assert_eq!(made.is_ok(), n % 10 != 0, "{n}: {made:?}");
        assert_eq!(store.execution_get(execution_id(n)).await.unwrap().is_some(), n % 10 != 0, "{n}");
    }
    store.close().await.unwrap();
}

/// A progress that comes too late, an id that is there: the neighbours in the batch are written once.
#[tokio::test]
async fn what_is_refused_in_a_batch_leaves_the_others_as_they_are() {
    let (store, _) = open(&Cluster::shared()).await;
    for n in 1..=40 {
        store.execution_create(execution(n, 1, running(server_id(1)))).await.unwrap();
    }
    let records = || vec![node_run("call", NodeStatus::Succeeded)];
    let moved = (1..=40).map(|n| {
        let epoch = if n % 8 == 0 { 2 } else { 1 };
        store.execution_progress(execution_id(n), epoch, Progress { records: records(), ..running(server_id(1)) })
    });
    let made = (36..=60).map(|n| store.execution_create(execution(n, 1, queued(at(n)))));
    let (moved, made) = tokio::join!(join_all(moved), join_all(made));
    for (n, moved) in (1..).zip(moved) {
        let stored = store.execution_get(execution_id(n)).await.unwrap().unwrap();
        assert_eq!((moved.is_ok(), stored.records.len()), (n % 8 != 0, usize::from(n % 8 != 0)), "{n}: {moved:?}");
    }
    for (n, made) in (36..).zip(made) {
        assert_eq!(made.is_ok(), n > 40, "{n}: {made:?}");
    }
    store.close().await.unwrap();
}

/// Something that nobody has thought of, and of one execution alone: it is tried again later, and the others are kept.
#[tokio::test]
async fn what_the_database_cannot_do_with_one_leaves_its_neighbours() {
    let (store, url) = open(&Cluster::shared()).await;
    let breaks = "create function breaks() returns trigger language plpgsql as
                      $$ begin raise exception 'no' using errcode = 'XX000'; end $$;
                  create trigger breaks before insert on execution for each row
                      when (new.mode = 'sync') execute function breaks()";
    client(&url).await.batch_execute(breaks).await.unwrap();
    let made = join_all((1..=40).map(|n| {
        let new = execution(n, 1, queued(at(n)));
        store.execution_create(NewExecution { mode: if n == 7 { Mode::Sync } else { Mode::Async }, ..new })
    }));
    for (n, made) in (1..).zip(made.await) {
        assert!(if n == 7 { matches!(made, Err(Error::Unwilling { .. })) } else { made.is_ok() }, "{n}: {made:?}");
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn many_who_write_at_once_share_a_flush() {
    let (store, _) = open(&Cluster::shared()).await;
    store.execution_create(execution(1_000, 1, queued(at(1)))).await.unwrap();
    let before = store.stats();
    assert!(
        join_all((1..=200).map(|n| store.execution_create(execution(n, 1, queued(at(n))))))
            .await
            .iter()
            .all(Result::is_ok)
    );
    let after = store.stats();
    assert_eq!(after.commands - before.commands, 200);
    assert!(after.flushes - before.flushes <= 20, "{}", after.flushes - before.flushes);
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_waits_is_bounded() {
    let url = Cluster::shared().database().await;
    let store = Postgres::open(Options { queue_bytes_max: 100_000, ..Options::new(url) }).await.unwrap();
    let sized = |n: i64, bytes: usize| NewExecution {
        event: Arc::new(Event { body: vec![b'x'; bytes].into(), ..event(n) }),
        ..execution(n, 1, queued(at(n)))
    };
    store.execution_create(sized(1, 300_000)).await.expect("one that is alone passes, however large");
    let outcomes = join_all((2..=60).map(|n| store.execution_create(sized(n, 5_000)))).await;
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Overloaded))).count();
    assert!(outcomes.iter().filter(|outcome| outcome.is_ok()).count() + refused == 59 && refused > 20, "{outcomes:?}");
    assert_eq!((store.stats().commands_waiting, store.stats().bytes_waiting), (0, 0));
    store.close().await.unwrap();
}

/// What cannot be read is set aside, and does not stand in the way of the others.
#[tokio::test]
async fn what_cannot_be_read_is_quarantined_and_the_others_are_handed_out() {
    let (store, url) = open(&Cluster::shared()).await;
    store.server_start(server(1), Duration::from_secs(15)).await.unwrap();
    for n in 1..=4 {
        let mut new = execution(n, 1, queued(at(n)));
        new.progress.records = vec![node_run("call", NodeStatus::Succeeded)];
        store.execution_create(new).await.unwrap();
    }
    let broken = client(&url).await;
    broken.execute("update journal set records = '[{' where execution_id = $1", &[&Id(1)]).await.unwrap();
    broken
        .execute("delete from event where id = (select event_id from execution where id = $1)", &[&Id(2)])
        .await
        .unwrap();
    broken.execute("update execution set mode = 'odd' where id = $1", &[&Id(3)]).await.unwrap();
    let claim = Claim { server: server_id(1), now: at(100), per_workflow: 9, limit: 9, skip: Vec::new() };
    let claimed = store.execution_claim(claim).await.unwrap();
    assert_eq!(claimed.iter().map(|one| one.head.id).collect::<Vec<_>>(), [execution_id(4)]);
    for n in 1..=3 {
        assert!(store.execution_claim_one(execution_id(n), server_id(1)).await.unwrap().is_none(), "{n}");
        assert!(store.execution_fail_quarantined(execution_id(n), None, at(9)).await.unwrap(), "{n}");
    }
    store.close().await.unwrap();
}

/// Of the `n`th execution.
#[derive(Debug)]
struct Id(i64);

impl ToSql for Id {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(&execution_id(self.0).to_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }

    to_sql_checked!();
}

/// What callers were told.
#[derive(Default)]
struct Told {
    /// Made, and moved on so often: each a part of the journal.
    kept: Vec<(i64, usize)>,
    /// Nobody knows, or nothing was kept: told so often.
    away: usize,
}

/// Sixteen callers, each making executions and moving them on, until it is over. Errors are what may be met then.
async fn load(store: &Arc<Postgres>, next: &Arc<AtomicI64>, over: &Arc<AtomicBool>) -> Told {
    let one = |store: Arc<Postgres>, next: Arc<AtomicI64>, over: Arc<AtomicBool>| async move {
        let mut told = Told::default();
        while !over.load(Ordering::Relaxed) {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let records = || vec![node_run("call", NodeStatus::Succeeded)];
            let mut new = execution(n, n % 7, running(server_id(1)));
            new.progress.records = records();
            match store.execution_create(new).await {
                Ok(()) => {}
                Err(Error::Away { .. }) => {
                    told.away += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
                Err(error) => panic!("{n}: {error:?}"),
            }
            let mut parts = 1;
            for to in [running(server_id(1)), ended(Status::Succeeded, at(n))] {
                let to = Progress { records: records(), ..to };
                // As the engine does: what was not kept is written again.
                loop {
                    match store.execution_progress(execution_id(n), 1, to.clone()).await {
                        Ok(()) => break parts += 1,
                        Err(Error::Away { .. }) => told.away += 1,
                        Err(error) => panic!("{n}: {error:?}"),
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            told.kept.push((n, parts));
        }
        told
    };
    let callers = (0..16).map(|_| tokio::spawn(one(Arc::clone(store), Arc::clone(next), Arc::clone(over))));
    let mut all = Told::default();
    for told in join_all(callers).await {
        let told = told.unwrap();
        all.kept.extend(told.kept);
        all.away += told.away;
    }
    all
}

async fn check(store: &Postgres, told: &Told) {
    for (n, parts) in &told.kept {
        let stored = store.execution_get(execution_id(*n)).await.unwrap();
        let stored = stored.unwrap_or_else(|| panic!("{n} was acknowledged and is lost"));
        assert_eq!((stored.records.len(), stored.head.status), (*parts, Status::Succeeded), "{n}: each part once");
    }
}

/// Whatever a connection was just doing when it was cut: what was acknowledged is there, and there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_lose_nothing_and_double_nothing() {
    let cluster = Cluster::shared();
    let (store, url) = open(&cluster).await;
    let (next, over) = (Arc::new(AtomicI64::new(1)), Arc::new(AtomicBool::new(false)));
    let knife = async {
        let knife = client(&url).await;
        let began = Instant::now();
        let mut cut = 0;
        while began.elapsed() < Duration::from_secs(4) {
            let sql = "select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid()";
            cut += knife.query(sql, &[]).await.unwrap().len();
            tokio::time::sleep(Duration::from_millis(7)).await;
            // On a slow machine nothing would ever come through in between.
            let (kept, by) = (store.stats().commands, Instant::now() + Duration::from_secs(1));
            while store.stats().commands == kept && Instant::now() < by {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        over.store(true, Ordering::Relaxed);
        cut
    };
    let (told, cut) = tokio::join!(load(&store, &next, &over), knife);
    assert!(cut > 50 && told.kept.len() > 20, "{cut} cuts, {} kept, {} away", told.kept.len(), told.away);
    check(&store, &told).await;
    store.health().unwrap();
    store.close().await.unwrap();
}

/// The server dies without a word in mid-load and starts again, several times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back_has_lost_nothing() {
    let cluster = Arc::new(Cluster::start());
    let (store, _) = open(&cluster).await;
    let (next, over) = (Arc::new(AtomicI64::new(1)), Arc::new(AtomicBool::new(false)));
    let kills = async {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let cluster = Arc::clone(&cluster);
            let again = move || {
                cluster.stop();
                cluster.start_again();
            };
            tokio::task::spawn_blocking(again).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        over.store(true, Ordering::Relaxed);
    };
    let (told, ()) = tokio::join!(load(&store, &next, &over), kills);
    assert!(told.kept.len() > 20, "{} kept, {} away", told.kept.len(), told.away);
    check(&store, &told).await;
    store.server_start(server(1), Duration::from_secs(15)).await.unwrap();
    store.server_beat(server_id(1), Duration::from_secs(15), false).await.unwrap();
    store.close().await.unwrap();
}

/// Nobody waits for ever, and nobody is told that something was kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stays_away_is_told_of_within_seconds() {
    let cluster = Cluster::start();
    let (store, _) = open(&cluster).await;
    store.execution_create(execution(1, 1, queued(at(1)))).await.unwrap();
    cluster.stop();
    let began = Instant::now();
    let created = store.execution_create(execution(2, 1, queued(at(2)))).await;
    assert!(matches!(created, Err(Error::Away { .. })), "{created:?}");
    let read = store.execution_get(execution_id(1)).await;
    assert!(matches!(read, Err(Error::Away { .. })), "{read:?}");
    let beat = store.server_beat(server_id(1), Duration::from_secs(15), false).await;
    assert!(matches!(beat, Err(Error::Away { .. })), "{beat:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    store.health().unwrap();
    cluster.start_again();
    store.execution_create(execution(2, 1, queued(at(2)))).await.unwrap();
    assert!(store.execution_get(execution_id(1)).await.unwrap().is_some());
    store.close().await.unwrap();
}

/// Its connections stay open, and its machine says that all is well. Goes on for as long as it takes the test to see
/// that nobody waits for its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_frozen_is_told_of_and_found_again() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let store = Postgres::open(Options { silence_max: Duration::from_secs(1), ..Options::new(&url) }).await.unwrap();
    store.execution_create(execution(1, 1, queued(at(1)))).await.unwrap();
    cluster.signal("STOP");
    let began = Instant::now();
    let (read, beat) = tokio::join!(
        store.execution_get(execution_id(1)),
        store.server_beat(server_id(1), Duration::from_secs(15), false)
    );
    let took = began.elapsed();
    // What waits to know what became of its commit is not in the others' way for ever either.
    let created =
        tokio::time::timeout(Duration::from_secs(10), store.execution_create(execution(2, 1, queued(at(2))))).await;
    cluster.signal("CONT");
    assert!(matches!(read, Err(Error::Away { .. })), "{read:?}");
    assert!(matches!(beat, Err(Error::Away { .. })), "{beat:?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(matches!(created, Ok(Err(Error::Away { .. }))), "{created:?}");
    let began = Instant::now();
    store.execution_create(execution(3, 1, queued(at(3)))).await.unwrap();
    assert!(store.execution_get(execution_id(1)).await.unwrap().is_some());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    store.close().await.unwrap();
}

/// A writer that has rested asks before it sends: what became of what is sent to such a server nobody can say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_first_to_a_server_that_is_frozen_is_told_of_it() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let store = Postgres::open(Options { silence_max: Duration::from_secs(1), ..Options::new(&url) }).await.unwrap();
    store.execution_create(execution(1, 1, queued(at(1)))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    cluster.signal("STOP");
    let created =
        tokio::time::timeout(Duration::from_secs(10), store.execution_create(execution(2, 1, queued(at(2))))).await;
    cluster.signal("CONT");
    assert!(matches!(created, Ok(Err(Error::Away { .. }))), "{created:?}");
    store.execution_create(execution(3, 1, queued(at(3)))).await.unwrap();
    store.close().await.unwrap();
}

/// One URL names both: whoever is to be written to is found, and nothing that was acknowledged stayed behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_is_promoted_has_what_was_acknowledged() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let port = store::postgres::testing::free_port();
    let both = url.replace(&format!(":{}/", cluster.port()), &format!(":{},127.0.0.1:{port}/", cluster.port()));
    let store = Postgres::open(Options::new(format!("{both}?target_session_attrs=read-write"))).await.unwrap();
    let standby = cluster.standby(port).await;
    store.execution_create(execution(1, 1, queued(at(1)))).await.unwrap();
    cluster.stop();
    let created = store.execution_create(execution(2, 1, queued(at(2)))).await;
    assert!(matches!(created, Err(Error::Away { .. })), "{created:?}");
    standby.promote().await;
    store.execution_create(execution(3, 1, queued(at(3)))).await.unwrap();
    assert!(store.execution_get(execution_id(1)).await.unwrap().is_some());
    store.close().await.unwrap();
}

/// Nobody waits behind writers that have no connection, and try to make one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_while_no_writer_has_a_connection_is_turned_away() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let silence_max = Duration::from_secs(3);
    let store = Postgres::open(Options { silence_max, writers: 2, ..Options::new(&url) }).await.unwrap();
    let create = |n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.execution_create(execution(n, 1, queued(at(n)))).await })
    };
    create(1).await.unwrap().unwrap();
    cluster.signal("STOP");
    // What was connected is cut.
    for one in join_all([create(2), create(3)]).await {
        assert!(matches!(one.unwrap(), Err(Error::Away { .. })));
    }
    // And connecting takes twice the silence.
    let connecting = [create(4), create(5)];
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let began = Instant::now();
    assert!(matches!(create(6).await.unwrap(), Err(Error::Away { .. })));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(connecting.iter().any(|one| !one.is_finished()));
    cluster.signal("CONT");
    join_all(connecting).await;
    create(7).await.unwrap().unwrap();
    store.close().await.unwrap();
}

/// Whoever's commit was under way hears what became of it, once that can be known; who came later hears at once that
/// it is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stands_behind_a_commit_that_nobody_knows_of_is_turned_away() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let options = Options { silence_max: Duration::from_secs(1), writers: 1, ..Options::new(&url) };
    let store = Postgres::open(options).await.unwrap();
    // A commit waits for one who does not come.
    cluster.execute("postgres", "alter system set synchronous_standby_names = 'nobody'").await;
    cluster.execute("postgres", "select pg_reload_conf()").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let create = |n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.execution_create(execution(n, 1, queued(at(n)))).await })
    };
    let first = create(1);
    tokio::time::sleep(Duration::from_millis(500)).await;
    cluster.signal("STOP");
    let began = Instant::now();
    let behind = create(2).await.unwrap();
    assert!(matches!(behind, Err(Error::Away { .. })), "{behind:?}");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let late = Instant::now();
    assert!(matches!(create(3).await.unwrap(), Err(Error::Away { .. })));
    assert!(late.elapsed() < Duration::from_millis(500), "{:?}", late.elapsed());
    assert!(!first.is_finished());
    cluster.signal("CONT");
    cluster.execute("postgres", "alter system reset synchronous_standby_names").await;
    cluster.execute("postgres", "select pg_reload_conf()").await;
    first.await.unwrap().unwrap();
    create(4).await.unwrap().unwrap();
    let there = [1, 2, 3, 4].map(|n| store.execution_get(execution_id(n)));
    let there: Vec<bool> = join_all(there).await.into_iter().map(|found| found.unwrap().is_some()).collect();
    assert_eq!(there, [true, false, false, true]);
    store.close().await.unwrap();
}
