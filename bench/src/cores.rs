//! On how many cores everything runs: loader, server and peers share the same few, whatever the machine has.

use std::io::Result;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Keeps this thread, and all that it starts from now on, to the first `count` of the cores it may use.
/// Call it before the runtime has threads. Returns how many there are now.
pub fn keep_to(count: usize) -> Result<usize> {
    let allowed = sched_getaffinity(None)?;
    let mut few = CpuSet::new();
    (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).take(count).for_each(|core| few.set(core));
    sched_setaffinity(None, &few)?;
    Ok(few.count() as usize)
}
