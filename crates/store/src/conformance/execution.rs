//! Executions: made, moved on, read.

use bytes::Bytes;
use domain::answer::Answer;
use domain::execution::journal::NodeError;
use domain::execution::status::{NodeStatus, Reason, Status};
use domain::flow::document::Mode;
use futures_util::future::join_all;
use serde_json::json;

use super::numbered::{at, ended, event, execution, execution_id, node_run, queued, running, server_id, workflow_id};
use crate::Store;
use crate::error::Error;
use crate::row::{ExecutionFilter, NewExecution, Pinned, Progress, SentAnswer};

fn answer(status: u16) -> SentAnswer {
    let headers = vec![("X-Got".to_owned(), "é".to_owned()), ("X-Got".to_owned(), String::new())];
    SentAnswer { answer: Answer { status, headers, body: Bytes::from_static(b"\x00\xff\r\n") }, sent_at: at(3) }
}

pub async fn an_execution_reads_back_as_it_was_created(store: &dyn Store) {
    let mut odd = event(1);
    odd.method = "PÖST".to_owned();
    odd.headers = vec![("a".to_owned(), "\u{ff}\u{0}\"".to_owned()), ("a".to_owned(), String::new())];
    odd.query_string = "a=%00&b=\u{1f600}".to_owned();
    odd.body = Bytes::from((0..=255).cycle().take(70_000).collect::<Vec<u8>>());
    odd.remote_addr = "2001:db8::7".parse().unwrap();
    let mut new = execution(1, 2, ended(Status::Failed, at(4)));
    new.event = odd.clone().into();
    new.pinned = Pinned::Revision(7);
    new.replay_of = Some(execution_id(8));
    new.mode = Mode::Sync;
    new.timeout_at = Some(at(9));
    new.progress.records = vec![node_run("first", NodeStatus::Succeeded), node_run("second", NodeStatus::Failed)];
    new.progress.answer = Some(answer(422));
    new.progress.notes = vec!["one\ntwo".to_owned(), "three".to_owned()];
    store.execution_create(new.clone()).await.unwrap();

    let stored = store.execution_get(new.id).await.unwrap().unwrap();
    assert_eq!(stored.event, odd);
    assert_eq!(stored.records, new.progress.records);
    assert_eq!(stored.answer, Some(answer(422)));
    assert_eq!(stored.notes, new.progress.notes);
    let head = stored.head;
    assert_eq!((head.id, head.workflow, head.workflow_key), (new.id, new.workflow, new.workflow_key));
    assert_eq!((head.revision, head.status, head.mode, head.reason), (Some(7), Status::Failed, Mode::Sync, None));
    assert_eq!((head.answer_status, head.accepted_at, head.finished_at), (Some(422), at(1), Some(at(4))));
    assert_eq!(head.replay_of, Some(execution_id(8)));
    assert_eq!(store.execution_answer(new.id).await.unwrap(), Some((Status::Failed, Some(answer(422)))));

    assert!(store.execution_get(execution_id(9)).await.unwrap().is_none());
    assert_eq!(store.execution_answer(execution_id(9)).await.unwrap(), None);
}

pub async fn progress_changes_the_row_and_adds_to_the_journal(store: &dyn Store) {
    let mut new = execution(1, 1, running(server_id(1)));
    new.progress.records = vec![node_run("call", NodeStatus::Running)];
    new.progress.notes = vec!["one".to_owned()];
    store.execution_create(new).await.unwrap();
    let waiting = Progress {
        status: Status::Waiting,
        reason: Some(Reason::Timer),
        records: vec![node_run("call", NodeStatus::Succeeded), node_run("wait", NodeStatus::Waiting)],
        notes: vec!["two".to_owned(), "three \"quoted\"".to_owned()],
        ..running(server_id(1))
    };
    store.execution_progress(execution_id(1), 1, waiting).await.unwrap();

    let stored = store.execution_get(execution_id(1)).await.unwrap().unwrap();
    assert_eq!((stored.head.status, stored.head.reason), (Status::Waiting, Some(Reason::Timer)));
    let journal: Vec<_> = stored.records.iter().map(|run| (run.node.as_str(), run.status)).collect();
    assert_eq!(
        journal,
        [("call", NodeStatus::Running), ("call", NodeStatus::Succeeded), ("wait", NodeStatus::Waiting)]
    );
    assert_eq!(stored.notes, ["one", "two", "three \"quoted\""]);
}

pub async fn an_answer_stays_when_progress_brings_none(store: &dyn Store) {
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    assert_eq!(store.execution_answer(execution_id(1)).await.unwrap(), Some((Status::Running, None)));
    let with_answer = Progress { answer: Some(answer(201)), ..running(server_id(1)) };
    store.execution_progress(execution_id(1), 1, with_answer).await.unwrap();
    store.execution_progress(execution_id(1), 1, ended(Status::Succeeded, at(5))).await.unwrap();
    assert_eq!(store.execution_answer(execution_id(1)).await.unwrap(), Some((Status::Succeeded, Some(answer(201)))));
}

pub async fn a_test_keeps_the_draft_it_runs(store: &dyn Store) {
    let draft = json!({"z": 1, "a": {"exact": u64::MAX}, "text": "\u{0}\u{2028}"});
    let mut test = execution(1, 1, running(server_id(1)));
    test.pinned = Pinned::Draft(draft.clone().into());
    store.execution_create(test).await.unwrap();
    store.execution_create(execution(2, 1, running(server_id(1)))).await.unwrap();

    let stored = store.execution_get(execution_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.head.revision, None);
    assert_eq!(stored.draft.unwrap().to_string(), draft.to_string(), "the order of keys is kept");
    assert_eq!(store.execution_get(execution_id(2)).await.unwrap().unwrap().draft, None);
}

/// Oldest first, those of one's own only, whatever has become of the one that is replayed.
pub async fn an_execution_names_its_replays_in_their_order(store: &dyn Store) {
    store.execution_create(execution(1, 1, ended(Status::Error, at(2)))).await.unwrap();
    for (n, of) in [(5, 1), (3, 1), (4, 3)] {
        let replay = NewExecution { replay_of: Some(execution_id(of)), ..execution(n, 1, queued(at(n))) };
        store.execution_create(replay).await.unwrap();
    }
    let replays = async |n| store.execution_get(execution_id(n)).await.unwrap().unwrap().replays;
    assert_eq!(replays(1).await, [execution_id(3), execution_id(5)]);
    assert_eq!(replays(3).await, [execution_id(4)]);
    assert_eq!(replays(4).await, []);

    let listed = store.execution_list(ExecutionFilter { limit: 9, ..ExecutionFilter::default() }).await.unwrap().items;
    let of: Vec<_> = listed.iter().map(|head| head.replay_of).collect();
    assert_eq!(of, [Some(execution_id(1)), Some(execution_id(3)), Some(execution_id(1)), None]);
}

/// What a replay brings along does not take the place of what is there.
pub async fn replays_share_one_event(store: &dyn Store) {
    store.execution_create(execution(1, 1, ended(Status::Error, at(2)))).await.unwrap();
    for n in [2, 3] {
        let mut stray = event(1);
        stray.body = Bytes::from_static(b"other");
        let replay =
            NewExecution { event: stray.into(), replay_of: Some(execution_id(1)), ..execution(n, 1, queued(at(n))) };
        store.execution_create(replay).await.unwrap();
    }
    for n in 1..=3 {
        assert_eq!(store.execution_get(execution_id(n)).await.unwrap().unwrap().event, event(1), "{n}");
    }
}

pub async fn a_final_status_is_never_left(store: &dyn Store) {
    let finals = Status::ALL.iter().filter(|status| !status.is_open());
    for (n, &last) in (1..).zip(finals) {
        store.execution_create(execution(n, 1, running(server_id(1)))).await.unwrap();
        store.execution_progress(execution_id(n), 1, ended(last, at(n))).await.unwrap();
        for &next in Status::ALL {
            let late = store.execution_progress(execution_id(n), 1, Progress { status: next, ..queued(at(0)) }).await;
            assert!(matches!(late, Err(Error::LeaseLost { .. })), "{last} → {next}: {late:?}");
        }
        assert_eq!(store.execution_answer(execution_id(n)).await.unwrap(), Some((last, None)));
    }
}

pub async fn a_write_at_another_epoch_is_refused_and_leaves_nothing(store: &dyn Store) {
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    for epoch in [0, 2] {
        let mut stray = ended(Status::Error, at(5));
        stray.records = vec![node_run("stray", NodeStatus::Error)];
        stray.notes = vec!["stray".to_owned()];
        stray.answer = Some(answer(500));
        let written = store.execution_progress(execution_id(1), epoch, stray).await;
        assert!(matches!(written, Err(Error::LeaseLost { .. })), "{written:?}");
    }
    let unknown = store.execution_progress(execution_id(2), 1, running(server_id(1))).await;
    assert!(matches!(unknown, Err(Error::LeaseLost { .. })), "{unknown:?}");

    let stored = store.execution_get(execution_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.head.status, Status::Running);
    assert_eq!((stored.records.len(), stored.notes.len(), stored.answer), (0, 0, None));
}

/// All in one go, so that they share a batch: the two with the same id cannot both be kept.
pub async fn one_bad_create_does_not_fail_its_neighbours(store: &dyn Store) {
    let numbers = (1..=20).chain([7]);
    let made = join_all(numbers.map(|n| store.execution_create(execution(n, 1, queued(at(n)))))).await;
    let (kept, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((kept.len(), refused.len()), (20, 1));
    assert!(matches!(refused[0], Err(Error::Database { operation: "execution_create", .. })), "{refused:?}");
    for n in 1..=20 {
        assert!(store.execution_get(execution_id(n)).await.unwrap().is_some(), "{n}");
    }
}

/// The numbers of what a filter lists.
async fn listed(store: &dyn Store, filter: ExecutionFilter) -> Vec<i64> {
    let heads = store.execution_list(filter).await.unwrap().items;
    heads.iter().map(|head| (head.accepted_at.as_micros() - at(0).as_micros()) / 1_000_000).collect()
}

pub async fn executions_are_listed_newest_first_page_by_page(store: &dyn Store) {
    for n in [2, 5, 1, 4, 3] {
        store.execution_create(execution(n, n % 2, queued(at(n)))).await.unwrap();
    }
    let page = |before| ExecutionFilter { before, limit: 2, ..ExecutionFilter::default() };
    assert_eq!(listed(store, page(None)).await, [5, 4]);
    assert_eq!(listed(store, page(Some(execution_id(4)))).await, [3, 2]);
    assert_eq!(listed(store, page(Some(execution_id(2)))).await, [1]);
    assert_eq!(listed(store, page(Some(execution_id(1)))).await, [0; 0]);
}

pub async fn lists_by_workflow_and_status_hold_nothing_else(store: &dyn Store) {
    let statuses = [Status::Queued, Status::Succeeded, Status::Failed, Status::Error, Status::Waiting];
    let mut made = Vec::new();
    for n in 1..=30 {
        let (of, status) = (n % 2, statuses[usize::try_from(n % 5).unwrap()]);
        let progress = Progress { status, ..queued(at(n)) };
        store.execution_create(execution(n, of, progress)).await.unwrap();
        made.insert(0, (n, of, status));
    }
    for workflow in [None, Some(0), Some(1)] {
        for status in [None].into_iter().chain(statuses.map(Some)) {
            let matching = made.iter().filter(|(n, of, has)| {
                *n < 25 && workflow.is_none_or(|workflow| workflow == *of) && status.is_none_or(|status| status == *has)
            });
            let expected: Vec<i64> = matching.map(|(n, ..)| *n).take(4).collect();
            let filter = ExecutionFilter {
                workflow: workflow.map(workflow_id),
                status,
                before: Some(execution_id(25)),
                limit: 4,
                ..ExecutionFilter::default()
            };
            assert_eq!(listed(store, filter).await, expected, "{workflow:?} {status:?}");
        }
    }
}

pub async fn lists_can_be_narrowed_by_answer_test_time_and_text(store: &dyn Store) {
    for n in 1..=12 {
        let mut new = execution(n, 1, queued(at(n)));
        let status = if n % 3 == 0 { 422 } else { 200 };
        new.progress.answer = (n % 4 != 0).then(|| answer(status));
        if n % 5 == 0 {
            new.pinned = Pinned::Draft(json!({}).into());
        }
        let mut event = event(n);
        event.query_string = format!("order=Q{n}");
        event.headers = vec![("x-order".to_owned(), format!("\"H{n}\""))];
        event.body = Bytes::from(format!("{{\"id\": \"B{n}\"}}"));
        new.event = event.into();
        store.execution_create(new).await.unwrap();
    }
    let all = || ExecutionFilter { limit: 50, ..ExecutionFilter::default() };
    let text = |text: &str| ExecutionFilter { text: Some(text.to_owned()), ..all() };
    for (filter, expected) in [
        (ExecutionFilter { answer: Some((422, 422)), ..all() }, &[9, 6, 3][..]),
        (ExecutionFilter { answer: Some((200, 299)), ..all() }, &[11, 10, 7, 5, 2, 1]),
        (ExecutionFilter { test: Some(true), ..all() }, &[10, 5]),
        (ExecutionFilter { test: Some(false), answer: Some((200, 299)), ..all() }, &[11, 7, 2, 1]),
        (ExecutionFilter { from: Some(at(10)), ..all() }, &[12, 11, 10]),
        (text("q11"), &[11]),
        (text("X-Order: \"h12\""), &[12]),
        (text("\"b1"), &[12, 11, 10, 1]),
        (ExecutionFilter { test: Some(true), ..text("b1") }, &[10]),
        (text("nowhere"), &[]),
    ] {
        assert_eq!(listed(store, filter.clone()).await, expected, "{filter:?}");
    }
    // Page by page, with what does not match in between.
    let mut filter = ExecutionFilter { answer: Some((422, 422)), limit: 2, ..all() };
    let first = store.execution_list(filter.clone()).await.unwrap();
    assert_eq!(first.items.len(), 2);
    filter.before = first.next;
    let second = store.execution_list(filter).await.unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
    assert_eq!(second.items[0].method, event(3).method);
}

pub async fn what_ended_badly_tells_why(store: &dyn Store) {
    let broken = |status| {
        let mut run = node_run("call", status);
        run.error = Some(NodeError::new("http.refused", "nobody listens"));
        run
    };
    let ends = [
        (Status::Error, vec![node_run("first", NodeStatus::Succeeded), broken(NodeStatus::Error)], None),
        (Status::Error, vec![node_run("first", NodeStatus::Succeeded)], Some("it cannot go on")),
        (Status::Failed, vec![node_run("no", NodeStatus::Failed)], None),
        (Status::TimedOut, vec![node_run("slow", NodeStatus::TimedOut)], None),
        (Status::TimedOut, vec![broken(NodeStatus::Error)], None),
        (Status::Succeeded, vec![broken(NodeStatus::Error)], None),
    ];
    let mut ids = vec![execution_id(9)];
    for (n, (status, records, note)) in (1..).zip(ends) {
        let notes = note.map(str::to_owned).into_iter().collect();
        let progress = Progress { records, notes, ..ended(status, at(n + 1)) };
        store.execution_create(execution(n, 1, progress)).await.unwrap();
        ids.push(execution_id(n));
    }
    let causes = store.execution_causes(ids).await.unwrap();
    let told: Vec<_> = causes
        .iter()
        .map(|cause| {
            let node = |cause: &crate::row::Cause| cause.node.as_ref().map(|node| node.as_str().to_owned());
            cause.as_ref().map(|cause| (node(cause), cause.error.code.as_str(), cause.error.message.as_str()))
        })
        .collect();
    let late = ("execution.timed_out", "The workflow did not end in time.");
    let expected = [
        None,
        Some((Some("call".to_owned()), "http.refused", "nobody listens")),
        Some((None, "execution.error", "it cannot go on")),
        None,
        Some((Some("slow".to_owned()), late.0, late.1)),
        Some((None, late.0, late.1)),
        None,
    ];
    assert_eq!(told, expected);
}

pub async fn heads_are_read_of_those_that_are_there(store: &dyn Store) {
    for n in 1..=3 {
        store.execution_create(execution(n, 1, queued(at(n)))).await.unwrap();
    }
    let asked = vec![execution_id(3), execution_id(9), execution_id(1)];
    let mut heads = store.execution_heads(asked).await.unwrap();
    heads.sort_unstable_by_key(|head| head.id);
    let stored = [1, 3].map(|n| store.execution_head(execution_id(n)));
    for (head, stored) in heads.into_iter().zip(stored) {
        assert_eq!(Some(head), stored.await.unwrap());
    }
    assert_eq!(store.execution_heads(Vec::new()).await.unwrap(), []);
}
