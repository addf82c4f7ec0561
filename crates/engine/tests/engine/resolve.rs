//! A person's word, where it meets everything else that happens; and what is set aside because it brings servers down.

use std::time::Duration;

use domain::execution::journal::latest;
use domain::execution::machine::Resolution;
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::id::ExecutionId;
use engine::handle::LateAnswer;
use engine::live::{Change, Filter, Heard, Listener};
use engine::resolve::ResolveError;
use engine::{Engine, Limits};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::Execution;
use store::sqlite::{Options, Sqlite};
use tempfile::TempDir;

use crate::bench::{Bench, ended, start, start_over, ticket, until, wait};
use crate::crash::{image, runtime};
use crate::faulty::Faulty;

async fn stored(engine: &Engine, id: ExecutionId) -> Execution {
    engine.store().execution_get(id).await.unwrap().unwrap()
}

async fn waits_for(engine: &Engine, id: ExecutionId, reason: Reason) {
    until("it waits for a person", async || stored(engine, id).await.head.reason == Some(reason)).await;
}

/// An effect that takes a minute the first time it is tried.
fn asking(bench: &Bench) -> Value {
    let config = json!({ "file": bench.file("out"), "sleep_ms": "{{ trigger.body.ms }}", "when_interrupted": "ask" });
    json!({ "key": "call", "kind": "test_effect", "config": config })
}

/// A folder in which one execution of `flow` asks, and the bench that has its effects.
fn interrupted(flow: impl FnOnce(&Bench) -> Value) -> (Bench, TempDir, ExecutionId) {
    let first = runtime();
    let found = first.block_on(async {
        let bench = Bench::new().await;
        let endpoint = bench.publish(flow(&bench)).await;
        let body = json!({ "ms": 60_000 });
        let sending = bench.send(&endpoint, &body);
        tokio::select! {
            _ = async { drop(sending.await); std::future::pending::<()>().await } => unreachable!(),
            () = until("the effect has begun", async || bench.effects("out").len() == 1) => {}
        }
        let id = bench.effects("out")[0].split('.').next().unwrap().parse().unwrap();
        let image = image(bench.folder.path());
        (bench, image, id)
    });
    first.shutdown_background();
    found
}

#[test]
fn of_many_words_at_once_one_counts() {
    let (bench, image, id) =
        interrupted(|bench| json!({ "mode": "async", "nodes": [asking(bench), bench.effect("after", 0)] }));
    runtime().block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        waits_for(&engine, id, Reason::NeedsAttention).await;
        let words = (0..8).map(|n| engine.resolve(id, Resolution::Skip(Some(json!(n)))));
        let heard = join_all(words).await;
        assert_eq!(heard.iter().filter(|heard| heard.is_ok()).count(), 1, "{heard:?}");
        assert!(
            heard
                .iter()
                .flat_map(|heard| heard.as_ref().err())
                .all(|error| { matches!(error, ResolveError::Taken | ResolveError::NotAsked(_)) })
        );
        assert_eq!(ended(&engine, id).await.head.status, Status::Succeeded);
        assert_eq!(bench.effects("out").len(), 2);
        for (id, expected) in [(id, "ended"), (ExecutionId::from_bytes([9; 16]), "unknown")] {
            let error = engine.resolve(id, Resolution::Fail).await.unwrap_err();
            match expected {
                "ended" => assert!(matches!(error, ResolveError::NotAsked(Status::Succeeded)), "{error:?}"),
                _ => assert!(matches!(error, ResolveError::UnknownExecution(_)), "{error:?}"),
            }
        }
        engine.stop().await;
    });
}

#[test]
fn a_caller_who_was_sent_away_finds_the_answer_once_it_is_resolved() {
    let (_bench, image, id) = interrupted(|bench| {
        let body = json!({ "kind": "response", "config": { "status": 201, "body": "{{ nodes.call.paid }}" } });
        json!({ "mode": "sync", "nodes": [asking(bench), body] })
    });
    runtime().block_on(async {
        let engine = start(image.path(), Limits::default()).await;
        waits_for(&engine, id, Reason::NeedsAttention).await;
        engine.resolve(id, Resolution::Skip(Some(json!({ "paid": "yes" })))).await.unwrap();
        let answer = ended(&engine, id).await.answer.unwrap().answer;
        assert_eq!((answer.status, answer.body.as_ref()), (201, b"yes".as_ref()));
        engine.stop().await;
    });
}

#[test]
fn who_hangs_up_has_been_heard() {
    let (bench, image, id) = interrupted(|bench| json!({ "mode": "async", "nodes": [asking(bench)] }));
    runtime().block_on(async {
        let store = Faulty::new(Sqlite::open(Options::new(image.path().join("hookflow.db"))).unwrap());
        let engine = start_over(store.clone(), Limits::default()).await;
        waits_for(&engine, id, Reason::NeedsAttention).await;
        store.slow_down("execution_claim_one", Duration::from_millis(300));
        let word = engine.resolve(id, Resolution::Skip(None));
        tokio::time::timeout(Duration::from_millis(50), word).await.unwrap_err();
        assert_eq!(ended(&engine, id).await.head.status, Status::Succeeded);
        assert_eq!(bench.effects("out").len(), 1);
        engine.stop().await;
    });
}

/// It waits for its turn behind another one when the server stops.
#[test]
fn a_word_that_meets_a_drain_is_refused_and_can_be_said_again() {
    let (bench, image, id) = interrupted(|bench| json!({ "mode": "async", "nodes": [asking(bench)] }));
    runtime().block_on(async {
        let limits = Limits { executions_running_max: 1, ..Limits::default() };
        let engine = start(image.path(), limits).await;
        waits_for(&engine, id, Reason::NeedsAttention).await;
        let at = engine.store().execution_head(id).await.unwrap().unwrap().workflow_key;
        let endpoint = match engine.endpoint(at.as_str()) {
            engine::catalog::Lookup::Found(endpoint) => endpoint,
            other => panic!("{other:?}"),
        };
        crate::bench::send(&engine, &endpoint, &json!({ "ms": 700 })).await.unwrap();
        until("the other one runs", async || bench.effects("out").len() == 2).await;
        let (word, ()) = tokio::join!(engine.resolve(id, Resolution::Fail), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            engine.drain();
        });
        assert!(matches!(word, Err(ResolveError::Taken)), "{word:?}");
        let head = stored(&engine, id).await.head;
        assert_eq!((head.status, head.reason), (Status::Waiting, Some(Reason::NeedsAttention)));
        engine.stop().await;

        let engine = start(image.path(), Limits::default()).await;
        engine.resolve(id, Resolution::Fail).await.unwrap();
        let ended = ended(&engine, id).await;
        assert_eq!(ended.head.status, Status::Error);
        let error = latest(ended.records).pop().unwrap().error.unwrap();
        assert!(!error.message.contains("say whether"), "nobody is asked any more: {error}");
        engine.stop().await;
    });
}

#[test]
fn the_timeout_and_a_wish_end_what_asks() {
    for cancelled in [true, false] {
        let timeout = if cancelled { 0 } else { 1_500 };
        let (bench, image, id) =
            interrupted(|bench| json!({ "mode": "async", "timeout_ms": timeout, "nodes": [asking(bench)] }));
        runtime().block_on(async {
            let engine = start(image.path(), Limits::default()).await;
            waits_for(&engine, id, Reason::NeedsAttention).await;
            if cancelled {
                assert!(engine.cancel(id).await.unwrap());
            }
            let ended = ended(&engine, id).await;
            let expected = if cancelled {
                (Status::Cancelled, NodeStatus::Cancelled)
            } else {
                (Status::TimedOut, NodeStatus::TimedOut)
            };
            assert_eq!((ended.head.status, latest(ended.records)[0].status), expected);
            assert_eq!(bench.effects("out").len(), 1);
            engine.stop().await;
        });
    }
}

/// Runs what is due in this folder until something happens to its effects, and dies. What it left.
fn die(bench: &Bench, folder: TempDir) -> TempDir {
    let dying = runtime();
    let before = bench.effects("out").len();
    let left = dying.block_on(async {
        let _engine = start(folder.path(), Limits::default()).await;
        until("it is tried again", async || bench.effects("out").len() > before).await;
        image(folder.path())
    });
    dying.shutdown_background();
    left
}

/// A folder with an execution that three servers died with, and others beside it.
fn deadly(mode: &str) -> (Bench, TempDir, ExecutionId) {
    let (bench, left, id) = interrupted(|bench| {
        let config = json!({ "file": bench.file("out"), "sleep_ms": "{{ trigger.body.ms }}" });
        let call = json!({ "key": "call", "kind": "test_effect", "config": config });
        json!({ "mode": mode, "nodes": [call, bench.effect("after", 0)] })
    });
    let left = die(&bench, die(&bench, left));
    assert_eq!(bench.effects("out").len(), 3);
    (bench, left, id)
}

#[test]
fn what_three_servers_died_with_is_set_aside_and_a_person_leads_it_out() {
    for (way, status, effects) in
        [(Resolution::Skip(Some(json!("done by hand"))), Status::Succeeded, 4), (Resolution::Fail, Status::Error, 3)]
    {
        let (bench, left, id) = deadly("sync");
        runtime().block_on(async {
            let engine = start(left.path(), Limits::default()).await;
            waits_for(&engine, id, Reason::Quarantined).await;
            let aside = stored(&engine, id).await;
            assert_eq!((aside.head.status, aside.notes.len()), (Status::Waiting, 1));
            assert!(
                aside.notes[0].contains("came down 3 times") && aside.notes[0].contains("skip"),
                "{:?}",
                aside.notes
            );
            let before = engine.counters();
            engine.resolve(id, way.clone()).await.unwrap();
            let ended = ended(&engine, id).await;
            assert_eq!(ended.head.status, status);
            assert_eq!(bench.effects("out").len(), effects);
            let counted =
                |counters: &engine::counters::Counters| counters.ended.iter().find(|(of, _)| *of == status).unwrap().1;
            // On disk first, then counted.
            until("it is counted once", async || counted(&engine.counters()) == counted(&before) + 1).await;
            assert_eq!(ended.answer.unwrap().answer.status, if status == Status::Error { 500 } else { 200 });
            engine.stop().await;
        });
    }
}

#[test]
fn what_is_set_aside_survives_restarts_and_runs_again_only_by_a_word() {
    let (bench, left, id) = deadly("async");
    let left = {
        let again = runtime();
        let left = again.block_on(async {
            for _ in 0..2 {
                let engine = start(left.path(), Limits::default()).await;
                waits_for(&engine, id, Reason::Quarantined).await;
                engine.stop().await;
            }
            let engine = start(left.path(), Limits::default()).await;
            assert_eq!(bench.effects("out").len(), 3);
            engine.resolve(id, Resolution::RunAgain).await.unwrap();
            until("it is tried again", async || bench.effects("out").len() == 4).await;
            image(left.path())
        });
        again.shutdown_background();
        left
    };
    // It may kill the next one too, but only that one: a person's word is no new life.
    runtime().block_on(async {
        let engine = start(left.path(), Limits::default()).await;
        waits_for(&engine, id, Reason::Quarantined).await;
        assert!(engine.cancel(id).await.unwrap());
        assert_eq!(ended(&engine, id).await.head.status, Status::Cancelled);
        assert_eq!(bench.effects("out").len(), 4);
        engine.stop().await;
    });
}

/// What cannot be looked at now is not run instead.
#[test]
fn a_store_that_fails_over_a_word_leaves_it_set_aside() {
    let (bench, left, id) = deadly("async");
    runtime().block_on(async {
        let store = Faulty::new(Sqlite::open(Options::new(left.path().join("hookflow.db"))).unwrap());
        let engine = start_over(store.clone(), Limits::default()).await;
        waits_for(&engine, id, Reason::Quarantined).await;
        let key = stored(&engine, id).await.head.workflow_key;
        // Another revision, so that the old one has to be read.
        let next = json!({ "hookflow": 1, "key": key, "title": "Test", "mode": "async", "enabled": true,
            "trigger": { "kind": "webhook" }, "nodes": [] });
        engine.apply(vec![next], true).await.unwrap();
        engine.stop().await;

        let store = Faulty::new(Sqlite::open(Options::new(left.path().join("hookflow.db"))).unwrap());
        let engine = start_over(store.clone(), Limits::default()).await;
        for word in ["cancel", "resolve"] {
            store.fail_times("revision_get", 1, || store::Error::Overloaded);
            match word {
                "cancel" => drop(engine.cancel(id).await.unwrap_err()),
                _ => assert!(matches!(engine.resolve(id, Resolution::RunAgain).await, Err(ResolveError::Store(_)))),
            }
            waits_for(&engine, id, Reason::Quarantined).await;
            tokio::time::sleep(Duration::from_millis(1_200)).await;
            waits_for(&engine, id, Reason::Quarantined).await;
        }
        assert_eq!(bench.effects("out").len(), 3);
        engine.resolve(id, Resolution::Fail).await.unwrap();
        engine.stop().await;
    });
}

/// The last state of each execution that a listener hears of, until `enough`.
async fn hear(listener: &mut Listener, enough: impl Fn(&[(Status, Option<Reason>)]) -> bool) {
    let told = std::sync::Mutex::new(Vec::new());
    while !enough(&told.lock().unwrap()) {
        match tokio::time::timeout(Duration::from_secs(10), listener.next()).await.expect("there is more to hear") {
            Heard::Changes(batch) => {
                let keep = |_, change: &Change| {
                    if let Change::Execution(head) = change {
                        told.lock().unwrap().push((head.status, head.reason));
                    }
                    bytes::Bytes::new()
                };
                batch.encoded(keep).for_each(drop);
            }
            Heard::Hello => {}
            Heard::Gap { .. } => panic!("a gap"),
        }
    }
}

#[test]
fn who_looks_on_hears_each_step() {
    let (_bench, left, id) = interrupted(|bench| json!({ "mode": "async", "nodes": [asking(bench)] }));
    runtime().block_on(async {
        let engine = start(left.path(), Limits::default()).await;
        waits_for(&engine, id, Reason::NeedsAttention).await;
        let mut listener = engine.listen(Filter { execution: Some(id), ..Filter::default() }, None).unwrap();
        engine.resolve(id, Resolution::Skip(None)).await.unwrap();
        hear(&mut listener, |told| told.last() == Some(&(Status::Succeeded, None))).await;
        engine.stop().await;
    });
}

#[test]
fn who_looks_on_hears_that_it_was_set_aside() {
    let (_bench, left, id) = deadly("async");
    runtime().block_on(async {
        let store = Faulty::new(Sqlite::open(Options::new(left.path().join("hookflow.db"))).unwrap());
        store.fail(|operation| (operation == "execution_claim").then_some(store::Error::Overloaded));
        let engine = start_over(store.clone(), Limits::default()).await;
        let mut listener = engine.listen(Filter { execution: Some(id), ..Filter::default() }, None).unwrap();
        store.fail(|_| None);
        hear(&mut listener, |told| told.last() == Some(&(Status::Waiting, Some(Reason::Quarantined)))).await;
        engine.stop().await;
    });
}

/// A word that comes when there is nothing to say is refused, and nothing changes.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_timer_waits_for_nobodys_word() {
    let bench = Bench::new().await;
    let endpoint = bench.publish(json!({ "mode": "sync", "nodes": [wait(400), bench.effect("after", 0)] })).await;
    let accepted = bench.send(&endpoint, &json!({})).await.unwrap();
    for way in [Resolution::RunAgain, Resolution::Skip(None), Resolution::Fail] {
        let error = bench.engine.resolve(accepted.execution, way).await.unwrap_err();
        assert!(matches!(error, ResolveError::NotAsked(Status::Waiting)), "{error:?}");
    }
    assert_eq!(bench.ended(accepted.execution).await.head.status, Status::Succeeded);
    assert!(matches!(bench.engine.late_answer(ticket(&accepted)).await.unwrap(), LateAnswer::Ready { .. }));
}
