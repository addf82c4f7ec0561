//! Names to addresses, none of them one that may not be called.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Refused;
use super::networks::Networks;

/// Asks what addresses a name has.
#[async_trait]
pub trait Lookup: std::fmt::Debug + Send + Sync {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks as every other program on this machine does.
#[derive(Debug)]
pub(super) struct System;

#[async_trait]
impl Lookup for System {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect())
    }
}

/// A lookup, its answers looked at.
#[derive(Debug)]
pub(super) struct Guarded {
    pub(super) allowed: Arc<Networks>,
    pub(super) lookup: Arc<dyn Lookup>,
}

/// A name leads to an address that is not called.
#[derive(Debug, thiserror::Error)]
#[error("the name {name} leads to an address that is refused: {refused}")]
pub(super) struct RefusedName {
    name: String,
    refused: Refused,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, lookup) = (Arc::clone(&self.allowed), Arc::clone(&self.lookup));
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            // One refused address among several is no accident.
            if let Some(refused) = found.iter().find_map(|address| allowed.refusal(*address)) {
                return Err(RefusedName { name: name.as_str().to_owned(), refused }.into());
            }
            let found: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(found)
        })
    }
}
