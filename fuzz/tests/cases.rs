//! Every committed input through its target, and some that are made of them.

mod mutator;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuzz::{TARGETS, Target};

use self::mutator::Mutator;

/// Longest that one input may take, in a build without optimization on a busy machine.
const INPUT_TIME_MAX: Duration = Duration::from_secs(10);
/// Inputs made up for each target.
const MUTANTS: usize = 1_000;

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

/// `Err`: what to look at.
fn run(target: Target, name: &str, bytes: &[u8]) -> Result<(), String> {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| target(bytes)));
    let took = started.elapsed();
    if outcome.is_err() {
        return Err(format!("{name} (the reason stands above): {}", bytes.escape_ascii()));
    }
    if took > INPUT_TIME_MAX {
        return Err(format!("{name} took {took:?}: {}", bytes.escape_ascii()));
    }
    Ok(())
}

/// Runs every target in a thread of its own, up to its first broken input.
fn run_all(of_target: impl Fn(&str, Target) -> Result<(), String> + Sync) {
    let of_target = &of_target;
    let broken: Vec<String> = std::thread::scope(|scope| {
        let running = TARGETS.map(|(name, target)| scope.spawn(move || of_target(name, target)));
        let outcomes = running.into_iter().map(|thread| thread.join().expect("panics of targets are caught"));
        outcomes.filter_map(Result::err).collect()
    });
    assert!(broken.is_empty(), "inputs that broke their target:\n{}", broken.join("\n"));
}

fn known(name: &str) -> Vec<(String, Vec<u8>)> {
    let seeds = inputs(&folder("seeds", name));
    assert!(!seeds.is_empty(), "{name} has no seeds");
    seeds.into_iter().chain(inputs(&folder("regressions", name))).collect()
}

#[test]
fn what_holds_for_every_input_holds_for_seeds_and_regressions() {
    run_all(|name, target| known(name).iter().try_for_each(|(file, bytes)| run(target, file, bytes)));
}

#[test]
fn what_holds_for_every_input_holds_for_some_that_are_made_up() {
    run_all(|name, target| {
        let mut mutator = Mutator::new(known(name).into_iter().map(|(_, bytes)| bytes).collect());
        (0..MUTANTS).try_for_each(|number| run(target, &format!("mutant {number} of {name}"), &mutator.next()))
    });
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
