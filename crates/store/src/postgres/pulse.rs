//! Whether the database is there, when nothing says that it is not.
//!
//! A machine that is gone is noticed by TCP. A server that is frozen, or something in between that keeps what it is
//! given, leaves connections that look well and on which nobody answers: all that waits there would wait for as long as
//! that lasts. So somebody asks again and again on a connection of his own. If there is no answer, and a new connection
//! gets none either, all are cut, and whoever waits is told that the database is away.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::connect::Connector;

const ASK: &str = "select 1";

/// What all connections of a store are cut by.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Of the connections that were made since the last cut.
    cut: Mutex<CancellationToken>,
    closing: CancellationToken,
}

impl Pulse {
    /// Ends when a connection that is made now must not be waited for any more.
    pub(super) fn cut(&self) -> CancellationToken {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn end(&self) {
        self.closing.cancel();
    }

    /// Silence is noticed after `silence_max` twice and a half.
    pub(super) fn start(self: &Arc<Self>, connector: Connector, silence_max: Duration) {
        let pulse = Arc::clone(self);
        tokio::spawn(async move {
            let closing = pulse.closing.clone();
            closing.run_until_cancelled(pulse.ask(connector, silence_max)).await;
        });
    }

    async fn ask(&self, connector: Connector, silence_max: Duration) {
        let hosts = connector.hosts();
        // And the host it leads to.
        let mut known: Option<(Client, usize)> = None;
        loop {
            sleep(silence_max / 2).await;
            let mut silent = None;
            if let Some((client, host)) = known.take() {
                match timeout(silence_max, client.batch_execute(ASK)).await {
                    Ok(Ok(())) => {
                        known = Some((client, host));
                        continue;
                    }
                    Ok(Err(_)) => {}
                    Err(_) => silent = Some(host),
                }
            }
            let began = Instant::now();
            match timeout(hosts.silence_max(), connector.plain()).await {
                Ok(Ok(client)) => known = Some((client, hosts.last())),
                // Somebody said no, at once: whoever waits hears of it by himself, unless he waits for another.
                Ok(Err(_)) if silent.is_none() && began.elapsed() < silence_max => continue,
                _ => {
                    self.cut_all();
                    continue;
                }
            }
            if silent.is_some_and(|silent| silent != hosts.last()) {
                self.cut_all();
            }
        }
    }

    fn cut_all(&self) {
        let all = std::mem::take(&mut *self.cut.lock().unwrap_or_else(PoisonError::into_inner));
        all.cancel();
        tracing::warn!("the database says nothing, on no connection; those that wait for it are told");
    }
}
