//! Links in documents lead somewhere; decisions are numbered without gaps, and each stands in the index.

use super::{Finding, TextFile};

const DEAD: &str = "a link that leads nowhere costs a reader's trust";
const INDEX: &str = "a decision nobody finds is made again";
const GAP: &str = "a gap in the numbers looks like a decision that was taken away";

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.extension() == "md") {
        for (line, target) in links(file) {
            if !leads_somewhere(file, target, files) {
                findings.push(file.error(line, format!("the link to `{target}` is dead"), DEAD));
            }
        }
    }
    let index = files.iter().find(|file| file.path == "docs/decisions/README.md").map_or("", |file| &file.text);
    let decisions = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("docs/decisions/")?;
        let (number, _) = name.split_once('-')?;
        Some((file, name, number.parse::<usize>().ok()?))
    });
    for (expected, (file, name, number)) in (1..).zip(decisions) {
        if !index.contains(&format!("({name})")) {
            findings.push(file.error(1, "not in docs/decisions/README.md", INDEX));
        }
        if number != expected {
            findings.push(file.error(1, format!("number {number} stands where {expected} should"), GAP));
        }
    }
    findings
}

/// Every `](target)` outside of code blocks.
fn links(file: &TextFile) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut links = Vec::new();
    for (line, text) in file.lines() {
        if text.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            links.extend(targets.map(|(target, _)| (line, target)));
        }
    }
    links
}

fn leads_somewhere(from: &TextFile, target: &str, files: &[TextFile]) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let to = if path.is_empty() { from.path.clone() } else { resolve(&from.path, path) };
    let folder = format!("{}/", to.trim_end_matches('/'));
    match files.iter().find(|file| file.path == to) {
        Some(file) => anchor.is_empty() || file.lines().any(|(_, line)| anchor_of(line).is_some_and(|of| of == anchor)),
        None => files.iter().any(|file| file.path.starts_with(&folder)),
    }
}

/// `docs/a.md` and `../b.md` → `b.md`
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// `## One direction` → `one-direction`
fn anchor_of(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::check;

    #[test]
    fn dead_links_are_found_and_living_ones_are_not() {
        let page = "# A page\n[a](../README.md) [b](#a-page) [c](https://x.example) [d](../docs) [e](../README.md#one-direction)\n\
                    [f](gone.md) [g](#gone)\n```\n[h](gone.md)\n```\n";
        let files = [("docs/page.md", page), ("README.md", "## One direction\n")];
        let expected = ["docs/page.md:3: the link to `gone.md` is dead", "docs/page.md:3: the link to `#gone` is dead"];
        assert_eq!(found(check, &files), expected);
    }

    #[test]
    fn every_decision_stands_in_the_index_and_follows_the_one_before() {
        let files = [
            ("docs/decisions/0001-a.md", ""),
            ("docs/decisions/0002-b.md", ""),
            ("docs/decisions/0004-d.md", ""),
            ("docs/decisions/README.md", "[1](0001-a.md) [4](0004-d.md)"),
        ];
        let expected = [
            "docs/decisions/0002-b.md:1: not in docs/decisions/README.md",
            "docs/decisions/0004-d.md:1: number 4 stands where 3 should",
        ];
        assert_eq!(found(check, &files), expected);
    }
}
