//! Text is kept and found as it is, whatever characters it has: U+0000 and bytes that are no text among them.

use bytes::Bytes;
use domain::credentials::{BasicCredentials, ServerKey};
use domain::execution::status::Status;
use domain::id::SampleId;
use domain::token::Token;
use domain::user::User;

use super::numbered::{at, ended, event, execution, execution_id, new, number, refused, workflow, workflow_id};
use super::token::token;
use super::user::{invite, user};
use super::workflow::revision;
use crate::Store;
use crate::row::{ExecutionFilter, NewRevision, RefusedRequest, RequestFilter, SavedSample, WorkflowSave};

/// What databases take for something else: the end, an escape, a wildcard, a quote.
const ANY: &str = "a\u{0}b\\x00\\000 %_ '\"` \u{7f}\u{85}\u{feff}\u{fffd}\u{10ffff} \\u0000 ' or 1=1; --";

pub async fn any_text_reads_back_as_it_was_kept(store: &dyn Store) {
    let any = || ANY.to_owned();
    let headers = || vec![(any(), any())];
    let mut full = workflow(1);
    (full.settings.title, full.settings.description, full.settings.tags) = (any(), any(), vec![any()]);
    full.settings.credentials = Some(BasicCredentials::seal(&ServerKey::new([7; 32]), ANY, ANY));
    full.draft = serde_json::json!({ ANY: ANY });
    let made = NewRevision { note: any(), flow: full.draft.clone(), ..revision(1) };
    store.workflow_save(vec![WorkflowSave { publish: Some(made), ..new(full.clone()) }]).await.unwrap();
    full.live = Some(1);
    assert_eq!(store.workflow_get(full.id).await.unwrap(), Some(full.clone()));
    let stored = store.revision_get(full.id, 1).await.unwrap().unwrap();
    assert_eq!((stored.note, stored.flow), (any(), full.draft));
    assert_eq!(store.revision_list(full.id, None, 1).await.unwrap()[0].note, ANY);

    let sample = SavedSample {
        id: SampleId::new(at(1), number(1)),
        workflow: full.id,
        name: any(),
        method: any(),
        headers: headers(),
        query_string: any(),
        body: Bytes::from_static(b"\x00\xff"),
        created_at: at(1),
    };
    store.sample_add(sample.clone(), 1, 2).await.unwrap();
    assert_eq!(store.sample_list(full.id).await.unwrap(), [sample]);

    let token = Token { name: any(), ..token(1) };
    store.token_create(token.clone()).await.unwrap();
    assert_eq!(store.token_list().await.unwrap(), [token]);
    let user = User { name: any(), ..user(1) };
    store.user_create(user.clone(), invite(1), 1).await.unwrap();
    assert_eq!(store.user_list().await.unwrap(), [user]);
    store.setting_set("one", Some(any())).await.unwrap();
    assert_eq!(store.setting_get("one").await.unwrap().as_deref(), Some(ANY));

    let request =
        RefusedRequest { detail: any(), method: any(), headers: headers(), query_string: any(), ..refused(1, 1) };
    store.request_append(vec![request.clone()]).await.unwrap();
    assert_eq!(store.request_get(request.id).await.unwrap(), Some(request.clone()));
    let first = RequestFilter { limit: 1, ..RequestFilter::default() };
    assert_eq!(store.request_list(first.clone()).await.unwrap().items, [request.head()]);

    let mut kept = execution(2, 1, ended(Status::Error, at(3)));
    let mut event = event(2);
    (event.method, event.headers, event.query_string) = (any(), headers(), any());
    kept.event = event.clone().into();
    kept.progress.notes = vec![String::new(), any()];
    store.execution_create(kept).await.unwrap();
    let head = store.execution_head(execution_id(2)).await.unwrap().unwrap();
    assert_eq!(head.method, ANY);
    assert_eq!(store.request_list(first).await.unwrap().items[0].method, ANY);
    let causes = store.execution_causes(vec![execution_id(2)]).await.unwrap();
    assert_eq!(causes[0].as_ref().map(|cause| cause.error.message.as_str()), Some(ANY));
}

pub async fn what_is_searched_for_is_taken_as_it_is(store: &dyn Store) {
    let texts: [(i64, &[u8]); 6] =
        [(1, b"%"), (2, b"x_x"), (3, b"a\\b"), (4, b"\x00\xff\xfe"), (5, "É'".as_bytes()), (6, b"\\x00 \\u0000")];
    for (n, text) in texts {
        let mut kept = execution(n, 1, ended(Status::Succeeded, at(n)));
        let mut event = event(n);
        event.body = Bytes::copy_from_slice(text);
        kept.event = event.into();
        store.execution_create(kept).await.unwrap();
        let body = Bytes::copy_from_slice(text);
        store.request_append(vec![RefusedRequest { body, ..refused(10 + n, 1) }]).await.unwrap();
    }
    for (text, found) in [
        ("%", &[1][..]),
        ("X_X", &[2]),
        ("_", &[2]),
        ("A\\B", &[3]),
        ("\\", &[6, 3]),
        ("\u{0}", &[4]),
        ("É", &[5]),
        // Only ASCII letters have two cases.
        ("é", &[]),
        ("'", &[5]),
        ("\\X00", &[6]),
        ("\\u0000", &[6]),
        ("\u{fffd}", &[]),
    ] {
        let filter = ExecutionFilter { text: Some(text.to_owned()), limit: 9, ..ExecutionFilter::default() };
        let listed = store.execution_list(filter).await.unwrap().items;
        let expected: Vec<_> = found.iter().map(|n| execution_id(*n)).collect();
        assert_eq!(listed.iter().map(|head| head.id).collect::<Vec<_>>(), expected, "{text:?}");
        let filter = RequestFilter { text: Some(text.to_owned()), limit: 99, ..RequestFilter::default() };
        let listed = store.request_list(filter).await.unwrap().items;
        let expected: Vec<_> = found.iter().map(|n| at(10 + n)).chain(found.iter().map(|n| at(*n))).collect();
        let listed: Vec<_> = listed.iter().map(|head| head.received_at).collect();
        assert_eq!(listed, expected, "{text:?}");
    }
    let of_nobody = ExecutionFilter {
        text: Some("%".to_owned()),
        workflow: Some(workflow_id(9)),
        limit: 9,
        ..ExecutionFilter::default()
    };
    assert_eq!(store.execution_list(of_nobody).await.unwrap().items, []);
}
