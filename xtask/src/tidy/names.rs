//! One word for one thing: names of types, files and tables against the words the glossary turns down.
//!
//! Whole names only: `Job` is turned down, `JobTitle` is not looked at.

use super::{Finding, TextFile};

/// Turned down, and the word to take. `reply` and `run` are left out: they also name what goes to a
/// caller, answer or ticket, and what the machine asks for.
const TURNED_DOWN: &[(&str, &str)] = &[
    ("pipeline", "workflow"),
    ("zap", "workflow"),
    ("version", "revision"),
    ("deployment", "revision"),
    ("graph", "flow"),
    ("block", "node"),
    ("instruction", "node, or operation in the machine"),
    ("lane", "branch"),
    ("edge", "branch"),
    ("message", "event"),
    ("payload", "event, or body"),
    ("access_log", "request_log"),
    ("instance", "execution"),
    ("job", "execution, or node_run"),
    ("task", "node_run"),
    ("activity", "node_run"),
    ("history", "journal"),
    ("cron", "timer"),
    ("variable", "secret, or value"),
    ("kill", "cancel"),
    ("rerun", "retry, or replay"),
    ("manager", "what it manages"),
    ("helper", "what it does"),
    ("helpers", "what they do"),
    ("util", "what it does"),
    ("utils", "what they do"),
    ("common", "what is shared"),
    ("data", "what it is"),
];

const REASON: &str = "each thing has one word, in code, SQL, API, UI and docs (ARCHITECTURE.md, Words)";

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if matches!(file.extension(), "rs" | "sql" | "ts" | "tsx") {
            findings
                .extend(turned_down(file.stem()).map(|word| file.error(1, said("file", file.stem(), word), REASON)));
        }
        for (line, text) in file.lines() {
            let named = match file.extension() {
                "rs" => declared(text, &["struct", "enum", "trait", "type", "union"]).map(|name| ("type", name)),
                "ts" | "tsx" => declared(text, &["interface", "type", "class", "enum"]).map(|name| ("type", name)),
                _ => None,
            };
            let named = named.or_else(|| table(file, text).map(|name| ("table", name)));
            if let Some((what, name)) = named {
                findings.extend(turned_down(name).map(|word| file.error(line, said(what, name, word), REASON)));
            }
        }
    }
    findings
}

fn said(what: &str, name: &str, instead: &str) -> String {
    format!("the {what} is called `{name}`; our word is {instead}")
}

/// The word to take instead, if the whole name is turned down.
fn turned_down(name: &str) -> Option<&'static str> {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    TURNED_DOWN.iter().find(|(word, _)| *word == snake).map(|(_, instead)| *instead)
}

/// The name a line declares with one of the keywords.
fn declared<'a>(line: &'a str, keywords: &[&str]) -> Option<&'a str> {
    // Inside an `impl` the trait has chosen the name.
    if line.starts_with(char::is_whitespace) && line.trim_start().starts_with("type ") {
        return None;
    }
    let mut words =
        line.split_whitespace().skip_while(|word| word.starts_with("pub") || *word == "export" || *word == "declare");
    let keyword = words.next()?;
    keywords.contains(&keyword).then(|| words.next()).flatten().map(name_of)
}

/// The table a line creates.
fn table<'a>(file: &TextFile, line: &'a str) -> Option<&'a str> {
    if !matches!(file.extension(), "sql" | "rs") {
        return None;
    }
    let mut words = line.split_whitespace();
    let begins = words.next()?.eq_ignore_ascii_case("create") && words.next()?.eq_ignore_ascii_case("table");
    let not_exists = |word: &&str| ["if", "not", "exists"].iter().any(|other| word.eq_ignore_ascii_case(other));
    if begins { words.find(|word| !not_exists(word)).map(name_of) } else { None }
}

fn name_of(word: &str) -> &str {
    let end = word.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(word.len());
    &word[..end]
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::check;

    #[test]
    fn turned_down_words_are_found_as_types_files_and_tables() {
        let files = [
            ("a/src/job.rs", "pub(crate) struct Task<T> {}\npub enum Lane {\ntype History = u8;"),
            ("a/0001_first.sql", "create table if not exists message (\nCREATE TABLE Job(id"),
            ("web/x.ts", "export interface Payload {"),
        ];
        let expected = [
            "a/src/job.rs:1: the file is called `job`; our word is execution, or node_run",
            "a/src/job.rs:1: the type is called `Task`; our word is node_run",
            "a/src/job.rs:2: the type is called `Lane`; our word is branch",
            "a/src/job.rs:3: the type is called `History`; our word is journal",
            "a/0001_first.sql:1: the table is called `message`; our word is event",
            "a/0001_first.sql:2: the table is called `Job`; our word is execution, or node_run",
            "web/x.ts:1: the type is called `Payload`; our word is event, or body",
        ];
        assert_eq!(found(check, &files), expected);
    }

    #[test]
    fn our_own_words_and_parts_of_names_are_fine() {
        let text = "struct NodeRun;\nstruct JobTitle;\nstruct Token;\nstruct Credentials;\nlet task = 1;\nstruct Path;\n    type Data = Bytes;\n";
        assert_eq!(found(check, &[("a/src/log.rs", text), ("a.sql", "create table node_run (")]), [""; 0]);
    }
}
