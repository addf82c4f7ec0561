//! `secrets`: stored values that are never shown again.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::EndpointKey;
use domain::secret::SecretName;
use domain::time::Timestamp;
use engine::secrets::{ListedSecret, UsedBy};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Document, Name};
use super::json::Json;
use super::openapi::Problem;
use super::page::Page;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

/// A secret, without its value.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SecretView {
    #[schema(value_type = schema::SecretName)]
    name: SecretName,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    /// When its value was set last.
    #[schema(value_type = schema::Time)]
    changed_at: Timestamp,
    /// Workflows whose draft or live revision names it, newest first.
    used_by: Vec<SecretUse>,
}

/// A workflow that names a secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SecretUse {
    #[schema(value_type = schema::Key)]
    workflow_key: EndpointKey,
    title: String,
}

impl From<ListedSecret> for SecretView {
    fn from(secret: ListedSecret) -> Self {
        let ListedSecret { name, created_at, changed_at, used_by } = secret;
        let used_by = used_by.into_iter().map(|UsedBy { workflow_key, title }| SecretUse { workflow_key, title });
        Self { name, created_at, changed_at, used_by: used_by.collect() }
    }
}

/// What a secret is to be. Not to be printed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretRequest {
    /// 8 bytes to 64 KiB in UTF-8, blanks at its ends not counted for the least.
    #[schema(min_length = 8, max_length = 65_536, pattern = r"[^\s][\s\S]{6,}[^\s]", write_only)]
    value: String,
}

/// Every secret by name, without values.
#[utoipa::path(get, path = "/secrets", operation_id = "secret_list", tag = "secrets",
    responses((status = 200, body = Page<SecretView>)))]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Result<Json<Page<SecretView>>, ApiError> {
    Ok(Json(Page::whole(api.engine.secrets().await?.into_iter().map(SecretView::from).collect())))
}

/// Sets a secret, be there one of this name or not. No answer ever shows its value.
///
/// What is sent from then on is sent with the new value.
#[utoipa::path(put, path = "/secrets/{name}", operation_id = "secret_set", tag = "secrets",
    params(("name" = schema::SecretName, Path)), request_body = SecretRequest,
    responses((status = 201, description = "It is new.", body = SecretView),
        (status = 200, description = "It took the place of another.", body = SecretView),
        (status = 409, description = "There are too many.", body = Problem, content_type = PROBLEM),
        (status = 422, description = "It cannot be so.", body = Problem, content_type = PROBLEM)))]
pub(super) async fn set(
    State(api): State<Arc<Api>>,
    Name(name): Name,
    asked: Result<Document<SecretRequest>, ApiError>,
) -> Result<impl IntoResponse, ApiError> {
    let Document(SecretRequest { value }) = asked.map_err(|error| match error {
        // Its sentence may hold a part of the body.
        ApiError::Body(_) => ApiError::Body("The body is an object with `value`, which is text.".to_owned()),
        error => error,
    })?;
    let name = name.parse().map_err(|error: domain::secret::NotAName| ApiError::new_secret(&error))?;
    let (secret, is_new) = api.engine.set_secret(name, value).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(SecretView::from(secret))))
}

/// Deletes a secret. Nodes that are sent with it fail from then on.
#[utoipa::path(delete, path = "/secrets/{name}", operation_id = "secret_delete", tag = "secrets",
    params(("name" = schema::SecretName, Path)), responses((status = 204, description = "It is gone.")))]
pub(super) async fn delete(State(api): State<Arc<Api>>, Name(name): Name) -> Result<StatusCode, ApiError> {
    let name = name.parse().map_err(|_| ApiError::Unknown("secret"))?;
    api.engine.delete_secret(name).await?;
    Ok(StatusCode::NO_CONTENT)
}
