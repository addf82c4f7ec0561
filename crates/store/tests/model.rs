//! The simulator's store and each backend are told the same and say the same: what the simulator proves over the
//! one holds for the other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

use std::time::Duration;

use domain::answer::Answer;
use domain::execution::journal::{INTERRUPTED, NodeError, NodeRun};
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::time::Timestamp;
use proptest::prelude::*;
use store::conformance::model::Model;
use store::conformance::numbered::{
    at, ended, execution, execution_id, node_run, queued, running, server, server_id, workflow_id,
};
use store::postgres::Postgres;
use store::postgres::testing::Cluster;
use store::sqlite::{Options, Sqlite};
use store::{Claim, Claimed, Error, Progress, SentAnswer, Store, postgres};

/// Longer than a case takes: the model's clock stands still.
const LEASE: Duration = Duration::from_secs(600);
/// Executions, workflows and servers there are.
const EXECUTIONS: i64 = 6;
const WORKFLOWS: i64 = 3;
const SERVERS: i64 = 3;

#[derive(Debug, Clone)]
enum Call {
    Start(i64),
    Beat(i64),
    Stop(i64),
    Create(i64, Kind),
    /// At the epoch it has, less this.
    Progress(i64, u32, Kind),
    Claim {
        server: i64,
        now: i64,
        per_workflow: u32,
        limit: u32,
        skip: Option<i64>,
    },
    ClaimOne(i64, i64),
    NextDue,
    FailQuarantined(i64),
}

/// What is written.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Runs { server: i64 },
    Finishes { server: i64 },
    Interrupted { server: i64 },
    GivenBack { due: i64 },
    Sleeps { due: i64 },
    Asks,
    Ends,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => (0..SERVERS).prop_map(|server| Kind::Runs { server }),
        2 => (0..SERVERS).prop_map(|server| Kind::Finishes { server }),
        1 => (0..SERVERS).prop_map(|server| Kind::Interrupted { server }),
        1 => (0..30i64).prop_map(|due| Kind::GivenBack { due }),
        1 => (0..30i64).prop_map(|due| Kind::Sleeps { due }),
        1 => Just(Kind::Asks),
        1 => Just(Kind::Ends),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let claim = (0..SERVERS, 0..30i64, 1..4u32, 0..8u32, prop::option::weighted(0.2, 0..WORKFLOWS));
    prop_oneof![
        4 => (0..SERVERS).prop_map(Call::Start),
        1 => (0..SERVERS).prop_map(Call::Beat),
        2 => (0..SERVERS).prop_map(Call::Stop),
        4 => (0..EXECUTIONS, kind()).prop_map(|(n, kind)| Call::Create(n, kind)),
        4 => (0..EXECUTIONS, prop_oneof![6 => Just(0), 1 => 1..3u32], kind()).prop_map(|(n, e, k)| Call::Progress(n, e, k)),
        6 => claim.prop_map(|(server, now, per_workflow, limit, skip)| Call::Claim { server, now, per_workflow, limit, skip }),
        1 => (0..EXECUTIONS, 0..SERVERS).prop_map(|(n, server)| Call::ClaimOne(n, server)),
        1 => Just(Call::NextDue),
        1 => (0..EXECUTIONS).prop_map(Call::FailQuarantined),
    ]
}

fn progress(kind: Kind) -> Progress {
    let run = |status, finished, error| NodeRun { finished_at: finished, error, ..node_run("call", status) };
    let records = |server, run| Progress { records: vec![run], ..running(server_id(server)) };
    match kind {
        Kind::Runs { server } => records(server, run(NodeStatus::Running, None, None)),
        Kind::Finishes { server } => records(server, run(NodeStatus::Succeeded, Some(at(1)), None)),
        Kind::Interrupted { server } => {
            records(server, run(NodeStatus::Error, Some(at(1)), Some(NodeError::new(INTERRUPTED, "cut off"))))
        }
        Kind::GivenBack { due } => queued(at(due)),
        Kind::Sleeps { due } => Progress { status: Status::Waiting, reason: Some(Reason::Timer), ..queued(at(due)) },
        Kind::Asks => {
            let never = Timestamp::from_micros(i64::MAX);
            Progress { status: Status::Waiting, reason: Some(Reason::NeedsAttention), ..queued(never) }
        }
        Kind::Ends => {
            let answer = Answer { status: 201, headers: Vec::new(), body: "ok".into() };
            let notes = vec!["the end".to_owned()];
            Progress { answer: Some(SentAnswer { answer, sent_at: at(5) }), notes, ..ended(Status::Succeeded, at(5)) }
        }
    }
}

/// All that a caller can tell apart.
fn said(claimed: &[Claimed]) -> Vec<String> {
    claimed.iter().map(|one| format!("{one:?}")).collect()
}

fn refused(answer: store::Result<()>) -> Option<String> {
    match answer {
        Ok(()) => None,
        // It says how the driver puts it.
        Err(Error::Database { operation, .. }) => Some(operation.to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

async fn same(real: &dyn Store, mut model: Model, calls: &[Call]) {
    // A writer that nobody declared dead may know any epoch up to the one that stands there.
    let epoch = |model: &Model, n| model.row(execution_id(n)).map_or(1, |row| row.epoch);
    let now = at(0);
    for call in calls {
        match call.clone() {
            Call::Start(n) => {
                real.server_start(server(n), LEASE).await.unwrap();
                model.server_start(server_id(n), LEASE, now);
            }
            Call::Beat(n) => {
                let (real, model) =
                    (real.server_beat(server_id(n), LEASE, false).await, model.server_beat(server_id(n), LEASE, now));
                assert_eq!(refused(real), refused(model), "{call:?}");
            }
            Call::Stop(n) => {
                real.server_stop(server_id(n)).await.unwrap();
                model.server_stop(server_id(n));
            }
            Call::Create(n, kind) => {
                let new = execution(n, n % WORKFLOWS, progress(kind));
                let real = real.execution_create(new.clone()).await;
                let model = if model.execution_create(new) { None } else { Some("execution_create".to_owned()) };
                assert_eq!(refused(real), model, "{call:?}");
            }
            Call::Progress(n, behind, kind) => {
                let at_epoch = epoch(&model, n).saturating_sub(behind);
                let real = real.execution_progress(execution_id(n), at_epoch, progress(kind)).await;
                let model = model.execution_progress(execution_id(n), at_epoch, progress(kind));
                assert_eq!(refused(real), refused(model), "{call:?}");
            }
            Call::Claim { server, now: due, per_workflow, limit, skip } => {
                let skip = skip.map(workflow_id).into_iter().collect();
                let claim = Claim { server: server_id(server), now: at(due), per_workflow, limit, skip };
                let model = model.execution_claim(&claim, now);
                assert_eq!(said(&real.execution_claim(claim).await.unwrap()), said(&model), "{call:?}");
            }
            Call::ClaimOne(n, server) => {
                let real = real.execution_claim_one(execution_id(n), server_id(server)).await.unwrap();
                let model = model.execution_claim_one(execution_id(n), server_id(server), now);
                assert_eq!(said(real.as_slice()), said(model.as_slice()), "{call:?}");
            }
            Call::NextDue => {
                assert_eq!(real.execution_next_due().await.unwrap(), model.execution_next_due(now), "{call:?}");
            }
            Call::FailQuarantined(n) => {
                let answer = Answer { status: 500, headers: Vec::new(), body: "no".into() };
                let answer = Some(SentAnswer { answer, sent_at: at(9) });
                let real = real.execution_fail_quarantined(execution_id(n), answer.clone(), at(9)).await.unwrap();
                assert_eq!(real, model.execution_fail_quarantined(execution_id(n), answer, at(9)), "{call:?}");
            }
        }
        for n in 0..EXECUTIONS {
            let real = real.execution_get(execution_id(n)).await.unwrap();
            let real = real.map(|one| (one.head, one.records, one.answer, one.notes));
            let model = model.row(execution_id(n));
            let model = model.map(|row| {
                (row.head.clone(), row.records().cloned().collect::<Vec<_>>(), row.answer.clone(), row.notes.clone())
            });
            assert_eq!(real, model, "after {call:?}");
        }
    }
    real.close().await.unwrap();
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_the_model_says_sqlite_says(calls in prop::collection::vec(call(), 1..80)) {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let real = Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap();
            same(&*real, Model::of_one_process(), &calls).await;
        });
    }
}

proptest! {
    // Each in a database of its own, and each call a way there and back.
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_the_model_says_postgresql_says(calls in prop::collection::vec(call(), 1..80)) {
        block_on(async {
            let url = Cluster::shared().database().await;
            let real = Postgres::open(postgres::Options::new(url)).await.unwrap();
            same(&*real, Model::shared(), &calls).await;
        });
    }
}
