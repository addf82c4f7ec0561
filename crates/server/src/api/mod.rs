//! The admin listener: `/api/v1` for programs, `/metrics` for Prometheus, probes.
//! ```text
//! /api/v1/…            a token, or a session, with the scope of the operation; one noun a file
//!                      open: setup, login, invite; `me` and `logout` to whoever is known
//! /api/openapi.json    open: what stands in the reference too
//! /metrics             open: totals only, nothing about one workflow
//! /healthz, /readyz    open
//! anything else        the UI, for browsers (`ui`)
//! ```
//! Everything else below `/api/v1` asks who it is before it says whether there is anything.
//!
//! Not here: what applying a document does (`engine::authoring`), which HTTP status means what (`error`).

mod auth;
mod authoring;
mod cookie;
mod draft;
mod etag;
mod executions;
mod extract;
mod figures;
mod json;
mod live;
mod login;
mod masked;
mod me;
mod mistake;
mod nodes;
mod openapi;
mod origin;
mod page;
mod parse;
mod preview;
mod requests;
mod revisions;
mod runs;
mod samples;
mod schema;
mod secrets;
mod send;
mod settings;
mod strict;
mod tokens;
mod users;
mod views;
mod workflows;
mod written;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::nodes::outbound::Outbound;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use domain::token::{Scope, TokenText};
use engine::Engine;
use engine::budget::Budget;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::Service as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use auth::AdminToken;
pub use settings::SettingInfo;
pub(crate) use settings::{About, Addresses};

use cookie::Cookie;
use openapi::Access;

use crate::body::BodyLimits;
use crate::error::ApiError;
use crate::forwarded;
use crate::hooks::TRIGGER_PATH;
use crate::listener::{Arriving, Handler};
use crate::metrics;
use crate::probes::{self, Readiness};
use crate::public_url::PublicUrl;
use crate::standing;
use crate::ui::Ui;

/// A body with documents: larger ones are no workflow files.
const BODY: BodyLimits = BodyLimits { bytes_max: 16 << 20, patience: Duration::from_secs(30), rate_min: 32 << 10 };
/// JSON values in a body: those of ten workflow files that are as large as can be.
const BODY_VALUES_MAX: usize = 1 << 20;
/// Bytes of bodies being read and worked on, and of what was made of them, in all.
const BODIES_BYTES_MAX: usize = 128 << 20;

/// What lets programs and people in.
#[derive(Debug)]
pub struct Door {
    /// What programs on this machine show.
    pub token: AdminToken,
    /// What the first user has to show, where others than this machine can reach the listener.
    pub setup_token: Option<TokenText>,
    /// Browsers come over https: something in front speaks it, says in the last `X-Forwarded-For` whom it speaks
    /// for, and nobody gets past it.
    pub https: bool,
}

impl Door {
    /// On loopback.
    pub fn new(token: AdminToken) -> Self {
        Self { token, setup_token: None, https: false }
    }
}

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Api {
    engine: Engine,
    public_url: PublicUrl,
    token: AdminToken,
    /// Without it nobody becomes the first user.
    setup_token: Option<TokenText>,
    cookie: Cookie,
    metrics: Registry,
    readiness: Readiness,
    bodies: Arc<Budget>,
    figures: figures::Kept,
    /// Answers that would go on for ever end.
    live_ends: CancellationToken,
    about: About,
    /// Calls the public URL, and nothing else.
    own: Outbound,
    sends: Semaphore,
}

impl Api {
    pub(crate) fn new(
        engine: Engine,
        public_url: PublicUrl,
        door: Door,
        metrics: Registry,
        readiness: Readiness,
        live_ends: CancellationToken,
        about: About,
    ) -> Self {
        let Door { token, setup_token, https } = door;
        Self {
            engine,
            public_url,
            token,
            setup_token,
            cookie: Cookie { https },
            metrics,
            readiness,
            bodies: Budget::new(BODIES_BYTES_MAX, BODIES_BYTES_MAX),
            figures: figures::Kept::default(),
            live_ends,
            about,
            own: Outbound::anywhere(),
            sends: Semaphore::new(send::SENDS_MAX),
        }
    }

    /// Where a workflow is called.
    fn url(&self, key: impl std::fmt::Display) -> String {
        format!("{}{TRIGGER_PATH}{key}", self.public_url.now().0)
    }
}

/// The admin listener's handler.
#[derive(Debug)]
pub(crate) struct Admin {
    router: Router,
    /// Something in front speaks for the browsers.
    https: bool,
    /// `None`: people and programs are served elsewhere.
    ui: Option<Ui>,
}

impl Admin {
    /// Without the pages there is no API either, but for what watches over the process.
    pub(crate) fn new(api: Api, ui: Option<Ui>) -> Self {
        let https = api.cookie.https;
        let api = Arc::new(api);
        let served = if ui.is_some() { Self::served(&api) } else { Router::new() };
        let router = served
            .route("/metrics", get(scrape))
            .route("/healthz", any(async |method: Method| probes::health(&method).map(Body::new)))
            .route("/readyz", any(ready))
            .fallback(async || ApiError::Route)
            .method_not_allowed_fallback(async || ApiError::Method)
            .with_state(api);
        Self { router, https, ui }
    }

    fn served(api: &Arc<Api>) -> Router<Arc<Api>> {
        let description = description();
        let (open, closed) = operations();
        let closed = Router::from(closed)
            .fallback(async || ApiError::Route)
            .method_not_allowed_fallback(async || ApiError::Method)
            .layer(from_fn(extract::hold))
            .layer(from_fn_with_state(Arc::clone(api), auth::require));
        let open = Router::from(open)
            .method_not_allowed_fallback(async || ApiError::Method)
            .layer(from_fn(extract::hold))
            .layer(from_fn(auth::open));
        let v1 = closed.merge(open);
        let bare = any(async || ApiError::Route).layer(from_fn_with_state(Arc::clone(api), auth::require));
        Router::new()
            .nest("/api/v1", v1)
            // The one path below that nesting leaves out.
            .route("/api/v1/", bare)
            .route("/api/openapi.json", get(async move || ([(CONTENT_TYPE, "application/json")], description)))
    }
}

/// What can be done, by whom: one router for what is open, one for what is not.
fn operations() -> (OpenApiRouter<Arc<Api>>, OpenApiRouter<Arc<Api>>) {
    let open = OpenApiRouter::new()
        .routes(routes!(login::setup_state, login::set_up))
        .routes(routes!(login::log_in))
        .routes(routes!(login::take_invite));
    let known = OpenApiRouter::new().routes(routes!(me::get, me::change)).routes(routes!(login::log_out));
    let read = OpenApiRouter::new()
        .routes(routes!(workflows::list))
        .routes(routes!(workflows::get))
        .routes(routes!(workflows::export))
        .routes(routes!(figures::workflows))
        .routes(routes!(figures::histogram))
        .routes(routes!(draft::get))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::get))
        .routes(routes!(samples::list))
        .routes(routes!(executions::list))
        .routes(routes!(executions::get))
        .routes(routes!(requests::list))
        .routes(routes!(requests::get))
        .routes(routes!(nodes::list))
        .routes(routes!(secrets::list))
        .routes(routes!(live::listen))
        .routes(routes!(settings::get))
        .routes(routes!(parse::query))
        .routes(routes!(parse::body))
        .routes(routes!(authoring::check));
    let operate = OpenApiRouter::new()
        // Templates read whatever the request held, what viewers do not see included.
        .routes(routes!(preview::preview))
        .routes(routes!(runs::test))
        .routes(routes!(runs::replay))
        .routes(routes!(send::send))
        .routes(routes!(settings::check))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::resolve));
    let author = OpenApiRouter::new()
        .routes(routes!(workflows::create))
        .routes(routes!(workflows::change, workflows::delete))
        .routes(routes!(workflows::duplicate))
        .routes(routes!(workflows::rotate_key))
        .routes(routes!(draft::save))
        .routes(routes!(draft::publish))
        .routes(routes!(revisions::activate))
        .routes(routes!(samples::add))
        .routes(routes!(samples::delete))
        .routes(routes!(secrets::set, secrets::delete))
        .routes(routes!(authoring::apply));
    let admin = OpenApiRouter::new()
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::change, users::delete))
        .routes(routes!(users::invite))
        .routes(routes!(settings::change));
    let scoped = [(Scope::Read, read), (Scope::Operate, operate), (Scope::Author, author), (Scope::Admin, admin)]
        .into_iter()
        .map(|(scope, operations)| allowed(scope, operations))
        .fold(described(Access::Known, known), OpenApiRouter::merge);
    (described(Access::Open, open), scoped)
}

/// Lets in who has `scope`, and says so in the description.
fn allowed(scope: Scope, operations: OpenApiRouter<Arc<Api>>) -> OpenApiRouter<Arc<Api>> {
    let operations = described(Access::Scope(scope), operations);
    operations.route_layer(from_fn(move |request, next| auth::permit(scope, request, next)))
}

/// Says in the description who is let in.
fn described(access: Access, mut operations: OpenApiRouter<Arc<Api>>) -> OpenApiRouter<Arc<Api>> {
    openapi::secure(operations.get_openapi_mut(), access);
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

    async fn handle(self: Arc<Self>, mut request: Request<Arriving>, peer: IpAddr) -> Response<Body> {
        if let Some(ui) = &self.ui {
            match ui.base().strip_from(request.uri()) {
                None => return ui.at_the_base(),
                Some(Cow::Owned(bare)) => *request.uri_mut() = bare,
                Some(Cow::Borrowed(_)) => {}
            }
            if let Some(response) = ui.answer(request.method(), request.uri().path(), request.headers()) {
                return response;
            }
        }
        let from = if self.https { forwarded::last(request.headers()).unwrap_or(peer) } else { peer };
        request.extensions_mut().insert(login::From(from));
        let mut response = match self.router.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        standing::seal_api(response.headers_mut());
        response
    }
}

/// The description of the API as it is served: an OpenAPI document in JSON.
pub fn description() -> String {
    let (open, closed) = operations();
    openapi::text(&openapi::document(closed.merge(open).into_openapi()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ::nodes::Registry;
    use domain::credentials::ServerKey;
    use engine::Limits;
    use serde_json::Value;
    use store::sqlite::{Options, Sqlite};

    use super::*;
    use crate::metrics::{Metrics, Source};
    use crate::ui::BasePath;

    /// Outside the description: answered without a token, or nothing at all.
    const OPEN: [&str; 5] = ["/api/openapi.json", "/api/v1/", "/healthz", "/metrics", "/readyz"];

    /// What a router has, from how it prints: each path with the methods it allows.
    fn routed(printed: &str) -> BTreeSet<(String, String)> {
        let (routes, _) = printed.split_once("fallback_router").unwrap();
        let (routes, paths) = routes.split_once("node: Node").unwrap();
        let mut found = BTreeSet::new();
        for (id, path) in paths.split("RouteId(").skip(1).map(|path| path.split_once("): \"").unwrap()) {
            let (path, _) = path.split_once('"').unwrap();
            let (_, route) = routes.split_once(&format!("RouteId({id}): MethodRouter")).unwrap();
            let route = route.split("RouteId(").next().unwrap();
            let allowed = route.split_once("allow_header: Bytes(b\"").map_or("", |(_, rest)| rest);
            let methods = allowed.split('"').next().unwrap().split(',').filter(|method| *method != "HEAD");
            found.extend(methods.map(|method| (method.to_lowercase(), path.to_owned())));
        }
        found
    }

    #[tokio::test]
    async fn nothing_can_be_asked_that_is_not_described() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Options::new(folder.path().join("hookflow.db"))).unwrap();
        let engine =
            Engine::start(store, Registry::standard(), ServerKey::new([7; 32]), Limits::default()).await.unwrap();
        let readiness = Readiness::new(engine.clone());
        let source = Source::Server { engine: engine.clone(), readiness: readiness.clone() };
        let metrics = Metrics::new().registry(source);
        let somewhere = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        let about = About::new(Vec::new(), Addresses { hooks: somewhere, admin: somewhere }, engine.now());
        let api = Api::new(
            engine.clone(),
            PublicUrl::new(engine, None, somewhere),
            Door::new(AdminToken::new("t0ken".into())),
            metrics,
            readiness,
            CancellationToken::new(),
            about,
        );
        let mut routed = routed(&format!("{:?}", Admin::new(api, Some(Ui::new(BasePath::default()))).router));
        routed.retain(|(_, path)| !OPEN.contains(&path.as_str()));

        let described: Value = serde_json::from_str(&description()).unwrap();
        let described: BTreeSet<_> = described["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
            .collect();
        assert!(described.contains(&("delete".to_owned(), "/api/v1/tokens/{id}".to_owned())));
        assert_eq!(routed, described);
    }
}
