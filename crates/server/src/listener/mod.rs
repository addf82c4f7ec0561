//! A TCP port that speaks HTTP/1 and does not let anyone hold it up: our own accept loop on hyper.
//! ```text
//! accept ──▶ a place? (places) ──no──▶ 503, close
//!              │ yes
//!              ▼
//!            connection (one task): hyper ─▶ gate ─▶ handler
//!              └── watchdog: 408 for a head that does not end, close for silence
//! ```
//! Invariants
//! - Whatever a peer does or leaves undone, its connection ends: every wait has a limit.
//! - No panic of a handler reaches the connection or the process.
//! - An answer after which the connection ends says so.
//! - Nothing a peer sends here is logged; what is turned away is counted, by reason.
//! - A stop resets nobody whom the system has taken for us: first nobody is let in any more (door), then the port closes.
//!
//! Both listeners, the public one and the admin one, are of this kind.
//!
//! Not here: what requests mean (`hooks`, `api`), how long a body may take (they read it).

mod arriving;
mod connection;
mod door;
mod gate;
mod limits;
mod places;
mod pulse;
mod raw;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;

pub use limits::{HEAD_BYTES_MIN, ListenerLimits};

pub(crate) use self::arriving::Arriving;
use self::connection::Shared;
use self::limits::TAKEN_IN;
use self::places::Places;
use self::pulse::Pulse;
use crate::error::Fault;
use crate::metrics::ListenerMetrics;

/// How long to leave accepting alone when the system has no file descriptor or memory left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What stands behind a listener.
pub(crate) trait Handler: Send + Sync + 'static {
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + Send + 'static;

    /// Answers one request. Dropped when the connection breaks while it waits.
    fn handle(
        self: Arc<Self>,
        request: Request<Arriving>,
        peer: IpAddr,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// What a connection is spoken over.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

/// How far a stop has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    No,
    /// Everything is taken and answered, but each connection ends with its next answer.
    Leaving,
    /// No new connections; those that rest between two requests end.
    Closing,
    /// Those end too that have said nothing yet; what is under way is answered.
    Drain,
    /// Connections are dropped.
    Now,
}

/// A listener that runs.
#[derive(Debug)]
pub(crate) struct Listener {
    stop: watch::Sender<Stop>,
    accepting: JoinHandle<()>,
    connections: TaskTracker,
    stop_grace: Duration,
    stop_timeout: Duration,
}

impl Listener {
    /// Serves `socket` until it is stopped.
    pub(crate) fn start<H: Handler>(
        socket: TcpListener,
        handler: Arc<H>,
        limits: ListenerLimits,
        metrics: ListenerMetrics,
    ) -> Self {
        let (stop, stopping) = watch::channel(Stop::No);
        let connections = TaskTracker::new();
        let ListenerLimits { stop_grace, stop_timeout, .. } = limits;
        let shared = Arc::new(Shared::new(handler, limits, metrics, stopping));
        let accepting = tokio::spawn(tokio::task::unconstrained(accept(socket, shared, connections.clone())));
        Self { stop, accepting, connections, stop_grace, stop_timeout }
    }

    /// Goes on for the stop's grace, closes the port, and returns when every connection has ended or the stop's time is
    /// up. Calls `closed` as soon as nobody can come any more and those who came have had a moment to be answered.
    pub(crate) async fn stop(self, closed: impl FnOnce()) {
        self.stop.send_replace(Stop::Leaving);
        sleep(self.stop_grace).await;
        self.stop.send_replace(Stop::Closing);
        // It ends soon; that it panicked would have been seen in its own task.
        let _ = self.accepting.await;
        self.connections.close();
        let ends = Instant::now() + self.stop_timeout;
        let soon = ends.min(Instant::now() + TAKEN_IN);
        let _ = timeout_at(soon, self.connections.wait()).await;
        self.stop.send_replace(Stop::Drain);
        closed();
        if timeout_at(ends, self.connections.wait()).await.is_err() {
            tracing::warn!(connections = self.connections.len(), "requests still under way are cut off");
            self.stop.send_replace(Stop::Now);
            self.connections.wait().await;
        }
    }
}

async fn accept<H: Handler>(socket: TcpListener, shared: Arc<Shared<H>>, connections: TaskTracker) {
    let places = Places::new(&shared.limits);
    let mut stopping = shared.stopping.clone();
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = closing(&mut stopping) => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                take(stream, peer, &shared, &places, &connections);
            }
            Err(error) if is_of_one_peer(&error) => {}
            Err(error) => {
                shared.metrics.accept_errors.inc();
                if !failing {
                    tracing::warn!(%error, "new connections cannot be accepted; trying on");
                }
                failing = true;
                tokio::select! {
                    biased;
                    () = closing(&mut stopping) => break,
                    () = sleep(ACCEPT_PAUSE) => {}
                }
            }
        }
    }
    door::close(socket, |stream, peer| take(stream, peer, &shared, &places, &connections)).await;
}

/// Or until nobody can say so any more.
async fn closing(stopping: &mut watch::Receiver<Stop>) {
    let _ = stopping.wait_for(|stop| !matches!(stop, Stop::No | Stop::Leaving)).await;
}

fn take<H: Handler>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Arc<Shared<H>>,
    places: &Arc<Places>,
    connections: &TaskTracker,
) {
    // An answer that waits for more to send it with is a slow answer.
    let _ = stream.set_nodelay(true);
    let (shared, pulse) = (Arc::clone(shared), Pulse::new());
    if let Some(place) = places.take(&pulse) {
        let connection = connection::serve(shared, stream, ip(peer), pulse);
        connections.spawn(async move {
            connection.await;
            drop(place);
        });
    } else {
        shared.metrics.count(Fault::Connections);
        connections.spawn(async move { shared.turn_away(stream).await });
    }
}

/// One connection from its first byte to its end, without a socket: how many panics were counted on it.
#[cfg(feature = "fuzzing")]
pub(crate) async fn serve_one<H: Handler>(
    handler: Arc<H>,
    limits: ListenerLimits,
    stream: tokio::io::DuplexStream,
) -> u64 {
    let metrics = ListenerMetrics::new();
    let (_stop, stopping) = watch::channel(Stop::No);
    let shared = Arc::new(Shared::new(handler, limits, metrics.clone(), stopping));
    connection::serve(shared, stream, IpAddr::from([127, 0, 0, 1]), Pulse::new()).await;
    metrics.panics.get()
}

/// The peer's address, an IPv4 one as such even if it came in through an IPv6 socket.
fn ip(peer: SocketAddr) -> IpAddr {
    peer.ip().to_canonical()
}

/// Whether accepting failed because of the one connection, not because of us.
fn is_of_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
