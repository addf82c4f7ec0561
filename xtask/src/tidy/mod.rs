//! House rules that no compiler knows, each with its reason.
//!
//! A rule is a pure function from the repository's text files to findings. Warnings are for people
//! to look at; errors fail the build.
//!
//! Not here: what rustfmt, clippy and Cargo's own edges enforce already.

mod edges;
mod features;
mod links;
mod map;
mod names;
mod sql;
mod words;

use std::path::Path;

use anyhow::{Context, Result};

/// A text file: its path from the root with `/`, and its content.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Something that goes against a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) reason: &'static str,
    pub(crate) warning: bool,
}

type Rule = fn(&[TextFile]) -> Vec<Finding>;

const RULES: &[Rule] =
    &[edges::check, names::check, sql::check, words::check, links::check, map::check, headless, long_files];

/// Folders that are not ours, or made by a build.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", "hookflow-data", "dist"];

/// Prints findings; `true` if there are no errors.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let mut files = Vec::new();
    read_below(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&files)).collect();
    findings.extend(features::check(&features::built(root)?));
    for Finding { path, line, what, reason, warning } in &findings {
        let weight = if *warning { "warning" } else { "error" };
        eprintln!("{weight}: {path}:{line}: {what}\n  because {reason}");
    }
    let errors = findings.iter().filter(|finding| !finding.warning).count();
    eprintln!("tidy: {} files, {errors} errors, {} warnings", files.len(), findings.len() - errors);
    Ok(errors == 0)
}

fn read_below(folder: &Path, prefix: &str, files: &mut Vec<TextFile>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            read_below(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            // Pictures are there, for links to lead to; nothing stands in them.
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            files.push(TextFile { path, text });
        }
    }
    Ok(())
}

impl TextFile {
    pub(crate) fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }

    /// Lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    fn is_tests(&self) -> bool {
        self.path.contains("/tests/") || self.stem() == "tests"
    }

    /// The lines that end up in the program: nothing from `#[cfg(test)] mod` on, no files of tests, no comments.
    pub(crate) fn program_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let program = if self.is_tests() || self.path.contains("/conformance") {
            ""
        } else {
            self.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default()
        };
        let lines = program.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    pub(crate) fn error(&self, line: usize, what: impl Into<String>, reason: &'static str) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into(), reason, warning: false }
    }
}

/// Modules that do not say what they are for. Those of tests say it by their names.
fn headless(files: &[TextFile]) -> Vec<Finding> {
    let modules = files.iter().filter(|file| file.extension() == "rs" && !file.is_tests());
    let headless = modules.filter(|file| !file.text.starts_with("//!"));
    let why = "a reader should not have to guess what a module is for and what is not in it";
    headless.map(|file| file.error(1, "there is no header (`//!`)", why)).collect()
}

/// Aim under 300 lines a file, look twice at 500.
const LINES_MAX: usize = 500;

fn long_files(files: &[TextFile]) -> Vec<Finding> {
    let code = files.iter().filter(|file| matches!(file.extension(), "rs" | "ts" | "tsx" | "sql"));
    let long = code.filter(|file| file.text.lines().count() > LINES_MAX);
    let warn = |file: &TextFile| {
        let what = format!("{} lines", file.text.lines().count());
        Finding { warning: true, ..file.error(LINES_MAX, what, "a file this long is often two: look twice") }
    };
    long.map(warn).collect()
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Rule, TextFile};

    /// `path:line: what` of each finding in the given files.
    pub(crate) fn found(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<TextFile> =
            files.iter().map(|(path, text)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
        rule(&files).iter().map(|finding| format!("{}:{}: {}", finding.path, finding.line, finding.what)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::found;

    #[test]
    fn modules_without_a_header_are_found() {
        let files = [
            (
                "a.rs", "//! A.
",
            ),
            (
                "b.rs", "use a;
",
            ),
            (
                "x/tests.rs",
                "use a;
",
            ),
            ("c.ts", ""),
        ];
        assert_eq!(found(super::headless, &files), ["b.rs:1: there is no header (`//!`)"]);
    }

    #[test]
    fn long_files_are_pointed_out() {
        let (short, long) = ("x\n".repeat(500), "x\n".repeat(501));
        assert_eq!(
            found(super::long_files, &[("a.rs", &short), ("b.rs", &long), ("c.md", &long)]),
            ["b.rs:500: 501 lines"]
        );
    }
}
