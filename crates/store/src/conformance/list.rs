//! Lists over more than a backend looks at in one go.

use std::time::Duration;

use bytes::Bytes;
use domain::execution::status::Status;
use futures_util::future::join_all;

use super::numbered::{at, ended, event, execution, execution_id, queued, refused, workflow_id};
use crate::Store;
use crate::row::{Buckets, ExecutionFilter, RequestFilter};

const MANY: i64 = 730;

/// Of three workflows in turn. Each hundredth is an error that is found by its text; each ninetieth has not ended.
async fn many(store: &dyn Store) {
    let creates = (1..=MANY).map(|n| {
        let progress = match n {
            _ if n % 100 == 0 => ended(Status::Error, at(n)),
            _ if n % 90 == 0 => queued(at(n)),
            _ => ended(Status::Succeeded, at(n)),
        };
        let mut new = execution(n, n % 3, progress);
        let mut event = event(n);
        event.body = Bytes::from(if n % 100 == 0 { "needle" } else { "hay" });
        new.event = event.into();
        store.execution_create(new)
    });
    for created in join_all(creates).await {
        created.unwrap();
    }
}

/// All of it, by pages of `filter.limit`.
async fn walked(store: &dyn Store, mut filter: ExecutionFilter) -> Vec<i64> {
    let mut seen = Vec::new();
    loop {
        let page = store.execution_list(filter.clone()).await.unwrap();
        assert!(page.items.len() <= filter.limit as usize);
        seen.extend(page.items.iter().map(|head| (1..=MANY).find(|n| execution_id(*n) == head.id).unwrap()));
        let Some(next) = page.next else { return seen };
        filter.before = Some(next);
    }
}

pub async fn pages_over_many_have_no_gap_and_no_repeat(store: &dyn Store) {
    many(store).await;
    let every = |filter: &ExecutionFilter| ExecutionFilter { limit: 7, ..filter.clone() };
    let all = ExecutionFilter::default();
    let text = ExecutionFilter { text: Some("Needle".to_owned()), ..all.clone() };
    let wanted = |is: fn(i64) -> bool| (1..=MANY).rev().filter(|n| is(*n)).collect::<Vec<_>>();
    for (filter, expected) in [
        (all.clone(), wanted(|_| true)),
        (ExecutionFilter { workflow: Some(workflow_id(1)), ..all.clone() }, wanted(|n| n % 3 == 1)),
        (text.clone(), wanted(|n| n % 100 == 0)),
        (ExecutionFilter { workflow: Some(workflow_id(2)), ..text.clone() }, wanted(|n| n % 100 == 0 && n % 3 == 2)),
        (ExecutionFilter { status: Some(Status::Error), ..all.clone() }, wanted(|n| n % 100 == 0)),
        (ExecutionFilter { status: Some(Status::Queued), ..all.clone() }, wanted(|n| n % 90 == 0)),
        (ExecutionFilter { status: Some(Status::Succeeded), ..text }, Vec::new()),
        (ExecutionFilter { from: Some(at(300)), ..all.clone() }, wanted(|n| n >= 300)),
        (ExecutionFilter { answer: Some((200, 299)), ..all }, Vec::new()),
    ] {
        assert_eq!(walked(store, every(&filter)).await, expected, "{filter:?}");
    }
    // A page that holds exactly what there is says that nothing is behind it.
    let exact = ExecutionFilter { limit: u32::try_from(MANY).unwrap(), ..ExecutionFilter::default() };
    let page = store.execution_list(exact).await.unwrap();
    assert_eq!((page.items.len(), page.next), (usize::try_from(MANY).unwrap(), None));
}

pub async fn many_are_counted(store: &dyn Store) {
    many(store).await;
    let buckets = Buckets { from: at(1), width: Duration::from_secs(365), count: 2 };
    let counted = store.execution_counts(ExecutionFilter::default(), buckets).await.unwrap();
    assert!(!counted.partial);
    let sums: Vec<_> = counted.counts.iter().map(|counts| (counts.succeeded, counts.error, counts.open)).collect();
    assert_eq!(sums, [(358, 3, 4), (357, 4, 4)]);
    let needles = ExecutionFilter { text: Some("needle".to_owned()), ..ExecutionFilter::default() };
    let counted = store.execution_counts(needles, buckets).await.unwrap();
    assert_eq!(
        counted.counts.iter().map(|counts| (counts.succeeded, counts.error)).collect::<Vec<_>>(),
        [(0, 3), (0, 4)]
    );
}

pub async fn accepted_and_refused_over_many_are_one_log(store: &dyn Store) {
    many(store).await;
    // And as many that were refused, in two loads.
    let line = |n: i64| {
        let mut line = refused(MANY + n, n % 3);
        line.status = if n % 7 == 0 { 400 } else { 401 };
        line.query_string = if n % 5 == 0 { "needle" } else { "" }.to_owned();
        line
    };
    let log: Vec<_> = (1..=MANY).map(line).collect();
    for part in log.chunks(400) {
        store.request_append(part.to_vec()).await.unwrap();
    }
    for filter in [
        RequestFilter { limit: 90, ..RequestFilter::default() },
        RequestFilter { limit: 50, accepted: Some(true), text: Some("needle".to_owned()), ..RequestFilter::default() },
        RequestFilter {
            limit: 2,
            status: Some((400, 400)),
            text: Some("needle".to_owned()),
            ..RequestFilter::default()
        },
        RequestFilter { limit: 50, workflow: Some(workflow_id(2)), ..RequestFilter::default() },
        RequestFilter { limit: 50, status: Some((401, 401)), from: Some(at(MANY + 500)), ..RequestFilter::default() },
        RequestFilter { limit: 3, code: Some("hook.nothing".to_owned()), ..RequestFilter::default() },
    ] {
        let (mut seen, mut next) = (Vec::new(), filter.clone());
        loop {
            let page = store.request_list(next.clone()).await.unwrap();
            assert!(page.items.len() <= filter.limit as usize);
            seen.extend(page.items.iter().map(|head| (head.received_at.as_micros() - at(0).as_micros()) / 1_000_000));
            let Some(cursor) = page.next else { break };
            next.before = Some(cursor);
        }
        let is_wanted = |n: &i64| {
            let (is_accepted, of) = if *n <= MANY { (true, n % 3) } else { (false, (n - MANY) % 3) };
            let is_found = if is_accepted { n % 100 == 0 } else { (n - MANY) % 5 == 0 };
            let status = if (n - MANY) % 7 == 0 { 400 } else { 401 };
            filter.accepted.is_none_or(|accepted| accepted == is_accepted)
                && filter.workflow.is_none_or(|workflow| workflow == workflow_id(of))
                && filter.text.as_ref().is_none_or(|_| is_found)
                && filter.status.is_none_or(|(first, _)| !is_accepted && status == first)
                && filter.from.is_none_or(|from| at(*n) >= from)
                && filter.code.is_none()
        };
        let expected: Vec<_> = (1..=2 * MANY).rev().filter(is_wanted).collect();
        assert_eq!(seen, expected, "{filter:?}");
    }
}
