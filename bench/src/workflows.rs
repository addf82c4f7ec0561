//! The workflows that are measured.

use std::net::SocketAddr;

pub(crate) const SYNC: &str = include_str!("../workflows/sync.yaml");
pub(crate) const SYNC_PUSH: &str = include_str!("../workflows/sync-push.yaml");
pub(crate) const ASYNC: &str = include_str!("../workflows/async.yaml");
pub(crate) const ASYNC_PUSH: &str = include_str!("../workflows/async-push.yaml");
pub(crate) const TEN: &str = include_str!("../workflows/ten.yaml");

/// One `http_request`, to the sink.
pub(crate) fn call(sink: SocketAddr) -> String {
    include_str!("../workflows/call.yaml").replace("SINK", &sink.to_string())
}
