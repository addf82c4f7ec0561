//! What may be the cause that servers die: counted, handed out with care, set aside.

use bytes::Bytes;
use domain::answer::Answer;
use domain::execution::journal::{INTERRUPTED, NodeError, NodeRun};
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::id::{ExecutionId, ServerId};

use super::numbered::{LEASE, at, ended, event, execution, execution_id, node_run, queued, running, server, server_id};
use crate::error::Error;
use crate::row::{Claim, Claimed, Execution, Progress, SentAnswer};
use crate::{Store, TAKEOVERS_MAX};

fn deaths_max() -> i64 {
    i64::from(TAKEOVERS_MAX)
}

/// The `n`th server starts, and the one before it is dead.
async fn next_server(store: &dyn Store, n: i64) -> ServerId {
    store.server_stop(server_id(n - 1)).await.unwrap();
    store.server_start(server(n), LEASE).await.unwrap();
    server_id(n)
}

async fn claim(store: &dyn Store, server: ServerId) -> Vec<Claimed> {
    let claim = Claim { server, now: at(1_000), per_workflow: 100, limit: 100, skip: Vec::new() };
    store.execution_claim(claim).await.unwrap()
}

fn ids(claimed: &[Claimed]) -> Vec<ExecutionId> {
    claimed.iter().map(|claimed| claimed.head.id).collect()
}

async fn stored(store: &dyn Store, n: i64) -> Execution {
    store.execution_get(execution_id(n)).await.unwrap().unwrap()
}

/// The first execution, whose owner died as often as may be; the server that asks next. `between` is what each owner does.
async fn outlives(store: &dyn Store, between: impl AsyncFn(&Claimed)) -> ServerId {
    let first = next_server(store, 1).await;
    store.execution_create(execution(1, 1, running(first))).await.unwrap();
    for n in 2..=deaths_max() {
        let server = next_server(store, n).await;
        let claimed = claim(store, server).await;
        assert_eq!(ids(&claimed), [execution_id(1)], "after {} deaths", n - 1);
        between(&claimed[0]).await;
    }
    next_server(store, deaths_max() + 1).await
}

/// As far as saying what it is about to do.
async fn begins(store: &dyn Store, claimed: &Claimed, server: ServerId) {
    let interrupted = NodeRun {
        finished_at: Some(at(2)),
        error: Some(NodeError::new(INTERRUPTED, "cut off")),
        ..node_run("call", NodeStatus::Error)
    };
    let records = vec![interrupted, NodeRun { attempt: 2, ..node_run("call", NodeStatus::Running) }];
    let progress = Progress { records, ..running(server) };
    store.execution_progress(claimed.head.id, claimed.epoch, progress).await.unwrap();
}

async fn quarantined(store: &dyn Store) -> ServerId {
    let server = outlives(store, async |_| ()).await;
    assert_eq!(claim(store, server).await.len(), 0);
    server
}

pub async fn what_outlived_its_owner_too_often_is_set_aside_with_a_reason(store: &dyn Store) {
    let numbers = std::sync::atomic::AtomicI64::new(2);
    let server = outlives(store, async |claimed| {
        let server = server_id(numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        begins(store, claimed, server).await;
    })
    .await;
    store.execution_create(execution(2, 1, queued(at(2)))).await.unwrap();
    assert_eq!(ids(&claim(store, server).await), [execution_id(2)], "the others go on");

    let stored = stored(store, 1).await;
    assert_eq!(store.execution_set_aside().await.unwrap(), std::slice::from_ref(&stored.head));
    assert_eq!(store.execution_set_aside().await.unwrap(), [], "told once");
    assert_eq!((stored.head.status, stored.head.reason), (Status::Waiting, Some(Reason::Quarantined)));
    let [note] = stored.notes.as_slice() else { panic!("{:?}", stored.notes) };
    for part in ["quarantined", &format!("{TAKEOVERS_MAX} times"), "run it again", "skip", "fail"] {
        assert!(note.contains(part), "{part}: {note}");
    }
    assert_eq!((stored.event, stored.records.len()), (event(1), 4), "nothing is lost");
    assert_eq!(store.execution_next_due().await.unwrap().map(|due| due > at(1_000_000)), Some(true), "never due");
}

/// After two deaths: two more are survived, and the third is one too many.
pub async fn whoever_gets_on_or_is_given_back_starts_anew(store: &dyn Store) {
    let done = NodeRun { finished_at: Some(at(3)), ..node_run("call", NodeStatus::Succeeded) };
    let gets_on = |server| Progress { records: vec![done], ..running(server) };
    let given_back = |_| queued(at(3));
    let anew: [Box<dyn FnOnce(ServerId) -> Progress + Send>; 2] = [Box::new(gets_on), Box::new(given_back)];
    for (which, anew) in (1..).zip(anew) {
        let mut server = next_server(store, which * 100).await;
        store.execution_create(execution(which, which, running(server))).await.unwrap();
        let mut anew = Some(anew);
        for n in 1..=4 {
            server = next_server(store, which * 100 + n).await;
            let claimed = claim(store, server).await;
            assert_eq!(ids(&claimed), [execution_id(which)], "{which}: after {n} deaths");
            if n == 2 {
                let anew = anew.take().unwrap()(server);
                let nobodys = anew.owner.is_none();
                store.execution_progress(execution_id(which), claimed[0].epoch, anew).await.unwrap();
                if nobodys {
                    assert_eq!(claim(store, server).await.len(), 1);
                }
            }
        }
        let server = next_server(store, which * 100 + 5).await;
        assert_eq!(claim(store, server).await.len(), 0);
        assert_eq!(stored(store, which).await.head.reason, Some(Reason::Quarantined));
    }
}

/// Whoever dies with one of them next is the one, and the others were spared.
pub async fn a_suspect_is_handed_out_alone(store: &dyn Store) {
    let server = next_server(store, 1).await;
    for n in 1..=3 {
        store.execution_create(execution(n, n, running(server))).await.unwrap();
    }
    for n in 2..deaths_max() {
        let server = next_server(store, n).await;
        assert_eq!(claim(store, server).await.len(), 3, "after {} deaths", n - 1);
    }
    let server = next_server(store, deaths_max()).await;
    store.execution_create(execution(4, 4, queued(at(1)))).await.unwrap();
    let claimed = claim(store, server).await;
    let first = ids(&claimed).into_iter().filter(|id| *id != execution_id(4)).collect::<Vec<_>>();
    assert_eq!((claimed.len(), first.len()), (2, 1), "one suspect, and who is none");
    assert_eq!(claim(store, server).await.len(), 0);
    let suspect = claimed.iter().find(|one| one.head.id == first[0]).unwrap();
    store.execution_progress(first[0], suspect.epoch, ended(Status::Succeeded, at(9))).await.unwrap();
    let next = claim(store, server).await;
    assert_eq!(next.len(), 1, "the next of them");
    // A person's wish does not wait for that.
    let left = (1..=3).map(execution_id).find(|id| *id != first[0] && *id != next[0].head.id).unwrap();
    assert!(store.execution_claim_one(left, server).await.unwrap().is_some());
}

pub async fn what_is_set_aside_waits_for_a_word_and_gets_no_new_life(store: &dyn Store) {
    let server = quarantined(store).await;
    assert_eq!(claim(store, server).await.len(), 0);
    let claimed = store.execution_claim_one(execution_id(1), server).await.unwrap().unwrap();
    assert_eq!((claimed.waited_for, claimed.head.reason), (Some(Reason::Quarantined), None));
    assert_eq!(claimed.head.status, Status::Running);
    assert!(store.execution_claim_one(execution_id(1), server).await.unwrap().is_none(), "one word counts");

    store.server_stop(server).await.unwrap();
    let server = next_server(store, 99).await;
    assert_eq!(claim(store, server).await.len(), 0, "it has killed once more");
    assert_eq!(stored(store, 1).await.head.reason, Some(Reason::Quarantined));
    let claimed = store.execution_claim_one(execution_id(1), server).await.unwrap().unwrap();
    store.execution_progress(execution_id(1), claimed.epoch, ended(Status::Cancelled, at(9))).await.unwrap();
    assert_eq!(stored(store, 1).await.head.status, Status::Cancelled);
}

/// Whoever says the word takes it by hand: nobody goes after it for a wish.
pub async fn a_wish_for_what_is_set_aside_goes_to_nobody(store: &dyn Store) {
    let server = quarantined(store).await;
    assert!(store.execution_cancel(execution_id(1)).await.unwrap());
    assert_eq!(store.execution_cancels(server).await.unwrap(), []);
    store.execution_claim_one(execution_id(1), server).await.unwrap().unwrap();
    assert_eq!(store.execution_cancels(server).await.unwrap(), [execution_id(1)], "its owner hears of it");
}

pub async fn a_late_owner_cannot_write_to_what_was_set_aside(store: &dyn Store) {
    let epoch = std::sync::atomic::AtomicU32::new(0);
    let server =
        outlives(store, async |claimed| epoch.store(claimed.epoch, std::sync::atomic::Ordering::Relaxed)).await;
    assert_eq!(claim(store, server).await.len(), 0);
    let late = ended(Status::Succeeded, at(9));
    let written = store.execution_progress(execution_id(1), epoch.into_inner(), late).await;
    assert!(matches!(written, Err(Error::LeaseLost { .. })), "{written:?}");
}

fn answer(status: u16) -> SentAnswer {
    let headers = vec![("X-A".to_owned(), "b".to_owned())];
    SentAnswer { answer: Answer { status, headers, body: Bytes::from_static(b"\x00no") }, sent_at: at(8) }
}

pub async fn a_quarantined_execution_can_be_failed_unread(store: &dyn Store) {
    let server = quarantined(store).await;
    assert!(store.execution_fail_quarantined(execution_id(1), Some(answer(500)), at(9)).await.unwrap());
    let failed = stored(store, 1).await;
    assert_eq!((failed.head.status, failed.head.reason), (Status::Error, None));
    assert_eq!((failed.head.finished_at, failed.answer), (Some(at(9)), Some(answer(500))));
    assert_eq!((failed.event, failed.notes.len()), (event(1), 1), "what it was stays to be read");
    assert!(store.execution_claim_one(execution_id(1), server).await.unwrap().is_none());
    assert!(!store.execution_fail_quarantined(execution_id(1), Some(answer(501)), at(10)).await.unwrap());
    assert_eq!(stored(store, 1).await.answer, Some(answer(500)), "once");
}

pub async fn only_what_is_quarantined_is_failed_unread(store: &dyn Store) {
    let server = next_server(store, 1).await;
    let asks = Progress { status: Status::Waiting, reason: Some(Reason::NeedsAttention), ..queued(at(5_000)) };
    for (n, progress) in [(1, running(server)), (2, asks), (3, ended(Status::Succeeded, at(3)))] {
        store.execution_create(execution(n, n, progress)).await.unwrap();
    }
    for n in 1..=4 {
        let before = store.execution_head(execution_id(n)).await.unwrap();
        assert!(!store.execution_fail_quarantined(execution_id(n), Some(answer(500)), at(9)).await.unwrap(), "{n}");
        assert_eq!(store.execution_head(execution_id(n)).await.unwrap(), before);
    }
    // An answer that has gone out stays.
    store
        .execution_progress(execution_id(1), 1, Progress { answer: Some(answer(200)), ..running(server) })
        .await
        .unwrap();
    for n in 2..=deaths_max() + 1 {
        let server = next_server(store, n).await;
        claim(store, server).await;
    }
    assert!(store.execution_fail_quarantined(execution_id(1), Some(answer(500)), at(9)).await.unwrap());
    assert_eq!(stored(store, 1).await.answer, Some(answer(200)));
}

pub async fn the_head_alone_is_the_one_of_the_whole(store: &dyn Store) {
    quarantined(store).await;
    let mut answered = execution(2, 2, ended(Status::Failed, at(4)));
    answered.replay_of = Some(execution_id(1));
    answered.progress.answer = Some(answer(422));
    store.execution_create(answered).await.unwrap();
    for n in [1, 2] {
        assert_eq!(store.execution_head(execution_id(n)).await.unwrap(), Some(stored(store, n).await.head));
    }
    assert_eq!(store.execution_head(execution_id(3)).await.unwrap(), None);
}
