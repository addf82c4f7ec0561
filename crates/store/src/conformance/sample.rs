//! Samples: requests that an author keeps.

use bytes::Bytes;
use domain::id::SampleId;

use super::numbered::{at, new, number, workflow, workflow_id};
use crate::Store;
use crate::error::Error;
use crate::row::SavedSample;

/// The `n`th sample, of the `of`th workflow.
fn sample(n: i64, of: i64) -> SavedSample {
    SavedSample {
        id: SampleId::new(at(n), number(n)),
        workflow: workflow_id(of),
        name: format!("sample „{n}“"),
        method: "PUT".to_owned(),
        headers: vec![("x-a".to_owned(), "\u{ff}\"".to_owned()), ("x-a".to_owned(), String::new())],
        query_string: "a=%00&b=\u{1f600}".to_owned(),
        body: Bytes::from_static(b"\x00\xff{"),
        created_at: at(n + 1),
    }
}

async fn workflows(store: &dyn Store) {
    store.workflow_save(vec![new(workflow(1)), new(workflow(2))]).await.unwrap();
}

pub async fn samples_read_back_as_they_were_kept_newest_first(store: &dyn Store) {
    workflows(store).await;
    assert_eq!(store.sample_list(workflow_id(1)).await.unwrap(), []);
    for n in [2, 3, 1] {
        store.sample_add(sample(n, 1), 9, 99).await.unwrap();
    }
    assert_eq!(store.sample_list(workflow_id(1)).await.unwrap(), [sample(3, 1), sample(2, 1), sample(1, 1)]);
}

pub async fn a_workflow_has_no_more_samples_than_it_may(store: &dyn Store) {
    workflows(store).await;
    store.sample_add(sample(1, 1), 2, 99).await.unwrap();
    store.sample_add(sample(2, 1), 2, 99).await.unwrap();
    let third = store.sample_add(sample(3, 1), 2, 99).await;
    assert!(matches!(third, Err(Error::TooManySamples { max: 2 })), "{third:?}");
    store.sample_add(sample(4, 2), 2, 99).await.unwrap();
    store.sample_delete(workflow_id(1), sample(1, 1).id).await.unwrap();
    store.sample_add(sample(3, 1), 2, 99).await.unwrap();
    assert_eq!(store.sample_list(workflow_id(1)).await.unwrap(), [sample(3, 1), sample(2, 1)]);
}

pub async fn the_bodies_of_samples_are_no_larger_together_than_they_may(store: &dyn Store) {
    workflows(store).await;
    let bytes = sample(1, 1).body.len();
    store.sample_add(sample(1, 1), 9, 2 * bytes).await.unwrap();
    store.sample_add(sample(2, 1), 9, 2 * bytes).await.unwrap();
    let third = store.sample_add(sample(3, 1), 9, 3 * bytes - 1).await;
    assert!(matches!(third, Err(Error::SamplesTooLarge { .. })), "{third:?}");
    assert_eq!(store.sample_list(workflow_id(1)).await.unwrap(), [sample(2, 1), sample(1, 1)]);
    store.sample_add(sample(3, 1), 9, 3 * bytes).await.unwrap();
}

pub async fn a_sample_is_its_workflows_alone(store: &dyn Store) {
    workflows(store).await;
    store.sample_add(sample(1, 1), 9, 99).await.unwrap();
    assert_eq!(store.sample_list(workflow_id(2)).await.unwrap(), []);
    let theirs = store.sample_delete(workflow_id(2), sample(1, 1).id).await;
    assert!(matches!(theirs, Err(Error::SampleNotFound { .. })), "{theirs:?}");
    assert_eq!(store.sample_list(workflow_id(1)).await.unwrap().len(), 1);
    store.sample_delete(workflow_id(1), sample(1, 1).id).await.unwrap();
    let gone = store.sample_delete(workflow_id(1), sample(1, 1).id).await;
    assert!(matches!(gone, Err(Error::SampleNotFound { .. })), "{gone:?}");
}

pub async fn a_sample_needs_a_workflow_that_is_there(store: &dyn Store) {
    workflows(store).await;
    store.workflow_delete(workflow_id(2), at(9)).await.unwrap();
    for of in [2, 3] {
        let added = store.sample_add(sample(1, of), 9, 99).await;
        assert!(matches!(added, Err(Error::NotFound { .. })), "{added:?}");
        assert_eq!(store.sample_list(workflow_id(of)).await.unwrap(), []);
    }
}

pub async fn samples_go_with_their_workflow(store: &dyn Store) {
    workflows(store).await;
    store.sample_add(sample(1, 1), 9, 99).await.unwrap();
    store.sample_add(sample(2, 2), 9, 99).await.unwrap();
    store.workflow_delete(workflow_id(1), at(9)).await.unwrap();
    assert_eq!(store.sample_list(workflow_id(1)).await.unwrap(), []);
    assert_eq!(store.sample_list(workflow_id(2)).await.unwrap(), [sample(2, 2)]);
}
