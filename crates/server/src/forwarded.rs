//! Whose request it is that something in front hands on: `X-Forwarded-For`.
//! ```text
//! X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.2.4       from 10.1.2.3
//!                  anybody   the sender   ◀─ trusted ──────┘
//! ```
//! Each proxy adds to the end whom it sees. What stands before the first that is not trusted, anybody can have written.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use nodes::outbound::Networks;

/// The first from the end that is no trusted proxy; `peer` is the last. What is no address ends the search.
pub(crate) fn sender(headers: &HeaderMap, peer: IpAddr, trusted: &Networks) -> IpAddr {
    let mut sender = peer;
    for hop in hops(headers) {
        if !trusted.contains(sender.to_canonical()) {
            break;
        }
        let Some(hop) = hop else { break };
        sender = hop;
    }
    sender
}

/// Whom the proxy in front sees, where nobody gets past it.
pub(crate) fn last(headers: &HeaderMap) -> Option<IpAddr> {
    hops(headers).next()?
}

/// From the end.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',').map(|hop| address(hop.trim())))
}

/// Some say the port too.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender_of(peer: &str, lines: &[&str]) -> String {
        let trusted = Networks::parse(["10.1.2.0/24", "fd00::/8"]).unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        sender(&headers, peer.parse().unwrap(), &trusted).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_have_added_counts() {
        // Who is not trusted speaks for nobody.
        assert_eq!(sender_of("198.51.100.1", &["203.0.113.7"]), "198.51.100.1");
        assert_eq!(sender_of("10.1.3.1", &["203.0.113.7"]), "10.1.3.1");
        assert_eq!(sender_of("10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(sender_of("10.1.2.3", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(sender_of("10.1.2.3", &["6.6.6.6, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(sender_of("10.1.2.3", &["6.6.6.6", "203.0.113.7"]), "203.0.113.7");
        assert_eq!(sender_of("10.1.2.3", &["6.6.6.6, 203.0.113.7, 10.1.2.4"]), "203.0.113.7");
        assert_eq!(sender_of("10.1.2.3", &["10.1.2.5, 10.1.2.4"]), "10.1.2.5");
    }

    #[test]
    fn addresses_come_in_every_spelling_and_nonsense_ends_the_search() {
        assert_eq!(sender_of("::ffff:10.1.2.3", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(sender_of("fd00::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(sender_of("fd00::1", &["2001:db8::7"]), "2001:db8::7");
        for nonsense in ["", "unknown", "203.0.113.7, ", "203.0.113.7, _hidden", "203.0.113.7,10.1.2.300"] {
            assert_eq!(sender_of("10.1.2.3", &[nonsense]), "10.1.2.3", "{nonsense}");
        }
        assert_eq!(sender_of("10.1.2.3", &["203.0.113.7, unknown, 10.1.2.4"]), "10.1.2.4");
    }
}
