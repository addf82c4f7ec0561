//! Tokens of the API.

use domain::id::TokenId;
use domain::token::{Scope, Token};

use super::numbered::{at, number};
use crate::Store;
use crate::error::Error;

pub(super) fn token(n: i64) -> Token {
    Token {
        id: TokenId::new(at(n), number(n)),
        name: format!("token „{n}“"),
        digest: [u8::try_from(n).unwrap(); 32],
        scopes: vec![Scope::Author, Scope::Read],
        created_at: at(n),
        expires_at: None,
        last_used_at: None,
    }
}

pub async fn a_token_is_found_by_its_digest(store: &dyn Store) {
    let mut full = token(1);
    full.scopes = Scope::ALL.to_vec();
    full.expires_at = Some(at(50));
    full.last_used_at = Some(at(2));
    store.token_create(full.clone()).await.unwrap();
    store.token_create(token(2)).await.unwrap();
    assert_eq!(store.token_by_digest([1; 32]).await.unwrap(), Some(full));
    assert_eq!(store.token_by_digest([2; 32]).await.unwrap(), Some(token(2)));
    assert_eq!(store.token_by_digest([3; 32]).await.unwrap(), None);
}

pub async fn tokens_are_listed_newest_first(store: &dyn Store) {
    assert_eq!(store.token_list().await.unwrap(), []);
    for n in [2, 3, 1] {
        store.token_create(token(n)).await.unwrap();
    }
    assert_eq!(store.token_list().await.unwrap(), [token(3), token(2), token(1)]);
}

pub async fn a_revoked_token_is_gone(store: &dyn Store) {
    store.token_create(token(1)).await.unwrap();
    store.token_create(token(2)).await.unwrap();
    store.token_revoke(token(1).id).await.unwrap();
    assert_eq!(store.token_by_digest([1; 32]).await.unwrap(), None);
    assert_eq!(store.token_list().await.unwrap(), [token(2)]);
    let again = store.token_revoke(token(1).id).await;
    assert!(matches!(again, Err(Error::TokenNotFound { .. })), "{again:?}");
}

pub async fn the_last_use_of_a_token_is_kept(store: &dyn Store) {
    store.token_create(token(1)).await.unwrap();
    store.token_create(token(2)).await.unwrap();
    store.token_used(token(1).id, at(7)).await.unwrap();
    let used = Token { last_used_at: Some(at(7)), ..token(1) };
    assert_eq!(store.token_list().await.unwrap(), [token(2), used]);
    // Its use is written some time later, and it may be gone by then.
    store.token_used(token(3).id, at(7)).await.unwrap();
    assert_eq!(store.token_list().await.unwrap().len(), 2);
}

pub async fn no_two_tokens_have_the_same_digest(store: &dyn Store) {
    store.token_create(token(1)).await.unwrap();
    let twin = store.token_create(Token { digest: [1; 32], ..token(2) }).await;
    assert!(matches!(twin, Err(Error::Database { operation: "token_create", .. })), "{twin:?}");
    assert_eq!(store.token_list().await.unwrap(), [token(1)]);
}
