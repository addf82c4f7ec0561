//! Several servers on one PostgreSQL: what one does, the others know, and go on with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::execution::status::Status;
use domain::id::ExecutionId;
use engine::catalog::Lookup;
use engine::handle::LateAnswer;
use engine::live::{Change, Filter, Heard};
use engine::{Engine, Limits, Presence};
use serde_json::json;
use store::postgres::testing::Cluster;
use store::postgres::{Options, Postgres};
use store::{ServerRole, Store};

use crate::bench::{Bench, ended, key, registry, respond, send, ticket, until, wait};

/// One database, and what its servers share.
struct Database {
    cluster: Cluster,
    url: String,
}

impl Database {
    async fn new() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database().await;
        Self { cluster, url }
    }

    async fn store(&self) -> Arc<Postgres> {
        Postgres::open(Options::new(&self.url)).await.unwrap()
    }

    async fn server(&self, role: ServerRole, limits: Limits) -> Bench {
        let presence = Presence { role, ..Presence::default() };
        let store: Arc<dyn Store> = self.store().await;
        let engine = Engine::start_as(presence, store, registry(), key(), limits).await.unwrap();
        Bench { folder: tempfile::tempdir().unwrap(), engine }
    }

    async fn all(&self) -> Bench {
        self.server(ServerRole::All, Limits::default()).await
    }
}

/// A second, which is what is promised.
async fn within_a_second(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(1), "not within a second: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn live_at(engine: &Engine, key: &str) -> Option<u32> {
    match engine.endpoint(key) {
        Lookup::Found(endpoint) => endpoint.live.as_ref().map(|live| live.revision),
        _ => None,
    }
}

async fn status(bench: &Bench, id: ExecutionId) -> Status {
    bench.stored(id).await.head.status
}

async fn is_running(bench: &Bench, id: ExecutionId, file: &str) {
    until("it runs", async || bench.effects(file).iter().any(|line| line.starts_with(&id.to_string()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_publishes_switches_and_rotates_the_other_answers_within_a_second() {
    let database = Database::new().await;
    let (one, two) = (database.all().await, database.all().await);
    let endpoint = one.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let key = endpoint.key.as_str();
    within_a_second("published", async || live_at(&two.engine, key) == Some(1)).await;
    let again = json!({ "key": key, "mode": "async", "nodes": [] });
    two.publish(again).await;
    within_a_second("published again, by the other", async || live_at(&one.engine, key) == Some(2)).await;
    one.engine.activate(key, 1).await.unwrap();
    within_a_second("an earlier one", async || live_at(&two.engine, key) == Some(1)).await;
    let off = engine::authoring::SettingsChange(json!({ "enabled": false }));
    one.engine.change_settings(key, off).await.unwrap();
    within_a_second("switched off", async || live_at(&two.engine, key).is_none()).await;
    let rotated = one.engine.rotate(key).await.unwrap().key;
    within_a_second("rotated", async || {
        matches!(two.engine.endpoint(key), Lookup::Retired { .. })
            && matches!(two.engine.endpoint(rotated.as_str()), Lookup::Found(_))
    })
    .await;
    two.engine.delete(rotated.as_str()).await.unwrap();
    within_a_second("deleted", async || matches!(one.engine.endpoint(rotated.as_str()), Lookup::Unknown)).await;
    one.engine.set_public_url(Some("https://hooks.example".to_owned())).await.unwrap();
    within_a_second("a setting", async || two.engine.public_url().is_some()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_reaches_whichever_server_runs_it() {
    let database = Database::new().await;
    let (one, two) = (database.all().await, database.all().await);
    let flow = json!({ "mode": "async", "nodes": [one.effect("first", 1_500), one.effect("second", 0)] });
    let endpoint = one.publish(flow).await;
    let id = one.send(&endpoint, &json!({})).await.unwrap().execution;
    is_running(&one, id, "out").await;
    assert!(two.engine.cancel(id).await.unwrap());
    assert_eq!(ended(&two.engine, id).await.head.status, Status::Cancelled);
    assert_eq!(one.effects("out").len(), 1, "the second began all the same");
    assert!(!two.engine.cancel(id).await.unwrap(), "it has ended");
}

/// The wish came while it left somebody's memory, and found nobody there.
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_for_what_sleeps_is_fulfilled_by_whoever_sees_it() {
    let database = Database::new().await;
    let (one, two) = (database.all().await, database.all().await);
    let endpoint = one.publish(json!({ "mode": "async", "nodes": [wait(60_000)] })).await;
    let id = one.send(&endpoint, &json!({})).await.unwrap().execution;
    until("it is asleep on disk", async || status(&one, id).await == Status::Waiting).await;
    assert!(two.engine.store().execution_cancel(id).await.unwrap());
    assert_eq!(ended(&two.engine, id).await.head.status, Status::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_at_two_servers_at_once_none_is_lost() {
    let database = Database::new().await;
    let (one, two) = (database.all().await, database.all().await);
    let endpoint = one.publish(json!({ "mode": "sync", "nodes": [respond()] })).await;
    let key = endpoint.key.as_str();
    two.publish(json!({ "key": key, "mode": "async", "nodes": [] })).await;
    for round in 0..30 {
        let (revision, title) = (1 + round % 2, format!("title {round}"));
        let change = engine::authoring::SettingsChange(json!({ "title": title }));
        let (live, titled) = tokio::join!(one.engine.activate(key, revision), two.engine.change_settings(key, change));
        live.unwrap();
        titled.unwrap();
        let stored = one.engine.workflow(key).await.unwrap();
        assert_eq!((stored.live, stored.settings.title), (Some(revision), title));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_parks_another_goes_on_with_at_once() {
    let database = Database::new().await;
    let (one, two) = (database.all().await, database.all().await);
    let flow = json!({ "mode": "async", "nodes": [one.effect("first", 300), one.effect("second", 0)] });
    let endpoint = one.publish(flow).await;
    let id = one.send(&endpoint, &json!({})).await.unwrap().execution;
    is_running(&one, id, "out").await;
    one.engine.drain();
    within_a_second("ended elsewhere", async || status(&two, id).await == Status::Succeeded).await;
    let nodes: Vec<_> = one.effects("out").iter().map(|line| line.split('.').nth(1).unwrap().to_owned()).collect();
    assert_eq!(nodes, ["first", "second"], "each once");
    one.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_room_here_others_run() {
    let database = Database::new().await;
    let small = Limits { executions_in_memory_max: 4, executions_in_memory_per_workflow_max: 4, ..Limits::default() };
    let one = database.server(ServerRole::All, small).await;
    let two = database.all().await;
    let endpoint = one.publish(json!({ "mode": "async", "nodes": [one.effect("slow", 700)] })).await;
    let began = Instant::now();
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(one.send(&endpoint, &json!({})).await.unwrap().execution);
    }
    for id in ids {
        assert_eq!(ended(&two.engine, id).await.head.status, Status::Succeeded);
    }
    // Alone, four at a time, it would take seven seconds.
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_redeemed_at_any_server() {
    let database = Database::new().await;
    let (one, two) = (database.all().await, database.all().await);
    let endpoint = one.publish(json!({ "mode": "sync", "nodes": [wait(300), respond()] })).await;
    let accepted = one.send(&endpoint, &json!({ "id": 7 })).await.unwrap();
    let ticket = ticket(&accepted).to_owned();
    assert!(matches!(two.engine.late_answer(&ticket).await.unwrap(), LateAnswer::Pending { .. }));
    ended(&two.engine, accepted.execution).await;
    match two.engine.late_answer(&ticket).await.unwrap() {
        LateAnswer::Ready { answer, .. } => assert_eq!(answer.status, 201),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_hooks_leaves_what_nobody_waits_for_to_a_worker() {
    let database = Database::new().await;
    let hooks = database.server(ServerRole::Hooks, Limits::default()).await;
    let flow = |mode: &str| json!({ "mode": mode, "nodes": [hooks.effect(mode, 0)] });
    let (at_once, later) = (hooks.publish(flow("sync")).await, hooks.publish(flow("async")).await);
    let alone = hooks.send(&later, &json!({})).await.unwrap().execution;
    assert_eq!(hooks.ended(alone).await.head.status, Status::Succeeded, "nobody else is there");

    let worker = database.server(ServerRole::Worker, Limits::default()).await;
    within_a_second("the worker is known", async || hooks.engine.servers().contains(&ServerRole::Worker)).await;
    let sync = hooks.send(&at_once, &json!({})).await.unwrap().execution;
    let background = hooks.send(&later, &json!({})).await.unwrap().execution;
    within_a_second("both end", async || {
        status(&hooks, sync).await == Status::Succeeded && status(&hooks, background).await == Status::Succeeded
    })
    .await;
    let began = |bench: &Bench| bench.engine.counters().in_memory;
    assert_eq!((began(&hooks), began(&worker)), (0, 0));
    let of = |bench: &Bench| bench.engine.counters().ended.iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!((of(&hooks), of(&worker)), (2, 1), "the one before, and the one whose caller waited");

    let admin = database.server(ServerRole::Admin, Limits::default()).await;
    let replayed = admin.engine.replay(background, engine::runs::Replay::default()).await.unwrap();
    assert_eq!(ended(&admin.engine, replayed).await.head.status, Status::Succeeded);
    assert_eq!((of(&admin), of(&worker)), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_taken_for_dead_starts_anew_and_goes_on() {
    let database = Database::new().await;
    let limits = Limits { lease: Duration::from_secs(1), ..Limits::default() };
    let one = database.server(ServerRole::All, limits).await;
    let store = database.store().await;
    let flow = json!({ "mode": "async", "nodes": [one.effect("first", 1_500), one.effect("second", 0)] });
    let endpoint = one.publish(flow).await;
    let mine = one.send(&endpoint, &json!({})).await.unwrap().execution;
    let taken = one.send(&endpoint, &json!({})).await.unwrap().execution;
    is_running(&one, mine, "out").await;
    is_running(&one, taken, "out").await;
    // Another server is faster with one of the two, and does nothing about it.
    let two = database.server(ServerRole::Hooks, Limits::default()).await;
    let id_of =
        async |role| store.server_list().await.unwrap().into_iter().find(|server| server.role == role).unwrap().id;
    let other = id_of(ServerRole::Hooks).await;
    let before = loop {
        let before = id_of(ServerRole::All).await;
        store.server_stop(before).await.unwrap();
        if store.execution_claim_one(taken, other).await.unwrap().is_some() {
            break before;
        }
    };
    until("it has started anew", async || {
        let list = store.server_list().await.unwrap();
        list.len() == 2 && list.iter().all(|server| server.id != before)
    })
    .await;
    one.engine.ready().unwrap();
    assert_eq!(one.ended(mine).await.head.status, Status::Succeeded);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let lines = one.effects("out");
    let begun =
        |id: ExecutionId, node: &str| lines.iter().filter(|line| line.starts_with(&format!("{id}.{node}"))).count();
    assert_eq!((begun(mine, "first"), begun(mine, "second")), (1, 1), "it went on undisturbed");
    assert_eq!((begun(taken, "first"), begun(taken, "second")), (1, 0), "it stopped at the next node");
    two.engine.stop().await;
    one.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_on_at_one_server_hears_of_all() {
    let database = Database::new().await;
    let (one, two) = (database.all().await, database.all().await);
    let endpoint = one.publish(json!({ "mode": "async", "nodes": [one.effect("first", 50)] })).await;
    within_a_second("published", async || live_at(&two.engine, endpoint.key.as_str()).is_some()).await;
    let filter = Filter { workflow: Some(endpoint.workflow), execution: None };
    let mut listener = two.engine.listen(filter, None).unwrap();
    let mut gaps = 0;
    // The others learn that somebody looks on, and from when on all is told.
    while gaps == 0 {
        match tokio::time::timeout(Duration::from_secs(5), listener.next()).await.expect("a gap") {
            Heard::Gap { .. } => gaps += 1,
            Heard::Hello | Heard::Changes(_) => {}
        }
    }
    let id = send(&one.engine, &endpoint, &json!({})).await.unwrap().execution;
    let heard = std::sync::Mutex::new(Vec::new());
    let began = Instant::now();
    while !heard.lock().unwrap().contains(&"succeeded".to_owned()) {
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", heard.lock().unwrap());
        if let Ok(Heard::Changes(batch)) = tokio::time::timeout(Duration::from_secs(1), listener.next()).await {
            let keep = |_, change: &Change| {
                heard.lock().unwrap().push(match change {
                    Change::Execution(head) => {
                        assert_eq!(head.id, id);
                        head.status.as_str().to_owned()
                    }
                    Change::NodeRun { run, .. } => format!("{} {}", run.node, run.status.as_str()),
                    Change::Request(_) => "request".to_owned(),
                    Change::Workflow(_) => "workflow".to_owned(),
                });
                bytes::Bytes::new()
            };
            batch.encoded(keep).for_each(drop);
        }
    }
    let heard = heard.into_inner().unwrap();
    assert!(heard.contains(&"request".to_owned()) && heard.contains(&"first succeeded".to_owned()), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_away_is_found_again() {
    let database = Database::new().await;
    let limits = Limits { lease: Duration::from_secs(3), ..Limits::default() };
    let one = database.server(ServerRole::All, limits).await;
    let endpoint = one.publish(json!({ "mode": "async", "nodes": [] })).await;
    one.send(&endpoint, &json!({})).await.unwrap();
    database.cluster.stop();
    let refused = one.send(&endpoint, &json!({})).await.unwrap_err();
    assert!(refused.retry_after_s >= 1, "{refused}");
    until("it says so", async || one.engine.ready().is_err()).await;
    database.cluster.start_again();
    until("it is ready again", async || one.engine.ready().is_ok()).await;
    until("it takes requests", async || one.send(&endpoint, &json!({})).await.is_ok()).await;
}
