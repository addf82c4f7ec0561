//! Every limit of a listener, by name. Defaults stand in `config.default.toml`.

use std::time::Duration;

/// The least that [`ListenerLimits::head_bytes_max`] can be.
pub const HEAD_BYTES_MIN: usize = 8 << 10;

/// As much of a body that its handler left unread is read after all, and for so long, so that the connection can go on.
pub(super) const REST_BYTES_MAX: usize = 64 << 10;
pub(super) const REST_TIMEOUT: Duration = Duration::from_millis(500);

/// A connection has this long before it may be closed for another one, so that in a rush of good senders those who came
/// first are read. Whoever wants to keep all others out has to fill every place anew as often.
pub(super) const GRACE: Duration = Duration::from_millis(50);
/// When all connections are at work, they are not looked through again for this long.
pub(super) const LOOK_PAUSE: Duration = Duration::from_millis(10);

/// Before the port closes, the handshakes that have begun are given so long to end: a round trip, and a proxy is near.
/// It is also how long callers wait for nothing, so no more than that.
pub(super) const HALF_DONE: Duration = Duration::from_millis(100);
/// A stop takes no more connections than this of those that the system has accepted for it: more than that keep coming.
pub(super) const TAKEN_IN_MAX: usize = 4_096;
/// Behind the port's end, those who came through it have this long to be answered as ever. Who takes longer, with a body
/// or with what the flow does, is answered as one that stops does it.
pub(super) const TAKEN_IN: Duration = Duration::from_millis(500);

/// How much a listener takes on, and how long it waits for its peers.
#[derive(Debug, Clone)]
pub struct ListenerLimits {
    /// Open connections. For one more, one that keeps us waiting is closed; if there is none, it is answered 503.
    pub connections_max: usize,
    /// From the first byte of a request to the end of its head; longer is answered 408. A new
    /// connection that says nothing for so long is closed without a word.
    pub head_timeout: Duration,
    /// How long a connection may rest between two requests.
    pub idle_timeout: Duration,
    /// How long a peer may take for what it is sent, beside the time it needs at `rate_min`.
    pub write_timeout: Duration,
    /// Bytes a second. Also what a body has to keep up so as not to be closed for somebody else.
    pub rate_min: u32,
    /// Request line and headers together; more is answered 431. At least [`HEAD_BYTES_MIN`].
    pub head_bytes_max: usize,
    /// The request target; longer is answered 414.
    pub target_bytes_max: usize,
    /// Connections over the cap, or closed for others, that are told so at the same time; the rest is just closed.
    pub turned_away_max: usize,
    /// How long to wait, once we are done with a connection, for the peer to have read the answer.
    pub linger: Duration,
    /// How long, once a stop has begun, everything is taken and answered as before. Whoever looks whether the server is
    /// ready, and whoever keeps a connection open, goes elsewhere meanwhile.
    pub stop_grace: Duration,
    /// How long a stop waits for requests under way.
    pub stop_timeout: Duration,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            connections_max: 1_024,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            rate_min: 8 << 10,
            head_bytes_max: 64 << 10,
            target_bytes_max: 16 << 10,
            turned_away_max: 64,
            linger: Duration::from_secs(1),
            stop_grace: Duration::from_millis(250),
            stop_timeout: Duration::from_secs(30),
        }
    }
}
