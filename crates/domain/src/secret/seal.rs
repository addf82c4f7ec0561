//! How a secret is kept: sealed with XChaCha20-Poly1305 under a key that comes from the key file.
//!
//! The row's id and name are sealed along, so a row that is moved to another name does not open. Nonces are 192
//! random bits, drawn for every sealing, so there is nothing to count.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::{SecretName, SecretValue};
use crate::credentials::ServerKey;
use crate::id::SecretId;
use crate::time::Timestamp;

pub const NONCE_BYTES: usize = 24;
/// Tells keys apart, and tells nothing about them.
pub type KeyId = [u8; 8];

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub id: SecretId,
    pub name: SecretName,
    pub nonce: [u8; NONCE_BYTES],
    pub sealed: Vec<u8>,
    /// Of the key it was sealed with.
    pub key_id: KeyId,
    pub created_at: Timestamp,
    /// When its value was set last.
    pub changed_at: Timestamp,
}

/// Seals and unseals. Made from the key file.
#[derive(Clone)]
pub struct SecretKey {
    key: Zeroizing<[u8; 32]>,
    id: KeyId,
}

/// Why a stored secret cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    #[error("it was sealed with another key file than this server has: put that one back, or set the secret again")]
    OtherKey,
    #[error("what is stored is damaged: set the secret again")]
    Damaged,
}

impl SecretKey {
    pub fn new(key: &ServerKey) -> Self {
        let mut id = KeyId::default();
        id.copy_from_slice(&key.derived("secret key id")[..8]);
        Self { key: key.derived("secret key"), id }
    }

    /// `nonce` is random.
    pub fn seal(
        &self,
        id: SecretId,
        name: SecretName,
        value: &SecretValue,
        nonce: [u8; NONCE_BYTES],
        at: Timestamp,
    ) -> Sealed {
        let associated = associated(id, &name);
        let payload = Payload { msg: value.reveal().as_bytes(), aad: &associated };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        // The one limit is 256 GiB.
        let sealed = sealed.expect("a secret is not too long to be sealed");
        Sealed { id, name, nonce, sealed, key_id: self.id, created_at: at, changed_at: at }
    }

    pub fn unseal(&self, sealed: &Sealed) -> Result<SecretValue, UnsealError> {
        if sealed.key_id != self.id {
            return Err(UnsealError::OtherKey);
        }
        let associated = associated(sealed.id, &sealed.name);
        let payload = Payload { msg: sealed.sealed.as_slice(), aad: &associated };
        let opened = self.cipher().decrypt(&XNonce::from(sealed.nonce), payload).map_err(|_| UnsealError::Damaged)?;
        let text = String::from_utf8(opened).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            UnsealError::Damaged
        })?;
        SecretValue::new(text).map_err(|_| UnsealError::Damaged)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

fn associated(id: SecretId, name: &SecretName) -> Vec<u8> {
    [&id.to_bytes()[..], name.as_str().as_bytes()].concat()
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(key: &SecretKey) -> Sealed {
        let value = SecretValue::new("sk_live_1234".to_owned()).unwrap();
        let at = Timestamp::from_micros(7);
        key.seal(SecretId::from_bytes([1; 16]), "shop".parse().unwrap(), &value, [3; NONCE_BYTES], at)
    }

    fn key(byte: u8) -> SecretKey {
        SecretKey::new(&ServerKey::new([byte; 32]))
    }

    #[test]
    fn what_was_sealed_opens_under_the_same_key_at_the_same_place_only() {
        let key = key(7);
        let sealed = sealed(&key);
        assert_eq!(key.unseal(&sealed).unwrap().reveal(), "sk_live_1234");
        let not_inside = |text: &[u8]| !sealed.sealed.windows(text.len()).any(|window| window == text);
        assert!(not_inside(b"sk_live") && not_inside(b"1234"));
        for damaged in [
            Sealed { id: SecretId::from_bytes([2; 16]), ..sealed.clone() },
            Sealed { name: "shops".parse().unwrap(), ..sealed.clone() },
            Sealed { nonce: [4; NONCE_BYTES], ..sealed.clone() },
            Sealed { sealed: sealed.sealed[1..].to_vec(), ..sealed.clone() },
            Sealed { sealed: Vec::new(), ..sealed.clone() },
        ] {
            assert_eq!(key.unseal(&damaged).unwrap_err(), UnsealError::Damaged, "{damaged:?}");
        }
        assert_eq!(super::tests::key(8).unseal(&sealed).unwrap_err(), UnsealError::OtherKey);
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }
}
