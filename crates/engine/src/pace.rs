//! Who asks for how much, and who is told to wait while the server is behind.
//! ```text
//! request ─▶ admit: one more that its workflow asks for ─▶ within the level? ─no─▶ 429 before anything is read
//!                                                             ▲
//! every 10 ms a letter to ourselves: how long until it is read? ──▶ level
//! ```
//! A few threads do all that requests need, a step of this one and a step of that one. When more comes than they can
//! do, every step of every request waits, whoever brought too much: to be fair further in is too late. A letter through
//! a socket goes the way that requests go, and tells how long they wait. While that is long there is a level, which says
//! how much of a workflow passes at most. It is found by trying: downwards at once, upwards slowly.
//!
//! Invariants
//! - While letters are read in time, nobody is refused here who keeps below a level that was found before.
//! - Whoever asks for not much more than others do, or for little, is never refused here; nor is one workflow alone.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use domain::id::WorkflowId;
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;

use crate::budget::{Limit, Spent};
use crate::drain::retry_after_s;

const STEP: Duration = Duration::from_millis(10);
/// While nobody asks for anything.
const REST: Duration = Duration::from_millis(100);
/// What is asked for is known as so much in this time.
const WINDOW_STEPS: f64 = 10.0;
/// One wait is so much of what is taken for the wait of late: a single long one may be the machine's.
const SMOOTH: u32 = 8;
/// What is left of what passed when the server falls behind.
const LOWERED_TO: f64 = 0.7;
/// Once the level was lowered, what had come before is worked off first.
const LOWERED_STEPS: f64 = 5.0;
/// By how much of what passes the level rises with each step: a hundredth in a second.
const RISE: f64 = 0.0001;
/// When nobody met the level for so long, it goes.
const UNREFUSED_STEPS: f64 = 100.0;
/// Who asks for no more than so many times what half of the workflows ask for never meets the level. Each half more
/// is as much that a flood may go on with on a machine that is full.
const USUAL: f64 = 1.5;
/// Nor who asks for less than so many in a step: a thousand a second.
const LEVEL_MIN: f64 = 10.0;
/// What a workflow may bring at once, as so many steps of the level; and so many requests in any case.
const BURST_STEPS: f64 = 3.0;
const BURST_MIN: f64 = 100.0;
/// When it is worth coming again, in seconds.
const AGAIN_IN_S: f64 = 1.0;

#[derive(Debug)]
pub(crate) struct Pace {
    /// The server is behind when a letter waits longer. Zero: nobody looks.
    wait_max: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    each: HashMap<WorkflowId, Asked>,
    /// How long letters waited of late.
    waited: Duration,
    is_behind: bool,
    /// What of one workflow may pass in each step. `None`: as much as comes.
    level: Option<f64>,
    looked: Instant,
    /// For how many steps nobody looked, the most of late, and since when that is known: so long the machine stood still.
    still: f64,
    stood: Instant,
    /// When this window began, when the level was lowered, when somebody was refused last.
    window: Instant,
    lowered: Instant,
    refused: Instant,
}

/// What one workflow asks for.
#[derive(Debug)]
struct Asked {
    /// In this window, and how many of them passed.
    now: u32,
    passed: u32,
    /// The same for a step of the window before.
    asks: f64,
    passes: f64,
    /// How many had passed then, less the level for each step before.
    ahead: f64,
    at: Instant,
}

impl Pace {
    pub(crate) fn new(wait_max: Duration) -> Arc<Self> {
        Arc::new(Self { wait_max, state: Mutex::new(State::new(Instant::now())) })
    }

    /// One more request.
    pub(crate) fn admit(&self, workflow: WorkflowId) -> Result<(), Spent> {
        if self.wait_max.is_zero() || self.state().admit(workflow, Instant::now()) {
            return Ok(());
        }
        Err(Spent { limit: Limit::TurnWait, retry_after_s: retry_after_s(AGAIN_IN_S) })
    }

    /// Looks how far behind the server is, until it is told to stop: on a thread of its own, which is not behind.
    pub(crate) fn look(self: &Arc<Self>, stop: CancellationToken) -> io::Result<()> {
        if self.wait_max.is_zero() {
            return Ok(());
        }
        let (mut here, there) = UnixStream::pair()?;
        here.set_nonblocking(true)?;
        there.set_nonblocking(true)?;
        let mut there = tokio::net::UnixStream::from_std(there)?;
        let (read, reads) = mpsc::channel();
        tokio::spawn(async move {
            let mut letter = [0];
            while there.read_exact(&mut letter).await.is_ok() && read.send(Instant::now()).is_ok() {}
        });
        let pace = Arc::clone(self);
        let look = move || {
            // Since when the letter is on its way.
            let mut sent = None;
            while !stop.is_cancelled() {
                let since = *sent.get_or_insert_with(|| {
                    // There is room: no other is on its way.
                    let _ = here.write_all(&[0]);
                    Instant::now()
                });
                thread::sleep(if pace.state().each.is_empty() { REST } else { STEP });
                let waited = match reads.try_recv() {
                    Ok(at) => {
                        sent = None;
                        at.saturating_duration_since(since)
                    }
                    Err(_) => since.elapsed(),
                };
                pace.state().look(Instant::now(), waited, pace.wait_max);
            }
        };
        thread::Builder::new().name("pace".to_owned()).spawn(look)?;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self {
            each: HashMap::new(),
            waited: Duration::ZERO,
            is_behind: false,
            level: None,
            looked: now,
            still: 0.0,
            stood: now,
            window: now,
            lowered: now,
            refused: now,
        }
    }

    /// Whether it may pass.
    fn admit(&mut self, workflow: WorkflowId, now: Instant) -> bool {
        let still = self.still.max(steps(self.looked, now));
        let asked = self.each.entry(workflow).or_insert_with(|| Asked::new(now));
        asked.now += 1;
        asked.falls_back(self.level, still, now);
        if let Some(level) = self.level {
            let at_once = (level * BURST_STEPS).max(BURST_MIN);
            if self.is_behind && asked.asks > level {
                // Nor may it bring anything at once when the server is no longer behind.
                asked.ahead = at_once;
            }
            if asked.ahead >= at_once {
                self.refused = now;
                return false;
            }
            asked.ahead += 1.0;
        }
        asked.passed += 1;
        true
    }

    /// Every step, or later: whoever looks may be put aside for long.
    fn look(&mut self, now: Instant, waited: Duration, wait_max: Duration) {
        self.waited = (self.waited * (SMOOTH - 1) + waited) / SMOOTH;
        self.is_behind = self.waited > wait_max;
        let late = steps(self.looked, now);
        if late > self.still || steps(self.stood, now) >= WINDOW_STEPS {
            (self.still, self.stood) = (late, now);
        }
        if steps(self.window, now) >= WINDOW_STEPS {
            let window = steps(self.window, now);
            self.window = now;
            self.each.retain(|_, asked| {
                asked.falls_back(self.level, self.still, now);
                asked.is_counted(window)
            });
            // Others may ask for more now than when it was found, and after the machine stood still all do.
            let usual = self.usual();
            self.level = self.level.map(|level| level.max(usual * USUAL));
        }
        let passes: f64 = self.each.values().map(|asked| asked.passes).sum();
        if !self.is_behind {
            let risen = |level| level + passes * RISE * steps(self.looked, now);
            let is_met = steps(self.refused, now) < UNREFUSED_STEPS;
            self.level = self.level.map(risen).filter(|_| is_met);
        } else if steps(self.lowered, now) >= LOWERED_STEPS {
            self.level = self.lower(passes * LOWERED_TO);
            (self.lowered, self.refused) = (now, now);
        }
        self.looked = now;
    }

    /// The level at which `target` passes when all ask for what they ask for now, but not so low that it meets who asks for
    /// not much more than others. `None`: there are no others.
    fn lower(&self, target: f64) -> Option<f64> {
        let asks = self.asks();
        if asks.len() < 2 {
            return None;
        }
        let (mut left, mut level) = (target, 0.0);
        for (at, asks_for) in asks.iter().enumerate() {
            level = left / (asks.len() - at) as f64;
            if level <= *asks_for {
                break;
            }
            left -= asks_for;
        }
        Some(level.max(self.usual() * USUAL).max(LEVEL_MIN))
    }

    /// What half of the workflows ask for at most, of those that ask for anything.
    fn usual(&self) -> f64 {
        let asks = self.asks();
        asks.get(asks.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    }

    /// What each asks for, from the least.
    fn asks(&self) -> Vec<f64> {
        let mut asks: Vec<f64> = self.each.values().map(|asked| asked.asks).filter(|asks| *asks > 0.0).collect();
        asks.sort_unstable_by(f64::total_cmp);
        asks
    }
}

impl Asked {
    fn new(now: Instant) -> Self {
        Self { now: 0, passed: 0, asks: 0.0, passes: 0.0, ahead: 0.0, at: now }
    }

    /// Behind nothing, but for what its senders had to keep while the machine stood still for so many steps.
    fn falls_back(&mut self, level: Option<f64>, still: f64, now: Instant) {
        self.ahead = level.map_or(0.0, |level| (self.ahead - level * steps(self.at, now)).max(-level * still));
        self.at = now;
    }

    /// A window of so many steps has ended. False: it need not be remembered.
    fn is_counted(&mut self, window: f64) -> bool {
        let in_a_step = |count: &mut u32| f64::from(std::mem::take(count)) / window;
        (self.asks, self.passes) = (in_a_step(&mut self.now), in_a_step(&mut self.passed));
        self.asks > 0.0 || self.ahead > 0.0
    }
}

fn steps(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() / STEP.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    const MAX: Duration = Duration::from_millis(3);
    const LONG: Duration = Duration::from_millis(30);
    const PARTS: u32 = 50;

    fn workflow(number: u64) -> WorkflowId {
        WorkflowId::new(Timestamp::from_micros(1), number)
    }

    /// A time that passes as told.
    struct Told {
        state: State,
        now: Instant,
    }

    impl Told {
        fn new() -> Self {
            let now = Instant::now();
            Self { state: State::new(now), now }
        }

        /// What passes of what each asks for in each of so many steps.
        fn ask(&mut self, steps: u32, waited: Duration, asked: &[u32]) -> Vec<u32> {
            self.ask_late(steps, 1, waited, asked)
        }

        /// The same, when whoever looks comes but once in so many steps.
        fn ask_late(&mut self, steps: u32, late: u32, waited: Duration, asked: &[u32]) -> Vec<u32> {
            let mut passed = vec![0; asked.len()];
            for step in 1..=steps {
                // They come evenly.
                for part in 1..=PARTS {
                    self.now += STEP / PARTS;
                    for (at, asks) in asked.iter().enumerate() {
                        let come = asks * part / PARTS - asks * (part - 1) / PARTS;
                        let passes = (0..come).filter(|_| self.state.admit(workflow(at as u64), self.now));
                        passed[at] += passes.count() as u32;
                    }
                }
                if step % late == 0 {
                    self.state.look(self.now, waited, MAX);
                }
            }
            passed
        }
    }

    #[test]
    fn while_letters_are_read_in_time_everything_passes() {
        assert_eq!(Told::new().ask(100, MAX, &[10, 10, 1_000]), [1_000, 1_000, 100_000]);
    }

    #[test]
    fn behind_only_who_asks_for_most_is_refused() {
        let mut told = Told::new();
        told.ask(50, MAX, &[10, 10, 12, 1_000]);
        let behind = told.ask(200, LONG, &[10, 10, 12, 1_000]);
        assert_eq!(behind[..3], [2_000, 2_000, 2_400]);
        assert!(behind[3] < 200 * 100, "{behind:?}");
        // Then it is let in again bit by bit.
        let after = told.ask(500, Duration::ZERO, &[10, 10, 12, 1_000]);
        assert_eq!(after[..3], [5_000, 5_000, 6_000]);
        assert!(after[3] >= 500 * 15 && after[3] < 500 * 25, "{after:?}");
    }

    #[test]
    fn one_alone_and_those_who_ask_for_the_same_are_never_refused() {
        let mut told = Told::new();
        assert_eq!(told.ask(300, LONG, &[10]), [3_000]);
        // Nor if it comes in bursts.
        assert_eq!(told.ask(300, LONG, &[1_000]), [300_000]);
        assert_eq!(Told::new().ask(300, LONG, &[100, 100, 100]), [30_000, 30_000, 30_000]);
    }

    #[test]
    fn a_few_are_no_flood_though_whoever_looks_is_late_and_they_come_at_once() {
        for late in [1, 10, 100] {
            let mut told = Told::new();
            assert_eq!(told.ask_late(300, late, LONG, &[1, 1, 9]), [300, 300, 2_700], "{late}");
            assert!(told.state.level.is_some());
            told.ask_late(20, 1, LONG, &[1, 1, 0]);
            assert_eq!(told.ask_late(1, 1, LONG, &[1, 1, 90]), [1, 1, 90], "{late}");
        }
    }

    #[test]
    fn what_senders_kept_while_the_machine_stood_still_is_no_flood() {
        let asked = [9, 9, 9, 9, 90];
        // Whoever looks may stand still with the rest.
        for (still, is_looked_at) in [(25, false), (25, true), (12, true)] {
            for calm in 50..60 {
                let mut told = Told::new();
                told.ask(calm, Duration::ZERO, &asked);
                told.ask(20, LONG, &asked);
                if is_looked_at {
                    told.ask(still, LONG, &[]);
                } else {
                    told.now += STEP * still;
                }
                let kept = asked.map(|asks| asks * still);
                assert_eq!(told.ask(1, LONG * 8, &kept)[..4], kept[..4], "{still} {calm}");
                let after = told.ask(100, LONG, &asked);
                assert_eq!(after[..4], [900; 4], "{still} {calm}");
                assert!(after[4] < 4_500, "{after:?}");
            }
        }
    }

    #[test]
    fn one_long_wait_is_not_enough() {
        let mut told = Told::new();
        told.ask(50, Duration::ZERO, &[10, 1_000]);
        assert_eq!(told.ask(1, MAX * 7, &[10, 1_000]), [10, 1_000]);
        assert_eq!(told.ask(10, Duration::ZERO, &[10, 1_000]), [100, 10_000]);
    }

    #[test]
    fn a_level_that_nobody_meets_goes_and_who_is_silent_is_forgotten() {
        let mut told = Told::new();
        told.ask(50, LONG, &[10, 1_000]);
        assert!(told.state.level.is_some());
        told.ask(150, Duration::ZERO, &[10]);
        assert_eq!((told.state.level, told.state.each.len()), (None, 1));
    }

    #[tokio::test]
    async fn a_letter_that_nobody_reads_tells_that_the_server_is_behind() {
        let (pace, stop) = (Pace::new(MAX), CancellationToken::new());
        pace.look(stop.clone()).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!pace.state().is_behind);
        // Whoever keeps the only thread keeps the letter's reader waiting.
        thread::sleep(Duration::from_millis(300));
        assert!(pace.state().is_behind, "{:?}", pace.state().waited);
        stop.cancel();
    }
}
