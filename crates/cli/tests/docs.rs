//! README.md and the guides do what they say, against a real server.
//! ```text
//! ```yaml  written to the file that the text above names last in backticks; checked if it names none
//! ```sh    run in one shell a page, in order
//! ```text  what the block above prints: each line's parts around `…`, in this order
//! ```      anything else is only looked at
//! ```

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Home, Ran, Server};

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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the text above a block says it is to be saved as.
fn file_name(above: &str) -> Option<&str> {
    let line = above.trim_end().lines().last()?;
    let (_, name) = line.trim_end_matches("`:").rsplit_once('`')?;
    (line.ends_with("`:") && name.ends_with(".yaml")).then_some(name)
}

const END: &str = "-- end of block";

/// Does what the page says; what each shell block has printed.
fn follow(page: &str) -> Vec<String> {
    let home = Home::new();
    // One guide calls its own server.
    let server = home.serve_with(&[("HOOKFLOW_OUTBOUND_ALLOW", "127.0.0.1")], &[]);
    let page = std::fs::read_to_string(root().join(page)).unwrap();
    // The reader stands in the repository, with the program on the path.
    std::os::unix::fs::symlink(root().join("examples"), home.path().join("examples")).unwrap();
    let bin = home.path().join("target/quick");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hookflow"), bin.join("hookflow")).unwrap();

    let mut script = String::from("set -eu\nexport PATH=\"$PWD/target/quick:$PATH\"\n");
    let mut promised: Vec<Vec<String>> = Vec::new();
    for block in blocks(&page) {
        match block.language.as_str() {
            "yaml" => write_or_check(&home, &server, &block),
            "sh" => {
                script += &format!("{}\necho\necho '{END}'\n", block.text);
                promised.push(Vec::new());
            }
            "text" => promised.last_mut().unwrap().extend(block.text.lines().map(str::to_owned)),
            _ => {}
        }
    }
    let ran = sh(&home, &server, &script);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let outputs: Vec<String> = ran.stdout.split(&format!("{END}\n")).map(str::to_owned).collect();
    for (output, promised) in outputs.iter().zip(promised) {
        keeps(output, &promised);
    }
    outputs
}

fn write_or_check(home: &Home, server: &Server, block: &Fenced) {
    match file_name(&block.above) {
        Some(name) => drop(home.file(name, &format!("{}\n", here(server, &block.text)))),
        None if block.text.starts_with("hookflow: 1") => {
            let ran = home.run(&["check", &home.file("unnamed.yaml", &block.text)]);
            assert_eq!(ran.code, 0, "{}", ran.stdout);
        }
        None => {}
    }
}

/// With the addresses of this server where the page has the usual ones.
fn here(server: &Server, text: &str) -> String {
    text.replace("127.0.0.1:13000", server.hooks()).replace("127.0.0.1:13001", server.admin())
}

fn sh(home: &Home, server: &Server, script: &str) -> Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", &here(server, script)]).current_dir(home.path()).env("HOOKFLOW_DATA", home.data());
    Ran::of(&shell.output().unwrap())
}

/// Whether everything that is promised stands in the output, in this order.
fn keeps(output: &str, promised: &[String]) {
    let mut rest = output;
    for part in promised.iter().flat_map(|line| line.split('…')).filter(|part| !part.is_empty()) {
        let at = rest.find(part).unwrap_or_else(|| panic!("`{part}` is not (or not there) in:\n{output}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_commands_of_the_readme_work() {
    let outputs = follow("README.md");
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
fn every_guide_does_what_it_says() {
    let guides = std::fs::read_dir(root().join("docs/guides")).unwrap();
    for guide in guides {
        let name = guide.unwrap().file_name().into_string().unwrap();
        let outputs = follow(&format!("docs/guides/{name}"));
        assert!(outputs.len() > 1, "{name} has nothing to run");
    }
}
