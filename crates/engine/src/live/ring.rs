//! The newest changes, in segments that never change once they are here.
//! ```text
//! after ◀── what lies before was in the segment before ── first … end
//! ```
//! Whoever stands before `after` has missed something, be it that the ring let it go or that it never got in.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use domain::time::Timestamp;

use super::{Change, Position, Told, position};

#[derive(Debug)]
pub(super) struct Segment {
    after: u64,
    first: u64,
    told: Box<[Told]>,
}

impl Segment {
    pub(super) fn end(&self) -> u64 {
        self.first + self.told.len() as u64 - 1
    }

    /// Whether all that follows `position` is here or behind here.
    pub(super) fn follows(&self, position: u64) -> bool {
        self.after <= position
    }

    pub(super) fn position(&self, index: u32) -> u64 {
        self.first + u64::from(index)
    }

    /// What lies behind `position`, by index.
    pub(super) fn behind(&self, position: u64) -> impl Iterator<Item = (u32, &Told)> {
        let skip = (position + 1).saturating_sub(self.first);
        (0..).zip(&self.told).skip(usize::try_from(skip).unwrap_or(usize::MAX))
    }
}

#[derive(Debug)]
pub(super) struct Ring {
    segments: VecDeque<Arc<Segment>>,
    /// Changes in them.
    held: usize,
    held_max: usize,
    /// Of the last segment.
    end: u64,
    /// At or behind the end; every position so far is at most this.
    newest: u64,
    set_back: Option<SetBack>,
}

/// The clock was set back: positions went on, ahead of it.
#[derive(Debug, Clone, Copy)]
struct SetBack {
    /// Up to here.
    until: u64,
    /// The earliest time of what is told by then, in microseconds.
    clock: u64,
}

impl Ring {
    pub(super) fn new(began: u64, held_max: usize) -> Self {
        Self { segments: VecDeque::new(), held: 0, held_max, end: began, newest: began, set_back: None }
    }

    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// A position that nobody has had.
    pub(super) fn advance(&mut self, now: u64) -> u64 {
        self.newest = now.max(self.newest + 1);
        self.watch_clock(now);
        self.newest
    }

    /// A time before which nothing behind `position` became durable.
    pub(super) fn since(&self, position: u64) -> Timestamp {
        let clock = self.set_back.filter(|set_back| position < set_back.until).map_or(u64::MAX, |it| it.clock);
        position::since(position.min(clock))
    }

    fn watch_clock(&mut self, now: u64) {
        let margin = u64::try_from(position::MARGIN.as_micros()).unwrap_or(u64::MAX);
        if now.saturating_add(margin) < self.newest {
            let clock = self.set_back.map_or(now, |before| before.clock.min(now));
            self.set_back = Some(SetBack { until: self.newest, clock });
        }
    }

    /// `told` is not empty. With `left_out` something is missing before it.
    pub(super) fn push(&mut self, told: Vec<Told>, left_out: bool, now: u64) {
        let before = self.newest;
        // With room for one that nobody will ever hear.
        let first = now.max(before + 2);
        let after = if left_out { first - 1 } else { self.end };
        self.held += told.len();
        let segment = Segment { after, first, told: told.into_boxed_slice() };
        self.end = segment.end();
        self.newest = self.end;
        self.watch_clock(now);
        self.segments.push_back(Arc::new(segment));
        while self.held > self.held_max && self.segments.len() > 1 {
            if let Some(oldest) = self.segments.pop_front() {
                self.held -= oldest.told.len();
            }
        }
    }

    /// Lets all go. Whoever stands before its end has missed something.
    pub(super) fn forget(&mut self) {
        self.segments.clear();
        self.held = 0;
    }

    /// The first segment with something behind `position`.
    pub(super) fn behind(&self, position: u64) -> Option<Arc<Segment>> {
        let at = self.segments.partition_point(|segment| segment.end() <= position);
        self.segments.get(at).cloned()
    }
}

/// Some changes, in order.
#[derive(Debug)]
pub struct Batch {
    pub(super) segment: Arc<Segment>,
    pub(super) picked: Range<usize>,
    pub(super) indexes: Arc<[u32]>,
    pub(super) boot: u64,
}

impl Batch {
    /// Each as `encode` writes it, which is asked once for all who listen.
    pub fn encoded(&self, encode: impl Fn(Position, &Change) -> Bytes) -> impl Iterator<Item = &Bytes> {
        self.indexes[self.picked.clone()].iter().filter_map(move |index| {
            let told = &self.segment.told[*index as usize];
            let position = Position { boot: self.boot, at: self.segment.position(*index) };
            let change = told.change.as_deref()?;
            Some(told.encoded.get_or_init(|| encode(position, change)))
        })
    }
}
