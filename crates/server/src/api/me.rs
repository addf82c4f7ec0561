//! `me`: who asks, and what they change about themselves.

use std::sync::Arc;

use axum::extract::State;
use domain::id::UserId;
use domain::token::Scope;
use domain::user::{Role, User};
use engine::people::{MeChange, PasswordChange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{Holder, Person};
use super::extract::Document;
use super::json::Json;
use super::openapi::Problem;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// Null for a token: it is nobody.
    user: Option<MyUser>,
    /// Everything that is allowed, each by its name.
    #[schema(value_type = Vec<schema::Scope>)]
    scopes: Vec<Scope>,
}

/// A user, as the user sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MyUser {
    #[schema(value_type = schema::UserId)]
    id: UserId,
    email: String,
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
}

impl From<User> for Me {
    fn from(user: User) -> Self {
        let User { id, email, name, role, .. } = user;
        Self { scopes: role.scopes().to_vec(), user: Some(MyUser { id, email: email.to_string(), name, role }) }
    }
}

/// What is to be different; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MeRequest {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    password: Option<NewPassword>,
}

/// Ends the user's other sessions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The one so far.
    old: String,
    /// At least 12 characters, at most 1024 bytes, taken byte for byte.
    #[schema(min_length = 12, max_length = 1024)]
    new: String,
}

/// Who asks, and what they may.
#[utoipa::path(get, path = "/me", operation_id = "me_get", tag = "people", responses((status = 200, body = Me)))]
pub(super) async fn get(holder: Holder) -> Json<Me> {
    Json(match holder {
        Holder::Person(person) => person.user.into(),
        token => Me { user: None, scopes: Scope::ALL.iter().copied().filter(|scope| token.may(*scope)).collect() },
    })
}

/// Changes name, email address or password of who asks.
///
/// A new password ends all other sessions of the user.
#[utoipa::path(patch, path = "/me", operation_id = "me_change", tag = "people", request_body = MeRequest,
    responses((status = 200, body = Me),
        (status = 403, description = "The old password is wrong (`password.wrong`), a token asks, which is nobody \
            (`me.no_user`), or the request comes from another page (`csrf`).", body = Problem, content_type = PROBLEM),
        (status = 409, description = "Another user has this email address: `user.email_taken`.", body = Problem,
            content_type = PROBLEM),
        (status = 422, description = "It cannot be so: `user.invalid`.", body = Problem, content_type = PROBLEM),
        (status = 429, description = "Too many old passwords were wrong: `login.throttled`. Try again after \
            Retry-After seconds.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Document(asked): Document<MeRequest>,
) -> Result<Json<Me>, ApiError> {
    let Holder::Person(person) = holder else { return Err(ApiError::NoUser) };
    let Person { user, session } = *person;
    let password = asked.password.map(|password| PasswordChange { old: password.old, new: password.new });
    let change = MeChange { name: asked.name, email: asked.email, password };
    Ok(Json(api.engine.change_me(&user, &session, change).await?.into()))
}
