//! Wishes that executions end, for whoever runs them.

use domain::execution::status::Status;

use super::numbered::{LEASE, at, ended, execution, execution_id, queued, running, server, server_id};
use crate::Store;
use crate::row::Claim;

pub async fn a_wish_is_for_the_owner_until_it_has_ended(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    store.execution_create(execution(2, 1, running(server_id(1)))).await.unwrap();
    assert!(store.execution_cancel(execution_id(1)).await.unwrap());
    assert!(store.execution_cancel(execution_id(1)).await.unwrap(), "twice is once");
    for _ in 0..2 {
        assert_eq!(store.execution_cancels(server_id(1)).await.unwrap(), [execution_id(1)]);
    }
    assert_eq!(store.execution_cancels(server_id(2)).await.unwrap(), [], "another server");
    store.execution_progress(execution_id(1), 1, ended(Status::Cancelled, at(9))).await.unwrap();
    assert_eq!(store.execution_cancels(server_id(1)).await.unwrap(), []);
}

pub async fn a_wish_goes_with_its_execution_from_owner_to_owner(store: &dyn Store) {
    store.server_start(server(1), LEASE).await.unwrap();
    store.execution_create(execution(1, 1, queued(at(1)))).await.unwrap();
    assert!(store.execution_cancel(execution_id(1)).await.unwrap());
    for server in [1, 2] {
        let wishes = store.execution_cancels(server_id(server)).await.unwrap();
        assert_eq!(wishes, [execution_id(1)], "it is nobody's: whoever sees it first ends it");
    }
    let claim = Claim { server: server_id(1), now: at(100), per_workflow: 10, limit: 10, skip: Vec::new() };
    assert_eq!(store.execution_claim(claim).await.unwrap().len(), 1);
    assert_eq!(store.execution_cancels(server_id(1)).await.unwrap(), [execution_id(1)]);
    assert_eq!(store.execution_cancels(server_id(2)).await.unwrap(), []);
}

pub async fn what_has_ended_or_never_was_cannot_be_wished_to_end(store: &dyn Store) {
    store.execution_create(execution(1, 1, ended(Status::Failed, at(1)))).await.unwrap();
    for n in [1, 2] {
        assert!(!store.execution_cancel(execution_id(n)).await.unwrap());
    }
}
