//! Every committed input through its target, and some that are made of them.

mod mutator;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuzz::TARGETS;

use self::mutator::Mutator;

/// Longest that one input may take, in a build without optimization on a busy machine.
const INPUT_TIME_MAX: Duration = Duration::from_secs(10);
/// Inputs made up for each target.
const MUTANTS: usize = 2_000;

fn folder(kind: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target)
}

/// Name and bytes of each file, in the order of names.
fn inputs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files: BTreeSet<PathBuf> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    let read = |file: PathBuf| (file.display().to_string(), std::fs::read(&file).expect("the file can be read"));
    files.into_iter().map(read).collect()
}

fn run(target: fn(&[u8]), name: &str, bytes: &[u8]) {
    let started = Instant::now();
    if catch_unwind(AssertUnwindSafe(|| target(bytes))).is_err() {
        panic!("the reason stands above; the input is {name}: {}", bytes.escape_ascii());
    }
    let took = started.elapsed();
    assert!(took < INPUT_TIME_MAX, "{name} took {took:?}: {}", bytes.escape_ascii());
}

#[test]
fn what_holds_for_every_input_holds_for_seeds_and_regressions() {
    for (name, target) in TARGETS {
        let seeds = inputs(&folder("seeds", name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for (file, bytes) in seeds.iter().chain(&inputs(&folder("regressions", name))) {
            run(target, file, bytes);
        }
    }
}

#[test]
fn what_holds_for_every_input_holds_for_some_that_are_made_up() {
    for (name, target) in TARGETS {
        let mut parents: Vec<_> = inputs(&folder("seeds", name)).into_iter().map(|(_, bytes)| bytes).collect();
        parents.extend(inputs(&folder("regressions", name)).into_iter().map(|(_, bytes)| bytes));
        let mut mutator = Mutator::new(parents);
        for number in 0..MUTANTS {
            run(target, &format!("mutant {number} of {name}"), &mutator.next());
        }
    }
}

#[test]
fn folders_are_named_like_targets() {
    for kind in ["seeds", "regressions"] {
        for (folder, _) in folders(kind) {
            assert!(TARGETS.iter().any(|(name, _)| *name == folder), "{kind}/{folder} belongs to no target");
        }
    }
}

/// Name and path of each.
fn folders(kind: &str) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder(kind, "")).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path()).filter(|path| path.is_dir());
    paths.map(|path| (path.file_name().expect("it has a name").to_string_lossy().into_owned(), path)).collect()
}
