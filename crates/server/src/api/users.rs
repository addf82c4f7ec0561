//! `users`: who may log in, and with which role.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::UserId;
use domain::time::Timestamp;
use domain::token::TokenText;
use domain::user::{Role, User, UserState};
use engine::people::NewUser;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Document, Name};
use super::json::Json;
use super::openapi::Problem;
use super::page::Page;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserView {
    #[schema(value_type = schema::UserId)]
    id: UserId,
    email: String,
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
    #[schema(value_type = schema::UserState)]
    state: UserState,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    /// To the minute; null: never.
    #[schema(value_type = Option<schema::Time>)]
    last_seen_at: Option<Timestamp>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            state: user.state(),
            id: user.id,
            email: user.email.to_string(),
            name: user.name,
            role: user.role,
            created_at: user.created_at,
            last_seen_at: user.last_seen_at,
        }
    }
}

/// A user with an invite: not to be printed.
#[derive(Serialize, ToSchema)]
pub(super) struct InvitedUser {
    #[serde(flatten)]
    view: UserView,
    /// For the link `/invite#<token>`, within seven days. Shown this once, and kept nowhere.
    #[schema(pattern = "^hookflow_[0-9a-z]{50}$")]
    invite: String,
}

impl InvitedUser {
    fn new((user, invite): (User, TokenText)) -> Self {
        Self { view: user.into(), invite: invite.reveal().to_owned() }
    }
}

/// What a user is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserRequest {
    /// Names the user; nothing is sent there. In any case, no two users have the same.
    #[schema(min_length = 3, max_length = 254)]
    email: String,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
}

/// What is to be different; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChangeRequest {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(value_type = Option<schema::Role>)]
    role: Option<Role>,
    /// True logs the user out, and lets nobody in.
    disabled: Option<bool>,
}

/// Every user, newest first.
#[utoipa::path(get, path = "/users", operation_id = "user_list", tag = "people",
    responses((status = 200, body = Page<UserView>)))]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Result<Json<Page<UserView>>, ApiError> {
    Ok(Json(Page::whole(api.engine.users().await?.into_iter().map(UserView::from).collect())))
}

/// Makes a user, and an invite with which they choose a password.
#[utoipa::path(post, path = "/users", operation_id = "user_create", tag = "people", request_body = UserRequest,
    responses((status = 201, body = InvitedUser),
        (status = 409, description = "Another user has this email address (`user.email_taken`), or there are too many \
            (`user.too_many`).", body = Problem, content_type = PROBLEM),
        (status = 422, description = "It cannot be so: `user.invalid`.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    Document(asked): Document<UserRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let new = NewUser { email: asked.email, name: asked.name, role: asked.role };
    let invited = api.engine.invite_user(&new).await?;
    Ok((StatusCode::CREATED, Json(InvitedUser::new(invited))))
}

/// Makes another invite for a user, in the place of the one before: so is a password reset.
///
/// The password so far stays until the invite is taken; taking it ends the user's sessions.
#[utoipa::path(post, path = "/users/{id}/invite", operation_id = "user_invite", tag = "people",
    params(("id" = schema::UserId, Path)),
    responses((status = 201, body = InvitedUser),
        (status = 409, description = "The user is disabled: `user.disabled`.", body = Problem,
            content_type = PROBLEM)))]
pub(super) async fn invite(State(api): State<Arc<Api>>, Name(id): Name) -> Result<impl IntoResponse, ApiError> {
    let invited = api.engine.invite_again(read(&id)?).await?;
    Ok((StatusCode::CREATED, Json(InvitedUser::new(invited))))
}

/// Changes a user's name or role, or takes them the right to log in.
#[utoipa::path(patch, path = "/users/{id}", operation_id = "user_change", tag = "people",
    params(("id" = schema::UserId, Path)), request_body = UserChangeRequest,
    responses((status = 200, body = UserView),
        (status = 409, description = "It is the last active admin: `user.last_admin`.", body = Problem,
            content_type = PROBLEM),
        (status = 422, description = "It cannot be so: `user.invalid`.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    Name(id): Name,
    Document(asked): Document<UserChangeRequest>,
) -> Result<Json<UserView>, ApiError> {
    let UserChangeRequest { name, role, disabled } = asked;
    Ok(Json(api.engine.change_user(read(&id)?, name.as_deref(), role, disabled).await?.into()))
}

/// Deletes a user. Their sessions end.
#[utoipa::path(delete, path = "/users/{id}", operation_id = "user_delete", tag = "people",
    params(("id" = schema::UserId, Path)),
    responses((status = 204, description = "It is gone."),
        (status = 409, description = "It is the last active admin: `user.last_admin`.", body = Problem,
            content_type = PROBLEM)))]
pub(super) async fn delete(State(api): State<Arc<Api>>, Name(id): Name) -> Result<StatusCode, ApiError> {
    api.engine.delete_user(read(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The id in a path: what is no id names nobody.
fn read(id: &str) -> Result<UserId, ApiError> {
    id.parse().map_err(|_| ApiError::Unknown("user"))
}
