//! Why the admin listener does not do what it was asked.

use axum::body::Body;
use axum::response::IntoResponse;
use domain::value::Value;
use engine::authoring::AuthoringError;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::{internal, problem, problem_with, unavailable};
use crate::body::ReadError;

#[derive(Debug)]
pub(crate) enum ApiError {
    /// No token, or not the right one.
    Token,
    /// Nothing is at this path.
    Route,
    /// Something is at this path, but not for this method.
    Method,
    /// There is no such thing: `workflow`, `execution`, `request`.
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

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let response = match self {
            Self::Token => {
                let detail =
                    "Send the token: Authorization: Bearer <token>. It stands in admin.token in the data folder.";
                let mut response = problem(StatusCode::UNAUTHORIZED, "api.token", detail);
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                response
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
            Self::Unavailable(why) => unavailable("server.unavailable", why),
            Self::Internal => internal(),
        };
        response.map(Body::new)
    }
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
