//! Why the admin listener does not do what it was asked.

use axum::body::Body;
use axum::response::IntoResponse;
use domain::token::Scope;
use domain::value::Value;
use engine::authoring::AuthoringError;
use engine::tokens::TokenError;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::{internal, problem, problem_with, unavailable};
use crate::body::ReadError;

#[derive(Debug)]
pub(crate) enum ApiError {
    /// No token, or not the right one.
    Token,
    /// The token was right once.
    TokenExpired,
    /// The token does not allow it.
    Scope(Scope),
    /// Nothing is at this path.
    Route,
    /// Something is at this path, but not for this method.
    Method,
    /// There is no such thing: `workflow`, `execution`, `request`, `token`.
    Unknown(&'static str),
    /// A query parameter that cannot be read; a sentence that says why.
    Query(String),
    /// The body is not JSON by its media type.
    MediaType,
    /// The body is packed.
    Encoding,
    /// A body that cannot be read; a sentence that says why.
    Body(String),
    Read(ReadError),
    /// Documents with problems: an item for each, nothing was applied.
    Invalid(Value),
    Conflict(String),
    /// What a token is asked to be; a sentence that says why it cannot.
    NewToken(String),
    TooManyTokens(String),
    /// The database takes nothing now.
    Unavailable(&'static str),
    Internal,
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound { .. } => Self::Unknown("workflow"),
            store::Error::TokenNotFound { .. } => Self::Unknown("token"),
            store::Error::DraftConflict { .. } | store::Error::KeyTaken { .. } => Self::Conflict(error.to_string()),
            store::Error::Overloaded => Self::Unavailable("Too much is waiting to be written; try again."),
            store::Error::Full => Self::Unavailable("The disk or the database is full."),
            store::Error::Broken { .. } => {
                Self::Unavailable("The database has failed; the server has to be restarted.")
            }
            store::Error::Closed => Self::Unavailable("The server is stopping."),
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request to the API failed");
                Self::Internal
            }
        }
    }
}

/// But for `Invalid`, whose items the caller shapes.
impl From<AuthoringError> for ApiError {
    fn from(error: AuthoringError) -> Self {
        match error {
            AuthoringError::UnknownWorkflow(_) => Self::Unknown("workflow"),
            AuthoringError::Invalid(items) => Self::Invalid(json!(items)),
            AuthoringError::Store(error) => error.into(),
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request to the API failed");
                Self::Internal
            }
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Store(error) => error.into(),
            TokenError::TooMany => Self::TooManyTokens(sentence(&error.to_string())),
            error => Self::NewToken(sentence(&error.to_string())),
        }
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let response = match self {
            Self::Token => {
                let detail = "Send a token: Authorization: Bearer <token>. \
                              One stands in admin.token in the data folder; `POST tokens` makes others.";
                challenge(problem(StatusCode::UNAUTHORIZED, "api.token", detail), "Bearer")
            }
            Self::TokenExpired => {
                let refused = problem(StatusCode::UNAUTHORIZED, "api.token_expired", "The token has expired.");
                challenge(refused, "Bearer error=\"invalid_token\"")
            }
            Self::Scope(scope) => {
                let detail = format!("The token lacks the scope {}.", scope.as_str());
                let refused = problem(StatusCode::FORBIDDEN, "api.scope", &detail);
                challenge(refused, &format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope.as_str()))
            }
            Self::Route => problem(StatusCode::NOT_FOUND, "api.unknown", "There is nothing here."),
            Self::Method => {
                problem(StatusCode::METHOD_NOT_ALLOWED, "api.method", "This is not done with this method; see Allow.")
            }
            Self::Unknown(what) => {
                problem(StatusCode::NOT_FOUND, &format!("{what}.unknown"), &format!("There is no such {what}."))
            }
            Self::Query(why) => problem(StatusCode::BAD_REQUEST, "api.query", &why),
            Self::MediaType => {
                problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "api.media_type", "Send the body as application/json.")
            }
            Self::Encoding => {
                problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "api.encoding", "Send the body without a Content-Encoding.")
            }
            Self::Body(why) => problem(StatusCode::BAD_REQUEST, "api.body", &why),
            Self::Read(error) => read_failed(error),
            Self::Invalid(items) => problem_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                "workflow.invalid",
                "Some documents have problems; nothing was applied.",
                &[("items", items)],
            ),
            Self::Conflict(why) => problem(StatusCode::CONFLICT, "workflow.conflict", &why),
            Self::NewToken(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, "token.invalid", &why),
            Self::TooManyTokens(why) => problem(StatusCode::CONFLICT, "token.too_many", &why),
            Self::Unavailable(why) => unavailable("server.unavailable", why),
            Self::Internal => internal(),
        };
        response.map(Body::new)
    }
}

/// RFC 6750 3.
fn challenge<B>(mut response: Response<B>, challenge: &str) -> Response<B> {
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn read_failed(error: ReadError) -> Response<http_body_util::Full<bytes::Bytes>> {
    match error {
        ReadError::TooLarge { max } => {
            problem(StatusCode::PAYLOAD_TOO_LARGE, "api.too_large", &format!("The body is larger than {max} bytes."))
        }
        ReadError::Slow => super::Fault::SlowBody.response(),
        ReadError::Broken => super::Fault::BrokenBody.response(),
        ReadError::NoRoom => unavailable("server.unavailable", "Too many requests are being read; try again."),
    }
}
