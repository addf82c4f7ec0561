//! The log of refused requests: written in batches some time soon, never in an answer's way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::RefusedRequest;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::handle::Inner;
use crate::live::Change;

/// Refused requests in one write.
const BATCH_MAX: usize = 256;
/// How long a refused request may wait for company.
const GATHER: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct RequestLog {
    pub(crate) engine: Arc<Inner>,
    pub(crate) refused: mpsc::Receiver<RefusedRequest>,
}

impl RequestLog {
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                biased;
                taken = self.refused.recv_many(&mut batch, BATCH_MAX) => if taken == 0 { return },
                // What is waiting has been taken before the stop is looked at.
                () = stop.cancelled() => return,
            }
            if batch.len() < BATCH_MAX && !stop.is_cancelled() {
                tokio::select! {
                    () = tokio::time::sleep(GATHER) => {}
                    () = stop.cancelled() => {}
                }
                while batch.len() < BATCH_MAX {
                    match self.refused.try_recv() {
                        Ok(request) => batch.push(request),
                        Err(_) => break,
                    }
                }
            }
            self.write(batch).await;
        }
    }

    async fn write(&self, batch: Vec<RefusedRequest>) {
        let count = batch.len() as u64;
        let heads: Vec<_> = batch.iter().map(RefusedRequest::head).collect();
        let counter = match self.engine.store.request_append(batch).await {
            Ok(()) => {
                for head in heads {
                    self.engine.live.tell(|| Change::Request(head));
                }
                &self.engine.count.requests_logged
            }
            Err(error) => {
                self.engine.store_failed(&error);
                &self.engine.count.requests_dropped
            }
        };
        counter.fetch_add(count, Ordering::Relaxed);
    }
}
