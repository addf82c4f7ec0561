//! The PostgreSQL backend passes the suite.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use store::postgres::testing::Cluster;
use store::postgres::{Options, Postgres};

async fn open() -> (Arc<Postgres>, Arc<Cluster>) {
    let cluster = Cluster::shared();
    let store = Postgres::open(Options::new(cluster.database().await)).await.unwrap();
    (store, cluster)
}

store::conformance_suite!(crate::open);
