//! Retention.

use std::sync::Arc;

use domain::execution::status::{NodeStatus, Status};

use super::numbered::{
    at, ended, event, execution, execution_id, new, node_run, queued, running, server_id, workflow, workflow_id,
};
use crate::Store;
use crate::error::Result;
use crate::row::{ExecutionFilter, NewExecution, Pinned, RetentionRule};

fn rule(before: i64, keep: u32, limit: u32) -> RetentionRule {
    RetentionRule { workflow: workflow_id(1), before: at(before), keep, limit }
}

/// How many went.
async fn forget(store: &dyn Store, rule: RetentionRule) -> Result<u32> {
    store.retention_delete(store.retention_find(rule).await?).await
}

/// Executions 1 to `count` of workflow 1, each ended a second after it began.
async fn history(store: &dyn Store, count: i64) {
    for n in 1..=count {
        let mut one = execution(n, 1, ended(Status::Succeeded, at(n + 1)));
        one.progress.records = vec![node_run("call", NodeStatus::Succeeded)];
        store.execution_create(one).await.unwrap();
    }
}

async fn left(store: &dyn Store) -> Vec<i64> {
    let filter = ExecutionFilter { limit: 100, ..ExecutionFilter::default() };
    let heads = store.execution_list(filter).await.unwrap().items;
    heads.iter().map(|head| (head.accepted_at.as_micros() - at(0).as_micros()) / 1_000_000).collect()
}

pub async fn what_ended_before_the_bound_is_deleted(store: &dyn Store) {
    history(store, 5).await;
    store.execution_create(execution(6, 2, ended(Status::Failed, at(1)))).await.unwrap();
    // Began before the bound, ended after it.
    store.execution_create(execution(0, 1, ended(Status::Succeeded, at(50)))).await.unwrap();

    assert_eq!(forget(store, rule(1, 100, 100)).await.unwrap(), 0);
    assert_eq!(forget(store, rule(4, 100, 100)).await.unwrap(), 2);
    assert_eq!(left(store).await, [6, 5, 4, 3, 0]);
    assert!(store.execution_get(execution_id(1)).await.unwrap().is_none());
    assert_eq!(store.execution_get(execution_id(3)).await.unwrap().unwrap().records.len(), 1);
}

pub async fn what_is_beyond_the_newest_is_deleted(store: &dyn Store) {
    history(store, 5).await;
    assert_eq!(forget(store, rule(0, 5, 100)).await.unwrap(), 0);
    assert_eq!(forget(store, rule(0, 2, 100)).await.unwrap(), 3);
    assert_eq!(left(store).await, [5, 4]);
    assert_eq!(forget(store, rule(0, 0, 100)).await.unwrap(), 2);
    assert_eq!(left(store).await, [0; 0]);
}

pub async fn what_has_not_ended_is_never_deleted(store: &dyn Store) {
    store.execution_create(execution(1, 1, queued(at(1)))).await.unwrap();
    store.execution_create(execution(2, 1, running(server_id(1)))).await.unwrap();
    store.execution_create(execution(3, 1, ended(Status::Cancelled, at(3)))).await.unwrap();
    assert_eq!(forget(store, rule(1_000, 0, 100)).await.unwrap(), 1);
    assert_eq!(left(store).await, [2, 1]);
}

pub async fn a_slice_deletes_the_oldest_and_no_more_than_it_may(store: &dyn Store) {
    history(store, 5).await;
    assert_eq!(forget(store, rule(1_000, 100, 2)).await.unwrap(), 2);
    assert_eq!(left(store).await, [5, 4, 3]);
    assert_eq!(forget(store, rule(1_000, 100, 2)).await.unwrap(), 2);
    assert_eq!(forget(store, rule(1_000, 100, 2)).await.unwrap(), 1);
    assert_eq!(forget(store, rule(1_000, 100, 2)).await.unwrap(), 0);
}

/// It may have been found a while ago, or never.
pub async fn only_what_has_ended_is_deleted_whoever_names_it(store: &dyn Store) {
    history(store, 2).await;
    store.execution_create(execution(3, 1, queued(at(3)))).await.unwrap();
    let named = [1, 1, 3, 9].map(execution_id).to_vec();
    assert_eq!(store.retention_delete(named).await.unwrap(), 1);
    assert_eq!(left(store).await, [3, 2]);
    assert_eq!(store.retention_delete(Vec::new()).await.unwrap(), 0);
}

pub async fn an_event_stays_until_its_last_execution_goes(store: &dyn Store) {
    let shared = Arc::new(event(1));
    for n in [1, 2] {
        let mut one = execution(n, 1, ended(Status::Succeeded, at(n + 1)));
        one.event = Arc::clone(&shared);
        store.execution_create(one).await.unwrap();
    }
    assert_eq!(forget(store, rule(1_000, 1, 1)).await.unwrap(), 1);
    assert_eq!(store.execution_get(execution_id(2)).await.unwrap().unwrap().event, *shared);
    assert_eq!(forget(store, rule(1_000, 0, 1)).await.unwrap(), 1);

    // It is gone: made anew with other bytes, it reads back with those.
    let mut other = event(1);
    other.body = "null".into();
    let mut one = execution(3, 1, queued(at(3)));
    one.event = Arc::new(other.clone());
    store.execution_create(one).await.unwrap();
    assert_eq!(store.execution_get(execution_id(3)).await.unwrap().unwrap().event, other);
}

/// A test made anew under the old id brings a draft of its own: that of the old one is not in its way.
pub async fn a_tests_draft_goes_with_it(store: &dyn Store) {
    let test = |draft: &str| NewExecution {
        pinned: Pinned::Draft(Arc::new(draft.into())),
        ..execution(1, 1, ended(Status::Succeeded, at(2)))
    };
    store.execution_create(test("old")).await.unwrap();
    let again = store.execution_create(test("new")).await;
    assert!(again.is_err(), "the id is taken");
    assert_eq!(forget(store, rule(1_000, 0, 1)).await.unwrap(), 1);
    store.execution_create(test("new")).await.unwrap();
    let stored = store.execution_get(execution_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.draft, Some("new".into()));
}

pub async fn every_workflow_with_executions_is_named_once(store: &dyn Store) {
    assert_eq!(store.retention_workflows().await.unwrap(), []);
    store.workflow_save(vec![new(workflow(1)), new(workflow(2))]).await.unwrap();
    for (n, of) in [(1, 1), (2, 3), (3, 1), (4, 3)] {
        store.execution_create(execution(n, of, queued(at(n)))).await.unwrap();
    }
    store.workflow_delete(workflow_id(1), at(9)).await.unwrap();
    let mut named = store.retention_workflows().await.unwrap();
    named.sort_unstable();
    assert_eq!(named, [workflow_id(1), workflow_id(3)]);
}

pub async fn space_can_be_given_back_at_any_time(store: &dyn Store) {
    store.space_slice().await.unwrap();
    history(store, 3).await;
    forget(store, rule(1_000, 0, 100)).await.unwrap();
    store.space_slice().await.unwrap();
    history(store, 3).await;
    assert_eq!(left(store).await, [3, 2, 1]);
}
