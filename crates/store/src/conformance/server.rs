//! Servers: who lives, and what becomes of the dead one's executions.

use std::time::Duration;

use super::numbered::{LEASE, at, execution, execution_id, running, server, server_id, workflow_id};
use crate::error::Error;
use crate::row::{Claim, ExecutionFilter};
use crate::server::{NewServer, ServerRole};
use crate::{Change, Store, row};

fn claim(server: i64) -> Claim {
    Claim { server: server_id(server), now: at(100), per_workflow: 10, limit: 10, skip: Vec::new() }
}

pub async fn a_server_that_runs_keeps_its_lease(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.server_beat(server_id(1), LEASE, false).await.unwrap();
    store.server_beat(server_id(1), LEASE, false).await.unwrap();
}

pub async fn a_server_nobody_knows_has_no_lease(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    assert!(matches!(store.server_beat(server_id(2), LEASE, false).await, Err(Error::ServerLeaseLost)));
}

pub async fn a_server_that_stopped_has_no_lease(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.server_stop(server_id(1)).await.unwrap();
    assert!(matches!(store.server_beat(server_id(1), LEASE, false).await, Err(Error::ServerLeaseLost)));
}

pub async fn what_a_stopped_server_held_can_be_claimed(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    store.server_stop(server_id(1)).await.unwrap();
    store.server_start(server(2), LEASE).await.unwrap();
    assert_eq!(store.execution_claim(claim(2)).await.unwrap().len(), 1);
}

/// Whether it is dead because its lease ran out, or because another one may be only when it is gone.
pub async fn what_a_dead_server_held_can_be_claimed(store: &dyn Store) {
    store.server_start(server(1), Duration::from_millis(1)).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    store.server_start(server(2), LEASE).await.unwrap();

    let claimed = store.execution_claim(claim(2)).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.epoch).collect::<Vec<_>>(), [2]);
    let late = store.execution_progress(execution_id(1), 1, running(server_id(1))).await;
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "the dead one wakes up too late: {late:?}");
}

/// What is sealed with one key is nothing to who has another.
pub async fn a_server_with_another_key_is_refused_unless_it_means_to(store: &dyn Store) {
    let with = |n, key: &str, key_is_new| NewServer { key_check: key.to_owned(), key_is_new, ..server(n) };
    store.server_start(with(1, "right", false), LEASE).await.unwrap();
    let refused = store.server_start(with(2, "wrong", false), LEASE).await;
    assert!(matches!(refused, Err(Error::OtherKey)), "{refused:?}");
    store.server_beat(server_id(1), LEASE, false).await.expect("nobody else has started");
    store.server_stop(server_id(1)).await.unwrap();
    let refused = store.server_start(with(2, "wrong", false), LEASE).await;
    assert!(matches!(refused, Err(Error::OtherKey)), "also once the first has stopped: {refused:?}");
    store.server_start(with(3, "new", true), LEASE).await.unwrap();
    store.server_stop(server_id(3)).await.unwrap();
    assert!(matches!(store.server_start(with(4, "right", false), LEASE).await, Err(Error::OtherKey)));
    store.server_start(with(5, "new", false), LEASE).await.unwrap();
}

pub async fn servers_are_listed_while_they_live(store: &dyn Store) {
    assert_eq!(store.server_list().await.unwrap(), []);
    store.server_start(NewServer { role: ServerRole::Worker, ..server(1) }, LEASE).await.unwrap();
    let list = store.server_list().await.unwrap();
    let listed: Vec<_> = list.iter().map(|one| (one.id, one.role, &*one.address, &*one.version)).collect();
    assert_eq!(listed, [(server_id(1), ServerRole::Worker, "127.0.0.1:1", "1.2.3")]);
    store.server_stop(server_id(1)).await.unwrap();
    assert_eq!(store.server_list().await.unwrap(), []);
}

/// It goes on with it at the epoch it has: nobody can have written meanwhile.
pub async fn a_server_that_starts_anew_goes_on_with_what_was_its_own(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    store.server_stop(server_id(1)).await.unwrap();
    store.server_start(NewServer { formerly: Some(server_id(1)), ..server(2) }, LEASE).await.unwrap();
    assert!(store.execution_claim(claim(2)).await.unwrap().is_empty(), "it has an owner who lives");
    store.execution_progress(execution_id(1), 1, running(server_id(2))).await.unwrap();
}

/// With several servers: what others did. With one: nothing.
pub async fn what_a_server_did_itself_is_no_news_to_it(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    let before = store.changed_since(None).await.unwrap();
    assert_eq!(before.stale, []);
    let mut words = store.changes();
    store.setting_set("public_url", Some("https://example.com".to_owned())).await.unwrap();
    store.tell(Change::Stale);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(store.changed_since(Some(before.number)).await.unwrap().stale, []);
    while let Ok(word) = words.try_recv() {
        assert_eq!(word, Change::Missed, "as after every connection");
    }
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
