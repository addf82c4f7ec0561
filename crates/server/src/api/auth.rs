//! Who may use the API: programs by a token, people by the session in their cookie, each for what its scopes
//! allow.
//! ```text
//! Authorization: Bearer …   the data folder's token: everything · a token of the engine's: its scopes
//! Cookie: …session=…        the scopes of the user's role; what changes something must come from our own pages
//! ```
//! A request with a token is never looked at for a cookie. Neither is ever printed.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use domain::token::{Scope, Token, TokenText};
use domain::user::{Session, User};
use engine::people::Look;
use engine::tokens::Checked;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Response};
use subtle::ConstantTimeEq;

use super::{Api, origin};
use crate::error::ApiError;

/// The token of the data folder. Never printed.
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

/// Who sent a request.
#[derive(Debug, Clone)]
pub(super) enum Holder {
    /// Of the data folder's token.
    Folder,
    Token(Token),
    Person(Box<Person>),
}

/// Who is logged in, and where.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) user: User,
    pub(super) session: Session,
}

impl Holder {
    pub(super) fn may(&self, scope: Scope) -> bool {
        match self {
            Self::Folder => true,
            Self::Token(token) => token.allows(scope),
            Self::Person(person) => person.user.role.allows(scope),
        }
    }
}

/// Behind [`require`].
impl FromRequestParts<Arc<Api>> for Holder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or(ApiError::Token)
    }
}

/// Lets nobody through without a token or a session.
pub(super) async fn require(
    State(api): State<Arc<Api>>,
    mut request: Request,
    next: Next,
) -> Result<Response<Body>, ApiError> {
    let holder = holder(&api, request.headers(), Look::Use).await?;
    if let Holder::Person(_) = holder {
        origin::check(&request)?;
    }
    request.extensions_mut().insert(holder);
    Ok(next.run(request).await)
}

/// Around what is open to everybody. There is no cookie yet that could be misused, but a page could log somebody's
/// browser in as somebody else.
pub(super) async fn open(request: Request, next: Next) -> Result<Response<Body>, ApiError> {
    if !request.headers().contains_key(AUTHORIZATION) {
        origin::check(&request)?;
    }
    Ok(next.run(request).await)
}

async fn holder(api: &Api, headers: &HeaderMap, look: Look) -> Result<Holder, ApiError> {
    match api.cookie.read(headers) {
        Some(session) if !headers.contains_key(AUTHORIZATION) => {
            let session = session.ok_or(ApiError::Session)?;
            let (session, user) = api.engine.session(&session, look).await?.ok_or(ApiError::Session)?;
            Ok(Holder::Person(Box::new(Person { user, session })))
        }
        _ => token_holder(api, headers).await,
    }
}

async fn token_holder(api: &Api, headers: &HeaderMap) -> Result<Holder, ApiError> {
    let given = bearer(headers).ok_or(ApiError::Token)?;
    if api.token.is(given) {
        return Ok(Holder::Folder);
    }
    let text = TokenText::read(given).ok_or(ApiError::Token)?;
    match api.engine.check_token(&text).await? {
        Checked::Unknown => Err(ApiError::Token),
        Checked::Expired => Err(ApiError::TokenExpired),
        Checked::Valid(token) => Ok(Holder::Token(token)),
    }
}

/// Whether the token or the session in the headers of a request still lets see what happens. Asked again while an
/// answer goes on and on, which keeps no session alive.
pub(super) async fn is_allowed(api: &Api, headers: &HeaderMap) -> bool {
    holder(api, headers, Look::Ask).await.is_ok_and(|holder| holder.may(Scope::Read))
}

/// Lets nobody through whose token or role lacks the scope. Behind [`require`].
pub(super) async fn permit(scope: Scope, request: Request, next: Next) -> Result<Response<Body>, ApiError> {
    match request.extensions().get::<Holder>() {
        Some(holder) if holder.may(scope) => Ok(next.run(request).await),
        Some(_) => Err(ApiError::Scope(scope)),
        None => Err(ApiError::Token),
    }
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
