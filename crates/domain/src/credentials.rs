//! User and password of an endpoint, kept as a keyed digest and compared in constant time.
//!
//! The key lives outside the database, so a stolen database does not tell passwords to someone who
//! can guess; a keyed digest rather than a password hash, so that a flood of wrong passwords costs
//! a microsecond each.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// 32 random bytes from the key file.
#[derive(Clone)]
pub struct ServerKey([u8; 32]);

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

impl ServerKey {
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 over the parts, each with its length, so that no two lists of parts read alike.
    fn digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A key for one purpose, from which neither this one nor one for another purpose can be told.
    pub(crate) fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(Some(b"hookflow"), &self.0).expand(purpose.as_bytes(), &mut *key);
        derived.expect("HKDF gives up to 8160 bytes");
        key
    }

    /// Tells this key from others, and nothing about it.
    pub fn check(&self) -> String {
        let digest = self.digest("check", &[]);
        let (half, _) = digest.split_at(16);
        crate::id::base36(u128::from_be_bytes(half.try_into().expect("16 bytes")))
    }

    /// The secret part of the address where a late answer can be fetched: it need not be stored.
    pub fn answer_token(&self, execution: crate::id::ExecutionId) -> String {
        let digest = self.digest("answer", &[&execution.to_bytes()]);
        let (half, _) = digest.split_at(16);
        crate::id::base36(u128::from_be_bytes(half.try_into().expect("16 bytes")))
    }
}

/// What an endpoint asks for. The password itself is not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    pub username: String,
    digest: [u8; 32],
}

impl std::fmt::Debug for BasicCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BasicCredentials({}, …)", self.username)
    }
}

impl BasicCredentials {
    pub fn seal(key: &ServerKey, username: &str, password: &str) -> Self {
        Self { username: username.to_owned(), digest: Self::digest_of(key, username.as_bytes(), password.as_bytes()) }
    }

    /// From the database.
    pub fn from_stored(username: String, digest: [u8; 32]) -> Self {
        Self { username, digest }
    }

    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Both parts at once, in a time that does not tell which was wrong.
    pub fn matches(&self, key: &ServerKey, username: &[u8], password: &[u8]) -> bool {
        self.digest.ct_eq(&Self::digest_of(key, username, password)).into()
    }

    fn digest_of(key: &ServerKey, username: &[u8], password: &[u8]) -> [u8; 32] {
        key.digest("basic", &[username, password])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_user_and_password_under_the_same_key_match() {
        let key = ServerKey::new([7; 32]);
        let sealed = BasicCredentials::seal(&key, "hook", "s3:cret");
        assert!(sealed.matches(&key, b"hook", b"s3:cret"));
        for (user, password) in
            [("hook", "s3:creT"), ("hoo", "ks3:cret"), ("hooks3", ":cret"), ("", ""), ("HOOK", "s3:cret")]
        {
            assert!(!sealed.matches(&key, user.as_bytes(), password.as_bytes()), "{user} {password}");
        }
        assert!(!sealed.matches(&ServerKey::new([8; 32]), b"hook", b"s3:cret"));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let key = ServerKey::new([7; 32]);
        assert_eq!(
            format!("{key:?} {:?}", BasicCredentials::seal(&key, "hook", "x")),
            "ServerKey(…) BasicCredentials(hook, …)"
        );
    }
}
