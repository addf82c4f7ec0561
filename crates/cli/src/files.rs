//! Workflow files as the commands read them and report on them.

use std::path::{Path, PathBuf};

use domain::flow::file::File;
use domain::problem::Problem;
use domain::value::Value;

use crate::failure::{Complaint, FAILED, Failure};
use crate::output::{Output, plain};

/// A file the user named: its content, or what is wrong with its syntax.
pub(crate) struct Named {
    pub(crate) path: PathBuf,
    pub(crate) content: Result<File, Vec<Problem>>,
}

/// Reads every file; one that cannot be read at all ends the command.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<Named>, Failure> {
    let named = paths.iter().map(|path| {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new("file.unreadable", format!("cannot read {}: {error}", path.display())))?;
        Ok(Named { path: path.clone(), content: File::read(&text) })
    });
    named.collect()
}

impl Named {
    pub(crate) fn document(&self) -> Option<&Value> {
        self.content.as_ref().ok().map(|file| &file.value)
    }
}

/// `payment.yaml:12: message [code] at /nodes/0/config`, a line for each.
pub(crate) fn print(out: &mut Output, path: &Path, problems: &[Problem]) -> std::io::Result<()> {
    problems.iter().try_for_each(|problem| out.line(line(path, problem)))
}

/// The same on stderr, for a command that cannot go on.
pub(crate) fn failure(path: &Path, problems: &[Problem]) -> Failure {
    let complaints = problems.iter().map(|problem| {
        let line = problem.line.map_or(String::new(), |line| format!(":{line}"));
        Complaint::new(&problem.code, format!("{}{line}: {}", path.display(), plain(&problem.message)))
    });
    Failure { complaints: complaints.collect(), exit: FAILED }
}

fn line(path: &Path, problem: &Problem) -> String {
    let line = problem.line.map_or(String::new(), |line| format!(":{line}"));
    let place = if problem.pointer.is_empty() { String::new() } else { format!(" at {}", plain(&problem.pointer)) };
    format!("{}{line}: {} [{}]{place}", path.display(), plain(&problem.message), plain(&problem.code))
}

/// `1 of 3 files has problems`
pub(crate) fn summary(bad: usize, all: usize) -> String {
    match (bad, all) {
        (1, 1) => "the file has problems".to_owned(),
        (1, all) => format!("1 of {all} files has problems"),
        (bad, all) => format!("{bad} of {all} files have problems"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_a_place_and_a_sentence() {
        let mut problem = Problem {
            pointer: "/nodes/0".into(),
            code: "node.kind".into(),
            message: "there is no kind `x`".into(),
            line: Some(3),
        };
        assert_eq!(line(Path::new("a.yaml"), &problem), "a.yaml:3: there is no kind `x` [node.kind] at /nodes/0");
        (problem.line, problem.pointer) = (None, String::new());
        assert_eq!(line(Path::new("a.yaml"), &problem), "a.yaml: there is no kind `x` [node.kind]");
    }
}
