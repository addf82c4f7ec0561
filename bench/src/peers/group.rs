//! The processes of a peer: one that is started, and all that it starts. Linux only.
//!
//! They are a process group, so that what they use is counted together and none of them is left behind.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// In the folder of the peer.
pub(super) const LOG: &str = "peer.log";

/// `/proc` counts in hundredths of a second, whatever the kernel was built for.
const TICK: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(super) struct Group {
    leader: Pid,
    process: Child,
}

impl Group {
    /// `program` in the folder `data`, with an environment of its own. If we are killed, so is it.
    pub(super) fn spawn(
        program: &Path,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
        settings: &[(&str, String)],
        data: &Path,
    ) -> Result<Self> {
        let log = fs::File::create(data.join(LOG))?;
        // It goes on as the program, whose parent's end is its own.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(args);
        own_environment(&mut command, settings, data);
        command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let process = command.spawn().context("setpriv (of util-linux) cannot be started")?;
        let id = process.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(Self { leader: id.context("it ended at once")?, process })
    }

    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    pub(super) fn resident(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    pub(super) fn peak(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> Result<u64> {
        let of = |process: &Process| {
            // It may have ended meanwhile.
            let status = fs::read_to_string(format!("/proc/{}/status", process.id)).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Ok(self.processes()?.iter().filter_map(of).sum::<u64>() * 1_024)
    }

    pub(super) fn cpu_time(&self) -> Result<Duration> {
        Ok(self.processes()?.iter().map(|process| TICK * process.ticks).sum())
    }

    fn processes(&self) -> Result<Vec<Process>> {
        let mut processes = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let stat = fs::read_to_string(entry?.path().join("stat")).unwrap_or_default();
            processes.extend(process(&stat).filter(|process| process.group == self.leader.as_raw_nonzero().get()));
        }
        ensure!(!processes.is_empty(), "the peer has ended");
        Ok(processes)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It fails if all have ended. The child is not waited for before, so its number is nobody else's.
        let _ = kill_process_group(self.leader, Signal::KILL);
    }
}

/// Nothing of ours gets in: neither a setting of the peer that somebody uses here, nor where that one keeps its data.
pub(super) fn own_environment(command: &mut Command, settings: &[(&str, String)], data: &Path) {
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", data).env("LANG", "C.UTF-8");
    command.envs(settings.iter().map(|(name, value)| (name, value))).current_dir(data);
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    group: i32,
    /// Its own time, and that of children that ended and were waited for.
    ticks: u32,
}

/// Of `/proc/<id>/stat`; the name in brackets may hold anything.
fn process(stat: &str) -> Option<Process> {
    let (head, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<u32>().ok());
    Some(Process {
        id: head.split_whitespace().next()?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        ticks: ticks.sum::<Option<u32>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_is_no_field() {
        let stat = "7 (a) b 1 2) S 1 5 1 0 -1 4194560 100 0 0 0 250 50 30 20 20 0 1 0 9 9 9";
        assert_eq!(process(stat), Some(Process { id: 7, group: 5, ticks: 350 }));
        assert_eq!(process("7 (a) S 1"), None);
    }

    /// A shell that has had a child and has another: the time of the first and the memory of the second count.
    #[tokio::test(flavor = "multi_thread")]
    async fn children_count_and_end_with_the_value() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; sleep 100 & echo $! > child; wait";
        let mut group = Group::spawn(Path::new("sh"), ["-c", script], &[], folder.path()).expect("it starts");
        let child = loop {
            let text = fs::read_to_string(folder.path().join("child")).unwrap_or_default();
            if let Ok(id) = text.trim().parse::<u32>() {
                break id;
            }
            tokio::time::sleep(TICK).await;
        };
        assert!(group.is_running());
        assert!(group.cpu_time().expect("it runs") >= TICK * 2, "the time of a child that ended counts");
        let ids: Vec<u32> = group.processes().expect("it runs").iter().map(|process| process.id).collect();
        assert_eq!(ids.len(), 2, "{ids:?}");
        assert!(ids.contains(&child));
        assert!(group.resident().expect("it runs") > 0 && group.peak().expect("it runs") > 0);
        drop(group);
        // A process that nobody has waited for yet has no command line.
        let is_gone = || fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default().is_empty();
        for _ in 0..500 {
            if is_gone() {
                return;
            }
            tokio::time::sleep(TICK).await;
        }
        panic!("the child was left behind");
    }
}
