//! Text that must not stand in a repository: notes to self, places on one machine, tests that are off.

use super::{Finding, TextFile};

struct Forbidden {
    text: &'static str,
    reason: &'static str,
    /// Not a part of a longer word.
    word: bool,
}

const LATER: &str = "what is not done is an issue, not a comment";
const MACHINE: &str = "a path on one machine means nothing on another";
const OFF: &str = "a test that does not run proves nothing";

// Put together from halves, so that this file passes its own rule.
const FORBIDDEN: &[Forbidden] = &[
    Forbidden { text: concat!("TO", "DO"), reason: LATER, word: true },
    Forbidden { text: concat!("FIX", "ME"), reason: LATER, word: true },
    Forbidden { text: concat!("XX", "X"), reason: LATER, word: true },
    Forbidden { text: concat!("to", "do!("), reason: LATER, word: true },
    Forbidden { text: concat!("unimple", "mented!("), reason: LATER, word: true },
    Forbidden { text: concat!("#[ign", "ore"), reason: OFF, word: false },
    Forbidden { text: concat!("/ho", "me/"), reason: MACHINE, word: false },
    Forbidden { text: concat!("/Us", "ers/"), reason: MACHINE, word: false },
    Forbidden { text: concat!("/ro", "ot/"), reason: MACHINE, word: false },
];

/// Not written by us: licences, lock files, and data of tests.
fn is_ours(file: &TextFile) -> bool {
    !(matches!(file.extension(), "lock" | "jsonl")
        || file.path.ends_with("package-lock.json")
        || file.path == "LICENSE")
}

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_ours(file)) {
        for (line, text) in file.lines() {
            let found = FORBIDDEN.iter().filter(|forbidden| forbidden.stands_in(text));
            findings.extend(found.map(|forbidden| file.error(line, format!("`{}`", forbidden.text), forbidden.reason)));
        }
    }
    findings
}

impl Forbidden {
    fn stands_in(&self, line: &str) -> bool {
        let part = |character: Option<char>| self.word && character.is_some_and(|c| c.is_alphanumeric() || c == '_');
        line.match_indices(self.text).any(|(at, text)| {
            let ends_open = text.ends_with(|c: char| c.is_alphanumeric());
            let longer_before = part(line[..at].chars().next_back());
            let longer_after = ends_open && part(line[at + text.len()..].chars().next());
            !longer_before && !longer_after
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::check;

    #[test]
    fn notes_to_self_and_machine_paths_are_found() {
        let text = [
            concat!("// TO", "DO: x"),
            concat!("cd /ho", "me/me"),
            concat!("#[ign", "ore = \"slow\"]"),
            concat!("to", "do!()"),
        ]
        .join("\n");
        assert_eq!(found(check, &[("a.rs", &text)]).len(), 4);
    }

    #[test]
    fn parts_of_words_and_foreign_files_are_fine() {
        let text = concat!("autoTO", "DOlist mas", "TO", "DO_");
        assert_eq!(found(check, &[("a.md", text), ("vectors/a.jsonl", concat!("TO", "DO"))]), [""; 0]);
    }
}
