//! Effects happen once: a server that stops without a word at every record there is, and what the far side
//! saw in the end.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::execution::journal::{NodeRun, latest};
use domain::execution::machine::Resolution;
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::id::ExecutionId;
use engine::{Engine, Limits};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::{Bench, ended, start, until, wait};
use crate::crash::{image, runtime};
use crate::sink::{Reply, Sink};

const CHAIN: usize = 10;

/// What a crash would have left on disk, and what the far side had seen by then.
struct Crashed {
    image: TempDir,
    keys: Vec<String>,
}

/// Runs a chain of calls once to its end, and takes an image before each write behind the first, which has the
/// start of the first call in it: one with each call in flight.
async fn crashed_at_every_record(sink: &Arc<Sink>, more: &Value) -> (ExecutionId, Vec<Crashed>) {
    let (bench, store) = Bench::faulty(Limits::default()).await;
    let nodes: Vec<_> = (0..CHAIN).map(|n| sink.node(&format!("n{n}"), more)).collect();
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": nodes })).await;
    let images = Arc::new(Mutex::new(Vec::new()));
    let (folder, seen, taken) = (bench.folder.path().to_owned(), Arc::clone(sink), Arc::clone(&images));
    store.fail(move |operation| {
        if operation == "execution_progress" {
            taken.lock().unwrap().push(Crashed { image: image(&folder), keys: seen.keys() });
        }
        None
    });
    let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    assert_eq!(bench.ended(id).await.head.status, Status::Succeeded);
    store.fail(|_| None);
    bench.engine.stop().await;
    let images = std::mem::take(&mut *images.lock().unwrap());
    assert_eq!(images.len(), CHAIN, "the change from each to the next, and the end");
    (id, images)
}

fn times<'a>(keys: impl IntoIterator<Item = &'a String>) -> HashMap<&'a str, usize> {
    let mut times = HashMap::new();
    for key in keys {
        *times.entry(key.as_str()).or_default() += 1;
    }
    times
}

fn key(id: ExecutionId, node: usize) -> String {
    format!("{id}.n{node}.")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_as_finished_had_its_effect_once_wherever_the_server_stopped() {
    let sink = Arc::new(Sink::new());
    let (id, images) = crashed_at_every_record(&sink, &json!({})).await;
    for (at, Crashed { image, keys }) in images.iter().enumerate() {
        let before = sink.keys().len();
        let engine = start(image.path(), Limits::default()).await;
        let stored = engine.store().execution_get(id).await.unwrap();
        let recorded = latest(stored.unwrap().records);
        let finished = recorded.iter().filter(|run| run.status == NodeStatus::Succeeded).count();
        assert_eq!(ended(&engine, id).await.head.status, Status::Succeeded);
        engine.stop().await;
        let after = sink.keys();
        let all = times(keys.iter().chain(&after[before..]));
        for node in 0..CHAIN {
            // Where it stopped behind an effect and before its record, there is one more with the same key.
            let in_flight = keys.contains(&key(id, node)) && node == at;
            let expected = 1 + usize::from(in_flight);
            assert_eq!(all.get(key(id, node).as_str()), Some(&expected), "record {at}, node {node}: {all:?}");
        }
        assert_eq!(all.len(), CHAIN, "no other keys: {all:?}");
        assert_eq!(finished, at, "record {at}");
    }
}

async fn asks(engine: &Engine, id: ExecutionId) -> Vec<NodeRun> {
    until("it asks", async || {
        let stored = engine.store().execution_get(id).await.unwrap().unwrap();
        (stored.head.status, stored.head.reason) == (Status::Waiting, Some(Reason::NeedsAttention))
    })
    .await;
    latest(engine.store().execution_get(id).await.unwrap().unwrap().records)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asks_is_never_repeated_by_itself_and_ends_as_a_person_says() {
    let sink = Arc::new(Sink::new());
    let (id, images) = crashed_at_every_record(&sink, &json!({ "when_interrupted": "ask" })).await;
    let ways = [
        Resolution::RunAgain,
        Resolution::Skip(None),
        Resolution::Skip(Some(json!({ "status": 299 }))),
        Resolution::Fail,
    ];
    for (at, Crashed { image, keys }) in images.iter().enumerate() {
        let (node, way) = (at, ways[at % ways.len()].clone());
        let before = sink.keys().len();
        let engine = start(image.path(), Limits::default()).await;
        let runs = asks(&engine, id).await;
        assert_eq!(runs.last().unwrap().status, NodeStatus::Waiting);
        assert_eq!(sink.keys().len(), before, "nothing is sent until somebody says so");
        // A restart asks on.
        engine.stop().await;
        let engine = start(image.path(), Limits::default()).await;
        asks(&engine, id).await;

        engine.resolve(id, way.clone()).await.unwrap();
        let stored = ended(&engine, id).await;
        let runs = latest(stored.records);
        let asked: Vec<_> = runs.iter().filter(|run| run.node.as_str() == format!("n{node}")).collect();
        let after = sink.keys();
        let all = times(keys.iter().chain(&after[before..]));
        let once_more = usize::from(way == Resolution::RunAgain);
        assert_eq!(all[key(id, node).as_str()], 1 + once_more, "{way:?} at {at}");
        assert!(all.iter().all(|(seen, times)| *seen == key(id, node) || *times == 1), "{way:?} at {at}: {all:?}");
        match way {
            Resolution::Fail => {
                assert_eq!((stored.head.status, all.len()), (Status::Error, at + 1));
                assert_eq!(asked[0].status, NodeStatus::Error);
            }
            Resolution::RunAgain => {
                assert_eq!((stored.head.status, all.len()), (Status::Succeeded, CHAIN));
                let statuses: Vec<_> = asked.iter().map(|run| (run.attempt, run.status)).collect();
                assert_eq!(statuses, [(1, NodeStatus::Error), (2, NodeStatus::Succeeded)]);
            }
            Resolution::Skip(result) => {
                assert_eq!((stored.head.status, all.len()), (Status::Succeeded, CHAIN));
                assert_eq!((asked.len(), asked[0].status, &asked[0].result), (1, NodeStatus::Skipped, &result));
            }
        }
        engine.stop().await;
    }
}

/// A caller saw no 2xx; what was durable goes on by itself, and its answer is kept.
#[test]
fn a_sync_execution_whose_server_died_in_an_effect_comes_to_its_answer() {
    let sink = Sink::new();
    sink.answer(|_| Reply { after: Duration::from_millis(300), ..Reply::with(200) });
    let first = runtime();
    let image = first.block_on(async {
        let bench = Bench::new().await;
        let respond = json!({ "kind": "response", "config": { "status": 201, "body": "{{ nodes.call.status }}" } });
        let endpoint =
            bench.publish(json!({ "mode": "sync", "nodes": [sink.node("call", &json!({})), respond] })).await;
        let body = json!({});
        tokio::select! {
            _ = bench.send(&endpoint, &body) => panic!("answered before its effect was over"),
            () = until("the effect has begun", async || sink.seen().len() == 1) => {}
        }
        image(bench.folder.path())
    });
    first.shutdown_background();
    runtime().block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        let id: ExecutionId = sink.seen()[0].key.split('.').next().unwrap().parse().unwrap();
        let stored = ended(&engine, id).await;
        let answer = stored.answer.unwrap().answer;
        assert_eq!(
            (stored.head.status, answer.status, answer.body.as_ref()),
            (Status::Succeeded, 201, b"200".as_ref())
        );
        let keys = sink.keys();
        assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
        engine.stop().await;
    });
}

/// A restart that takes longer than the effect is no crash.
#[tokio::test(flavor = "multi_thread")]
async fn an_effect_longer_than_every_drain_is_never_quarantined() {
    let sink = Sink::new();
    sink.answer(|n| Reply { after: Duration::from_millis(if n < 5 { 60_000 } else { 0 }), ..Reply::with(200) });
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let bench = Bench::with(limits.clone()).await;
    let endpoint = bench.publish(json!({ "mode": "async", "nodes": [sink.node("call", &json!({}))] })).await;
    let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
    let mut engine = bench.engine.clone();
    for round in 1..=5 {
        until("the effect has begun", async || sink.seen().len() == round).await;
        engine.stop().await;
        engine = start(bench.folder.path(), limits.clone()).await;
    }
    assert_eq!(ended(&engine, id).await.head.status, Status::Succeeded);
    assert_eq!(times(&sink.keys()).len(), 1);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_fires_once_and_in_time_over_restarts_and_late_when_the_server_was_away() {
    let bench = Bench::new().await;
    let delay = |ms: u64| json!({ "kind": "delay", "config": { "amount": ms, "unit": "milliseconds" } });
    let mut ids = Vec::new();
    for ms in [1_200, 200] {
        let nodes = json!([delay(ms), bench.effect("after", 0)]);
        let endpoint = bench.publish(json!({ "mode": "async", "nodes": nodes })).await;
        ids.push(bench.send(&endpoint, &json!({})).await.unwrap().execution);
    }
    until("both wait", async || bench.all().await.iter().all(|head| head.status == Status::Waiting)).await;
    bench.engine.stop().await;
    // Asleep over the second one's time.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let engine = start(bench.folder.path(), Limits::default()).await;
    for id in ids {
        let runs = latest(ended(&engine, id).await.records);
        let (wake_at, woken) = (runs[0].wake_at.unwrap(), runs[0].finished_at.unwrap());
        assert!(woken >= wake_at, "{woken:?} {wake_at:?}");
        assert!(woken.since(wake_at) < Duration::from_millis(900), "{:?}", woken.since(wake_at));
    }
    assert_eq!(bench.effects("out").len(), 2);
    engine.stop().await;
}

fn revision(folder: &Path, label: &str) -> Value {
    let file = folder.join("out").display().to_string();
    json!([wait(150), { "key": label, "kind": "test_effect", "config": { "file": file } }])
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_ends_on_what_it_began_with_whatever_becomes_of_its_workflow() {
    const MANY: usize = 60;
    let bench = Bench::new().await;
    let folder = bench.folder.path();
    let mut ids = Vec::new();
    for change in ["edited", "off", "deleted"] {
        let old = format!("old_{change}");
        let endpoint = bench.publish(json!({ "mode": "async", "nodes": revision(folder, &old) })).await;
        for _ in 0..MANY {
            ids.push((bench.send(&endpoint, &json!({})).await.unwrap().execution, old.clone()));
        }
        // By now they sleep, run and wait for their turn.
        let mut next = json!({ "key": endpoint.key, "mode": "async", "nodes": revision(folder, "new") });
        next["enabled"] = json!(change != "off");
        bench.publish(next).await;
        if change == "deleted" {
            bench.engine.delete(endpoint.key.as_str()).await.unwrap();
        }
    }
    for (id, old) in &ids {
        let stored = bench.ended(*id).await;
        assert_eq!((stored.head.status, stored.head.revision), (Status::Succeeded, Some(1)), "{:?}", stored.notes);
        assert_eq!(stored.records.last().unwrap().node.as_str(), old);
    }
    let lines = bench.effects("out");
    assert_eq!((lines.len(), times(&lines).len()), (ids.len(), ids.len()));
}
