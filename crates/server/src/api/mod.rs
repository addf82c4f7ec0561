//! The admin listener: `/api/v1` for programs, `/metrics` for Prometheus, probes.
//! ```text
//! /api/v1/…            bearer token   one noun a file
//! /metrics             open: totals only, nothing about one workflow
//! /healthz, /readyz    open
//! ```
//! Everything below `/api/v1` asks for the token before it says whether there is anything.
//!
//! Not here: what applying a document does (`engine::authoring`), which HTTP status means what (`error`).

mod auth;
mod authoring;
mod executions;
mod extract;
mod json;
mod live;
mod nodes;
mod openapi;
mod page;
mod requests;
mod schema;
mod views;
mod workflows;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use domain::token::Scope;
use engine::Engine;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use tower::Service as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use auth::AdminToken;

use crate::body::{BodyLimits, Budget};
use crate::error::ApiError;
use crate::hooks::TRIGGER_PATH;
use crate::listener::{Arriving, Handler};
use crate::metrics;
use crate::probes::{self, Readiness};
use crate::standing;

/// A body with documents: larger ones are no workflow files.
const BODY: BodyLimits = BodyLimits { bytes_max: 16 << 20, patience: Duration::from_secs(30), rate_min: 32 << 10 };
/// Bytes of bodies being read, in all.
const BODIES_BYTES_MAX: usize = 64 << 20;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Api {
    engine: Engine,
    public_url: String,
    token: AdminToken,
    metrics: Registry,
    readiness: Readiness,
    bodies: Budget,
    /// Answers that would go on for ever end.
    live_ends: CancellationToken,
}

impl Api {
    pub(crate) fn new(
        engine: Engine,
        public_url: &str,
        token: AdminToken,
        metrics: Registry,
        readiness: Readiness,
        live_ends: CancellationToken,
    ) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { engine, public_url, token, metrics, readiness, bodies: Budget::new(BODIES_BYTES_MAX), live_ends }
    }

    /// Where a workflow is called.
    fn url(&self, key: impl std::fmt::Display) -> String {
        format!("{}{TRIGGER_PATH}{key}", self.public_url)
    }
}

/// The admin listener's handler.
#[derive(Debug)]
pub(crate) struct Admin(Router);

impl Admin {
    pub(crate) fn new(api: Api) -> Self {
        let api = Arc::new(api);
        let (v1, document) = operations(&api).split_for_parts();
        let description = openapi::text(&document);
        let v1 = v1
            .route("/apply", post(authoring::apply))
            .route("/check", post(authoring::check))
            .route("/executions", get(executions::list))
            .route("/executions/{id}", get(executions::get))
            .route("/requests", get(requests::list))
            .route("/requests/{id}", get(requests::get))
            .route("/nodes", get(nodes::list))
            .fallback(async || ApiError::Route)
            .method_not_allowed_fallback(async || ApiError::Method)
            .layer(from_fn_with_state(Arc::clone(&api), auth::require));
        let bare = any(async || ApiError::Route).layer(from_fn_with_state(Arc::clone(&api), auth::require));
        let router = Router::new()
            .nest("/api/v1", v1)
            // The one path below that nesting leaves out.
            .route("/api/v1/", bare)
            .route("/api/openapi.json", get(async move || ([(CONTENT_TYPE, "application/json")], description)))
            .route("/metrics", get(scrape))
            .route("/healthz", any(async |method: Method| probes::health(&method).map(Body::new)))
            .route("/readyz", any(ready))
            .fallback(async || ApiError::Route)
            .method_not_allowed_fallback(async || ApiError::Method)
            .with_state(api);
        Self(router)
    }
}

/// What can be done, by whom: one router a scope.
fn operations(api: &Arc<Api>) -> OpenApiRouter<Arc<Api>> {
    let reading = OpenApiRouter::new()
        .routes(routes!(workflows::list))
        .routes(routes!(workflows::get))
        .routes(routes!(live::listen));
    let authoring = OpenApiRouter::new().routes(routes!(workflows::rotate_key));
    OpenApiRouter::with_openapi(openapi::base()).merge(allowed(api, Scope::Read, reading)).merge(allowed(
        api,
        Scope::Author,
        authoring,
    ))
}

/// Asks for a token with `scope`, and says so in the description.
fn allowed(_api: &Arc<Api>, scope: Scope, mut operations: OpenApiRouter<Arc<Api>>) -> OpenApiRouter<Arc<Api>> {
    openapi::secure(operations.get_openapi_mut(), scope);
    operations
}

async fn ready(State(api): State<Arc<Api>>, method: Method) -> Response<Body> {
    probes::ready(&method, &api.readiness).map(Body::new)
}

async fn scrape(State(api): State<Arc<Api>>) -> Result<([(http::HeaderName, &'static str); 1], String), ApiError> {
    let text = metrics::text(&api.metrics).map_err(|std::fmt::Error| ApiError::Internal)?;
    Ok(([(CONTENT_TYPE, metrics::MEDIA_TYPE)], text))
}

impl Handler for Admin {
    type Body = Body;

    async fn handle(self: Arc<Self>, request: Request<Arriving>, _: IpAddr) -> Response<Body> {
        let mut response = match self.0.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        standing::seal_api(response.headers_mut());
        response
    }
}
