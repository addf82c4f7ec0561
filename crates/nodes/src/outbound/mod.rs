//! The one client for every call that leaves the server on behalf of a flow.
//! ```text
//! URL ─▶ scheme, host, address literal ─▶ resolver ─▶ every address looked at ─▶ connect to those ─▶ redirect? from the start
//! ```
//! Invariants
//! - An address is looked at before it is connected to, and the one looked at is the one connected to: a name
//!   that resolves to something else a moment later changes nothing.
//! - A name of which one address is refused is refused.
//! - No proxy of the environment is asked; nothing of an answer is kept beyond the limits of the call.
//! - Credentials and secrets do not follow a redirect to another origin.
//!
//! Not here: what a call is for (`actions`), whether it is tried again (`domain::execution::machine`).

mod address;
mod call;
mod networks;
mod resolver;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use call::{Call, CallError, Got, HOPS, IDEMPOTENCY_KEY};
pub use networks::{Networks, NotANetwork};
pub use reqwest::Url;
pub use resolver::Lookup;
use resolver::{Guarded, System};

/// Headers of an answer. All of them together: 408 KiB, which is hyper's own limit.
const HEADERS_MAX: usize = 100;
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection is kept for the next call to the same place. Many servers close theirs after five seconds, and a
/// call that crosses such an end fails.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// Connections kept for each place.
const IDLE_PER_HOST_MAX: usize = 32;

/// Cheap to clone; connections are shared.
#[derive(Debug, Clone)]
pub struct Outbound(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    allowed: Arc<Networks>,
    lookup: Arc<dyn Lookup>,
    /// Made with the first call: it holds certificates, which a server without calls need not load.
    http: OnceLock<reqwest::Client>,
}

/// An origin, `http(s)://host[:port]`, without the slash at its end; `None` for anything else.
pub fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    bare.then(|| url.as_str().trim_end_matches('/').to_owned())
}

impl Outbound {
    /// For calls of the server itself to a place that its administrator chose: every address may be called.
    pub fn anywhere() -> Self {
        Self::new(Networks::parse(["0.0.0.0/0", "::/0"]).expect("these are networks"))
    }

    pub fn new(allowed: Networks) -> Self {
        Self::asking(Arc::new(System), allowed)
    }

    /// With another source of addresses, whose answers are looked at as the system's are.
    pub fn asking(lookup: Arc<dyn Lookup>, allowed: Networks) -> Self {
        Self(Arc::new(Shared { allowed: Arc::new(allowed), lookup, http: OnceLock::new() }))
    }

    fn client(&self) -> &reqwest::Client {
        self.0.http.get_or_init(|| {
            // Refused only if it was done before.
            _ = rustls::crypto::ring::default_provider().install_default();
            // A machine without certificates can still make calls by http; those by https fail one by one.
            let built = self.builder().build().or_else(|_| self.builder().tls_certs_only([]).build());
            built.expect("a client with neither certificates nor a proxy can always be made")
        })
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let (allowed, lookup) = (Arc::clone(&self.0.allowed), Arc::clone(&self.0.lookup));
        reqwest::Client::builder()
            .user_agent(concat!("hookflow/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(Arc::new(Guarded { allowed, lookup }))
            .http1_max_headers(HEADERS_MAX)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
    }
}
