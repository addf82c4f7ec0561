//! What holds for every input of every reader: one function a target.
//!
//! A target takes any bytes and panics when something that must hold does not. `make fuzz` feeds it what libFuzzer
//! makes up (`targets/`), and a test feeds it the committed inputs: `seeds/<target>/`, what a sender or an author
//! could write, and `regressions/<target>/`, what was found.
//!
//! Where a target takes more than one text, a line `---` stands between them.

mod basic;
mod condition;
mod head;
mod json;
mod path;
mod query;
mod shape;
mod template;
mod workflow_file;

pub use basic::basic;
pub use condition::condition;
pub use head::head;
pub use json::json;
pub use path::path;
pub use query::query;
pub use template::template;
pub use workflow_file::workflow_file;

/// Takes any bytes; panics when something does not hold.
pub type Target = fn(&[u8]);

/// The targets, by the names of their folders.
pub const TARGETS: [(&str, Target); 8] = [
    ("head", head),
    ("basic", basic),
    ("query", query),
    ("json", json),
    ("path", path),
    ("template", template),
    ("condition", condition),
    ("workflow_file", workflow_file),
];

const SEPARATOR: &str = "\n---\n";

/// The text before the separator, and the one behind it, `""` without one. A line break at the end is an editor's.
fn two_texts(bytes: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let (first, second) = text.split_once(SEPARATOR).unwrap_or((text, ""));
    (first.to_owned(), second.to_owned())
}
