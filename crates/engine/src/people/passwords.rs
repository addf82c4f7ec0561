//! Passwords: slow to check on purpose, and so many at a time that memory lasts.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use domain::user::{PASSWORD_BYTES_MAX, PasswordHash};
use tokio::sync::Semaphore;

use crate::clock;

/// Memory that one hash takes, in KiB. With two passes and one lane it is what OWASP's password storage
/// cheat sheet asks for at least.
const HASH_MEMORY_KIB: u32 = 19 << 10;
const HASH_PASSES: u32 = 2;
const HASH_LANES: u32 = 1;
/// At the same time: 76 MiB.
const HASHES_AT_ONCE_MAX: usize = 4;

static COST: LazyLock<Argon2<'static>> = LazyLock::new(|| {
    let cost = Params::new(HASH_MEMORY_KIB, HASH_PASSES, HASH_LANES, None).expect("the cost is within its bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, cost)
});

/// Nobody's: to spend the same time when there is no user, or no password.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords, off the threads that answer.
#[derive(Debug)]
pub(crate) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HASHES_AT_ONCE_MAX)))
    }
}

impl Passwords {
    pub(crate) async fn hash(&self, password: String) -> PasswordHash {
        self.slow(move || {
            let salt = clock::random_wide().to_be_bytes();
            let hash = COST.hash_password_with_salt(password.as_bytes(), &salt);
            PasswordHash::from_stored(hash.expect("salt and password are within their bounds").to_string())
        })
        .await
    }

    /// Takes as long without a hash as with one.
    pub(crate) async fn matches(&self, password: String, hash: Option<PasswordHash>) -> bool {
        self.slow(move || {
            let stored = hash.as_ref().map_or(NOBODYS, PasswordHash::as_str);
            // What no password can be costs no more than what one can.
            let given = password.as_bytes().get(..PASSWORD_BYTES_MAX).unwrap_or(password.as_bytes());
            let matches =
                phc::PasswordHash::new(stored).is_ok_and(|stored| COST.verify_password(given, &stored).is_ok());
            matches && hash.is_some() && given.len() == password.len()
        })
        .await
    }

    /// To its end, though the caller hangs up: until then its memory is counted.
    async fn slow<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let place = Arc::clone(&self.0).acquire_owned().await.expect("it is never closed");
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        worked.await.expect("it does not panic, and nobody stops it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_bytes_match() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse \u{e9}".into()).await;
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(passwords.matches("correct horse \u{e9}".into(), Some(hash.clone())).await);
        for wrong in ["", "correct horse e\u{301}", "Correct horse \u{e9}", "correct horse \u{e9} "] {
            assert!(!passwords.matches(wrong.into(), Some(hash.clone())).await, "{wrong}");
        }
        assert_ne!(passwords.hash("correct horse \u{e9}".into()).await, hash, "each has a salt of its own");
        let longest = "x".repeat(PASSWORD_BYTES_MAX);
        let hash = passwords.hash(longest.clone()).await;
        assert!(!passwords.matches(format!("{longest}y"), Some(hash)).await);
        assert!(!passwords.matches("whatever it may be".into(), None).await);
    }

    #[test]
    fn nobodys_hash_costs_what_others_do() {
        let nobodys = phc::PasswordHash::new(NOBODYS).unwrap();
        let real = COST.hash_password_with_salt(b"a password", &[7; 16]).unwrap();
        assert_eq!((nobodys.algorithm, nobodys.version), (real.algorithm, real.version));
        assert_eq!(nobodys.params.to_string(), real.params.to_string());
    }
}
