//! Floor 3: HTTP and nothing else.
//!
//! Two listeners of one kind: the public one (`hooks`) meets the open internet, the admin one (`api`, `ui`)
//! those who run the server. They share sockets' rules and metrics, never a path.
//!
//! A stop, in order; the caller stops the engine behind it:
//! ```text
//! stop.cancel()   /readyz says no, answers carry `Connection: close`; everything is answered as before
//! stop_grace      the hooks port closes behind the last connection that the system has accepted
//! a moment        who came through it is answered
//! engine.drain()  callers that wait get their 202, what runs is parked; what still comes in is kept for others
//! stop_timeout    requests under way are answered, at most so long
//!                 those who listen live are let go, and the admin port closes in the same way
//! engine.stop()   nobody asks any more: everything is parked and on disk
//! ```
//!
//! Not here: what a workflow does (`engine`), what is kept (`store`), flags and files (`cli`).

mod api;
mod arrivals;
mod body;
mod error;
mod forwarded;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hooks;
mod listener;
mod media;
mod metrics;
mod probes;
mod public_url;
mod random;
mod standing;
mod ui;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use nodes::outbound::Networks;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use api::{AdminToken, Door, SettingInfo, description};
pub use error::{API_ERRORS, ErrorInfo, RefusalInfo, refusals, remedy};
pub use hooks::HookLimits;
pub use listener::{HEAD_BYTES_MIN, ListenerLimits};
pub use metrics::{MetricInfo, reference as metrics_reference};
pub use public_url::reachable;
pub use ui::BasePath;

use api::{About, Addresses, Admin, Api};
use hooks::Hooks;
use listener::Listener;
use metrics::{Metrics, Source};
use probes::Readiness;
use public_url::PublicUrl;
use ui::Ui;

/// What to serve, where, and until when.
#[derive(Debug)]
pub struct ServerOptions {
    pub engine: Engine,
    /// Bound; meets the open internet. `None`: webhooks arrive at other servers.
    pub hooks: Option<TcpListener>,
    /// Where webhooks arrive, here or, as far as the settings know, elsewhere.
    pub hooks_at: SocketAddr,
    /// Bound; metrics and probes, and UI and API where [the role](Engine::role) has them.
    pub admin: TcpListener,
    /// What senders see in front of `/api/webhook:trigger/…`; `None`: what somebody sets while the server runs, and
    /// until then how this machine reaches `hooks`.
    pub public_url: Option<String>,
    /// What stands in front of `hooks` and may say whose request it hands on.
    pub trusted_proxies: Networks,
    /// What lets programs and people use the API.
    pub door: Door,
    /// Below which path browsers find the admin listener.
    pub admin_base_path: BasePath,
    pub limits: ServerLimits,
    /// What is in force, to be shown.
    pub settings: Vec<SettingInfo>,
    /// Cancelled to stop.
    pub stop: CancellationToken,
}

/// Every limit of the server, by where it holds.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    pub hooks: HookLimits,
    pub hooks_listener: ListenerLimits,
    pub admin_listener: ListenerLimits,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            hooks: HookLimits::default(),
            hooks_listener: ListenerLimits::default(),
            // Its part of the grace is that of `hooks`, which closes first.
            admin_listener: ListenerLimits {
                connections_max: 512,
                stop_grace: Duration::ZERO,
                ..ListenerLimits::default()
            },
        }
    }
}

/// Serves both listeners until `options.stop`, then returns when their connections have ended and the engine drains.
pub async fn serve(options: ServerOptions) {
    let ServerOptions {
        engine,
        hooks,
        hooks_at,
        admin,
        public_url,
        trusted_proxies,
        door,
        admin_base_path,
        limits,
        settings,
        stop,
    } = options;
    let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
    // A bound socket has an address.
    let addresses = Addresses { hooks: hooks_at, admin: admin.local_addr().unwrap_or(unknown) };
    let about = About::new(settings, addresses, engine.now());
    let arrivals = about.arrivals.clone();
    let metrics = Metrics::new();
    let readiness = Readiness::new(engine.clone());
    let live_ends = CancellationToken::new();
    let api = Api::new(
        engine.clone(),
        PublicUrl::new(engine.clone(), public_url.as_deref(), addresses.hooks),
        door,
        metrics.clone().registry(Source::Server { engine: engine.clone(), readiness: readiness.clone() }),
        readiness.clone(),
        live_ends.clone(),
        about,
    );
    let ui = engine.role().serves_people().then(|| Ui::new(admin_base_path));
    let public = Hooks::new(engine.clone(), limits.hooks, trusted_proxies, metrics.hooks, readiness.clone(), arrivals);
    let admin = Listener::start(admin, Arc::new(Admin::new(api, ui)), limits.admin_listener, metrics.admin_listener);
    let hooks =
        hooks.map(|hooks| Listener::start(hooks, Arc::new(public), limits.hooks_listener, metrics.hooks_listener));
    stop.cancelled().await;
    readiness.stop();
    match hooks {
        Some(hooks) => hooks.stop(|| engine.drain()).await,
        None => engine.drain(),
    }
    live_ends.cancel();
    admin.stop(|| ()).await;
}
