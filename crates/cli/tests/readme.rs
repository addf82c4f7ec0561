//! README.md does what it says: its files are written, its commands are run, in their order.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::process::Command;

use support::{Home, Ran, root};

/// A fenced block: its language, and the text above it.
struct Fenced {
    language: String,
    above: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Fenced> {
    let parts: Vec<&str> = page.split("\n```").collect();
    let fenced = parts.chunks(2).filter(|pair| pair.len() == 2);
    fenced
        .map(|pair| {
            let (language, text) = pair[1].split_once('\n').unwrap_or((pair[1], ""));
            Fenced { language: language.trim().into(), above: pair[0].into(), text: text.into() }
        })
        .collect()
}

#[test]
fn the_commands_of_the_readme_work() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    // The reader stands in the repository, with the program on the path.
    std::os::unix::fs::symlink(root().join("examples"), home.path().join("examples")).unwrap();
    let bin = home.path().join("target/quick");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hookflow"), bin.join("hookflow")).unwrap();

    let mut outputs = Vec::new();
    let mut script = String::from("set -eu\n");
    for block in blocks(&page) {
        match block.language.as_str() {
            "yaml" => {
                let name = block.above.rsplit('`').nth(1).unwrap();
                home.file(name, &block.text);
            }
            // One shell for all: later blocks use what earlier ones set.
            "sh" => script += &format!("{}\necho '-- end of block'\n", block.text),
            _ => {}
        }
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(home.path()).env("HOOKFLOW_DATA", home.data());
    let ran = Ran::of(&shell.output().unwrap());
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    outputs.extend(ran.stdout.split("-- end of block\n").map(str::to_owned));
    assert!(outputs[0].contains("no executions"), "{}", outputs[0]);
    assert!(
        outputs[1].contains("HTTP/1.1 200 OK") && outputs[1].contains(r#"{"text":"Hello Grace"}"#),
        "{}",
        outputs[1]
    );
    assert!(
        outputs[2].contains("HTTP/1.1 2") && outputs[2].to_lowercase().contains("hookflow-execution: ex_"),
        "{}",
        outputs[2]
    );
}

#[test]
fn the_flows_of_the_guide_are_right() {
    let home = Home::new();
    let page = std::fs::read_to_string(root().join("docs/guides/first-webhook.md")).unwrap();
    let flows: Vec<Fenced> = blocks(&page).into_iter().filter(|block| block.text.starts_with("hookflow: 1")).collect();
    assert!(!flows.is_empty());
    for (index, flow) in flows.iter().enumerate() {
        let file = home.file(&format!("{index}.yaml"), &flow.text);
        let ran = home.run(&["check", &file]);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
    }
}
