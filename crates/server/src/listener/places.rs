//! Places for connections, and who leaves when they are all taken.
//! ```text
//! a new connection ──▶ a free place? ──no──▶ does one keep us waiting? ──no──▶ 503
//!                        │ yes                 │ yes: the one that does so for the longest time
//!                        ▼                     ▼
//!                      its own ◀───────────── its place
//! ```
//! Who says nothing, or says it slowly, holds a place for free; thousands of such connections cost a sender nothing.
//! So they keep a place only as long as nobody else wants it. A connection whose request we work on never leaves.
//!
//! Nothing is written down here while requests flow: each connection keeps its own pulse, and they are looked
//! through when there is no place left. One look finds many, and they leave one by one, each for one that comes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::limits::{GRACE, LOOK_PAUSE, ListenerLimits};
use super::pulse::Pulse;

/// As many are found in one look.
const FOUND_MAX: usize = 64;

#[derive(Debug)]
pub(super) struct Places {
    limits: ListenerLimits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    taken: HashMap<u64, Pulse>,
    /// Who kept us waiting at the last look and since when, the longest last.
    found: Vec<(Instant, u64)>,
    /// When the last look found nobody.
    in_vain: Option<Instant>,
}

/// A connection's place, until it is dropped or somebody else has it.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
}

impl Places {
    pub(super) fn new(limits: &ListenerLimits) -> Arc<Self> {
        Arc::new(Self { limits: limits.clone(), state: Mutex::default() })
    }

    pub(super) fn take(self: &Arc<Self>, pulse: &Pulse) -> Option<Place> {
        let mut state = self.state();
        if state.taken.len() >= self.limits.connections_max && !self.make_room(&mut state) {
            return None;
        }
        state.next += 1;
        let number = state.next;
        state.taken.insert(number, pulse.clone());
        Some(Place { places: Arc::clone(self), number })
    }

    fn make_room(&self, state: &mut State) -> bool {
        if self.send_away(state) {
            return true;
        }
        let now = Instant::now();
        if state.in_vain.is_some_and(|at| now < at + LOOK_PAUSE) {
            return false;
        }
        let held = |(number, pulse): (&u64, &Pulse)| Some((pulse.held_since(&self.limits)?, *number));
        state.found = state.taken.iter().filter_map(held).filter(|(since, _)| *since + GRACE <= now).collect();
        if state.found.len() > FOUND_MAX {
            state.found.select_nth_unstable(FOUND_MAX);
            state.found.truncate(FOUND_MAX);
        }
        state.found.sort_unstable_by(|one, other| other.cmp(one));
        let found = self.send_away(state);
        state.in_vain = (!found).then_some(now);
        found
    }

    /// One of those found, unless it has got on since.
    fn send_away(&self, state: &mut State) -> bool {
        while let Some((since, number)) = state.found.pop() {
            let still = |pulse: &&Pulse| pulse.held_since(&self.limits) == Some(since);
            if let Some(pulse) = state.taken.get(&number).filter(still) {
                pulse.give_way(since);
                state.taken.remove(&number);
                return true;
            }
        }
        false
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.state().taken.remove(&self.number);
    }
}
