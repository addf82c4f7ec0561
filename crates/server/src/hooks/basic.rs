//! User and password of a request (RFC 7617), compared with those of its endpoint.
//!
//! Every request does the same work, whatever it brings: one that says nothing of use is compared
//! with an empty user and password, and refused.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::credentials::{BasicCredentials, ServerKey};
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Longest user and password together, in base 64.
const ENCODED_BYTES_MAX: usize = 4 << 10;

/// Some senders leave the `=` out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether `headers` bring what `credentials` ask for.
pub(super) fn allows(headers: &HeaderMap, credentials: &BasicCredentials, key: &ServerKey) -> bool {
    let given = given(headers);
    let (user, password) = given.as_ref().map_or((&[][..], &[][..]), |given| given.parts());
    credentials.matches(key, user, password) & given.is_some()
}

/// User and password as sent.
#[derive(Debug, PartialEq, Eq)]
struct Given {
    decoded: Vec<u8>,
    colon: usize,
}

impl Given {
    fn parts(&self) -> (&[u8], &[u8]) {
        (&self.decoded[..self.colon], &self.decoded[self.colon + 1..])
    }
}

/// What [`allows`] compares, for fuzzing.
#[cfg(feature = "fuzzing")]
pub(crate) fn user_and_password(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    let given = given(headers)?;
    let (user, password) = given.parts();
    Some((user.to_vec(), password.to_vec()))
}

/// `None` unless there is exactly one `Authorization`, and it is a well-formed Basic one.
fn given(headers: &HeaderMap) -> Option<Given> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.as_bytes().trim_ascii(), values.next()) else { return None };
    let (scheme, rest) = value.split_at_checked("Basic".len())?;
    let encoded = rest.trim_ascii_start();
    if !scheme.eq_ignore_ascii_case(b"Basic") || encoded.len() == rest.len() || encoded.len() > ENCODED_BYTES_MAX {
        return None;
    }
    let decoded = BASE64.decode(encoded).ok()?;
    // A user has no colon, a password may.
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some(Given { decoded, colon })
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const KEY: ServerKey = ServerKey::new([7; 32]);

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())).collect()
    }

    fn basic(text: &str) -> Vec<u8> {
        format!("Basic {}", BASE64_STANDARD.encode(text)).into_bytes()
    }

    fn allowed(user: &str, password: &str, values: &[&[u8]]) -> bool {
        allows(&headers(values), &BasicCredentials::seal(&KEY, user, password), &KEY)
    }

    #[test]
    fn the_right_user_and_password_are_let_in_however_they_are_written() {
        for (user, password) in
            [("hook", "s3cret"), ("hook", "with:colon"), ("", ""), ("", "x"), ("Zoë", "naïve"), ("hook", "")]
        {
            assert!(allowed(user, password, &[&basic(&format!("{user}:{password}"))]), "{user}:{password}");
        }
        for value in ["basic aG9vazpz", "BASIC aG9vazpz", "Basic   aG9vazpz", "bAsIc aG9vazpz  ", "Basic\taG9vazpz"] {
            assert!(allowed("hook", "s", &[value.as_bytes()]), "{value}");
        }
        assert!(allowed("hook", "s1", &[b"Basic aG9vazpzMQ=="]) && allowed("hook", "s1", &[b"Basic aG9vazpzMQ"]));
    }

    #[test]
    fn everything_else_is_turned_away() {
        let right = basic("hook:s3cret");
        let long = [b"Basic ".as_slice(), &vec![b'A'; 64 << 10]].concat();
        let cases: &[&[&[u8]]] = &[
            &[],
            &[b""],
            &[b"Basic"],
            &[b"Basic "],
            &[b"Basicaaaa"],
            &[b"Basic !!!!"],
            &[b"Basic aG9vazpzM2NyZXQ=, Basic aG9vazpzM2NyZXQ="],
            &[b"Basic aG9va zpzM2NyZXQ="],
            &[b"Bearer aG9vazpzM2NyZXQ="],
            &[b"aG9vazpzM2NyZXQ="],
            &[b"Basic hook:s3cret"],
            &[b"Bas\xe9c aG9vazpzM2NyZXQ="],
            &[&basic("hooks3cret")],
            &[&basic("hook:s3creT")],
            &[&basic("Hook:s3cret")],
            &[&basic("hook:s3cret ")],
            &[&basic("hook:s3cre")],
            &[&basic(":")],
            &[&right, &right],
            &[&basic("hook:wrong"), &right],
            &[&long],
        ];
        for case in cases {
            assert!(
                !allowed("hook", "s3cret", case),
                "{:?}",
                case.iter().map(|v| String::from_utf8_lossy(v)).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn an_endpoint_with_empty_credentials_still_wants_a_header() {
        for case in [&[][..], &[b"Basic".as_slice()], &[b"Basic !".as_slice()], &[&basic("")]] {
            assert!(!allowed("", "", case));
        }
    }

    #[test]
    fn a_composed_letter_differs_from_a_combined_one() {
        assert!(!allowed("Zo\u{eb}", "x", &[&basic("Zoe\u{308}:x")]));
    }

    proptest! {
        #[test]
        fn no_header_panics_or_passes(bytes in proptest::collection::vec(prop_oneof![Just(b'\t'), 0x20u8..0x7f, 0x80u8..=0xff], 0..80)) {
            prop_assert!(!allowed("hook", "s3cret", &[&bytes]));
        }

        #[test]
        fn what_is_sealed_is_let_in_and_nothing_near_it(user in "[^:]{0,12}", password in ".{0,12}", other in ".{0,12}") {
            let (right, near) = (basic(&format!("{user}:{password}")), basic(&format!("{user}:{other}")));
            prop_assert!(allowed(&user, &password, &[&right]));
            prop_assert_eq!(allowed(&user, &password, &[&near]), password == other);
        }
    }
}
