//! A process that dies without a word: what is on disk at that moment goes on in the next one.

use std::path::Path;
use std::time::Duration;

use domain::execution::status::{NodeStatus, Status};
use domain::id::ExecutionId;
use engine::Limits;
use serde_json::json;
use tempfile::TempDir;

use crate::bench::{Bench, ended, start, until, wait};

/// The files as they are now. The log is copied last: a torn end of it is what a crash leaves too.
pub(crate) fn image(folder: &Path) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    for name in ["hookflow.db", "hookflow.db-wal"] {
        std::fs::copy(folder.join(name), image.path().join(name)).unwrap();
    }
    image
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn what_was_queued_running_and_waiting_goes_on_after_a_crash() {
    let first = runtime();
    // One runs, and a few find no place at all.
    let limits = Limits {
        executions_running_max: 1,
        executions_in_memory_max: 8,
        executions_in_memory_per_workflow_max: 4,
        ..Limits::default()
    };
    let (bench, image, ids) = first.block_on(async {
        let bench = Bench::with(limits).await;
        let sleeping =
            bench.publish(json!({ "mode": "async", "nodes": [wait(3_000), bench.effect("woken", 0)] })).await;
        let asleep = bench.send(&sleeping, &json!({})).await.unwrap().execution;
        until("it sleeps", async || bench.stored(asleep).await.head.status == Status::Waiting).await;
        let nodes = json!([bench.effect("quick", 0), bench.effect("slow", 1_500), bench.effect("after", 0)]);
        let busy = bench.publish(json!({ "mode": "async", "nodes": nodes })).await;
        let mut ids = vec![asleep];
        for _ in 0..6 {
            ids.push(bench.send(&busy, &json!({})).await.unwrap().execution);
        }
        until("one is in the slow node", async || bench.effects("out").len() == 2).await;
        let image = image(bench.folder.path());
        (bench, image, ids)
    });
    first.shutdown_background();

    let second = runtime();
    second.block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        for id in &ids {
            assert_eq!(ended(&engine, *id).await.head.status, Status::Succeeded, "{id}");
        }
        let running = engine.store().execution_get(ids[1]).await.unwrap().unwrap();
        let interrupted: Vec<_> = running
            .records
            .iter()
            .filter(|run| run.status == NodeStatus::Error)
            .map(|run| run.node.to_string())
            .collect();
        assert_eq!(interrupted, ["slow"], "it was in flight, and its first attempt is closed");
        let lines = bench.effects("out");
        let times = |id: ExecutionId, node: &str| {
            lines.iter().filter(|line| line.starts_with(&format!("{id}.{node}. "))).count()
        };
        assert_eq!(times(ids[0], "woken"), 1);
        for id in &ids[1..] {
            let in_flight = usize::from(*id == ids[1]);
            assert_eq!(times(*id, "quick"), 1, "what is recorded as finished is never run again");
            assert_eq!((times(*id, "slow"), times(*id, "after")), (1 + in_flight, 1), "{lines:?}");
        }
        engine.stop().await;
    });
}

#[test]
fn an_execution_crashes_with_its_old_revision_and_goes_on_with_it() {
    let first = runtime();
    let (bench, image, id) = first.block_on(async {
        let bench = Bench::new().await;
        let endpoint = bench.publish(json!({ "mode": "async", "nodes": [wait(300), bench.effect("old", 0)] })).await;
        let id = bench.send(&endpoint, &json!({})).await.unwrap().execution;
        until("it sleeps", async || bench.stored(id).await.head.status == Status::Waiting).await;
        bench.publish(json!({ "key": endpoint.key, "mode": "sync", "nodes": [], "enabled": false })).await;
        let image = image(bench.folder.path());
        (bench, image, id)
    });
    first.shutdown_background();
    runtime().block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        let stored = ended(&engine, id).await;
        assert_eq!((stored.head.status, stored.head.revision), (Status::Succeeded, Some(1)), "{:?}", stored.notes);
        assert_eq!(bench.effects("out"), [format!("{id}.old. 1")]);
        tokio::time::timeout(Duration::from_secs(5), engine.stop()).await.unwrap();
    });
}
