//! Which headers a workflow may put into an answer.
//!
//! Asked when a flow is compiled, of what is known then, and again of every value once it is rendered.

use crate::event::headers::{is_name, is_value};
use crate::flow::codes;

/// Bytes of one rendered header value: what common proxies let through.
pub const HEADER_VALUE_MAX: usize = 8 << 10;

/// Session cookies of the admin listener, on plain http and on https. One browser shares them over all
/// ports, so a hook's answer must not set them and a hook's event must not hold them.
const SESSION_COOKIES: [&str; 2] = [SESSION_COOKIE, SESSION_COOKIE_HTTPS];
/// On plain http.
pub const SESSION_COOKIE: &str = "hookflow_session";
/// On https: browsers take it from there alone, and for this host alone.
pub const SESSION_COOKIE_HTTPS: &str = "__Host-hookflow_session";
const OWN_HEADER_PREFIX: &str = "hookflow-";
/// Framing and connection belong to the server; the rest would reach beyond this one answer.
const DENIED_HEADERS: [&str; 7] = [
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "content-security-policy",
    "strict-transport-security",
    "service-worker-allowed",
];

/// Why an answer can't have a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("a header name is made of letters, digits and !#$%&'*+-.^_`|~")]
    Name,
    #[error("the header {0} can't be set by a workflow")]
    Denied(String),
    #[error("a header value can't hold line breaks or other control characters")]
    Value,
    #[error("a header value can't be longer than {HEADER_VALUE_MAX} bytes")]
    TooLong,
    #[error("the cookie {0} belongs to this server")]
    OwnCookie(&'static str),
}

impl HeaderError {
    /// Stable, for problems and node runs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name => codes::ANSWER_HEADER_NAME,
            Self::Denied(_) => codes::ANSWER_HEADER_DENIED,
            Self::Value | Self::TooLong | Self::OwnCookie(_) => codes::ANSWER_HEADER_VALUE,
        }
    }
}

/// Which of our own session cookies has this name, in any case.
pub fn session_cookie(name: &str) -> Option<&'static str> {
    SESSION_COOKIES.into_iter().find(|own| own.eq_ignore_ascii_case(name))
}

/// A token of RFC 9110 section 5.6.2, and none of the headers that are not an author's to set.
pub fn check_header_name(name: &str) -> Result<(), HeaderError> {
    if !is_name(name) {
        return Err(HeaderError::Name);
    }
    let lower = name.to_ascii_lowercase();
    if DENIED_HEADERS.contains(&lower.as_str()) || lower.starts_with(OWN_HEADER_PREFIX) {
        return Err(HeaderError::Denied(name.to_owned()));
    }
    Ok(())
}

/// A rendered value of the header `name`, or a part of it that is known beforehand.
pub fn check_header_value(name: &str, value: &str) -> Result<(), HeaderError> {
    if value.len() > HEADER_VALUE_MAX {
        return Err(HeaderError::TooLong);
    }
    // What is above ASCII goes out as UTF-8.
    if !is_value(value) {
        return Err(HeaderError::Value);
    }
    if name.eq_ignore_ascii_case("set-cookie") {
        // Browsers keep `=name=value` as a cookie without a name that is sent back as `name=value`.
        let cookie = value.trim_start_matches([' ', '\t', '=']);
        let cookie = cookie.split(['=', ';']).next().unwrap_or_default().trim();
        if let Some(own) = session_cookie(cookie) {
            return Err(HeaderError::OwnCookie(own));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_that_are_not_an_authors_are_refused_in_any_case() {
        for name in ["Content-Length", "TRANSFER-ENCODING", "hookflow-Execution", "Strict-Transport-Security"] {
            assert_eq!(check_header_name(name), Err(HeaderError::Denied(name.to_owned())));
        }
        for name in ["", "a b", "a:b", "é", "a\r\nb", "(x)"] {
            assert_eq!(check_header_name(name), Err(HeaderError::Name), "{name}");
        }
        for name in ["X-Got", "Retry-After", "Set-Cookie", "Content-Type", "x!#$%&'*+-.^_`|~9"] {
            assert_eq!(check_header_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn our_session_cookie_is_refused_however_it_is_written() {
        for value in [
            "hookflow_session=x",
            " \t__host-HOOKFLOW_SESSION = x; Path=/",
            "=hookflow_session=x",
            "hookflow_session",
            "hookflow_session; Secure",
        ] {
            assert!(matches!(check_header_value("SET-cookie", value), Err(HeaderError::OwnCookie(_))), "{value}");
            assert_eq!(check_header_value("X-Other", value), Ok(()));
        }
        assert_eq!(check_header_value("Set-Cookie", "mine=hookflow_session"), Ok(()));
    }

    proptest! {
        #[test]
        fn no_header_value_that_passes_can_end_the_line(value in "[\\x00-\\x7f\u{10a}\u{10d}é]{0,12}") {
            let dangerous = value.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f);
            prop_assert_eq!(check_header_value("X", &value).is_ok(), !dangerous);
        }
    }
}
