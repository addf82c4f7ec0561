//! What a connection is doing, and since when, so that a silent peer is noticed.
//! ```text
//! Fresh ──byte──▶ Head ──head read──▶ Busy ──answer handed over──▶ Idle
//!                  ▲                                                │
//!                  └────────────────────── byte ────────────────────┘
//! ```
//! hyper's own head timeout also runs while a connection rests, and closes without an answer; this
//! tells the two apart. No timer is touched while requests flow: the alarm is left where it is and
//! moved only when something is due before it, or once it has rung.
//!
//! Bytes of a next request that arrive together with the end of one under way are already in hyper's
//! buffer, so such a head counts as idle until its next byte comes.

use std::future::Future;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{self, AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::ListenerLimits;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Fresh,
    Head,
    Busy,
    Idle,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// The socket takes no more: the peer has to read first.
    blocked: Option<Blocked>,
    /// The peer has closed its side, or the connection is broken.
    ended: bool,
}

#[derive(Debug, Clone, Copy)]
struct Blocked {
    since: Instant,
    /// Bytes the peer has made room for since.
    taken: usize,
}

/// Shared between a connection's socket, its requests and its watchdog, which are all one task.
#[derive(Debug, Clone)]
pub(super) struct Pulse(Arc<Mutex<State>>);

/// What a peer was too slow with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// A head has begun and does not end.
    Head,
    /// Nothing has begun, or an answer is not taken: there is nobody to tell.
    Silence,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { phase: Phase::Fresh, since: Instant::now(), blocked: None, ended: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A head is complete: a request is under way.
    pub(super) fn request_began(&self) {
        self.state().phase = Phase::Busy;
    }

    /// The answer is in hyper's hands.
    pub(super) fn request_ended(&self) {
        let mut state = self.state();
        state.phase = Phase::Idle;
        state.since = Instant::now();
    }

    /// Whether the peer has gone, so that there is nobody to wait for.
    pub(super) fn has_ended(&self) -> bool {
        self.state().ended
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Fresh | Phase::Idle) {
            state.phase = Phase::Head;
            state.since = Instant::now();
        }
    }

    fn due(&self, limits: &ListenerLimits) -> Option<(Instant, Overdue)> {
        let state = self.state();
        if let Some(blocked) = state.blocked {
            let earned = Duration::from_secs_f64(blocked.taken as f64 / f64::from(limits.write_rate_min.max(1)));
            return Some((blocked.since + limits.write_timeout + earned, Overdue::Silence));
        }
        match state.phase {
            Phase::Fresh => Some((state.since + limits.head_timeout, Overdue::Silence)),
            Phase::Head => Some((state.since + limits.head_timeout, Overdue::Head)),
            Phase::Idle => Some((state.since + limits.idle_timeout, Overdue::Silence)),
            Phase::Busy => None,
        }
    }
}

/// Resolves when the peer has been too slow. Has to be polled after the connection, in the same task.
#[derive(Debug)]
pub(super) struct Watchdog<'a> {
    pulse: &'a Pulse,
    limits: &'a ListenerLimits,
    alarm: Pin<Box<Sleep>>,
}

impl<'a> Watchdog<'a> {
    pub(super) fn new(pulse: &'a Pulse, limits: &'a ListenerLimits) -> Self {
        Self { pulse, limits, alarm: Box::pin(sleep_until(Instant::now() + limits.head_timeout)) }
    }
}

impl Future for Watchdog<'_> {
    type Output = Overdue;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Overdue> {
        loop {
            let Some((due, overdue)) = self.pulse.due(self.limits) else { return Poll::Pending };
            if due < self.alarm.deadline() || self.alarm.is_elapsed() {
                self.alarm.as_mut().reset(due);
            }
            ready!(self.alarm.as_mut().poll(cx));
            if due <= Instant::now() {
                return Poll::Ready(overdue);
            }
        }
    }
}

/// A socket that keeps the pulse.
#[derive(Debug)]
pub(super) struct Watched<T> {
    socket: T,
    pulse: Pulse,
}

impl<T> Watched<T> {
    pub(super) fn new(socket: T, pulse: Pulse) -> Self {
        Self { socket, pulse }
    }

    pub(super) fn into_inner(self) -> T {
        self.socket
    }

    fn wrote(&self, progress: &Poll<io::Result<usize>>) {
        let mut state = self.pulse.state();
        match progress {
            Poll::Pending => {
                state.blocked.get_or_insert_with(|| Blocked { since: Instant::now(), taken: 0 });
            }
            Poll::Ready(Ok(bytes)) => {
                if let Some(blocked) = &mut state.blocked {
                    blocked.taken += bytes;
                }
            }
            Poll::Ready(Err(_)) => state.ended = true,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.remaining();
        let read = ready!(Pin::new(&mut self.socket).poll_read(cx, buf));
        if read.is_ok() && buf.remaining() < before {
            self.pulse.bytes_came();
        } else if before > 0 {
            self.pulse.state().ended = true;
        }
        Poll::Ready(read)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.wrote(&progress);
        progress
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.wrote(&progress);
        progress
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// hyper flushes once it has nothing left to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pulse.state().blocked = None;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
