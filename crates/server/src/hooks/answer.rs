//! What an accepted request gets back, now or later.

use bytes::Bytes;
use domain::answer::Answer;
use domain::id::ExecutionId;
use engine::handle::LateAnswer;
use http::header::LOCATION;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use super::{ANSWER_PATH, Hooks};
use crate::body::hold;
use crate::error::{Refusal, retry, unavailable};
use crate::standing;

/// When to look for an answer that is not there yet, in seconds.
const RETRY_PENDING_S: u32 = 1;

/// The answer itself. Its record is on disk. What every answer carries is added by the listener.
pub(super) fn finished(hooks: &Hooks, answer: Answer, execution: ExecutionId) -> Response<Full<Bytes>> {
    let headers = standing::unsealed(&answer, execution);
    let mut response = Response::new(Full::new(hold(hooks.engine.bodies(), answer.body)));
    // 200 to 599 is always legal.
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

/// The execution goes on; its answer will stand at `ticket`.
pub(super) fn later(ticket: &str, execution: ExecutionId) -> Response<Full<Bytes>> {
    let mut response = pending(execution);
    // A ticket is an id, a dot and base-36 digits.
    if let Ok(location) = HeaderValue::try_from(format!("{ANSWER_PATH}{ticket}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn pending(execution: ExecutionId) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::ACCEPTED;
    standing::name_execution(response.headers_mut(), execution);
    retry(response, RETRY_PENDING_S)
}

/// `GET` of a ticket. Whoever knows it may have the answer.
pub(super) async fn collect(hooks: &Hooks, method: &Method, ticket: &str) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return hooks.turn_away(&Refusal::Method { allow: "GET, HEAD" });
    }
    match hooks.engine.late_answer(ticket).await {
        Ok(LateAnswer::Ready { execution, answer }) => finished(hooks, answer, execution),
        Ok(LateAnswer::Pending { execution }) => pending(execution),
        Ok(LateAnswer::Unknown) => hooks.turn_away(&Refusal::Unknown),
        Err(error) => {
            tracing::warn!(%error, "a late answer could not be read");
            unavailable("server.unavailable", "The answer cannot be read now; try again later.")
        }
    }
}
