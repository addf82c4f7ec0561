//! Completions and manual pages, as a shell and `man` take them.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::process::{Command, Stdio};

use support::{Home, Ran, say};

fn bash(home: &Home, script: &str) -> Ran {
    let mut shell = Command::new("bash");
    shell.args(["--norc", "-c", script]).current_dir(home.path()).stdin(Stdio::null());
    Ran::of(&shell.output().unwrap())
}

#[test]
fn bash_completes_commands_and_flags() {
    let home = Home::new();
    home.file("complete.bash", &home.run(&["completions", "bash"]).stdout);
    let loaded = bash(&home, "source complete.bash; complete -p hookflow");
    assert!(loaded.code == 0 && loaded.stdout.contains(" hookflow"), "{loaded:?}");
    let offered = |words: &str| {
        let ask = format!(
            "source complete.bash; COMP_WORDS=({words} ''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _hookflow hookflow '' \"${{COMP_WORDS[COMP_CWORD-1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        bash(&home, &ask).stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    for command in ["serve", "export", "replay", "token", "completions"] {
        assert!(offered("hookflow").contains(&command.to_owned()), "{command}: {:?}", offered("hookflow"));
    }
    assert!(offered("hookflow export").contains(&"--live".to_owned()));
    assert!(offered("hookflow export").contains(&"--data".to_owned()));
    assert!(offered("hookflow token").contains(&"revoke".to_owned()));
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        assert!(home.run(&["completions", shell]).stdout.contains("export"), "{shell}");
    }
    assert_eq!(home.run(&["completions", "tcsh"]).code, 2);
}

/// A page as a terminal shows it, with nothing that the formatter complains about.
fn shown(home: &Home, page: &str) -> Option<String> {
    let mut man = Command::new("man");
    man.args(["--warnings", "-l", page])
        .current_dir(home.path())
        .env("MANWIDTH", "100")
        .env("LC_ALL", "C.UTF-8")
        .env("MANPAGER", "cat");
    let output = man.stdin(Stdio::null()).output().ok()?;
    let (text, warnings) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    (output.status.success() && text.contains("NAME")).then(|| {
        assert_eq!(warnings, "", "{page}");
        text
    })
}

#[test]
fn every_command_has_a_manual_page() {
    let home = Home::new();
    let written = home.run(&["man", "--out", "man1"]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let pages: Vec<&str> = written.stdout.lines().collect();
    for page in
        ["man1/hookflow.1", "man1/hookflow-export.1", "man1/hookflow-token-create.1", "man1/hookflow-config-check.1"]
    {
        assert!(pages.contains(&page), "{page}: {pages:?}");
    }
    assert_eq!(home.run(&["man"]).stdout, std::fs::read_to_string(home.path().join("man1/hookflow.1")).unwrap());
    for page in &pages {
        let text = std::fs::read_to_string(home.path().join(page)).unwrap();
        for part in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH \"EXIT CODES\""] {
            let is_group =
                ["token", "user", "secret", "config"].iter().any(|group| *page == format!("man1/hookflow-{group}.1"));
            assert!(text.contains(part) || is_group, "{page}: {part}");
        }
    }
    let Some(text) = shown(&home, "man1/hookflow-export.1") else {
        say("SKIPPED (needs man with groff): every_command_has_a_manual_page as man shows it");
        return;
    };
    for part in
        ["hookflow export 1hfmkioou0d --live | diff payment.yaml -", "HOOKFLOW_TOKEN", "--out <DIR>", "EXAMPLES"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    for page in &pages {
        assert!(shown(&home, page).is_some(), "{page}");
    }
}
