//! Shapes of values that other rooms own, as the API's description has them. A test holds each list of
//! words against the type it stands for.

use utoipa::ToSchema;

/// Description of the path parameter that names a workflow.
pub(super) const KEY: &str = "The workflow's key or its `wf_…` id.";

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its shape is used")]
pub(super) enum WhenOff {
    NotFound,
    RetryLater,
}

/// What is absent is the server's setting.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
pub(super) struct Retention {
    days: Option<u32>,
    executions_max: Option<u32>,
}
