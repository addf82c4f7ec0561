//! Kill the server under load, again and again: whatever was answered 2xx is there afterwards, and ends.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "this is a test")]

mod support;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bench::load::{self, Plan, Until};
use domain::id::ExecutionId;
use store::Store;
use store::sqlite::{Options, Sqlite};
use support::{Home, Server};

const ROUNDS: u64 = 10;
const LOAD: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 64;

const SYNC: &str = r#"
hookflow: 1
title: Sync
key: crashsync0000
enabled: true
mode: sync
trigger: { kind: webhook }
nodes:
  - kind: condition
    config: { mode: branch, rule: { all: [{ left: "{{ trigger.body.order.status }}", operator: equal, right: paid }] } }
    branches:
      "true": [{ kind: response, config: { body: { received: "{{ trigger.body.order.id }}" } } }]
      "false": [{ kind: response, config: { status: 422 } }]
"#;

const ASYNC: &str = r#"
hookflow: 1
title: Async
key: crashasync000
enabled: true
mode: async
trigger: { kind: webhook }
nodes:
  - { key: pause, kind: test_wait, config: { ms: 30 } }
  - kind: condition
    config: { mode: continue, rule: { all: [{ left: "{{ trigger.body.order.status }}", operator: equal, right: paid }] } }
"#;

/// Ids of executions that were answered 2xx.
type Ledger = Arc<Mutex<HashSet<ExecutionId>>>;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_ten_kills_under_load() {
    let home = Home::new();
    let (sync, background) = (home.file("sync.yaml", SYNC), home.file("async.yaml", ASYNC));
    let server = home.serve(&[]);
    home.publish(&sync);
    home.publish(&background);
    server.kill();

    let ledger = Ledger::default();
    for round in 0..ROUNDS {
        let server = home.serve(&[]);
        let loads = [
            tokio::spawn(load(&server, "crashsync0000", &ledger)),
            tokio::spawn(load(&server, "crashasync000", &ledger)),
        ];
        // Not always at the same moment of the load.
        tokio::time::sleep(LOAD - Duration::from_millis(50 * round)).await;
        server.kill();
        for load in loads {
            load.abort();
        }
    }

    let server = home.serve(&[]);
    home.await_ends();
    server.terminate();

    let store = Sqlite::open(Options::new(home.data().join("hookflow.db"))).unwrap();
    let ledger = std::mem::take(&mut *ledger.lock().unwrap());
    let (mut lost, mut open) = (Vec::new(), Vec::new());
    for id in &ledger {
        match store.execution_answer(*id).await.unwrap() {
            None => lost.push(*id),
            Some((status, _)) if status.is_open() => open.push(*id),
            Some(_) => {}
        }
    }
    println!("{} acknowledged over {ROUNDS} kills, {} lost, {} without an end", ledger.len(), lost.len(), open.len());
    assert!(ledger.len() > 1_000, "only {} were acknowledged: this was no load", ledger.len());
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(open.is_empty(), "without an end: {open:?}");
}

/// Sends until the server is gone; each 2xx goes into the ledger.
fn load(server: &Server, key: &str, ledger: &Ledger) -> impl Future<Output = ()> + use<> {
    let ledger = Arc::clone(ledger);
    let plan = Plan {
        address: server.hooks().parse().unwrap(),
        target: format!("/api/webhook:trigger/{key}"),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: br#"{"order":{"id":"A-1","status":"paid"}}"#.to_vec(),
        connections: CONNECTIONS / 2,
        until: Until::Elapsed(LOAD),
    };
    async move {
        let see = move |response: &bench::connection::Response<'_>| {
            if (200..300).contains(&response.status) {
                let id = response.header("Hookflow-Execution").expect("every 2xx names its execution");
                ledger.lock().unwrap().insert(id.parse().expect("an execution id"));
            }
        };
        load::run_seeing(plan, see).await.unwrap();
    }
}
