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
//! Whoever keeps us waiting may have to give way to somebody else (`places`).
//!
//! Bytes of a next request that arrive together with the end of one under way are already in hyper's
//! buffer, so such a head counts as idle until its next byte comes.

use std::future::Future;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
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
    blocked: Option<Moved>,
    /// The handler waits for more of the body.
    reading: Option<Moved>,
    /// Somebody else has the place of this connection, because it had kept us waiting since then.
    gives_way: Option<Instant>,
    /// Of the connection's task.
    waker: Option<Waker>,
    /// The peer has closed its side, or the connection is broken.
    ended: bool,
}

/// How much the peer has sent, or made room for, since we began to wait for it.
#[derive(Debug, Clone, Copy)]
struct Moved {
    since: Instant,
    bytes: usize,
}

impl Moved {
    fn nothing() -> Self {
        Self { since: Instant::now(), bytes: 0 }
    }

    /// Since when it has kept us waiting: what it moved has earned it time.
    fn held_since(&self, limits: &ListenerLimits) -> Instant {
        self.since + Duration::from_secs_f64(self.bytes as f64 / f64::from(limits.rate_min.max(1)))
    }
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
    /// Somebody else needed the place more. Whether a request had begun, whose sender can be told.
    GaveWay { tell: bool },
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            phase: Phase::Fresh,
            since: Instant::now(),
            blocked: None,
            reading: None,
            gives_way: None,
            waker: None,
            ended: false,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing has come on it yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.state().phase == Phase::Fresh
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

    /// The handler wants more of the body than there is.
    pub(super) fn body_is_awaited(&self) {
        self.state().reading.get_or_insert_with(Moved::nothing);
    }

    pub(super) fn body_came(&self, bytes: usize) {
        if let Some(reading) = &mut self.state().reading {
            reading.bytes += bytes;
        }
    }

    /// Or nobody wants it any more.
    pub(super) fn body_ended(&self) {
        self.state().reading = None;
    }

    /// Since when the peer has kept us waiting. `None`, or a time to come: it does not.
    pub(super) fn held_since(&self, limits: &ListenerLimits) -> Option<Instant> {
        self.state().held_since(limits)
    }

    /// Ends the connection, unless it gets on after all.
    pub(super) fn give_way(&self, since: Instant) {
        let mut state = self.state();
        state.gives_way = Some(since);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// Whether it has to go now. Asks for this task to be woken when it has to.
    fn gives_way(&self, limits: &ListenerLimits, cx: &Context<'_>) -> Option<Overdue> {
        let mut state = self.state();
        if let Some(since) = state.gives_way.take()
            && state.held_since(limits) == Some(since)
        {
            let tell = state.blocked.is_none() && (state.phase == Phase::Head || state.reading.is_some());
            return Some(Overdue::GaveWay { tell });
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        None
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
            return Some((blocked.held_since(limits) + limits.write_timeout, Overdue::Silence));
        }
        match state.phase {
            Phase::Fresh => Some((state.since + limits.head_timeout, Overdue::Silence)),
            Phase::Head => Some((state.since + limits.head_timeout, Overdue::Head)),
            Phase::Idle => Some((state.since + limits.idle_timeout, Overdue::Silence)),
            Phase::Busy => None,
        }
    }
}

impl State {
    fn held_since(&self, limits: &ListenerLimits) -> Option<Instant> {
        let moved = self.blocked.or(self.reading);
        match (moved, self.phase) {
            (Some(moved), _) => Some(moved.held_since(limits)),
            (None, Phase::Busy) => None,
            (None, _) => Some(self.since),
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
        if let Some(overdue) = self.pulse.gives_way(self.limits, cx) {
            return Poll::Ready(overdue);
        }
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
                state.blocked.get_or_insert_with(Moved::nothing);
            }
            Poll::Ready(Ok(bytes)) => {
                if let Some(blocked) = &mut state.blocked {
                    blocked.bytes += bytes;
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
