//! Servers: who lives, and what becomes of the dead one's executions.

use std::time::Duration;

use super::numbered::{LEASE, at, execution, execution_id, running, server_id, workflow_id};
use crate::error::Error;
use crate::row::{Claim, ExecutionFilter};
use crate::{Store, row};

fn claim(server: i64) -> Claim {
    Claim { server: server_id(server), now: at(100), per_workflow: 10, limit: 10, skip: Vec::new() }
}

pub async fn a_server_that_runs_keeps_its_lease(store: &dyn Store) {
    store.server_start(server_id(1), LEASE).await.unwrap();
    store.server_beat(server_id(1), LEASE).await.unwrap();
    store.server_beat(server_id(1), LEASE).await.unwrap();
}

pub async fn a_server_nobody_knows_has_no_lease(store: &dyn Store) {
    store.server_start(server_id(1), LEASE).await.unwrap();
    assert!(matches!(store.server_beat(server_id(2), LEASE).await, Err(Error::ServerLeaseLost)));
}

pub async fn a_server_that_stopped_has_no_lease(store: &dyn Store) {
    store.server_start(server_id(1), LEASE).await.unwrap();
    store.server_stop(server_id(1)).await.unwrap();
    assert!(matches!(store.server_beat(server_id(1), LEASE).await, Err(Error::ServerLeaseLost)));
}

pub async fn what_a_stopped_server_held_can_be_claimed(store: &dyn Store) {
    store.server_start(server_id(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    store.server_stop(server_id(1)).await.unwrap();
    store.server_start(server_id(2), LEASE).await.unwrap();
    assert_eq!(store.execution_claim(claim(2)).await.unwrap().len(), 1);
}

/// Whether it is dead because its lease ran out, or because another one may be only when it is gone.
pub async fn what_a_dead_server_held_can_be_claimed(store: &dyn Store) {
    store.server_start(server_id(1), Duration::from_millis(1)).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    store.server_start(server_id(2), LEASE).await.unwrap();

    let claimed = store.execution_claim(claim(2)).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.epoch).collect::<Vec<_>>(), [2]);
    let late = store.execution_progress(execution_id(1), 1, running(server_id(1))).await;
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "the dead one wakes up too late: {late:?}");
}

pub async fn after_closing_every_call_says_so(store: &dyn Store) {
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    let create = store.execution_create(execution(2, 1, running(server_id(1)))).await;
    assert!(matches!(create, Err(Error::Closed)), "{create:?}");
    let list = store.execution_list(ExecutionFilter { limit: 1, ..ExecutionFilter::default() }).await;
    assert!(matches!(list, Err(Error::Closed)), "{list:?}");
    let slice = row::RetentionRule { workflow: workflow_id(1), before: at(0), keep: 0, limit: 1 };
    assert!(matches!(store.retention_find(slice).await, Err(Error::Closed)));
    assert!(matches!(store.retention_delete(vec![execution_id(1)]).await, Err(Error::Closed)));
}
