//! Where senders find the public listener.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use engine::Engine;

/// Scheme and host in front of the path, and who says so.
#[derive(Debug)]
pub(crate) struct PublicUrl {
    engine: Engine,
    configured: Option<String>,
    derived: String,
}

/// Who says where senders find the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The settings of the process: nobody else has a say then.
    Config,
    /// Somebody set it while the server ran.
    Stored,
    /// Nobody: it is how this machine reaches the listener.
    Derived,
}

impl PublicUrl {
    pub(crate) fn new(engine: Engine, configured: Option<&str>, hooks: SocketAddr) -> Self {
        let configured = configured.map(|url| url.trim_end_matches('/').to_owned());
        Self { engine, configured, derived: format!("http://{}", reachable(hooks)) }
    }

    /// As it is now, without a slash at its end.
    pub(crate) fn now(&self) -> (String, Source) {
        match (&self.configured, self.engine.public_url()) {
            (Some(url), _) => (url.clone(), Source::Config),
            (None, Some(url)) => (url.to_string(), Source::Stored),
            (None, None) => (self.derived.clone(), Source::Derived),
        }
    }
}

/// How this machine reaches what is bound there.
pub fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}
