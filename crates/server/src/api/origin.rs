//! Whether a request that changes something comes from our own pages, not from a page of someone else whose
//! browser happens to be logged in here.
//!
//! Browsers say so: `Sec-Fetch-Site` where they send it, else `Origin`. Neither can be set by a page. What says
//! neither is no browser of today, and has no business with a cookie. Programs send a token instead, which no
//! page of another origin can do without asking first, and nothing here ever says yes to that: there are no CORS
//! headers.

use axum::extract::Request;
use http::header::{CONTENT_LENGTH, HOST, ORIGIN, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName};

use crate::error::ApiError;
use crate::media;

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Of a request without a token.
pub(super) fn check(request: &Request) -> Result<(), ApiError> {
    if request.method().is_safe() {
        return Ok(());
    }
    let headers = request.headers();
    if !is_same(headers) {
        return Err(ApiError::Csrf);
    }
    // A form can send anything but this without being asked first.
    let has_body = headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    if has_body && !media::is_json(headers) {
        return Err(ApiError::MediaType);
    }
    Ok(())
}

fn is_same(headers: &HeaderMap) -> bool {
    if headers.contains_key(&FETCH_SITE) {
        return matches!(only(headers, &FETCH_SITE), Some("same-origin" | "none"));
    }
    let (Some(origin), Some(host)) = (only(headers, &ORIGIN), only(headers, &HOST)) else { return false };
    // Behind a proxy the scheme is not ours to know.
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// The value, if there is exactly one.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Method;

    use super::*;

    fn refused(method: Method, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::builder().method(method).header("host", "admin.example:1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let error = check(&request.body(Body::empty()).unwrap()).err()?;
        Some(axum::response::IntoResponse::into_response(error).status().as_u16())
    }

    #[test]
    fn only_our_own_pages_change_something() {
        let post = |headers: &[(&str, &str)]| refused(Method::POST, headers);
        for ours in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[("origin", "http://admin.example:1")],
            &[("origin", "https://ADMIN.example:1")],
            &[("sec-fetch-site", "none"), ("content-length", "0")],
            &[("sec-fetch-site", "none"), ("content-length", "2"), ("content-type", "application/json")],
        ] {
            assert_eq!(post(ours), None, "{ours:?}");
        }
        for others in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "http://admin.example:1")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "")],
            &[("origin", "http://admin.example:2")],
            &[("origin", "http://admin.example")],
            &[("origin", "null")],
            &[("origin", "admin.example:1")],
            &[("origin", "http://evil.example"), ("origin", "http://admin.example:1")],
        ] {
            assert_eq!(post(others), Some(403), "{others:?}");
        }
        let form = [("sec-fetch-site", "same-origin"), ("content-length", "2"), ("content-type", "text/plain")];
        assert_eq!(post(&form), Some(415));
        assert_eq!(post(&[("sec-fetch-site", "same-origin"), ("transfer-encoding", "chunked")]), Some(415));
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(refused(method, &[]), Some(403));
        }
        assert_eq!(refused(Method::GET, &[("sec-fetch-site", "cross-site")]), None, "it changes nothing");
    }
}
