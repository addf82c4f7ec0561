//! Threads for work that may take long. Each begins with a low priority; one whose work takes longer than some
//! milliseconds goes down to the lowest that the system has, and ends with that work: another has taken its place.
//!
//! Why two: a thread of low priority gets little of a busy core, but has it for milliseconds at a time, and a request
//! that becomes due meanwhile waits for that, at every step it takes. A thread of the lowest makes way at once. Yet what
//! takes a moment must not wait until nobody else has anything to do. There is no way back up for a thread of a program
//! without privileges.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

/// What takes longer than this is heavy indeed.
const LIGHT_MAX: Duration = Duration::from_millis(5);
/// What else the machine does goes first, but this goes on: a thread of the usual priority gets nine times as much.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

pub(super) type Work = Box<dyn FnOnce() + Send>;

/// They end when this is dropped, and what they have begun is done.
#[derive(Debug)]
pub(super) struct Threads {
    queue: Sender<Work>,
    watch: Arc<Word>,
}

/// Word to the watch.
#[derive(Debug)]
struct Word {
    began: Sender<()>,
    is_over: AtomicBool,
}

/// What a thread is at.
#[derive(Debug, Default)]
struct Seat(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Since when; `None`: it waits for work.
    since: Option<Instant>,
    /// Known once it runs.
    #[cfg(target_os = "linux")]
    thread: Option<thread_priority::ThreadId>,
    /// It went down and ends with its work.
    is_lowest: bool,
}

impl Threads {
    pub(super) fn start(count: usize) -> io::Result<Self> {
        let (queue, waiting) = unbounded();
        // One word is enough to have the watch look at all.
        let (began, begins) = bounded(1);
        let word = Arc::new(Word { began, is_over: AtomicBool::new(false) });
        let seats = (0..count).map(|_| sit_down(&waiting, &word)).collect::<io::Result<Vec<_>>>()?;
        let watch = Watch { waiting, word: Arc::clone(&word), begins, seats };
        thread::Builder::new().name("heavy-watch".to_owned()).spawn(move || watch.keep())?;
        Ok(Self { queue, watch: word })
    }

    pub(super) fn hand(&self, work: Work) {
        // The threads are there for as long as this is.
        let _ = self.queue.send(work);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.watch.is_over.store(true, Ordering::Release);
        let _ = self.watch.began.try_send(());
    }
}

/// A new thread and its seat.
fn sit_down(waiting: &Receiver<Work>, word: &Arc<Word>) -> io::Result<Arc<Seat>> {
    let seat = Arc::new(Seat::default());
    let (own, waiting, word) = (Arc::clone(&seat), waiting.clone(), Arc::clone(word));
    thread::Builder::new().name("heavy".to_owned()).spawn(move || own.work_through(&waiting, &word))?;
    Ok(seat)
}

impl Seat {
    fn work_through(&self, waiting: &Receiver<Work>, word: &Word) {
        #[cfg(target_os = "linux")]
        {
            // Of this thread alone, on Linux. A system that does not allow it shares its time out evenly.
            let _ = rustix::process::setpriority_process(None, NICENESS);
            self.state().thread = Some(thread_priority::thread_native_id());
        }
        while let Ok(work) = waiting.recv() {
            self.state().since = Some(Instant::now());
            // If there is word already, the watch is about to look.
            let _ = word.began.try_send(());
            work();
            let mut state = self.state();
            state.since = None;
            if state.is_lowest {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn goes_down(&mut self) {
        self.is_lowest = true;
        #[cfg(target_os = "linux")]
        if let Some(thread) = self.thread {
            use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};
            let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
            // It is at work, so it is there. A system that does not allow it leaves it as it is.
            let _ = thread_priority::set_thread_priority_and_policy(thread, ThreadPriority::Min, idle);
        }
    }
}

/// Looks after work that takes long. It sleeps while there is none.
struct Watch {
    waiting: Receiver<Work>,
    word: Arc<Word>,
    begins: Receiver<()>,
    seats: Vec<Arc<Seat>>,
}

impl Watch {
    fn keep(mut self) {
        while self.begins.recv().is_ok() {
            while let Some(since) = self.earliest() {
                thread::sleep(LIGHT_MAX.saturating_sub(since.elapsed()));
                self.look();
            }
            // Then nothing is handed in any more; what is being done goes on without it.
            if self.word.is_over.load(Ordering::Acquire) {
                return;
            }
        }
    }

    /// Since when the first of those works that have not gone down.
    fn earliest(&self) -> Option<Instant> {
        self.seats.iter().filter_map(|seat| seat.state().since).min()
    }

    /// Whoever has worked for too long goes down, and another thread comes for it.
    fn look(&mut self) {
        for seat in &mut self.seats {
            {
                let mut state = seat.state();
                if state.since.is_none_or(|since| since.elapsed() < LIGHT_MAX) {
                    continue;
                }
                state.goes_down();
            }
            match sit_down(&self.waiting, &self.word) {
                Ok(another) => *seat = another,
                // It stays, at the lowest, rather than that there is none.
                Err(_) => seat.state().is_lowest = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class that the system schedules it in: 0 is the usual one, 5 the lowest.
    #[cfg(target_os = "linux")]
    fn class() -> String {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        stat.rsplit(") ").next().unwrap().split(' ').nth(38).unwrap().to_owned()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_takes_long_goes_down_and_what_comes_next_begins_above() {
        let threads = Threads::start(1).unwrap();
        let (tell, told) = unbounded();
        for millis in [0, 60, 0] {
            let tell = tell.clone();
            threads.hand(Box::new(move || {
                let before = class();
                thread::sleep(Duration::from_millis(millis));
                tell.send((millis, before, class())).unwrap();
            }));
        }
        let mut seen: Vec<(u64, String, String)> = told.iter().take(3).collect();
        seen.sort();
        let one = |millis, after: &str| (millis, "0".to_owned(), after.to_owned());
        assert_eq!(seen, [one(0, "0"), one(0, "0"), one(60, "5")]);
    }

    #[test]
    fn every_thread_ends_when_they_are_dropped() {
        let threads = Threads::start(2).unwrap();
        let seen = Arc::new(());
        for _ in 0..4 {
            let seen = Arc::clone(&seen);
            threads.hand(Box::new(move || {
                thread::sleep(Duration::from_millis(20));
                drop(seen);
            }));
        }
        let watch = Arc::downgrade(&threads.watch);
        drop(threads);
        let from = Instant::now();
        // Every thread holds it, the watch, too.
        while watch.strong_count() > 0 {
            assert!(from.elapsed() < Duration::from_secs(5), "somebody is left");
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(Arc::strong_count(&seen), 1, "what was handed in is done");
    }
}
