//! Keeps this server's lease while the process lives.

use std::sync::Arc;

use store::points;
use tokio_util::sync::CancellationToken;

use crate::handle::Inner;

#[derive(Debug)]
pub(crate) struct Heartbeat(pub(crate) Arc<Inner>);

impl Heartbeat {
    /// Three beats a lease: two may be lost.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let pause = self.0.limits.lease / 3;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            if points::reach(points::LEASE_RENEW).is_err() {
                continue;
            }
            if let Err(error) = self.0.store.server_beat(self.0.server, self.0.limits.lease).await {
                self.0.store_failed(&error);
            }
        }
    }
}
