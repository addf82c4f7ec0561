//! Chores of this repository: `cargo run -p xtask -- tidy`.
//!
//! Not here: anything a user runs (`crates/cli`), the order of the chores (`Makefile`).

mod codegen;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo run -p xtask -- CHORE
  tidy                house rules that no compiler knows: words, edges between crates, SQL, features, links
  codegen [--check]   writes docs/reference from the code, or tells what is out of date";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in the repository's root");
    let chore: Vec<String> = std::env::args().skip(1).collect();
    let chore: Vec<&str> = chore.iter().map(String::as_str).collect();
    let done = match chore.as_slice() {
        ["tidy"] => tidy::run(root),
        ["codegen"] => codegen::write(root),
        ["codegen", "--check"] => codegen::check(root),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
