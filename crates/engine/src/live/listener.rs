//! One who listens: its place in the ring, and how much it may take from there.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::time::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::ring::{Batch, Segment};
use super::watches::Subject;
use super::{Filter, Live, Position, TooManyListeners, position};
use crate::clock;

/// Changes handed out at a time.
const BATCH_MAX: usize = 256;
/// Changes that may come at once, however many others listen.
const BURST: f64 = 1_000.0;
/// From one gap to the next: after each the lists are read again, which costs more than what was left out.
const GAP_PAUSE: Duration = Duration::from_secs(2);

/// What a listener is told.
#[derive(Debug)]
pub enum Heard {
    /// Once, first: everything from its position on follows.
    Hello,
    Changes(Batch),
    /// Something was left out that became durable at `since` or later. What follows is newer than what the
    /// lists show from now on.
    Gap {
        since: Timestamp,
    },
}

/// Dropped to stop listening.
#[derive(Debug)]
pub struct Listener {
    live: Arc<Live>,
    filter: Filter,
    /// Everything up to here was heard, or is none of its business.
    at: u64,
    newest: watch::Receiver<u64>,
    greeted: bool,
    /// It came back from where nobody can tell what followed.
    lost: Option<Timestamp>,
    /// What it makes up for after a cut is not counted.
    free_until: u64,
    purse: Purse,
    gap_at: Option<Instant>,
    /// Says nothing until then, and then that there was a gap.
    silent_until: Option<Instant>,
    /// The segment under way, what of it passes, and how many of those were handed out. The ring may let it
    /// go meanwhile: one who reads slowly keeps nothing in memory.
    reading: Option<(Weak<Segment>, Arc<[u32]>, usize)>,
}

impl Listener {
    pub(super) fn new(live: Arc<Live>, filter: Filter, after: Option<&str>) -> Result<Self, TooManyListeners> {
        let more = |now: usize| (now < live.limits.listeners).then_some(now + 1);
        live.listeners.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map_err(|_| TooManyListeners)?;
        let fresh = || live.ring().advance(position::time(clock::now()));
        let subjects = [Some(Subject::Heads), filter.subject()].into_iter().flatten();
        let began = subjects.map(|subject| live.watches.watch(subject, fresh)).max().unwrap_or_default();
        let newest = live.newest.subscribe();
        let now = live.ring().newest();
        let (at, lost) = match after.map(str::parse::<Position>) {
            None => (now, None),
            Some(Ok(after)) if after.boot == live.boot && after.at <= now => {
                // What it asks for was not told all the time.
                (after.at, (after.at < began).then(|| live.ring().since(after.at)))
            }
            // This process may have begun at an earlier time than that one ended.
            Some(Ok(after)) if after.boot != live.boot => (now, Some(after.since().min(live.began))),
            Some(_) => (now, Some(Timestamp::from_micros(0))),
        };
        let purse = Purse::full(&live);
        Ok(Self {
            live,
            filter,
            at,
            newest,
            greeted: false,
            lost,
            free_until: now,
            purse,
            gap_at: None,
            silent_until: None,
            reading: None,
        })
    }

    /// Listening on from here misses nothing that was not heard.
    pub fn position(&self) -> Position {
        Position { boot: self.live.boot, at: self.at }
    }

    /// Waits for the next to tell. Nothing is lost when the returned future is dropped.
    pub async fn next(&mut self) -> Heard {
        loop {
            self.newest.borrow_and_update();
            if let Some(heard) = self.look() {
                return heard;
            }
            match self.silent_until {
                Some(until) => sleep_until(until).await,
                None => {
                    if self.newest.changed().await.is_err() {
                        // The listener itself holds the sender.
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }

    fn look(&mut self) -> Option<Heard> {
        if !self.greeted {
            self.greeted = true;
            return Some(match self.lost.take() {
                Some(since) => self.gap(since),
                None => self.follow_up().unwrap_or(Heard::Hello),
            });
        }
        if let Some(until) = self.silent_until {
            if Instant::now() < until {
                return None;
            }
            return Some(self.left_out());
        }
        self.read()
    }

    /// A gap at once for one who came back too late.
    fn follow_up(&mut self) -> Option<Heard> {
        let segment = self.live.ring().behind(self.at)?;
        (!segment.follows(self.at)).then(|| self.left_out())
    }

    fn read(&mut self) -> Option<Heard> {
        loop {
            if let Some((segment, indexes, done)) = self.reading.take()
                && let Some(segment) = segment.upgrade()
            {
                let end = indexes.len().min(done + BATCH_MAX);
                if end == indexes.len() {
                    self.at = segment.end();
                } else {
                    self.at = segment.position(indexes[end - 1]);
                    self.reading = Some((Arc::downgrade(&segment), Arc::clone(&indexes), end));
                }
                return Some(Heard::Changes(Batch { segment, picked: done..end, indexes, boot: self.live.boot }));
            }
            let segment = self.live.ring().behind(self.at)?;
            if !segment.follows(self.at) {
                return self.lose();
            }
            let passing = segment.behind(self.at).filter(|(_, told)| self.filter.passes(told));
            let mut nobody_kept = false;
            let indexes: Arc<[u32]> = passing
                .map(|(index, told)| {
                    nobody_kept |= told.change.is_none();
                    index
                })
                .collect();
            let is_free = segment.end() <= self.free_until;
            if nobody_kept || !(is_free || self.purse.pay(&self.live, indexes.len())) {
                return self.lose();
            }
            if indexes.is_empty() {
                self.at = segment.end();
            } else {
                self.reading = Some((Arc::downgrade(&segment), indexes, 0));
            }
        }
    }

    /// Something is left out: says so, unless it did a moment ago.
    fn lose(&mut self) -> Option<Heard> {
        match self.gap_at {
            Some(last) if last.elapsed() < GAP_PAUSE => {
                self.silent_until = Some(last + GAP_PAUSE);
                None
            }
            _ => Some(self.left_out()),
        }
    }

    /// Nothing more of what lies behind its position so far.
    fn left_out(&mut self) -> Heard {
        let since = self.live.ring().since(self.at);
        self.gap(since)
    }

    fn gap(&mut self, since: Timestamp) -> Heard {
        self.at = self.live.ring().newest();
        self.gap_at = Some(Instant::now());
        self.silent_until = None;
        self.live.gaps.fetch_add(1, Ordering::Relaxed);
        Heard::Gap { since }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.live.listeners.fetch_sub(1, Ordering::Relaxed);
        for subject in [Some(Subject::Heads), self.filter.subject()].into_iter().flatten() {
            self.live.watches.leave(subject);
        }
    }
}

/// How many changes it may be told now: an even share of what all may be told, saved up to a second's worth.
#[derive(Debug)]
struct Purse {
    changes: f64,
    filled_at: Instant,
}

impl Purse {
    fn full(live: &Live) -> Self {
        Self { changes: share(live).max(BURST), filled_at: Instant::now() }
    }

    fn pay(&mut self, live: &Live, changes: usize) -> bool {
        let (share, now) = (share(live), Instant::now());
        let came = share * now.duration_since(self.filled_at).as_secs_f64();
        (self.changes, self.filled_at) = ((self.changes + came).min(share.max(BURST)), now);
        let enough = changes as f64 <= self.changes;
        if enough {
            self.changes -= changes as f64;
        }
        enough
    }
}

/// Changes a second.
fn share(live: &Live) -> f64 {
    f64::from(live.limits.changes_per_second) / live.listeners().max(1) as f64
}
