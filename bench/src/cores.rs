//! On which cores what runs. A benchmark gives loader, server and peers the same few, whatever the machine has; a proof
//! of what senders do to a server keeps them apart, since senders are other machines.

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

/// Keeps this thread, and all that it starts from now on, to one half of the cores. Returns the other half, as
/// `taskset -c` wants it; `None`, and nothing is kept apart, where there are fewer than four.
pub fn halve() -> Result<Option<String>> {
    let allowed = sched_getaffinity(None)?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
    if cores.len() < 4 {
        return Ok(None);
    }
    let (others, mine) = cores.split_at(cores.len() / 2);
    let mut kept = CpuSet::new();
    mine.iter().for_each(|core| kept.set(*core));
    sched_setaffinity(None, &kept)?;
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    Ok(Some(others.join(",")))
}
