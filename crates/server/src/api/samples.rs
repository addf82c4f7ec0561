//! `workflows/{key}/samples`: requests that authors keep to try a workflow with.

use std::sync::Arc;

use axum::extract::State;
use domain::id::SampleId;
use domain::time::Timestamp;
use domain::token::Scope;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::SavedSample;
use utoipa::ToSchema;

use super::auth::Holder;
use super::extract::{Document, Name, Names};
use super::json::{Created, Json};
use super::openapi::Problem;
use super::page::Page;
use super::views::WrittenView;
use super::written::EventIn;
use super::{Api, schema};
use crate::error::{ApiError, PROBLEM};

/// Of one workflow.
const SAMPLES_MAX: u32 = 100;
/// Bodies of one workflow's samples together: a list shows them all.
const SAMPLES_BYTES_MAX: usize = 32 << 20;
/// Characters.
const NAME_MAX: usize = 200;

/// A request that is kept to try the workflow with. Its `event` can be sent to `test` and `replay` as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SampleView {
    #[schema(value_type = schema::SampleId)]
    id: SampleId,
    name: String,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    event: WrittenView,
}

impl From<SavedSample> for SampleView {
    fn from(sample: SavedSample) -> Self {
        let event = WrittenView::new(sample.method, sample.headers, sample.query_string, &sample.body);
        Self { id: sample.id, name: sample.name, created_at: sample.created_at, event }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSample {
    /// Need not be unique.
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    name: String,
    event: EventIn,
}

/// The saved sample requests of a workflow, newest first.
#[utoipa::path(get, path = "/workflows/{key}/samples", operation_id = "sample_list", tag = "samples",
    params(("key" = String, Path, description = schema::KEY)),
    responses((status = 200, description = "All of them.", body = Page<SampleView>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    holder: Holder,
    Name(key): Name,
) -> Result<Json<Page<SampleView>>, ApiError> {
    let workflow = api.engine.workflow(&key).await?;
    let samples = api.engine.store().sample_list(workflow.id).await?;
    let mut samples: Vec<_> = samples.into_iter().map(SampleView::from).collect();
    if !holder.may(Scope::Operate) {
        samples.iter_mut().for_each(|sample| sample.event.mask());
    }
    Ok(Json(Page::whole(samples)))
}

/// Saves a sample request.
///
/// A workflow has up to 100 of them, with bodies of 32 MiB together. Headers that prove who sent a request, such
/// as `Authorization` and signatures, are left out unless the draft declares them, as in events.
#[utoipa::path(post, path = "/workflows/{key}/samples", operation_id = "sample_add", tag = "samples",
    params(("key" = String, Path, description = schema::KEY)), request_body = NewSample,
    responses(
        (status = 201, description = "Saved.", body = SampleView),
        (status = 409, description = "The workflow has as many as it can have: `sample.too_many`. Delete one first.",
            body = Problem, content_type = PROBLEM),
        (status = 422, description = "No endpoint would have accepted this event: `event.invalid`.", body = Problem,
            content_type = PROBLEM)))]
pub(super) async fn add(
    State(api): State<Arc<Api>>,
    Name(key): Name,
    Document(new): Document<NewSample>,
) -> Result<Created<SampleView>, ApiError> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(ApiError::Body(format!("name is a text of 1 to {NAME_MAX} characters.")));
    }
    let event = new.event.read()?;
    let workflow = api.engine.workflow(&key).await?;
    let event = api.engine.check_written(&workflow, event)?;
    let sample = SavedSample {
        id: api.engine.new_sample_id(),
        workflow: workflow.id,
        name: name.to_owned(),
        method: event.method,
        headers: event.headers,
        query_string: event.query_string,
        body: event.body,
        created_at: api.engine.now(),
    };
    api.engine.store().sample_add(sample.clone(), SAMPLES_MAX, SAMPLES_BYTES_MAX).await?;
    Ok(Created { at: format!("/workflows/{}/samples", workflow.id), view: sample.into() })
}

/// Deletes a saved sample request.
#[utoipa::path(delete, path = "/workflows/{key}/samples/{id}", operation_id = "sample_delete", tag = "samples",
    params(("key" = String, Path, description = schema::KEY), ("id" = schema::SampleId, Path)),
    responses((status = 204, description = "It is gone.")))]
pub(super) async fn delete(State(api): State<Arc<Api>>, Names([key, id]): Names<2>) -> Result<StatusCode, ApiError> {
    let workflow = api.engine.workflow(&key).await?;
    let id: SampleId = id.parse().map_err(|_| ApiError::Unknown("sample"))?;
    api.engine.store().sample_delete(workflow.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
