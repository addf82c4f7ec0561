//! Basic credentials: the reader agrees with one that is written as plainly as RFC 7617 and RFC 4648 are.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use server::fuzzing::user_and_password;

/// Each line is the value of an `Authorization` header.
pub fn basic(bytes: &[u8]) {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let values = bytes.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
    let headers: HeaderMap = values.map(|value| (AUTHORIZATION, value)).collect();
    assert_eq!(user_and_password(&headers), plainly_read(&headers));
}

/// Longest base 64 that is looked at.
const ENCODED_BYTES_MAX: usize = 4_096;

fn plainly_read(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    let values: Vec<&[u8]> = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes).collect();
    let [value] = values[..] else { return None };
    let words: Vec<&[u8]> = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect();
    let [scheme, encoded] = words[..] else { return None };
    if !scheme.eq_ignore_ascii_case(b"basic") || encoded.len() > ENCODED_BYTES_MAX {
        return None;
    }
    let decoded = decode(encoded)?;
    let mut parts = decoded.splitn(2, |byte| *byte == b':');
    Some((parts.next()?.to_vec(), parts.next()?.to_vec()))
}

/// Base 64, six bits at a time. The `=` may be left out, all or some; the bits that fill up the last letter are zero.
fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let letters: Vec<u8> = encoded.iter().copied().take_while(|byte| *byte != b'=').collect();
    let padding = &encoded[letters.len()..];
    let full = letters.len().next_multiple_of(4) - letters.len();
    if full == 3 || padding.len() > full || padding.iter().any(|byte| *byte != b'=') {
        return None;
    }
    let mut bits = Vec::new();
    for letter in &letters {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits.extend((0..6).rev().map(|bit| six >> bit & 1));
    }
    let (bytes, rest) = bits.as_chunks::<8>();
    let byte = |bits: &[u8; 8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    rest.iter().all(|bit| *bit == 0).then(|| bytes.iter().map(byte).collect())
}
