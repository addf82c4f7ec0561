//! Secrets, sealed.

use domain::id::SecretId;
use domain::secret::{NONCE_BYTES, Sealed, SecretName};

use super::numbered::{at, number};
use crate::Store;
use crate::error::Error;

const MAX: u32 = 1_000;

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

pub(super) fn sealed(n: i64, text: &str) -> Sealed {
    Sealed {
        id: SecretId::new(at(n), number(n)),
        name: name(text),
        nonce: [u8::try_from(n).unwrap(); NONCE_BYTES],
        sealed: vec![0, u8::try_from(n).unwrap(), 255],
        key_id: [9; 8],
        created_at: at(n),
        changed_at: at(n + 1),
    }
}

pub async fn a_secret_reads_back_as_it_was_set(store: &dyn Store) {
    assert!(store.secret_set(sealed(1, "shop"), MAX).await.unwrap(), "it is new");
    assert_eq!(store.secret_get(&name("shop")).await.unwrap(), Some(sealed(1, "shop")));
    assert_eq!(store.secret_get(&name("shops")).await.unwrap(), None);
}

pub async fn setting_a_secret_again_takes_the_place_of_the_old_one(store: &dyn Store) {
    store.secret_set(sealed(1, "shop"), MAX).await.unwrap();
    store.secret_set(sealed(2, "bank"), MAX).await.unwrap();
    assert!(!store.secret_set(sealed(3, "shop"), MAX).await.unwrap(), "it was there");
    assert_eq!(store.secret_list().await.unwrap(), [sealed(2, "bank"), sealed(3, "shop")]);
}

pub async fn secrets_are_listed_by_name(store: &dyn Store) {
    assert_eq!(store.secret_list().await.unwrap(), []);
    for (n, name) in [(1, "b"), (2, "c"), (3, "a1"), (4, "a_")] {
        store.secret_set(sealed(n, name), MAX).await.unwrap();
    }
    let names: Vec<_> = store.secret_list().await.unwrap().iter().map(|secret| secret.name.to_string()).collect();
    assert_eq!(names, ["a1", "a_", "b", "c"]);
}

pub async fn there_are_no_more_secrets_than_there_may_be(store: &dyn Store) {
    for n in [1, 2] {
        store.secret_set(sealed(n, &format!("s{n}")), 2).await.unwrap();
    }
    let third = store.secret_set(sealed(3, "s3"), 2).await;
    assert!(matches!(third, Err(Error::TooManySecrets { max: 2 })), "{third:?}");
    store.secret_set(sealed(4, "s1"), 2).await.expect("it takes the place of another");
    assert_eq!(store.secret_list().await.unwrap(), [sealed(4, "s1"), sealed(2, "s2")]);
}

pub async fn a_deleted_secret_is_gone(store: &dyn Store) {
    store.secret_set(sealed(1, "shop"), MAX).await.unwrap();
    store.secret_set(sealed(2, "bank"), MAX).await.unwrap();
    store.secret_delete(&name("shop")).await.unwrap();
    assert_eq!(store.secret_list().await.unwrap(), [sealed(2, "bank")]);
    let again = store.secret_delete(&name("shop")).await;
    assert!(matches!(again, Err(Error::SecretNotFound { .. })), "{again:?}");
}
