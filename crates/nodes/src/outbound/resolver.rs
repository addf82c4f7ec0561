//! Names to addresses, none of them one that may not be called.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Allowed, Refused};

/// The system's resolver, its answers looked at.
#[derive(Debug)]
pub(super) struct Guarded(pub(super) Arc<Allowed>);

/// A name leads to an address that is not called.
#[derive(Debug, thiserror::Error)]
#[error("the name {name} leads to an address that is refused: {refused}")]
pub(super) struct RefusedName {
    name: String,
    refused: Refused,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(checked(&allowed, name.as_str(), found)?)
        })
    }
}

/// One refused address among several is no accident.
pub(super) fn checked(allowed: &Allowed, name: &str, found: Vec<SocketAddr>) -> Result<Addrs, RefusedName> {
    match found.iter().find_map(|address| allowed.refusal(address.ip())) {
        Some(refused) => Err(RefusedName { name: name.to_owned(), refused }),
        None => Ok(Box::new(found.into_iter())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refused_address_refuses_the_name() {
        let found = |addresses: &[&str]| {
            addresses.iter().map(|address| (address.parse::<std::net::IpAddr>().unwrap(), 0).into()).collect()
        };
        let none = Allowed::default();
        assert!(checked(&none, "a.example", found(&["1.1.1.1", "2606:4700::1111"])).is_ok());
        let refused = checked(&none, "a.example", found(&["1.1.1.1", "127.0.0.1"])).err().unwrap();
        assert_eq!(
            refused.to_string(),
            "the name a.example leads to an address that is refused: 127.0.0.1 is this machine, which flows may not call; \
             the setting `outbound_allow` can allow it"
        );
        assert!(checked(&none, "a.example", found(&["2606:4700::1111", "::ffff:10.0.0.1"])).is_err());
    }
}
