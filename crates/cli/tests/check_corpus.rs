//! `hookflow check` over a folder of broken files. Each says itself what is wrong with it, and where:
//! ```text
//! mode: snyc #! document.unknown_word            on this line
//! #! file.syntax@3 document.missing@1            on those lines
//! ```

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use domain::flow::codes;
use support::Home;

#[test]
fn check_finds_what_each_broken_file_says_of_itself_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let home = Home::new();
    // Too large to be kept in a folder of examples.
    let huge = home.path().join("file-too-large.yaml");
    std::fs::write(&huge, format!("hookflow: 1 #! file.too_large\ntitle: {}\n", "x".repeat(1 << 20))).unwrap();
    files.push(huge);

    let names: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let ran = home.run(&[&["check", "--json"], &names[..]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let documents = ran.documents();
    assert_eq!(documents.len(), files.len());
    let mut seen = BTreeSet::new();
    for (file, document) in files.iter().zip(documents) {
        let mut found: Vec<(u64, String)> = Vec::new();
        for problem in document["problems"].as_array().unwrap() {
            found.push((problem["line"].as_u64().unwrap(), problem["code"].as_str().unwrap().to_owned()));
        }
        found.sort();
        assert_eq!(found, expected(&std::fs::read_to_string(file).unwrap()), "{}", file.display());
        seen.extend(found.into_iter().map(|(_, code)| code));
    }
    assert!(files.len() >= 60);
    let all: BTreeSet<_> = codes::ALL.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(seen, all, "each code occurs");
    support::say(&format!("check: {} broken files, {} problem codes, every line right", files.len(), all.len()));
}

fn expected(text: &str) -> Vec<(u64, String)> {
    let mut expected = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let Some((_, marks)) = line.split_once("#! ") else { continue };
        for mark in marks.split(['"', ' ']).take_while(|mark| mark.contains('.')) {
            let (code, at) = mark.split_once('@').unwrap_or((mark, ""));
            expected.push((at.parse().unwrap_or(number), code.to_owned()));
        }
    }
    expected.sort();
    expected
}
