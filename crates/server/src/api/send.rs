//! `workflows/{key}/send`: a test request through the front door.
//!
//! Sent by this server to the workflow's own public URL and to nothing else, so that it goes the way of every
//! sender's: name, proxies, certificate, listener. What comes back is what a sender would have got.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::nodes::outbound::{Call, Url};
use axum::extract::State;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use domain::event::written::WrittenRequest;
use domain::id::ExecutionId;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Document, Name};
use super::json::Json;
use super::views::{BodyView, Lines};
use super::written::EventIn;
use super::{Api, openapi, schema};
use crate::error::{ApiError, PROBLEM};
use crate::standing;

/// At the same time: each waits for an answer.
pub(super) const SENDS_MAX: usize = 16;
/// For all of it, the answer's body included.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// Of the answer's body.
const SEND_ANSWER_BYTES_MAX: usize = 4 << 20;

/// What goes with the connection, and is not a person's to write.
const OF_THE_CONNECTION: [HeaderName; 7] = [HOST, CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    /// An empty POST when absent. It is sent as it is, so that one can see it refused.
    #[serde(default)]
    event: EventIn,
    /// Sent by Basic authentication, with `password`.
    username: Option<String>,
    password: Option<String>,
}

/// Passwords are never printed.
impl std::fmt::Debug for Send {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Send").field("event", &self.event).finish_non_exhaustive()
    }
}

/// What a sender would have got.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentView {
    /// Where it was sent.
    url: String,
    status: u16,
    #[schema(value_type = Vec<schema::Line>)]
    headers: Lines,
    #[serde(flatten)]
    body: BodyView,
    /// From the first byte sent to the last one received.
    duration_ms: u64,
    /// What the request became; null when it was refused.
    #[schema(value_type = Option<schema::ExecutionId>)]
    execution_id: Option<ExecutionId>,
}

/// Sends a request to the workflow's public URL, from this server, and returns the answer.
///
/// It is a request like any other: it goes into the request log, it runs what is live, and a workflow that is off
/// refuses it. To run the draft, see `test`. A POST with a body is JSON unless its headers say otherwise.
#[utoipa::path(post, path = "/workflows/{key}/send", operation_id = "workflow_send", tag = "requests",
    params(("key" = String, Path, description = schema::KEY)), request_body = Option<Send>,
    responses(
        (status = 200, description = "There was an answer, whatever it says.", body = SentView),
        (status = 422, description = "This cannot be sent by HTTP: `event.invalid`.", body = openapi::Problem,
            content_type = PROBLEM),
        (status = 502, description = "The URL cannot be reached from this server, or not by what is there \
            (`send.unreachable`), or its answer is too large (`send.too_large`).", body = openapi::Problem,
            content_type = PROBLEM),
        (status = 504, description = "There was no answer within 60 seconds: `send.timeout`.",
            body = openapi::Problem, content_type = PROBLEM)))]
pub(super) async fn send(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    send: Option<Document<Send>>,
) -> Result<Json<SentView>, ApiError> {
    let Document(Send { event, username, password }) = send.unwrap_or_default();
    let request = event.read()?;
    let workflow = api.engine.workflow(&key).await?;
    let mut url = api.url(&workflow.key);
    if !request.query_string.is_empty() {
        url = format!("{url}?{}", request.query_string);
    }
    let call = call(&url, request, username.as_deref(), password.as_deref())?;
    let too_many = |_| ApiError::unavailable("Too many requests are being sent; try again.");
    let _place = api.sends.try_acquire().map_err(too_many)?;
    let began = Instant::now();
    let got = api.own.call(call).await.map_err(ApiError::Send)?;
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let execution = got.headers.get(&standing::EXECUTION).and_then(|id| id.to_str().ok());
    Ok(Json(SentView {
        url,
        status: got.status.as_u16(),
        headers: got.headers.iter().map(line).collect(),
        body: BodyView::from(&got.body[..]),
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        execution_id: execution.and_then(|id| id.parse().ok()),
    }))
}

fn call(url: &str, request: WrittenRequest, username: Option<&str>, password: Option<&str>) -> Result<Call, ApiError> {
    let refused = |why: &str| ApiError::Event(why.to_owned());
    let url = Url::parse(url).map_err(|_| refused("the query string cannot stand in a URL"))?;
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| refused("the method is none of HTTP's"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name).map_err(|_| refused("a header's name is none of HTTP's"))?;
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| refused("a header's value holds line breaks or other controls"))?;
        if !OF_THE_CONNECTION.contains(&name) {
            headers.append(name, value);
        }
    }
    if !request.body.is_empty() && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if username.is_some() || password.is_some() {
        let pair = format!("{}:{}", username.unwrap_or_default(), password.unwrap_or_default());
        let basic = format!("Basic {}", BASE64_STANDARD.encode(pair));
        let mut basic = HeaderValue::try_from(basic).map_err(|_| refused("the password cannot be sent"))?;
        basic.set_sensitive(true);
        headers.insert(AUTHORIZATION, basic);
    }
    Ok(Call {
        method,
        url,
        headers,
        body_is_secret: false,
        body: request.body,
        timeout: SEND_TIMEOUT,
        redirects_max: 0,
        answer_bytes_max: SEND_ANSWER_BYTES_MAX,
    })
}
