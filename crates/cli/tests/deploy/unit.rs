//! `deploy/hookflow.service`: systemd takes it, the command in it runs, and what the program does is what the sandbox
//! lets it do.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Home, ORDERS, Ran, say};
use crate::{drain, is_root, seconds, text};

const UNIT: &str = "deploy/hookflow.service";
const PROGRAM: &str = "/usr/local/bin/hookflow";
const DATA: &str = "/var/lib/hookflow";
/// What `systemd-analyze security` may count, of ten; the network alone is 0.5 of it.
const EXPOSURE_MAX: &str = "14";

/// Values of a key, in order.
fn values(key: &str) -> Vec<String> {
    let unit = text(UNIT);
    let lines = unit.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| *name == key);
    lines.map(|(_, value)| value.to_owned()).collect()
}

fn value(key: &str) -> String {
    let values = values(key);
    assert_eq!(values.len(), 1, "{key}");
    values[0].clone()
}

fn has(tool: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {tool} >/dev/null")]).status().unwrap().success()
}

/// Whether all of them are there; says what is left out if not.
fn can_run(test: &str, tools: &[(&str, &str)]) -> bool {
    let missing = tools.iter().find(|(tool, _)| !has(tool));
    if let Some((tool, package)) = missing {
        say(&format!("SKIPPED (needs {tool}): {test}; apt-get install {package}"));
    }
    missing.is_none()
}

fn analyze(args: &[&str]) -> Ran {
    Ran::of(&Command::new("systemd-analyze").args(args).output().unwrap())
}

/// A folder with the unit in it as it would be installed here, and with the program.
fn installed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("hookflow.service");
    let program = env!("CARGO_BIN_EXE_hookflow");
    std::fs::write(&unit, text(UNIT).replace(PROGRAM, program)).unwrap();
    (folder, unit)
}

#[test]
fn systemd_takes_the_unit_and_finds_it_closed() {
    if !can_run("systemd_takes_the_unit_and_finds_it_closed", &[("systemd-analyze", "systemd")]) {
        return;
    }
    let (_folder, unit) = installed();
    let verified = analyze(&["verify", "--man=no", unit.to_str().unwrap()]);
    assert_eq!((verified.code, verified.stderr.as_str()), (0, ""), "{}", verified.stdout);
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    let closed = analyze(&["security", "--offline=true", "--no-pager", &threshold, unit.to_str().unwrap()]);
    let overall = closed.stdout.lines().last().unwrap_or_default();
    assert_eq!(closed.code, 0, "{overall}");
    say(&format!("systemd-analyze security: {}", overall.trim_start_matches('→').trim()));
}

/// systemd reads what it does not know as a warning, and a sandbox without a line is just open.
#[test]
fn the_unit_waits_for_the_drain_and_starts_again_what_crashed() {
    assert!(seconds(&value("TimeoutStopSec")) > drain() + Duration::from_secs(5));
    assert_eq!((value("KillSignal").as_str(), value("Restart").as_str()), ("SIGTERM", "on-failure"));
    assert_eq!(value("Type"), "exec", "the program tells systemd nothing");
    assert_eq!(value("StateDirectory"), Path::new(DATA).file_name().unwrap().to_str().unwrap());
    // Wrong settings end with the code that is not tried again.
    let home = Home::new();
    let misused = home.run(&["serve", "--hooks", "nowhere"]);
    assert_eq!(misused.code.to_string(), value("RestartPreventExitStatus"), "{}", misused.stderr);
}

/// The command of the unit with its paths below `home`, as the unit's user would run it: by somebody who is not root.
fn exec_start(home: &Home, before: &[&str]) -> Command {
    let program = home.path().join("hookflow");
    let line =
        value("ExecStart").replace(PROGRAM, program.to_str().unwrap()).replace(DATA, home.data().to_str().unwrap());
    std::fs::copy(env!("CARGO_BIN_EXE_hookflow"), &program).unwrap();
    std::fs::create_dir(home.data()).unwrap();
    let mut words: Vec<String> = before.iter().map(|word| (*word).to_owned()).collect();
    if is_root() {
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
        words.extend(nobody.map(str::to_owned));
        for path in [home.path(), &home.data()] {
            std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
        }
    }
    words.extend(line.split(' ').map(str::to_owned));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HOOKFLOW_")) {
        command.env_remove(name);
    }
    // As by the unit's file of settings.
    command.env("HOOKFLOW_HOOKS", "127.0.0.1:0").env("HOOKFLOW_ADMIN", "127.0.0.1:0");
    command
}

/// What `names` and groups such as `@system-service` stand for.
fn calls(group: &str, into: &mut HashSet<String>) {
    let listed = analyze(&["syscall-filter", "--no-pager", group]);
    assert_eq!(listed.code, 0, "{group}: {}", listed.stderr);
    for name in listed.stdout.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if name.starts_with('@') {
            calls(name, into);
        } else {
            into.insert(name.to_owned());
        }
    }
}

/// The filter of the unit, line by line.
fn allowed() -> HashSet<String> {
    let mut allowed = HashSet::new();
    for filter in values("SystemCallFilter") {
        let mut named = HashSet::new();
        filter.trim_start_matches('~').split(' ').for_each(|group| calls(group, &mut named));
        if filter.starts_with('~') {
            allowed.retain(|name| !named.contains(name));
        } else {
            allowed.extend(named);
        }
    }
    allowed
}

/// A flow that touches what a flow can: JSONata on its own threads, a name to resolve.
const FAR: &str = r#"hookflow: 1
title: Far
enabled: true
mode: sync
trigger: { kind: webhook }
nodes:
  - { key: call, kind: http_request, config: { url: "http://nobody.invalid/{{ $sum([1..1000]) }}", timeout_ms: 1000 } }
"#;

#[test]
fn the_command_of_the_unit_runs_and_stays_within_its_sandbox() {
    let tools = [("systemd-analyze", "systemd"), ("strace", "strace"), ("setpriv", "util-linux")];
    if !can_run("the_command_of_the_unit_runs_and_stays_within_its_sandbox", &tools) {
        return;
    }
    let home = Home::new();
    let traces = tempfile::tempdir().unwrap();
    let trace = traces.path().join("trace");
    let strace = ["strace", "-f", "-qq", "-s", "256", "-o", trace.to_str().unwrap(), "--"];
    let mut child = exec_start(&home, &strace).spawn().unwrap();
    let from = Instant::now();
    while home.run(&["ready"]).code != 0 {
        assert!(from.elapsed() < Duration::from_secs(30), "it does not start: {:?}", child.try_wait());
        std::thread::sleep(Duration::from_millis(50));
    }
    let orders = home.publish(&home.file("orders.yaml", ORDERS));
    assert_eq!(home.send(orders["key"].as_str().unwrap(), r#"{"order":{"id":7,"status":"paid"}}"#)["status"], 200);
    let far = home.publish(&home.file("far.yaml", FAR));
    home.run(&["send", far["key"].as_str().unwrap(), "--data", "{}"]);
    let info = std::fs::read(home.data().join("serve.json")).unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
    let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", info["pid"])]).status().unwrap();
    assert!(told.success());
    assert!(child.wait().unwrap().success(), "it ends in order");

    let trace = std::fs::read_to_string(trace).unwrap();
    // `123 openat(AT_FDCWD, …`; a call that was cut by another thread's goes on as `<... openat resumed>`.
    let lines = trace.lines().filter_map(|line| line.trim_start_matches(|c: char| c.is_ascii_digit()).split_once('('));
    let called: Vec<(&str, &str)> =
        lines.map(|(name, rest)| (name.trim(), rest)).filter(|(name, _)| is_call(name)).collect();
    assert!(called.len() > 500, "{} calls were seen", called.len());

    let allowed = allowed();
    // What setpriv does, systemd does before the filter holds.
    let start = called.iter().rposition(|(name, _)| *name == "execve").unwrap() + 1;
    let refused: HashSet<&str> =
        called[start..].iter().map(|(name, _)| *name).filter(|name| !allowed.contains(*name)).collect();
    assert!(refused.is_empty(), "SystemCallFilter would refuse {refused:?}");
    assert!(called.iter().any(|(name, _)| *name == "setpriority"), "it had no thread of low priority");

    // MemoryDenyWriteExecute
    let both = |(name, rest): &&(&str, &str)| match *name {
        "mmap" => rest.contains("PROT_WRITE") && rest.contains("PROT_EXEC"),
        "mprotect" | "pkey_mprotect" => rest.contains("PROT_EXEC"),
        _ => false,
    };
    assert_eq!(called[start..].iter().find(both), None, "memory is written and run");

    // ProtectSystem, ProtectHome and so on: it writes where its state is, and nowhere else.
    let home_text = home.path().to_str().unwrap();
    let elsewhere = called[start..].iter().filter(|(name, rest)| {
        let writes = match *name {
            "open" | "openat" => rest.contains("O_WRONLY") || rest.contains("O_RDWR") || rest.contains("O_CREAT"),
            "mkdir" | "unlink" | "rename" | "renameat" | "renameat2" | "link" | "linkat" | "symlink" => true,
            _ => false,
        };
        writes && !rest.contains(&format!("{home_text}/data")) && !rest.contains("\"/dev/null\"")
    });
    assert_eq!(elsewhere.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "it writes outside of its state");

    // RestrictAddressFamilies: what asks for more has to go on without.
    let families = value("RestrictAddressFamilies");
    let sockets = called[start..].iter().filter(|(name, _)| matches!(*name, "socket" | "socketpair"));
    let asked: HashSet<&str> = sockets.map(|(_, rest)| rest.split(',').next().unwrap()).collect();
    let refused: Vec<&&str> =
        asked.iter().filter(|family| !families.split(' ').any(|allowed| allowed == **family)).collect();
    // Names are resolved without it too: it only asks which families this machine has.
    assert!(refused.iter().all(|family| **family == "AF_NETLINK"), "{refused:?}");
    say(&format!("systemd: {} calls of {} kinds, none of which the unit refuses", called.len(), {
        called.iter().map(|(name, _)| *name).collect::<HashSet<_>>().len()
    }));
}

fn is_call(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
