//! Several servers on one PostgreSQL, each with a store of its own.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::execution::status::Status;
use domain::id::ExecutionId;
use futures_util::future::join_all;
use store::conformance::numbered::{
    LEASE, at, ended, event, execution, execution_id, queued, running, server, server_id, workflow_id,
};
use store::postgres::testing::{Cluster, client};
use store::postgres::{Options, Postgres};
use store::{Claim, Claimed, Error, NewExecution, Store};

/// The `n`th is of server `n`, which lives.
async fn servers(count: i64) -> (Vec<Arc<Postgres>>, String) {
    let url = Cluster::shared().database().await;
    let mut stores = Vec::new();
    for n in 0..count {
        let store = Postgres::open(Options { connections: 4, ..Options::new(&url) }).await.unwrap();
        store.server_start(server(n), LEASE).await.unwrap();
        stores.push(store);
    }
    (stores, url)
}

async fn close(stores: Vec<Arc<Postgres>>) {
    for store in stores {
        store.close().await.unwrap();
    }
}

async fn claim(store: &Postgres, server: i64, per_workflow: u32, limit: u32) -> Vec<Claimed> {
    let claim = Claim { server: server_id(server), now: at(100_000), per_workflow, limit, skip: Vec::new() };
    store.execution_claim(claim).await.unwrap()
}

fn ids(claimed: &[Claimed]) -> Vec<ExecutionId> {
    claimed.iter().map(|one| one.head.id).collect()
}

/// Also of what a dead one left; and all of it is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_several_servers_claim_at_once_goes_to_one_of_them() {
    let (stores, _) = servers(4).await;
    stores[0].server_start(server(9), Duration::from_millis(1)).await.unwrap();
    let made = (0..600).map(|n| {
        let progress = if n % 3 == 0 { running(server_id(9)) } else { queued(at(n)) };
        stores[0].execution_create(execution(n, n % 8, progress))
    });
    assert!(join_all(made).await.iter().all(Result::is_ok));
    let takes = |n: i64, store: Arc<Postgres>| async move {
        let (mut mine, mut empty) = (Vec::new(), 0);
        while empty < 3 {
            let claimed = claim(&store, n, 3, 10).await;
            empty = if claimed.is_empty() { empty + 1 } else { 0 };
            mine.extend(claimed);
        }
        mine
    };
    let all = (0..).zip(&stores).map(|(n, store)| tokio::spawn(takes(n, Arc::clone(store))));
    let claimed: Vec<_> = join_all(all).await.into_iter().map(Result::unwrap).collect();
    assert!(claimed.iter().filter(|mine| !mine.is_empty()).count() > 1, "only one of them got anything");
    let all: Vec<_> = claimed.iter().flatten().collect();
    assert_eq!((all.len(), all.iter().map(|one| one.head.id).collect::<BTreeSet<_>>().len()), (600, 600));
    assert!(all.iter().all(|one| one.epoch == 2));
    close(stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_execution_goes_to_one_of_those_who_ask_for_it() {
    let (stores, _) = servers(3).await;
    for n in 0..30 {
        stores[0].execution_create(execution(n, 1, queued(at(n)))).await.unwrap();
        let asked =
            (0..).zip(&stores).map(|(server, store)| store.execution_claim_one(execution_id(n), server_id(server)));
        let got = join_all(asked).await.into_iter().filter(|one| one.as_ref().unwrap().is_some()).count();
        assert_eq!(got, 1, "{n}");
    }
    close(stores).await;
}

/// By the clock of the database, whoever starts or stops beside it.
#[tokio::test]
async fn a_server_lives_until_its_lease_is_over() {
    let (stores, url) = servers(2).await;
    for n in [0, 1] {
        stores[0].execution_create(execution(n, n, running(server_id(0)))).await.unwrap();
    }
    assert_eq!(ids(&claim(&stores[1], 1, 9, 9).await), [], "the start of another one killed it");
    let end = "update server set lease_until = clock_timestamp() - interval '1 second'";
    client(&url).await.batch_execute(end).await.unwrap();
    assert_eq!(stores[1].execution_next_due().await.unwrap(), Some(at(0)));
    let claimed = claim(&stores[1], 1, 1, 1).await;
    assert_eq!(claimed.len(), 1);
    let late = stores[0].execution_progress(claimed[0].head.id, 1, running(server_id(0))).await;
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "{late:?}");
    // It holds something still, so it can come back.
    stores[0].server_beat(server_id(0), LEASE, false).await.unwrap();
    assert_eq!(ids(&claim(&stores[1], 1, 9, 9).await), []);
    let left = (0..2).map(execution_id).find(|id| *id != claimed[0].head.id).unwrap();
    stores[0].execution_progress(left, 1, ended(Status::Succeeded, at(9))).await.unwrap();
    // Then it holds nothing: once its lease is over it is forgotten.
    client(&url).await.batch_execute(end).await.unwrap();
    let third = Postgres::open(Options::new(&url)).await.unwrap();
    assert!(matches!(stores[0].server_beat(server_id(0), LEASE, false).await, Err(Error::ServerLeaseLost)));
    third.close().await.unwrap();
    close(stores).await;
}

/// One keeps house while others run the same event again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_several_share_goes_with_the_last_of_them() {
    let (stores, url) = servers(2).await;
    let shared = Arc::new(event(0));
    for round in 0..20 {
        let first = round * 100;
        let of = |n: i64| NewExecution {
            event: Arc::clone(&shared),
            replay_of: (n > first).then(|| execution_id(first)),
            ..execution(n, 1, ended(Status::Succeeded, at(n)))
        };
        stores[0].execution_create(of(first)).await.unwrap();
        let more = join_all((1..9).map(|n| stores[usize::try_from(n % 2).unwrap()].execution_create(of(first + n))));
        let less = stores[1].retention_delete(vec![execution_id(first)]);
        let (more, less) = tokio::join!(more, less);
        assert!(more.iter().all(Result::is_ok) && less.unwrap() == 1, "{more:?}");
        let count = client(&url).await.query("select executions from event", &[]).await.unwrap();
        assert_eq!(count.iter().map(|row| row.get(0)).collect::<Vec<i64>>(), [8], "in round {round}");
        let rest: Vec<_> = (1..9).map(|n| execution_id(first + n)).collect();
        let halves = rest.split_at(4);
        let (one, other) =
            tokio::join!(stores[0].retention_delete(halves.0.to_vec()), stores[1].retention_delete(halves.1.to_vec()));
        assert_eq!((one.unwrap(), other.unwrap()), (4, 4));
        assert_eq!(client(&url).await.query("select from event", &[]).await.unwrap().len(), 0, "in round {round}");
    }
    let workflows = stores[0].retention_workflows().await.unwrap();
    assert!(!workflows.contains(&workflow_id(1)));
    close(stores).await;
}
