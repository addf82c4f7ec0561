//! `setup`, `login`, `logout`, `invite`: how people get in, and out.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::token::TokenText;
use engine::people::LoggedIn;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::auth::Holder;
use super::extract::Document;
use super::json::Json;
use super::me::Me;
use super::openapi::Problem;
use crate::error::{ApiError, PROBLEM};

/// Which address a request comes from, for whoever counts attempts.
#[derive(Debug, Clone, Copy)]
pub(super) struct From(pub(super) IpAddr);

/// Whether this server waits for its first user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetupState {
    /// There is no user at all.
    needed: bool,
    /// The first user also needs the token that `serve` has printed.
    token_needed: bool,
}

/// The first user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetupRequest {
    #[schema(min_length = 3, max_length = 254)]
    email: String,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// At least 12 characters, at most 1024 bytes, taken byte for byte.
    #[schema(min_length = 12, max_length = 1024)]
    password: String,
    /// What `serve` has printed, when `token_needed`.
    token: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginRequest {
    email: String,
    password: String,
}

/// A password for whoever has the invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteRequest {
    /// As it was shown.
    token: String,
    /// At least 12 characters, at most 1024 bytes, taken byte for byte.
    #[schema(min_length = 12, max_length = 1024)]
    password: String,
    /// In the place of the name so far.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// Whether this server waits for its first user.
#[utoipa::path(get, path = "/setup", operation_id = "setup_get", tag = "people",
    responses((status = 200, body = SetupState)))]
pub(super) async fn setup_state(State(api): State<Arc<Api>>) -> Result<Json<SetupState>, ApiError> {
    Ok(Json(SetupState { needed: api.engine.needs_setup().await?, token_needed: api.setup_token.is_some() }))
}

/// Makes the first user, an admin, and logs them in.
#[utoipa::path(post, path = "/setup", operation_id = "setup", tag = "people", request_body = SetupRequest,
    responses(
        (status = 201, description = "Made, and logged in.", body = Me,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 403, description = "The set-up token is missing or wrong (`setup.token`), or the request comes from \
            another page (`csrf`).", body = Problem, content_type = PROBLEM),
        (status = 409, description = "There are users already: `setup.done`.", body = Problem, content_type = PROBLEM),
        (status = 422, description = "It cannot be so: `user.invalid`.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn set_up(
    State(api): State<Arc<Api>>,
    Document(asked): Document<SetupRequest>,
) -> Result<Response, ApiError> {
    if !api.engine.needs_setup().await? {
        return Err(ApiError::SetupDone);
    }
    if let Some(expected) = &api.setup_token {
        // Digests, so that how long it takes tells nothing about the token.
        let given = asked.token.as_deref().and_then(|token| TokenText::read(token.trim().as_bytes()));
        if given.map(|given| given.digest()) != Some(expected.digest()) {
            return Err(ApiError::SetupToken);
        }
    }
    let entered = api.engine.set_up(&asked.email, &asked.name, asked.password).await?;
    Ok(enter(&api, StatusCode::CREATED, entered))
}

/// Begins a session. The one that the browser had before ends.
#[utoipa::path(post, path = "/login", operation_id = "login", tag = "people", request_body = LoginRequest,
    responses(
        (status = 200, description = "Logged in.", body = Me,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 401, description = "Email address or password is wrong: `login.wrong`.", body = Problem,
            content_type = PROBLEM),
        (status = 429, description = "Too many attempts have failed: `login.throttled`. Try again after Retry-After \
            seconds. Sessions that are there go on.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn log_in(
    State(api): State<Arc<Api>>,
    Extension(From(address)): Extension<From>,
    headers: HeaderMap,
    Document(asked): Document<LoginRequest>,
) -> Result<Response, ApiError> {
    let before = api.cookie.read(&headers).flatten();
    let entered = api.engine.log_in(&asked.email, asked.password, address, before.as_ref()).await?;
    Ok(enter(&api, StatusCode::OK, entered))
}

/// Ends the session. A token stays what it is.
#[utoipa::path(post, path = "/logout", operation_id = "logout", tag = "people",
    responses((status = 204, description = "It has ended.")))]
pub(super) async fn log_out(State(api): State<Arc<Api>>, holder: Holder) -> Result<Response, ApiError> {
    let Holder::Person(person) = holder else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    api.engine.log_out(&person.session).await?;
    Ok((StatusCode::NO_CONTENT, [api.cookie.forget()]).into_response())
}

/// Sets the password of whoever was invited, and logs them in. All their other sessions end.
#[utoipa::path(post, path = "/invite", operation_id = "invite_take", tag = "people", request_body = InviteRequest,
    responses(
        (status = 200, description = "Logged in.", body = Me,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 404, description = "There is no such invite, or it was taken, taken back or has expired: \
            `invite.unknown`.", body = Problem, content_type = PROBLEM),
        (status = 422, description = "It cannot be so: `user.invalid`.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn take_invite(
    State(api): State<Arc<Api>>,
    Document(asked): Document<InviteRequest>,
) -> Result<Response, ApiError> {
    let invite = TokenText::read(asked.token.trim().as_bytes()).ok_or(ApiError::Unknown("invite"))?;
    let entered = api.engine.take_invite(&invite, asked.password, asked.name.as_deref()).await?;
    Ok(enter(&api, StatusCode::OK, entered))
}

fn enter(api: &Api, status: StatusCode, LoggedIn { user, session }: LoggedIn) -> Response {
    (status, [api.cookie.keep(&session, api.engine.session_max())], Json(Me::from(user))).into_response()
}
