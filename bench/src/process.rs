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

/// The same with its children, those that have ended too.
pub fn cpu_time_of_family(pid: u32) -> Result<Duration> {
    let of = |pid: &str| fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let mut sum = cpu_time(pid)? + TICK * numbers(&of(&pid.to_string()), 13).unwrap_or(0);
    for process in fs::read_dir("/proc")? {
        let name = process?.file_name();
        let stat = name.to_str().filter(|name| name.starts_with(|first: char| first.is_ascii_digit())).map(of);
        // One may end meanwhile.
        let stat = stat.unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(1));
        if parent == Some(pid.to_string().as_str()) {
            sum += TICK * ticks(&stat).unwrap_or(0);
        }
    }
    Ok(sum)
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

/// Fields 14 and 15.
fn ticks(stat: &str) -> Option<u32> {
    numbers(stat, 11)
}

/// The sum of two fields, counted behind the name, which may hold anything.
fn numbers(stat: &str, from: usize) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().skip(from).take(2).map(|field| field.parse::<u32>().ok()).sum()
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
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_is_no_field() {
        let stat = "7 (a) b 1 2) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 9 9 9";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(numbers(stat, 13), Some(0));
        assert_eq!(ticks("7 (a) S 1"), Some(0));
    }

    /// As PostgreSQL has one for each connection, which goes with it.
    #[test]
    fn what_children_used_is_counted_while_they_live_and_once_they_have_ended() {
        let burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        // `read` keeps the second alive.
        for script in [format!("sh -c '{burn}'; echo done; read x"), format!("sh -c '{burn}; echo done; read x'; true")]
        {
            let mut parent = Command::new("sh")
                .args(["-c", &script])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("there is a shell");
            let mut said = String::new();
            let out = parent.stdout.take().expect("it is piped");
            BufReader::new(out).read_line(&mut said).expect("it says something");
            assert_eq!(cpu_time(parent.id()).expect("it is there"), Duration::ZERO, "{script}");
            assert!(cpu_time_of_family(parent.id()).expect("it is there") >= TICK * 2, "{script}");
            drop(parent.stdin.take());
            parent.wait().expect("it ends");
        }
    }

    #[test]
    fn this_process_holds_memory() {
        let pid = std::process::id();
        assert!(resident(pid).expect("it is there") > 0 && peak(pid).expect("it is there") > 0);
        cpu_time(pid).expect("it is there");
    }
}
