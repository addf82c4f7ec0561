//! Facts about the machine, without which a number says little. Linux only; what cannot be read is `unknown`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const FLUSHES: usize = 300;

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

pub fn cpu_model() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(unknown, |(_, model)| model.trim().to_owned())
}

pub fn kernel() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").map_or_else(|_| unknown(), |release| release.trim().to_owned())
}

/// The type of the file system that holds `folder`.
pub fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((Path::new(words.next()?), words.next()?))
    });
    // The deepest mount wins, and of two on one point the later.
    let holding = mounts.filter(|(point, _)| folder.starts_with(point));
    holding.max_by_key(|(point, _)| point.as_os_str().len()).map_or_else(unknown, |(_, kind)| kind.to_owned())
}

/// How long it takes to make 4 KiB durable in `folder`, median and p99. What durable answers pay.
pub fn flush_time(folder: &Path) -> std::io::Result<(Duration, Duration)> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let started = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok((times[FLUSHES / 2], times[FLUSHES * 99 / 100]))
}

fn unknown() -> String {
    "unknown".to_owned()
}
