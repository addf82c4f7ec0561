//! Keeps this server's lease while the process lives, and looks who else does.

use std::sync::Arc;
use std::time::Duration;

use store::{Change, Error, points};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::handle::Inner;

/// How soon a beat that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// After somebody began to look on here, others know it by then and tell what they do.
const KNOWN_BY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Heartbeat(pub(crate) Arc<Inner>);

impl Heartbeat {
    /// Three beats a lease: two may be lost.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let engine = &self.0;
        let pause = engine.limits.lease / 3;
        let mut next = Instant::now() + pause;
        let mut looked_on = false;
        let mut gap_at = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(gap_at.unwrap_or(next).min(next)) => {}
                () = engine.live.began_to_be_watched() => {}
                () = engine.obstacles.is_away.notified() => next = next.min(Instant::now() + AGAIN),
            }
            if gap_at.is_some_and(|at| Instant::now() >= at) {
                gap_at = None;
                engine.live.missed();
            }
            let looks_on = engine.live.is_watched();
            if Instant::now() < next && looks_on == looked_on {
                continue;
            }
            // From its beginning: the lease is counted from there.
            let began = Instant::now();
            next = if self.beat(looks_on).await { began + pause } else { Instant::now() + pause.min(AGAIN) };
            if looks_on && !looked_on && !engine.standing.others().is_empty() {
                // What they did until then they told nobody.
                gap_at = Some(Instant::now() + KNOWN_BY);
            }
            if looks_on != looked_on {
                engine.store.tell(Change::Servers);
                looked_on = looks_on;
            }
        }
    }

    async fn beat(&self, looks_on: bool) -> bool {
        let engine = &self.0;
        if points::reach(points::LEASE_RENEW).is_err() {
            return true;
        }
        let beaten = match engine.store.server_beat(engine.server(), engine.limits.lease, looks_on).await {
            // A database that is ours alone can have lost it to nobody but one who should not be there.
            Err(Error::ServerLeaseLost) if engine.store.is_shared() => engine.start_anew().await,
            beaten => beaten,
        };
        let beaten = match beaten {
            Ok(()) => engine.look_for_others().await,
            Err(error) => Err(error),
        };
        match beaten {
            Ok(()) => engine.is_reached(),
            Err(error) => {
                let error = match error {
                    // If it does not do even this, nothing is to be had of it.
                    Error::Unwilling { reason } => Error::Away { reason },
                    error => error,
                };
                engine.store_failed(&error);
                return false;
            }
        }
        true
    }
}
