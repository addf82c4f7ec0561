//! One connection, from its first byte to its end.

use std::net::IpAddr;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::{Semaphore, watch};

use super::gate;
use super::limits::{HEAD_BYTES_MIN, ListenerLimits};
use super::pulse::{Overdue, Pulse, Watchdog, Watched};
use super::{Handler, Stop, Stream, raw};
use crate::error::Fault;
use crate::metrics::ListenerMetrics;

/// What the connections of a listener have in common.
pub(super) struct Shared<H> {
    pub(super) handler: Arc<H>,
    pub(super) limits: ListenerLimits,
    pub(super) metrics: ListenerMetrics,
    pub(super) stopping: watch::Receiver<Stop>,
    turned_away: Arc<Semaphore>,
    http: http1::Builder,
}

impl<H> Shared<H> {
    pub(super) fn new(
        handler: Arc<H>,
        limits: ListenerLimits,
        metrics: ListenerMetrics,
        stopping: watch::Receiver<Stop>,
    ) -> Self {
        let mut http = http1::Builder::new();
        // The watchdog does what hyper's own timer would do.
        http.header_read_timeout(None);
        // The buffer is read into in steps, so alone it is a limit give or take a step.
        let head_bytes_max = limits.head_bytes_max.max(HEAD_BYTES_MIN);
        http.max_buf_size(head_bytes_max).max_header_size(head_bytes_max);
        let turned_away = Arc::new(Semaphore::new(limits.turned_away_max));
        Self { handler, limits, metrics, stopping, turned_away, http }
    }

    /// Says that there is no place, if not too many are being told so.
    pub(super) async fn turn_away(&self, stream: impl Stream) {
        if let Ok(_place) = self.turned_away.try_acquire() {
            raw::answer_and_close(stream, Fault::Connections, self.limits.linger).await;
        }
    }
}

/// How a connection ended.
enum End {
    /// hyper is done with it.
    Done(hyper::Result<()>),
    Overdue(Overdue),
    Stopped,
}

pub(super) async fn serve<H: Handler>(shared: Arc<Shared<H>>, stream: impl Stream, peer: IpAddr, pulse: Pulse) {
    let mut stopping = shared.stopping.clone();
    let _open = shared.metrics.connection();
    let io = TokioIo::new(Watched::new(stream, pulse.clone()));
    let service =
        service_fn(|request: Request<Incoming>| gate::pass(Arc::clone(&shared), request, peer, pulse.clone()));
    let mut connection = shared.http.serve_connection(io, service);
    let mut watchdog = Watchdog::new(&pulse, &shared.limits);
    let end = loop {
        tokio::select! {
            biased;
            done = &mut connection => break End::Done(done),
            overdue = &mut watchdog => break End::Overdue(overdue),
            changed = stopping.changed() => match *stopping.borrow_and_update() {
                // hyper would close it at once; its first request may be on the way.
                Stop::Closing if changed.is_ok() && pulse.is_fresh() => {}
                Stop::Closing | Stop::Drain if changed.is_ok() => {
                    std::pin::Pin::new(&mut connection).graceful_shutdown();
                }
                Stop::No | Stop::Leaving if changed.is_ok() => {}
                _ => break End::Stopped,
            },
        }
    };
    let stream = connection.into_parts().io.into_inner().into_inner();
    match end {
        End::Done(Ok(())) if !pulse.has_ended() => raw::close(stream, shared.limits.linger).await,
        End::Done(Err(error)) if error.is_parse() => {
            // hyper has answered by itself.
            let fault = if error.is_parse_too_large() { Fault::HeadTooLarge } else { Fault::BadHead };
            shared.metrics.count(fault);
            raw::close(stream, shared.limits.linger).await;
        }
        End::Overdue(Overdue::Head) => {
            shared.metrics.count(Fault::SlowHead);
            raw::answer_and_close(stream, Fault::SlowHead, shared.limits.linger).await;
        }
        End::Overdue(Overdue::GaveWay { tell }) => {
            shared.metrics.count(Fault::Connections);
            if tell {
                shared.turn_away(stream).await;
            }
        }
        End::Done(_) | End::Overdue(Overdue::Silence) | End::Stopped => {}
    }
}
