//! Who may use the API: whoever has the token.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Response};
use subtle::ConstantTimeEq;

use super::Api;
use crate::error::ApiError;

/// What programs show to use the API. Never printed.
#[derive(Clone)]
pub struct AdminToken(String);

impl AdminToken {
    pub fn new(token: String) -> Self {
        Self(token)
    }

    /// In a time that tells the token's length at most.
    fn is(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

impl From<String> for AdminToken {
    fn from(token: String) -> Self {
        Self(token)
    }
}

pub(super) async fn require(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response<Body>, ApiError> {
    if is_allowed(&api, request.headers()).await { Ok(next.run(request).await) } else { Err(ApiError::Token) }
}

/// Whether the token in the headers of a request opens, now. Asked again while an answer goes on and on.
#[allow(clippy::unused_async, reason = "tokens will be looked up")]
pub(super) async fn is_allowed(api: &Api, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|given| api.token.is(given))
}

/// RFC 6750 2.1, exactly once.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.as_bytes().trim_ascii(), values.next()) else { return None };
    let (scheme, rest) = value.split_at_checked("Bearer".len())?;
    let token = rest.trim_ascii_start();
    (scheme.eq_ignore_ascii_case(b"Bearer") && token.len() < rest.len() && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn allowed(values: &[&str]) -> bool {
        let headers: HeaderMap =
            values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect();
        bearer(&headers).is_some_and(|given| AdminToken::new("t0ken".into()).is(given))
    }

    #[test]
    fn only_the_whole_token_opens() {
        assert!(allowed(&["Bearer t0ken"]) && allowed(&["bearer   t0ken "]));
        for values in [
            &[][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Bearert0ken"],
            &["Bearer t0ke"],
            &["Bearer t0kenn"],
            &["Bearer T0ken"],
            &["Basic t0ken"],
            &["t0ken"],
            &["Bearer t0ken", "Bearer t0ken"],
        ] {
            assert!(!allowed(values), "{values:?}");
        }
        assert_eq!(format!("{:?}", AdminToken::new("t0ken".into())), "AdminToken(…)");
    }

    #[test]
    fn an_empty_token_opens_nothing() {
        assert_eq!(bearer(&HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer "))])), None);
    }
}
