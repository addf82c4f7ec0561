//! Whole files, from text to a plan or to every problem with its line.

use domain::flow::codes;
use domain::flow::document::WorkflowDocument;
use domain::flow::file::File;
use domain::flow::plan::Plan;
use domain::problem::{Problem, Problems};
use nodes::Registry;

/// What `hookflow check` does with a file.
fn check(text: &str) -> Result<Plan, Vec<Problem>> {
    let file = File::read(text)?;
    let mut problems = Problems::new();
    let document = WorkflowDocument::decode(&file.value, &mut problems);
    let plan = Registry::standard().compile(&document.flow);
    match plan {
        Ok(plan) if problems.is_empty() => Ok(plan),
        Ok(_) => Err(file.locate(problems.into_vec())),
        Err(others) => {
            problems.extend(others);
            Err(file.locate(problems.into_vec()))
        }
    }
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_example_compiles() {
    let examples = files("../../examples");
    assert!(examples.len() >= 3);
    for (name, text) in examples {
        if let Err(problems) = check(&text) {
            panic!("{name}: {problems:#?}");
        }
    }
}

/// The snapshots are what an author reads.
#[test]
fn every_broken_file_lists_all_its_mistakes_with_their_lines() {
    for (name, text) in files("tests/broken") {
        let problems = check(&text).expect_err(&name);
        let lines: Vec<_> = problems
            .iter()
            .map(|problem| {
                let Problem { pointer, code, message, line } = problem;
                assert!(codes::ALL.iter().any(|(known, _)| known == code), "{code} is not on the page of codes");
                format!("line {}: {message} [{code} at {pointer}]", line.expect("every problem has a line"))
            })
            .collect();
        insta::assert_snapshot!(name, lines.join("\n"));
    }
}

#[test]
fn a_file_with_five_mistakes_lists_five_each_with_its_line() {
    let (_, text) = files("tests/broken").into_iter().find(|(name, _)| name == "five-mistakes.yaml").unwrap();
    let lines: Vec<_> = check(&text).unwrap_err().iter().map(|problem| problem.line.unwrap()).collect();
    assert_eq!(lines, [2, 4, 7, 10, 14]);
}
