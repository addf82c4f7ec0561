//! What of a request's headers is kept: for later nodes, in the event, in the request log.
//!
//! Not here: which those are (`domain::event::headers`).

use domain::event::headers;
use http::{HeaderMap, HeaderValue};

/// Names in lower case, in the order they came, without what must not be kept.
///
/// `declared`: lower-case names the trigger declares. `checked`: the endpoint has credentials, so
/// that `Authorization` has done its work.
pub(super) fn kept(headers: &HeaderMap, declared: &[String], checked: bool) -> Vec<(String, String)> {
    let lines = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    headers::kept(lines, declared, checked)
}

/// As many of `headers` as fit into `bytes_max`.
pub(super) fn first(mut headers: Vec<(String, String)>, bytes_max: usize) -> Vec<(String, String)> {
    let mut left = bytes_max;
    headers.retain(|(name, value)| {
        let rest = left.checked_sub(name.len() + value.len());
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    headers
}

/// UTF-8 if it is, else Latin-1, which everything is.
pub(super) fn text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use domain::answer::session_cookie;
    use http::HeaderName;
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[(&str, &[u8])]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap()))
            .collect()
    }

    fn names(lines: &[(&str, &[u8])], declared: &[&str], checked: bool) -> Vec<String> {
        let declared: Vec<_> = declared.iter().map(|name| (*name).to_owned()).collect();
        kept(&headers(lines), &declared, checked).into_iter().map(|(name, _)| name).collect()
    }

    const SENT: &[(&str, &[u8])] = &[
        ("Host", b"a"),
        ("Authorization", b"Basic x"),
        ("X-Request-Id", b"1"),
        ("Proxy-Authorization", b"x"),
        ("Cookie", b"a=b"),
        ("X-Hub-Signature", b"x"),
        ("X-Hub-Signature-256", b"x"),
        ("Stripe-Signature", b"x"),
        ("Webhook-Signature", b"x"),
        ("Svix-Signature", b"x"),
        ("X-Shopify-Hmac-Sha256", b"x"),
        ("PayPal-Transmission-Sig", b"x"),
        ("X-Gitlab-Token", b"x"),
    ];

    #[test]
    fn proofs_of_identity_are_kept_only_when_declared() {
        assert_eq!(names(SENT, &[], false), ["host", "x-request-id"]);
        let declared = ["x-hub-signature-256", "cookie", "authorization"];
        let all = ["host", "authorization", "x-request-id", "cookie", "x-hub-signature-256"];
        assert_eq!(names(SENT, &declared, false), all);
    }

    #[test]
    fn authorization_goes_once_it_has_been_checked() {
        assert_eq!(names(SENT, &["authorization"], true), ["host", "x-request-id"]);
    }

    #[test]
    fn our_own_cookies_are_gone_even_where_cookies_are_declared() {
        let cases: &[(&str, Option<&str>)] = &[
            ("a=b; c=d", Some("a=b; c=d")),
            ("hookflow_session=1", None),
            ("hookflow_session=1;", None),
            ("a=b; hookflow_session=1; c=d", Some("a=b; c=d")),
            ("__Host-hookflow_session=1; a=b", Some("a=b")),
            ("a=b;hookflow_session=1;hookflow_session=2", Some("a=b")),
            ("hookflow_session =1; a=b", Some("a=b")),
            ("hookflow_session", None),
            ("my_hookflow_session=1", Some("my_hookflow_session=1")),
            ("a=hookflow_session=1", Some("a=hookflow_session=1")),
        ];
        for (sent, expected) in cases {
            let lines = kept(&headers(&[("cookie", sent.as_bytes())]), &["cookie".to_owned()], false);
            assert_eq!(lines.first().map(|(_, value)| value.as_str()), *expected, "{sent}");
        }
    }

    #[test]
    fn values_are_utf_8_or_latin_1_and_repeated_names_stay() {
        let lines = kept(&headers(&[("x-a", "Zoë".as_bytes()), ("x-a", b"Zo\xeb"), ("x-b", b"")]), &[], false);
        let expected = [("x-a", "Zoë"), ("x-a", "Zoë"), ("x-b", "")];
        assert_eq!(lines, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_log_takes_what_fits_and_leaves_out_the_large() {
        let lines = |names: &[(&str, usize)]| {
            names.iter().map(|(name, length)| ((*name).to_owned(), "x".repeat(*length))).collect::<Vec<_>>()
        };
        let sent = lines(&[("a", 4), ("b", 90), ("c", 4), ("d", 1)]);
        assert_eq!(first(sent.clone(), 10), lines(&[("a", 4), ("c", 4)]));
        assert_eq!(first(sent.clone(), 200), sent);
    }

    proptest! {
        #[test]
        fn no_cookie_line_lets_a_session_through(
            parts in proptest::collection::vec("( ?(hookflow_session|__Host-hookflow_session|other) ?(=[a-z=]{0,3})?)?", 0..6),
        ) {
            let line = parts.join(";");
            let sent = [("cookie".to_owned(), line.clone())];
            if let Some((_, left)) = domain::event::headers::kept(sent, &["cookie".to_owned()], false).pop() {
                let ours = left.split(';').any(|cookie| {
                    session_cookie(cookie.split('=').next().unwrap().trim()).is_some()
                });
                prop_assert!(!ours, "{} → {}", line, left);
                prop_assert_eq!(left.matches("other").count(), line.matches("other").count());
            }
        }
    }
}
