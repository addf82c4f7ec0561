//! Which addresses a flow may call.
//!
//! An author writes URLs, and a request can put its own data into them: without this a flow would be a way
//! into the network behind the server. Everything that is not plainly a public unicast address is refused,
//! unless the server's settings allow it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::networks::Networks;

impl Networks {
    /// Why a flow may not connect to this address, for a person. These are the ones it may call all the same.
    pub(super) fn refusal(&self, address: IpAddr) -> Option<Refused> {
        let address = address.to_canonical();
        let reached = [Some(address), embedded(address)].into_iter().flatten();
        let why = reached.filter(|part| !self.contains(*part)).find_map(why_refused)?;
        (!self.contains(address)).then_some(Refused { address, why })
    }
}

/// An address that is not called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    address: IpAddr,
    why: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {}, which flows may not call; the setting `outbound_allow` can allow it",
            self.address, self.why
        )
    }
}

/// The IPv4 address that a packet to this IPv6 one ends at. One more that is looked at: what is private by itself
/// does not become public by what stands in its last bits.
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(address) = address else { return None };
    let from = |high: u16, low: u16| Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)).into());
    match address.segments() {
        // NAT64 by its well-known prefix.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => from(high, low),
        // 6to4.
        [0x2002, high, low, ..] => from(high, low),
        // ISATAP.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => from(high, low),
        _ => None,
    }
}

/// `None`: a public unicast address. Sources: the IANA registries of special-purpose addresses.
fn why_refused(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => why_refused_v4(v4),
        IpAddr::V6(v6) => why_refused_v6(v6),
    }
}

fn why_refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, d] = address.octets();
    Some(match (a, b, c) {
        (0, ..) => "an address of this network",
        (127, ..) => "this machine",
        (10, ..) | (192, 168, _) | (172, 16..=31, _) => "a private address",
        (169, 254, _) => "a link-local address, where clouds keep their metadata",
        (100, 64..=127, _) => "an address of a carrier's own network",
        (192, 0, 0) => "reserved for protocols",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "reserved for documentation",
        (192, 88, 99) => "a relay's address",
        // Public by its number, answered by the machine's own cloud.
        (168, 63, 129) if d == 16 => "an address where a cloud keeps its metadata",
        (198, 18..=19, _) => "reserved for benchmarks",
        (224..=239, ..) => "a multicast address",
        (240..=255, ..) => "a reserved address",
        _ => return None,
    })
}

fn why_refused_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    Some(match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => "the unspecified address",
        [0, 0, 0, 0, 0, 0, 0, 1] => "this machine",
        [0xfc00..=0xfdff, ..] => "a private address",
        [0xfe80..=0xfebf, ..] => "a link-local address",
        [0xfec0..=0xfeff, ..] => "a site-local address",
        [0xff00..=0xffff, ..] => "a multicast address",
        // Teredo carries an IPv4 address that is not the one the packet goes to first.
        [0x2001, 0, ..] => "a tunnel's address",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => "reserved for documentation",
        [0x2001, 0..=0x1ff, ..] => "reserved for protocols",
        // The only space given out for public unicast, and NAT64's way to all of IPv4.
        [0x2000..=0x3fff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => return None,
        _ => "a reserved address",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(networks: &[&str], address: &str) -> bool {
        Networks::parse(networks.iter().copied()).unwrap().refusal(address.parse().unwrap()).is_none()
    }

    #[test]
    fn only_public_unicast_addresses_are_called() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.171",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::2",
            "::127.0.0.1",
            // Nothing leads there, whatever stands at the end.
            "::8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:7f00:0:100:808:808",
            "64:ff9b::1:808:808",
            "fd00::5efe:8.8.8.8",
            "fe80::200:5efe:8.8.8.8",
            "ff02::5efe:8.8.8.8",
            "168.63.129.16",
            "::ffff:168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "100:0:0:1::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::10.0.0.1",
            "64:ff9b:1:2:3:4:10.0.0.1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "2002:c0a8:1::",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "feff::1",
            "ff02::1",
            "ff0e::1",
            "2600::5efe:10.0.0.1",
            "2600::200:5efe:127.0.0.1",
        ] {
            assert!(!allows(&[], address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.1",
            "198.17.255.255",
            "198.20.0.1",
            "203.0.112.1",
            "203.0.114.1",
            "168.63.129.15",
            "168.63.129.17",
            "223.255.255.255",
            "2600::1",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(allows(&[], address), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_is_allowed_in_every_spelling_and_nothing_beside_it() {
        assert!(allows(&["127.0.0.1"], "127.0.0.1") && allows(&["127.0.0.0/8"], "127.9.9.9"));
        assert!(allows(&["127.0.0.1"], "::ffff:127.0.0.1") && allows(&[" fd00::/8 "], "fd00::1"));
        assert!(
            !allows(&["127.0.0.1"], "127.0.0.2") && !allows(&["127.0.0.1"], "::1") && !allows(&["fd00::/8"], "fc00::1")
        );
        // What an address leads to counts beside what it is.
        assert!(allows(&["10.0.0.0/8"], "64:ff9b::10.0.0.1") && allows(&["10.0.0.0/8"], "2600::5efe:10.0.0.1"));
        assert!(!allows(&["10.0.0.0/8"], "fd00::5efe:10.0.0.1") && allows(&["fd00::/8"], "fd00::5efe:10.0.0.1"));
        assert!(Networks::parse(["localhost"]).is_err() && Networks::parse(["10.0.0.0/33"]).is_err());
    }
}
