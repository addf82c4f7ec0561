//! Executions counted.

use std::time::Duration;

use bytes::Bytes;
use domain::answer::Answer;
use domain::execution::status::Status;

use super::numbered::{at, ended, execution, new, queued, workflow, workflow_id};
use crate::Store;
use crate::row::{Buckets, ExecutionFilter, Pinned, SentAnswer, StatusCounts};

/// Four buckets of ten seconds.
fn buckets() -> Buckets {
    Buckets { from: at(10), width: Duration::from_secs(10), count: 4 }
}

pub async fn executions_are_counted_by_status_and_time(store: &dyn Store) {
    for (n, status) in [
        (9, Status::Succeeded),
        (10, Status::Succeeded),
        (11, Status::Failed),
        (19, Status::Error),
        (20, Status::TimedOut),
        (45, Status::Cancelled),
        (49, Status::Succeeded),
        (50, Status::Succeeded),
    ] {
        store.execution_create(execution(n, n % 2, ended(status, at(n + 1)))).await.unwrap();
    }
    store.execution_create(execution(48, 0, queued(at(48)))).await.unwrap();
    let count = async |filter| store.execution_counts(filter, buckets()).await.unwrap();

    let all = count(ExecutionFilter::default()).await;
    let expected = [
        StatusCounts { succeeded: 1, failed: 1, error: 1, ..StatusCounts::default() },
        StatusCounts { timed_out: 1, ..StatusCounts::default() },
        StatusCounts::default(),
        StatusCounts { succeeded: 1, cancelled: 1, open: 1, ..StatusCounts::default() },
    ];
    assert_eq!((all.counts, all.partial), (expected.to_vec(), false));
    let sum = |counts: &[StatusCounts]| counts.iter().map(|counts| counts.succeeded + counts.error).sum::<u64>();
    let of_one = count(ExecutionFilter { workflow: Some(workflow_id(1)), ..ExecutionFilter::default() }).await;
    assert_eq!(sum(&of_one.counts), 2);
    let errors = count(ExecutionFilter { status: Some(Status::Error), ..ExecutionFilter::default() }).await;
    assert_eq!(sum(&errors.counts), 1);
}

pub async fn every_workflow_has_its_figures(store: &dyn Store) {
    for n in [1, 2] {
        store.workflow_save(vec![new(workflow(n))]).await.unwrap();
    }
    for n in 11..=30 {
        let status = if n % 2 == 0 { Status::Succeeded } else { Status::Error };
        store
            .execution_create(execution(n, 1, ended(status, at(n).plus(Duration::from_millis(n.unsigned_abs())))))
            .await
            .unwrap();
    }
    let mut test = execution(40, 1, ended(Status::Failed, at(99)));
    test.pinned = Pinned::Draft(serde_json::json!({}).into());
    store.execution_create(test).await.unwrap();
    let mut waits = execution(5, 2, queued(at(5)));
    waits.progress.status = Status::Waiting;
    let answer = Answer { status: 202, headers: Vec::new(), body: Bytes::new() };
    waits.progress.answer = Some(SentAnswer { answer, sent_at: at(5) });
    store.execution_create(waits).await.unwrap();

    let mut figures = store.workflow_figures(buckets()).await.unwrap();
    figures.sort_by_key(|figures| figures.workflow);
    let [busy, quiet] = &figures[..] else { panic!("{figures:?}") };
    let nine = StatusCounts { succeeded: 4, error: 5, ..StatusCounts::default() };
    assert_eq!((busy.workflow, busy.counts[0]), (workflow_id(1), nine));
    assert_eq!(busy.counts.iter().map(|counts| counts.succeeded + counts.error + counts.failed).sum::<u64>(), 20);
    assert_eq!((busy.waiting, busy.p95, busy.partial), (0, Some(Duration::from_millis(29)), false));
    assert_eq!(busy.last, Some((at(30), None)));
    assert_eq!((quiet.workflow, quiet.waiting, quiet.p95), (workflow_id(2), 1, None));
    assert_eq!(quiet.last, Some((at(5), Some(202))));
}
