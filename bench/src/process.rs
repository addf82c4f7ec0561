//! What a process has used so far, and what it holds. Linux only.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// `/proc` counts in hundredths of a second, whatever the kernel was built for.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of all its threads, in user mode and in the kernel.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    ticks(&stat).map(|ticks| TICK * ticks).with_context(|| format!("/proc/{pid}/stat cannot be read: {stat}"))
}

/// The same of its threads of that name.
pub fn cpu_time_of_threads(pid: u32, name: &str) -> Result<Duration> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("process {pid} is gone"))?;
    let mut sum = Duration::ZERO;
    for thread in threads {
        let folder = thread?.path();
        // A thread may end meanwhile.
        let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
        if read("comm").trim_end() == name {
            sum += TICK * ticks(&read("stat")).unwrap_or(0);
        }
    }
    Ok(sum)
}

/// Fields 14 and 15, behind the name, which may hold anything.
fn ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u32>().ok()).sum()
}

/// Bytes of memory that it holds now.
pub fn resident(pid: u32) -> Result<u64> {
    memory(pid, "VmRSS:")
}

/// The most bytes of memory that it ever held.
pub fn peak(pid: u32) -> Result<u64> {
    memory(pid, "VmHWM:")
}

fn memory(pid: u32, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} is gone"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    Ok(kib.with_context(|| format!("process {pid} tells no {field}"))? * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_is_no_field() {
        let stat = "7 (a) b 1 2) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 9 9 9";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("7 (a) S 1"), Some(0));
    }

    #[test]
    fn this_process_holds_memory() {
        let pid = std::process::id();
        assert!(resident(pid).expect("it is there") > 0 && peak(pid).expect("it is there") > 0);
        cpu_time(pid).expect("it is there");
    }
}
