//! Tokens of the API: made, checked, revoked.
//!
//! Every check asks the store, so that a token that was revoked is of no use from then on. When it was
//! used last is noted beside the request, once a minute.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::id::TokenId;
use domain::time::Timestamp;
use domain::token::{Scope, Token, TokenText};

use crate::clock;
use crate::handle::{Engine, Inner};

/// There is no need for more, and a list of them stays a list.
const TOKENS_MAX: usize = 1_000;
const NAME_CHARS_MAX: usize = 100;
/// How exactly the last use is known.
const USE_EVERY: Duration = Duration::from_secs(60);

/// What a token is to be.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// 1 to 100 characters, not all of them blanks.
    pub name: String,
    /// At least one.
    pub scopes: Vec<Scope>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    #[error("a name has 1 to {NAME_CHARS_MAX} characters, not all of them blanks")]
    Name,
    #[error("a token has at least one scope")]
    NoScope,
    #[error("a token expires in the future")]
    Past,
    #[error("there are {TOKENS_MAX} tokens; revoke some first")]
    TooMany,
    #[error("the store failed")]
    Store(#[from] store::Error),
}

/// What a token that was shown is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Never made, or revoked.
    Unknown,
    Expired,
    Valid(Token),
}

/// Uses that have been noted, so that many requests at once make one note.
#[derive(Debug)]
pub(crate) struct Uses<K>(Mutex<HashMap<K, Timestamp>>);

impl<K> Default for Uses<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Uses<K> {
    /// Whether this use is the first for a while; the store has `last`.
    pub(crate) fn is_news(&self, of: K, last: Option<Timestamp>, now: Timestamp) -> bool {
        let fresh = |at: Timestamp| now.since(at) < USE_EVERY && at <= now;
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(fresh) || noted.get(&of).copied().is_some_and(fresh) {
            return false;
        }
        // What is no longer fresh says nothing, so this holds those of one minute.
        noted.retain(|_, at| fresh(*at));
        noted.insert(of, now);
        true
    }
}

impl Engine {
    /// The text is nowhere from now on but with the caller.
    pub async fn make_token(&self, new: NewToken) -> Result<(Token, TokenText), TokenError> {
        let now = clock::now();
        let NewToken { name, mut scopes, expires_at } = new;
        if name.chars().count() > NAME_CHARS_MAX || name.trim().is_empty() {
            return Err(TokenError::Name);
        }
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(TokenError::NoScope);
        }
        if expires_at.is_some_and(|at| at <= now) {
            return Err(TokenError::Past);
        }
        if self.tokens().await?.len() >= TOKENS_MAX {
            return Err(TokenError::TooMany);
        }
        let text = TokenText::from_random([clock::random_wide(), clock::random_wide()]);
        let id = TokenId::new(now, clock::random());
        let token = Token { id, name, digest: text.digest(), scopes, created_at: now, expires_at, last_used_at: None };
        self.inner.store.token_create(token.clone()).await?;
        Ok((token, text))
    }

    /// Newest first.
    pub async fn tokens(&self) -> Result<Vec<Token>, store::Error> {
        self.inner.store.token_list().await
    }

    /// Of no use from now on. Errors: `TokenNotFound`.
    pub async fn revoke_token(&self, token: TokenId) -> Result<(), store::Error> {
        self.inner.store.token_revoke(token).await
    }

    /// What a program has shown.
    pub async fn check_token(&self, text: &TokenText) -> Result<Checked, store::Error> {
        let Some(token) = self.inner.store.token_by_digest(text.digest()).await? else { return Ok(Checked::Unknown) };
        let now = clock::now();
        if token.has_expired(now) {
            return Ok(Checked::Expired);
        }
        if self.inner.uses.is_news(token.id, token.last_used_at, now) {
            self.inner.note_use(token.id, now);
        }
        Ok(Checked::Valid(token))
    }
}

impl Inner {
    /// Beside the request: it waits for no write.
    fn note_use(self: &std::sync::Arc<Self>, token: TokenId, at: Timestamp) {
        let inner = std::sync::Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = inner.store.token_used(token, at).await {
                inner.store_failed(&error);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let uses = Uses::default();
        let news = |number: u8, used: Option<i64>, now| uses.is_news(number, used.map(at), at(now));
        assert!(news(1, None, 100) && news(2, None, 100), "each token has its own minute");
        assert!(!news(1, None, 159), "the note may still be on its way");
        assert!(news(1, Some(100), 160));
        assert!(!news(1, Some(160), 219) && !news(3, Some(160), 219), "as the store has it");
        assert!(news(1, Some(160), 220));
        assert!(news(1, Some(220), 150), "the clock was set back");
        assert_eq!(uses.0.lock().unwrap().len(), 1, "what is old is forgotten");
    }
}
