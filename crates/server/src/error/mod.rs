//! Every answer that says no, and the only place where an HTTP status is chosen for one.
//!
//! Bodies are problem details (RFC 9457) with a stable `code`. They tell the sender what to change
//! and nothing about other workflows, the database or the code.
//! ```text
//! Fault     row 0: the HTTP itself; counted, not logged, the connection closes
//! Refusal   rows 1 to 12: a request to an endpoint that cannot be taken
//! ApiError  a request to the admin listener
//! ```
//!
//! Not here: problems of an execution that went wrong (`domain::answer`).

mod api;
mod fault;
mod reference;
mod refusal;

use bytes::Bytes;
use domain::answer::Answer;
use domain::value::Value;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

pub(crate) use api::ApiError;
pub(crate) use fault::Fault;
pub use reference::{API_ERRORS, ErrorInfo, remedy};
pub(crate) use refusal::Refusal;

/// Media type of problem details.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// When what is missing for a moment may be there again, in seconds.
pub(crate) const RETRY_SOON_S: u32 = 2;

/// An answer that says no, for the reference.
#[derive(Debug)]
pub struct RefusalInfo {
    pub status: u16,
    pub code: &'static str,
    /// An example of the sentence: limits and places in it vary.
    pub detail: String,
    /// Whether it stands in the request log; what does not is counted only.
    pub logged: bool,
}

/// Everything the public listener turns a request away with, in the order of the checks.
pub fn refusals() -> Vec<RefusalInfo> {
    Refusal::each()
        .iter()
        .map(|refusal| RefusalInfo {
            status: refusal.status().as_u16(),
            code: refusal.code(),
            detail: refusal.detail().into_owned(),
            logged: refusal.is_logged(),
        })
        .collect()
}

/// The body of a problem: the standard members, then `extra` ones.
pub(crate) fn problem_body(status: StatusCode, code: &str, detail: &str, extra: &[(&str, Value)]) -> Bytes {
    // RFC 9457: with `about:blank` the title is the status code's own phrase.
    let title = status.canonical_reason().unwrap_or("Error");
    Answer::problem(status.as_u16(), code, title, detail, extra).body
}

fn problem_with(status: StatusCode, code: &str, detail: &str, extra: &[(&str, Value)]) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(problem_body(status, code, detail, extra)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    response
}

pub(crate) fn problem(status: StatusCode, code: &str, detail: &str) -> Response<Full<Bytes>> {
    problem_with(status, code, detail, &[])
}

/// The server's own mistake; what happened is in its log only.
pub(crate) fn internal() -> Response<Full<Bytes>> {
    problem(StatusCode::INTERNAL_SERVER_ERROR, "server.error", "Something went wrong in the server.")
}

/// For the time being; a later try may succeed.
pub(crate) fn unavailable(code: &str, detail: &str) -> Response<Full<Bytes>> {
    retry(problem(StatusCode::SERVICE_UNAVAILABLE, code, detail), RETRY_SOON_S)
}

/// Adds `Retry-After`.
pub(crate) fn retry<B>(mut response: Response<B>, after_s: u32) -> Response<B> {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after_s));
    response
}
