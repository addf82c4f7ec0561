//! `settings`: what is in force, and what can be set while the server runs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::nodes::outbound::{Call, CallError, Url, origin};
use axum::extract::State;
use domain::time::Timestamp;
use domain::value::Value;
use http::{HeaderMap, HeaderValue, Method};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::extract::Document;
use super::json::Json;
use super::{Api, openapi, schema};
use crate::arrivals::{Arrivals, CHECK};
use crate::error::{ApiError, PROBLEM};
use crate::public_url::Source;

/// How long the public URL may take to answer a check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);
/// Of the answer to a check; nothing of it is shown.
const CHECK_ANSWER_BYTES_MAX: usize = 64 << 10;

/// A setting of the process.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettingInfo {
    #[schema(value_type = String)]
    pub key: &'static str,
    pub value: Value,
    pub default: Value,
    /// `bytes`, `milliseconds`, `count`, …; null where nothing is counted.
    pub unit: Option<String>,
    /// For people.
    pub meaning: String,
}

/// Where the listeners are bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) hooks: SocketAddr,
    pub(crate) admin: SocketAddr,
}

/// What this process knows about itself.
#[derive(Debug)]
pub(crate) struct About {
    settings: Vec<SettingInfo>,
    addresses: Addresses,
    started_at: Timestamp,
    pub(crate) arrivals: Arrivals,
}

impl About {
    pub(crate) fn new(settings: Vec<SettingInfo>, addresses: Addresses, started_at: Timestamp) -> Self {
        Self { settings, addresses, started_at, arrivals: Arrivals::default() }
    }
}

/// The server as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SettingsView {
    /// What senders see in front of `/api/webhook:trigger/…`.
    public_url: String,
    /// `config`: flags, environment or file say so, and it cannot be changed here. `stored`: it was set here.
    /// `derived`: nobody has set it, and it is how the server's own machine reaches the listener.
    #[schema(value_type = schema::PublicUrlSource)]
    public_url_source: &'static str,
    /// Where the public listener is bound.
    hooks: String,
    /// Where the admin listener is bound.
    admin: String,
    version: &'static str,
    /// The commit it was built from, if the build knew.
    commit: Option<&'static str>,
    #[schema(value_type = schema::Time)]
    started_at: Timestamp,
    database: DatabaseView,
    /// The settings of the process, in the order of the default file.
    limits: Vec<SettingInfo>,
    health: HealthView,
}

#[derive(Debug, Serialize, ToSchema)]
struct DatabaseView {
    kind: &'static str,
    /// The file and its write-ahead log.
    bytes: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct HealthView {
    /// Whether requests are taken.
    ready: bool,
    /// Why not.
    reasons: Vec<String>,
}

pub(super) const SOURCES: [&str; 3] = ["config", "stored", "derived"];

fn view(api: &Api) -> SettingsView {
    let (public_url, source) = api.public_url.now();
    let [config, stored, derived] = SOURCES;
    let ready = api.readiness.check();
    SettingsView {
        public_url,
        public_url_source: match source {
            Source::Config => config,
            Source::Stored => stored,
            Source::Derived => derived,
        },
        hooks: api.about.addresses.hooks.to_string(),
        admin: api.about.addresses.admin.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("HOOKFLOW_COMMIT"),
        started_at: api.about.started_at,
        database: DatabaseView { kind: api.engine.store().kind(), bytes: api.engine.store().stats().database_bytes },
        limits: api.about.settings.clone(),
        health: HealthView { ready: ready.is_ok(), reasons: ready.err().into_iter().collect() },
    }
}

/// What is in force, and how the server is.
#[utoipa::path(get, path = "/settings", operation_id = "settings_get", tag = "settings",
    responses((status = 200, body = SettingsView)))]
pub(super) async fn get(State(api): State<Arc<Api>>) -> Json<SettingsView> {
    Json(view(&api))
}

/// What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsPatch {
    /// Scheme and host without a path, such as `https://hooks.example.com`; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    public_url: Option<Option<String>>,
}

/// Null is something, too.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes what can be changed while the server runs. In force at once.
#[utoipa::path(patch, path = "/settings", operation_id = "settings_change", tag = "settings",
    request_body = SettingsPatch,
    responses(
        (status = 200, body = SettingsView),
        (status = 409, description = "Flags, environment or file say what it is: `settings.from_config`.",
            body = openapi::Problem, content_type = PROBLEM),
        (status = 422, description = "No scheme and host: `settings.public_url`.", body = openapi::Problem,
            content_type = PROBLEM)))]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    Document(patch): Document<SettingsPatch>,
) -> Result<Json<SettingsView>, ApiError> {
    if let Some(url) = patch.public_url {
        if api.public_url.now().1 == Source::Config {
            return Err(ApiError::FromConfig);
        }
        let url = url.map(|url| origin(&url).ok_or(ApiError::PublicUrl)).transpose()?;
        api.engine.set_public_url(url).await?;
    }
    Ok(Json(view(&api)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicUrlCheck {
    /// Scheme and host without a path.
    public_url: String,
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckView {
    /// Requests to that URL come in at this server.
    ok: bool,
    /// A sentence that says what was found.
    detail: String,
}

/// Whether requests to a public URL come in at this server.
///
/// The server asks `<public_url>/healthz` and sees whether its own question arrives. Nothing is changed, and nothing of
/// the answer is shown.
#[utoipa::path(post, path = "/settings/check", operation_id = "settings_check", tag = "settings",
    request_body = PublicUrlCheck,
    responses(
        (status = 200, description = "What was found.", body = CheckView),
        (status = 422, description = "No scheme and host: `settings.public_url`.", body = openapi::Problem,
            content_type = PROBLEM)))]
pub(super) async fn check(
    State(api): State<Arc<Api>>,
    Document(PublicUrlCheck { public_url }): Document<PublicUrlCheck>,
) -> Result<Json<CheckView>, ApiError> {
    let url = origin(&public_url).and_then(|origin| Url::parse(&format!("{origin}/healthz")).ok());
    let url = url.ok_or(ApiError::PublicUrl)?;
    let too_many = |_| ApiError::unavailable("Too many requests are being sent; try again.");
    let _place = api.sends.try_acquire().map_err(too_many)?;
    let expected = api.about.arrivals.expect();
    let text = HeaderValue::try_from(&expected.text).map_err(|_| ApiError::Internal)?;
    let call = Call {
        method: Method::GET,
        url,
        headers: HeaderMap::from_iter([(CHECK.clone(), text)]),
        body_is_secret: false,
        body: bytes::Bytes::new(),
        timeout: CHECK_TIMEOUT,
        redirects_max: 0,
        answer_bytes_max: CHECK_ANSWER_BYTES_MAX,
    };
    let got = api.own.call(call).await;
    let detail = match (expected.has_come(), got) {
        (true, _) => return Ok(Json(CheckView { ok: true, detail: "Requests come in at this server.".to_owned() })),
        (false, Ok(got)) if got.status.is_redirection() => {
            "Something there redirects; senders of webhooks often do not follow. Give the URL it leads to.".to_owned()
        }
        (false, Ok(_)) if api.engine.servers().len() > 1 => {
            "Something answers there: not this server, perhaps another one on the same database.".to_owned()
        }
        (false, Ok(_)) => "Something answers there, but it is not this server.".to_owned(),
        (false, Err(CallError::Timeout(_))) => "Nothing answers there in time.".to_owned(),
        (false, Err(error)) => format!("It cannot be reached from this server: {error}."),
    };
    Ok(Json(CheckView { ok: false, detail }))
}
