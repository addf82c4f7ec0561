//! The request log.

use domain::id::RequestId;

use super::numbered::{at, event, execution, execution_id, queued, refused, workflow_id};
use crate::Store;
use crate::row::{Outcome, RequestFilter, RequestHead};

/// Odd numbers are refused, even ones accepted; two workflows in turn.
async fn requests(store: &dyn Store, count: i64) {
    for n in 1..=count {
        if n % 2 == 0 {
            store.execution_create(execution(n, n / 2 % 2, queued(at(n)))).await.unwrap();
        } else {
            store.request_append(vec![refused(n, n / 2 % 2)]).await.unwrap();
        }
    }
}

fn numbers(heads: &[RequestHead]) -> Vec<i64> {
    heads.iter().map(|head| (head.received_at.as_micros() - at(0).as_micros()) / 1_000_000).collect()
}

fn first(limit: u32) -> RequestFilter {
    RequestFilter { limit, ..RequestFilter::default() }
}

pub async fn accepted_and_refused_requests_are_listed_together_newest_first(store: &dyn Store) {
    requests(store, 4).await;
    let heads = store.request_list(first(10)).await.unwrap().items;
    assert_eq!(numbers(&heads), [4, 3, 2, 1]);
    assert_eq!(heads[0].outcome, Outcome::Accepted { execution: execution_id(4) });
    assert_eq!((heads[0].method.as_str(), heads[0].remote_addr), ("POST", event(4).remote_addr));
    let line = refused(3, 1);
    assert_eq!(
        heads[1].outcome,
        Outcome::Refused { request: line.id, code: line.code, status: 401, detail: line.detail }
    );
    assert_eq!((heads[0].bytes, heads[1].bytes), (event(4).body.len() as u64, line.body.len() as u64));
    assert_eq!((heads[1].workflow, &heads[1].workflow_key), (line.workflow, &line.workflow_key));
    assert_eq!((heads[1].method.as_str(), heads[1].remote_addr), ("GET", line.remote_addr));
}

pub async fn the_cursor_leads_on_without_gaps_or_repeats(store: &dyn Store) {
    requests(store, 11).await;
    let mut filter = first(3);
    let mut seen = Vec::new();
    loop {
        let heads = store.request_list(filter.clone()).await.unwrap().items;
        let Some(last) = heads.last() else { break };
        filter.before = Some(last.cursor());
        seen.extend(numbers(&heads));
    }
    assert_eq!(seen, (1..=11).rev().collect::<Vec<_>>());
}

pub async fn the_list_can_be_of_one_workflow_or_one_outcome(store: &dyn Store) {
    requests(store, 8).await;
    let of =
        |workflow: Option<i64>, accepted| RequestFilter { workflow: workflow.map(workflow_id), accepted, ..first(10) };
    for (filter, expected) in [
        (of(Some(0), None), vec![8, 5, 4, 1]),
        (of(Some(1), None), vec![7, 6, 3, 2]),
        (of(None, Some(true)), vec![8, 6, 4, 2]),
        (of(None, Some(false)), vec![7, 5, 3, 1]),
        (of(Some(1), Some(true)), vec![6, 2]),
        (of(Some(1), Some(false)), vec![7, 3]),
        (of(Some(9), None), vec![]),
    ] {
        let heads = store.request_list(filter.clone()).await.unwrap().items;
        assert_eq!(numbers(&heads), expected, "{filter:?}");
    }
}

pub async fn the_list_can_be_narrowed_by_code_status_time_and_text(store: &dyn Store) {
    requests(store, 9).await;
    let mut other = refused(11, 1);
    (other.code, other.status) = ("hook.not_json".to_owned(), 400);
    other.query_string = "only=Here".to_owned();
    store.request_append(vec![other]).await.unwrap();
    for (filter, expected) in [
        (RequestFilter { code: Some("hook.not_json".to_owned()), ..first(10) }, &[11][..]),
        (RequestFilter { status: Some((401, 401)), ..first(10) }, &[9, 7, 5, 3, 1]),
        (RequestFilter { status: Some((400, 499)), accepted: Some(true), ..first(10) }, &[]),
        (RequestFilter { from: Some(at(8)), ..first(10) }, &[11, 9, 8]),
        (RequestFilter { text: Some("HERE".to_owned()), ..first(10) }, &[11]),
        (RequestFilter { text: Some("HERE".to_owned()), workflow: Some(workflow_id(7)), ..first(10) }, &[]),
    ] {
        assert_eq!(numbers(&store.request_list(filter.clone()).await.unwrap().items), expected, "{filter:?}");
    }
}

pub async fn a_refused_request_reads_back_as_it_was_logged(store: &dyn Store) {
    store.request_append(vec![refused(1, 1), refused(2, 1)]).await.unwrap();
    assert_eq!(store.request_get(refused(2, 1).id).await.unwrap(), Some(refused(2, 1)));
    assert_eq!(store.request_get(RequestId::new(at(3), 3)).await.unwrap(), None);
}

pub async fn lines_are_read_by_their_place_in_the_log(store: &dyn Store) {
    requests(store, 4).await;
    let listed = store.request_list(first(10)).await.unwrap().items;
    let mut asked: Vec<_> = listed.iter().map(RequestHead::cursor).collect();
    asked.push(execution_id(99).to_bytes());
    let mut read = store.request_heads(asked).await.unwrap();
    read.sort_unstable_by_key(|head| std::cmp::Reverse(head.cursor()));
    assert_eq!(read, listed);
}

pub async fn the_oldest_refused_requests_beyond_the_caps_are_trimmed(store: &dyn Store) {
    // Ten of one workflow, then three of another.
    store.request_append((1..=13).map(|n| refused(n, i64::from(n > 10))).collect()).await.unwrap();
    let left = async || numbers(&store.request_list(first(20)).await.unwrap().items);

    assert_eq!(store.request_trim(10, 13, 100).await.unwrap(), 0);
    assert_eq!(store.request_trim(6, 100, 3).await.unwrap(), 3, "a slice");
    assert_eq!(left().await, (4..=13).rev().collect::<Vec<_>>());
    assert_eq!(store.request_trim(6, 100, 3).await.unwrap(), 1);
    assert_eq!(left().await, (5..=13).rev().collect::<Vec<_>>(), "six of the one, three of the other");
    assert_eq!(store.request_trim(6, 4, 100).await.unwrap(), 5);
    assert_eq!(left().await, [13, 12, 11, 10]);
}
