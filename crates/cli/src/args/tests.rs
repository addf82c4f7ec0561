use clap::Command;

use super::*;

/// Every command with its full name, those below it after it.
fn all(command: &mut Command, found: &mut Vec<(String, Command)>) {
    found.push((command.get_bin_name().unwrap_or("hookflow").to_owned(), command.clone()));
    for command in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        all(command, found);
    }
}

fn commands() -> Vec<(String, Command)> {
    let mut root = command().term_width(100);
    root.build();
    let mut found = Vec::new();
    all(&mut root, &mut found);
    found
}

/// `docs/reference/commands.md`: what `--help` prints, so that a change of it is seen in review.
/// `UPDATE_DOCS=1 cargo test -p hookflow` writes it.
#[test]
fn the_reference_is_what_the_help_says() {
    let mut page = String::from(
        "<!-- Written by `UPDATE_DOCS=1 cargo test -p hookflow reference`. -->\n\n# Commands\n\n\
         What `--help` prints. `hookflow man` has it as manual pages.\n",
    );
    for (name, mut command) in commands() {
        page += &format!("\n## {name}\n\n```\n{}\n```\n", command.render_long_help().to_string().trim_end());
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/commands.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "{} is not what the help says: run this test with UPDATE_DOCS=1", path.display());
}

#[test]
fn every_command_has_a_sentence_details_and_examples() {
    for (name, command) in commands() {
        let group = command.has_subcommands();
        assert!(command.get_about().is_some(), "{name}");
        assert!(group || command.get_long_about().is_some(), "{name} has no details");
        let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        assert!(group || help.contains("Examples:\n  "), "{name} has no examples");
        assert!(group || help.contains("Exit codes:\n"), "{name} does not say how it ends");
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some(), "{name} does not say what {} is", arg.get_id());
        }
    }
}

/// The calls of hookflow in an example, as the shell would make them.
fn calls(example: &str) -> Vec<Vec<String>> {
    let words = "set -f; hookflow() { printf '%s\\n' hookflow \"$@\" > \"$(mktemp -p \"$CALLS\")\"; }; man() { :; }; jq() { :; }; \
                 xargs() { printf '%s\\n' \"$@\" id > \"$(mktemp -p \"$CALLS\")\"; }; diff() { :; }; ";
    let folder = tempfile::tempdir().unwrap();
    // A file each: the calls of a pipe write at the same time.
    let calls = folder.path().join("calls");
    std::fs::create_dir(&calls).unwrap();
    // Wherever an example writes to, here it goes nowhere.
    let example = match example.split_once(" > ") {
        Some((call, _)) => format!("{call} > /dev/null"),
        None => example.to_owned(),
    };
    let script = format!("{words}{example}");
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder.path()).env("CALLS", &calls).stdin(std::process::Stdio::null());
    shell.output().unwrap();
    let calls = std::fs::read_dir(&calls).unwrap().map(|call| std::fs::read_to_string(call.unwrap().path()).unwrap());
    calls.map(|call| call.lines().map(str::to_owned).collect()).collect()
}

#[test]
fn examples_are_understood() {
    for (name, command) in commands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let Some((_, examples)) = help.split_once("Examples:\n") else { continue };
        for example in examples.lines().take_while(|line| !line.is_empty()) {
            // What stands far behind the call is said about it.
            let call = example.trim_start().split("    ").next().unwrap();
            let calls = calls(call);
            assert!(!calls.is_empty(), "{name}: `{call}` calls nothing");
            for call in calls {
                let read = Cli::read(&call);
                assert!(read.is_ok(), "{name}: {call:?}: {}", read.unwrap_err());
            }
        }
    }
}

#[test]
fn the_data_folder_stands_before_or_behind_a_command_and_send_has_a_body() {
    let read = |args: &[&str]| {
        let cli = Cli::read([&["hookflow"], args].concat()).unwrap();
        (cli.global.server.data.map(|path| path.display().to_string()), format!("{:?}", cli.command))
    };
    for args in [
        &["list", "--data", "x"][..],
        &["--data", "x", "list"],
        &["--data", "y", "token", "list", "--data", "x"],
        &["config", "check", "--data", "x"],
    ] {
        assert_eq!(read(args).0.as_deref(), Some("x"), "{args:?}");
    }
    assert_eq!(read(&["list"]).0, None);
    for command in [["send", "k"], ["replay", "ex_1"]] {
        let (data, command) = read(&[&["--data", "x"], &command[..], &["--data", "body"]].concat());
        assert_eq!(data.as_deref(), Some("x"));
        assert!(command.contains("data: Some(\"body\")"), "{command}");
    }
    assert!(Cli::read(["hookflow", "check", "a.yaml", "--data", "x"]).is_err(), "it talks to no server");
}

#[test]
fn the_flags_contradict_nothing() {
    command().debug_assert();
}
