//! Servers, their workers and one store, all simulated, the machine real: a million steps, and at each of
//! them everything may go wrong.
//!
//! A seed makes a world (`world`) in which requests come, revisions are published, servers start, drain,
//! die and stand still for longer than their lease, people cancel and resolve, and a server that writes gets
//! an answer, none, or a refusal. After each step everything that was promised (`promises`) is checked for
//! what the step touched. Then the faults end, and every execution has to end too.
//!
//! `SEED=n cargo test -p engine --all-features --test simulator` replays one world.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "this is a test")]

mod promises;
mod server;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use world::{Seen, World};

const STEPS: u64 = 1_000_000;
const THREADS: u64 = 4;

fn live(seed: u64) -> (u64, Seen) {
    match catch_unwind(AssertUnwindSafe(|| World::new(seed).live())) {
        Ok(lived) => lived,
        Err(panic) => {
            println!("replay with: SEED={seed} cargo test -p engine --all-features --test simulator");
            resume_unwind(panic);
        }
    }
}

#[test]
fn what_is_promised_holds_after_each_of_a_million_steps() {
    if let Some(seed) = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) {
        println!("{:?}", live(seed));
        return;
    }
    let thread = |first: u64| {
        let (mut steps, mut all, mut seed) = (0, Seen::default(), first);
        while steps < STEPS / THREADS {
            let (lived, seen) = live(seed);
            steps += lived;
            all.add(&seen);
            seed += THREADS;
        }
        (steps, (seed - first) / THREADS, all)
    };
    let (mut steps, mut worlds, mut seen) = (0, 0, Seen::default());
    let lived: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || thread(first))).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    for one in lived {
        let (more_steps, more_worlds, more_seen) = one.unwrap_or_else(|panic| resume_unwind(panic));
        steps += more_steps;
        worlds += more_worlds;
        seen.add(&more_seen);
    }
    println!("{steps} steps in {worlds} worlds: {seen:?}");
    seen.everything_happened();
}
