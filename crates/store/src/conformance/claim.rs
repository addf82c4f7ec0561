//! Claims: exclusive, fair, and only of what is nobody's.

use std::collections::HashSet;

use bytes::Bytes;
use domain::answer::Answer;
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::flow::document::Mode;
use domain::id::{ExecutionId, WorkflowId};
use futures_util::future::join_all;

use super::numbered::{
    LEASE, at, ended, event, execution, execution_id, key, node_run, queued, running, server, server_id, workflow_id,
};
use crate::Store;
use crate::row::{Claim, Claimed, Pinned, Progress, SentAnswer};

fn claim(per_workflow: u32, limit: u32) -> Claim {
    Claim { server: server_id(1), now: at(1_000), per_workflow, limit, skip: Vec::new() }
}

fn ids(claimed: &[Claimed]) -> Vec<ExecutionId> {
    claimed.iter().map(|claimed| claimed.head.id).collect()
}

fn workflows(claimed: &[Claimed]) -> Vec<WorkflowId> {
    claimed.iter().map(|claimed| claimed.head.workflow).collect()
}

/// `count` executions of workflow `of`, numbered from `first` on, due at once.
async fn backlog(store: &dyn Store, first: i64, count: i64, of: i64) {
    let made = (first..first + count).map(|n| store.execution_create(execution(n, of, queued(at(n)))));
    for made in join_all(made).await {
        made.unwrap();
    }
}

/// Eight ask at once, round after round: every execution goes to exactly one of them.
pub async fn claim_is_exclusive(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    for of in 0..4 {
        backlog(store, of * 50 + 1, 50, of).await;
    }
    let one = async || {
        let mut mine = Vec::new();
        loop {
            let claimed = store.execution_claim(claim(3, 7)).await.unwrap();
            if claimed.is_empty() {
                return mine;
            }
            mine.extend(claimed);
        }
    };
    let claimed: Vec<_> = join_all((0..8).map(|_| one())).await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 200);
    assert_eq!(ids(&claimed).into_iter().collect::<HashSet<_>>().len(), 200);
    assert!(claimed.iter().all(|claimed| claimed.epoch == 2));
}

pub async fn claim_hands_out_all_that_is_needed_to_go_on(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    let mut new = execution(1, 2, Progress { status: Status::Waiting, reason: Some(Reason::Timer), ..queued(at(1)) });
    let drafted = Pinned::Draft(serde_json::json!({"mode": "sync"}).into());
    new.pinned = drafted.clone();
    new.timeout_at = Some(at(60));
    new.progress.records = vec![node_run("call", NodeStatus::Succeeded)];
    store.execution_create(new).await.unwrap();

    let claimed = store.execution_claim(claim(1, 1)).await.unwrap().remove(0);
    let head = &claimed.head;
    assert_eq!((head.id, head.workflow, head.workflow_key.clone()), (execution_id(1), workflow_id(2), key(2)));
    assert_eq!((claimed.pinned.clone(), head.revision, claimed.epoch), (drafted, None, 2));
    assert_eq!((head.status, head.reason), (Status::Running, None));
    assert_eq!((head.accepted_at, claimed.timeout_at), (at(1), Some(at(60))));
    assert_eq!(claimed.event, event(1));
    assert_eq!(claimed.records, [node_run("call", NodeStatus::Succeeded)]);
    let stored = store.execution_get(execution_id(1)).await.unwrap().unwrap().head;
    assert_eq!((stored.status, stored.reason), (Status::Running, None));
    store.execution_progress(claimed.head.id, 2, ended(Status::Succeeded, at(9))).await.unwrap();
}

/// One by one or many at a time: the row that is handed out is the row that stands there from now on.
pub async fn what_is_claimed_reads_as_what_is_stored(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    for n in [1, 2] {
        let mut new =
            execution(n, 2, Progress { status: Status::Waiting, reason: Some(Reason::Timer), ..queued(at(n)) });
        new.mode = Mode::Sync;
        new.pinned = Pinned::Revision(7);
        new.replay_of = Some(execution_id(9));
        new.progress.answer = Some(SentAnswer {
            answer: Answer { status: 202, headers: Vec::new(), body: Bytes::new() },
            sent_at: at(n),
        });
        store.execution_create(new).await.unwrap();
    }
    let mut claimed = store.execution_claim(claim(1, 1)).await.unwrap();
    claimed.extend(store.execution_claim_one(execution_id(2), server_id(1)).await.unwrap());
    assert_eq!(ids(&claimed), [execution_id(1), execution_id(2)]);
    for one in claimed {
        let stored = store.execution_get(one.head.id).await.unwrap().unwrap().head;
        assert_eq!(one.head, stored);
        assert_eq!((stored.revision, stored.replay_of), (Some(7), Some(execution_id(9))));
        assert_eq!((stored.mode, stored.answer_status), (Mode::Sync, Some(202)));
        assert_eq!(one.pinned, Pinned::Revision(7));
    }
}

pub async fn claim_takes_what_is_due_oldest_first(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    for (n, due) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
        store.execution_create(execution(n, 1, queued(at(due)))).await.unwrap();
    }
    store.execution_create(execution(5, 1, ended(Status::Succeeded, at(1)))).await.unwrap();
    let due = |now| Claim { now: at(now), ..claim(2, 10) };
    assert_eq!(ids(&store.execution_claim(due(9)).await.unwrap()), []);
    assert_eq!(ids(&store.execution_claim(due(30)).await.unwrap()), [execution_id(2), execution_id(3)]);
    assert_eq!(ids(&store.execution_claim(due(30)).await.unwrap()), [execution_id(1)]);
    assert_eq!(ids(&store.execution_claim(due(39)).await.unwrap()), []);
}

pub async fn a_flood_of_one_workflow_leaves_room_for_the_others(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    backlog(store, 1, 100, 1).await;
    backlog(store, 200, 1, 2).await;
    let claimed = store.execution_claim(claim(5, 20)).await.unwrap();
    let of = |n| workflows(&claimed).iter().filter(|workflow| **workflow == workflow_id(n)).count();
    assert_eq!((of(1), of(2)), (5, 1));
}

pub async fn a_small_limit_goes_round_all_workflows(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    for of in 0..6 {
        backlog(store, of * 10 + 1, 5, of).await;
    }
    for round in 0..2 {
        let mut served = HashSet::new();
        for _ in 0..3 {
            served.extend(workflows(&store.execution_claim(claim(1, 2)).await.unwrap()));
        }
        assert_eq!(served.len(), 6, "round {round}");
    }
}

pub async fn skipped_workflows_are_left_alone(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    backlog(store, 1, 3, 1).await;
    backlog(store, 10, 3, 2).await;
    let skipping = Claim { skip: vec![workflow_id(1)], ..claim(10, 10) };
    let claimed = store.execution_claim(skipping).await.unwrap();
    assert_eq!(workflows(&claimed), [workflow_id(2); 3]);
}

pub async fn what_a_living_server_owns_cannot_be_claimed(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    assert_eq!(ids(&store.execution_claim(claim(10, 10)).await.unwrap()), []);
    assert!(store.execution_claim_one(execution_id(1), server_id(1)).await.unwrap().is_none());
    assert_eq!(store.execution_next_due().await.unwrap(), None);
}

pub async fn what_was_given_back_can_be_claimed_once_it_is_due(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    let parked = Progress { status: Status::Waiting, reason: Some(Reason::Timer), ..queued(at(50)) };
    store.execution_progress(execution_id(1), 1, parked).await.unwrap();
    assert_eq!(ids(&store.execution_claim(Claim { now: at(49), ..claim(1, 1) }).await.unwrap()), []);
    let claimed = store.execution_claim(Claim { now: at(50), ..claim(1, 1) }).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.epoch).collect::<Vec<_>>(), [2]);
}

pub async fn one_execution_can_be_claimed_before_it_is_due(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, queued(at(5_000)))).await.unwrap();
    store.execution_create(execution(2, 1, ended(Status::Failed, at(1)))).await.unwrap();
    let claimed = store.execution_claim_one(execution_id(1), server_id(1)).await.unwrap().unwrap();
    assert_eq!((claimed.head.id, claimed.epoch), (execution_id(1), 2));
    for (n, why) in [(1, "taken"), (2, "ended"), (3, "unknown")] {
        let claimed = store.execution_claim_one(execution_id(n), server_id(1)).await.unwrap();
        assert!(claimed.is_none(), "{why}");
    }
}

/// Whatever it waited for: nobody else looks for what was taken up before its time.
pub async fn what_was_taken_before_it_was_due_is_due_when_its_owner_dies(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    let asks = Progress { status: Status::Waiting, reason: Some(Reason::NeedsAttention), ..queued(at(900_000)) };
    store.execution_create(execution(1, 1, asks)).await.unwrap();
    store.execution_claim_one(execution_id(1), server_id(1)).await.unwrap().unwrap();
    store.server_stop(server_id(1)).await.unwrap();
    store.server_start(server(2), LEASE).await.unwrap();
    assert_eq!(store.execution_next_due().await.unwrap(), Some(at(1)));
    let claimed = store.execution_claim(Claim { server: server_id(2), now: at(1), ..claim(1, 1) }).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.epoch).collect::<Vec<_>>(), [3]);
}

pub async fn the_next_due_time_is_that_of_the_first_unowned_one(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    assert_eq!(store.execution_next_due().await.unwrap(), None);
    store.execution_create(execution(1, 1, Progress { due_at: at(5), ..running(server_id(1)) })).await.unwrap();
    for (n, of, due) in [(2, 1, 40), (3, 2, 20), (4, 3, 30)] {
        store.execution_create(execution(n, of, queued(at(due)))).await.unwrap();
    }
    assert_eq!(store.execution_next_due().await.unwrap(), Some(at(20)));
    store.server_stop(server_id(1)).await.unwrap();
    assert_eq!(store.execution_next_due().await.unwrap(), Some(at(5)), "its owner is gone");
}
