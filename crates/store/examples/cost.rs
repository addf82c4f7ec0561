//! What an execution costs the store: callers in a closed loop, each waiting for its flush as a request does.
//! ```text
//! cargo run --release -p store --example cost -- [sync|async] [executions] [callers] [folder|postgres [writers]]
//! perf stat -e instructions:u <the same>
//! ```
//! `sync`: born finished, with its answer and its journal. `async`: born running, finished in a second write.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a command line for who works on the store")]

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::answer::Answer;
use domain::execution::journal::NodeRun;
use domain::execution::status::{NodeStatus, Status};
use domain::flow::document::Mode;
use domain::id::{EventId, ExecutionId};
use domain::time::Timestamp;
use serde_json::json;
use store::conformance::numbered;
use store::postgres::Postgres;
use store::postgres::testing::Cluster;
use store::sqlite::{Options, Sqlite};
use store::{NewExecution, Progress, SentAnswer, Store, postgres};

const BODY_BYTES: usize = 1_024;
const WORKFLOWS: i64 = 10;

fn main() {
    let mut args = std::env::args().skip(1);
    let is_sync = args.next().is_none_or(|shape| shape == "sync");
    let executions = args.next().map_or(50_000, |number| number.parse().unwrap());
    let callers: i64 = args.next().map_or(64, |number| number.parse().unwrap());
    let place = args.next();
    let writers = args.next().map(|number| number.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (store, _held): (Arc<dyn Store>, Box<dyn Any>) = if place.as_deref() == Some("postgres") {
            let cluster = Cluster::start();
            let options = postgres::Options::new(cluster.database().await);
            let writers = writers.unwrap_or(options.writers);
            (Postgres::open(postgres::Options { writers, ..options }).await.unwrap(), Box::new(cluster))
        } else {
            let folder = place.map_or_else(tempfile::tempdir, tempfile::tempdir_in).unwrap();
            (Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap(), Box::new(folder))
        };
        store.server_start(numbered::server(1), Duration::from_secs(15)).await.unwrap();
        let next = Arc::new(AtomicI64::new(0));
        let began = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|_| tokio::spawn(call(Arc::clone(&store), Arc::clone(&next), executions, is_sync)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let took = began.elapsed();
        let stats = store.stats();
        let executions = executions as f64;
        println!(
            "{:.0} executions/s; on a core, us each: {}; {:.1} commands a batch, {} flushes, {:.0} bytes each",
            executions / took.as_secs_f64(),
            threads()
                .into_iter()
                .map(|(name, ns)| format!("{name} {:.1}", ns / 1e3 / executions))
                .collect::<Vec<_>>()
                .join(", "),
            stats.commands as f64 / stats.flushes as f64,
            stats.flushes,
            stats.database_bytes as f64 / executions,
        );
        store.close().await.unwrap();
    });
}

async fn call(store: Arc<dyn Store>, next: Arc<AtomicI64>, executions: i64, is_sync: bool) {
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= executions {
            return;
        }
        if is_sync {
            store.execution_create(execution(n, Mode::Sync, finished())).await.unwrap();
        } else {
            let new = execution(n, Mode::Async, numbered::running(numbered::server_id(1)));
            let id = new.id;
            store.execution_create(new).await.unwrap();
            store.execution_progress(id, 1, Progress { answer: None, ..finished() }).await.unwrap();
        }
    }
}

/// Ids as the server makes them: by the time, and random below the microsecond.
fn execution(n: i64, mode: Mode, progress: Progress) -> NewExecution {
    let at = Timestamp::from_micros(1_790_000_000_000_000 + n * 50);
    let random = numbered::number(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut event = numbered::event(n);
    event.id = EventId::new(at, random);
    event.headers = ["host", "user-agent", "content-type", "content-length", "accept"]
        .map(|name| (name.to_owned(), "application/json".to_owned()))
        .into();
    event.body = Bytes::from(vec![b'x'; BODY_BYTES]);
    NewExecution {
        id: ExecutionId::new(at, !random),
        mode,
        event: Arc::new(event),
        accepted_at: at,
        ..numbered::execution(n, n % WORKFLOWS, progress)
    }
}

fn finished() -> Progress {
    let at = numbered::at(1);
    let run =
        |node, result| NodeRun { finished_at: Some(at), result, ..numbered::node_run(node, NodeStatus::Succeeded) };
    let answer = Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Bytes::from_static(b"{\"received\":\"ord_20260321_000001\"}"),
    };
    Progress {
        records: vec![
            run("paid", Some(json!(true))),
            run("total", Some(json!({"sum": 12.5, "currency": "EUR"}))),
            run("accept", None),
        ],
        answer: Some(SentAnswer { answer, sent_at: at }),
        ..numbered::ended(Status::Succeeded, at)
    }
}

/// Time on a core of each thread, those of one name together, in nanoseconds.
fn threads() -> std::collections::BTreeMap<String, f64> {
    let mut times = std::collections::BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let of = |file: &str| std::fs::read_to_string(task.as_ref().unwrap().path().join(file)).unwrap_or_default();
        let ns: f64 = of("schedstat").split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0.0);
        *times.entry(of("comm").trim().to_owned()).or_default() += ns;
    }
    times
}
