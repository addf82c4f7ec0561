//! `tokens`: what programs show to use this API.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::TokenId;
use domain::time::Timestamp;
use domain::token::{Scope, Token};
use engine::tokens::NewToken;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Document, Name, whole_or_null};
use super::json::Json;
use super::openapi::Problem;
use super::page::Page;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

const DAYS_MAX: u32 = 36_500;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A token, without the token itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenView {
    #[schema(value_type = schema::TokenId)]
    id: TokenId,
    name: String,
    #[schema(value_type = Vec<schema::Scope>)]
    scopes: Vec<Scope>,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    /// Null: never.
    #[schema(value_type = Option<schema::Time>)]
    expires_at: Option<Timestamp>,
    /// To the minute; null: never.
    #[schema(value_type = Option<schema::Time>)]
    last_used_at: Option<Timestamp>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// A token that was made, with the token itself: not to be printed.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    #[serde(flatten)]
    view: TokenView,
    /// Shown this once, and kept nowhere.
    #[schema(pattern = "^hookflow_[0-9a-z]{50}$")]
    token: String,
}

/// What a token is to be. It expires at the earlier of `expires_at` and `expires_in_days`; never, without both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRequest {
    /// For people, to tell it from others.
    #[schema(min_length = 1, max_length = 100, pattern = "[^\\s]")]
    name: String,
    #[schema(value_type = Vec<schema::Scope>, min_items = 1)]
    scopes: Vec<Scope>,
    /// In the future.
    #[schema(value_type = Option<schema::Time>)]
    expires_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "whole_or_null")]
    #[schema(minimum = 1, maximum = 36_500)]
    expires_in_days: Option<u32>,
}

/// Every token, newest first.
#[utoipa::path(get, path = "/tokens", operation_id = "token_list", tag = "tokens",
    responses((status = 200, body = Page<TokenView>)))]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Result<Json<Page<TokenView>>, ApiError> {
    Ok(Json(Page::whole(api.engine.tokens().await?.into_iter().map(TokenView::from).collect())))
}

/// Makes a token, and shows it once.
#[utoipa::path(post, path = "/tokens", operation_id = "token_create", tag = "tokens", request_body = TokenRequest,
    responses((status = 201, body = MadeToken),
        (status = 409, description = "There are too many.", body = Problem, content_type = PROBLEM),
        (status = 422, description = "It cannot be so.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn create(
    State(api): State<Arc<Api>>,
    Document(asked): Document<TokenRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let in_days = match asked.expires_in_days {
        None => None,
        Some(days @ 1..=DAYS_MAX) => Some(api.engine.now().plus(DAY * days)),
        Some(_) => return Err(ApiError::NewToken(format!("`expires_in_days` is a number from 1 to {DAYS_MAX}."))),
    };
    let expires_at = [asked.expires_at, in_days].into_iter().flatten().min();
    let new = NewToken { name: asked.name, scopes: asked.scopes, expires_at };
    let (token, text) = api.engine.make_token(new).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { view: token.into(), token: text.reveal().to_owned() })))
}

/// Makes a token useless, at once.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "token_revoke", tag = "tokens",
    params(("id" = schema::TokenId, Path)), responses((status = 204, description = "It is gone.")))]
pub(super) async fn revoke(State(api): State<Arc<Api>>, Name(id): Name) -> Result<StatusCode, ApiError> {
    let id = id.parse().map_err(|_| ApiError::Unknown("token"))?;
    api.engine.revoke_token(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
