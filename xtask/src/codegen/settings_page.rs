//! The reference page of the settings: the default file, as a page.

use anyhow::{Context, ensure};

use super::WRITTEN_BY;

pub(super) const DEFAULTS: &str = include_str!("../../../crates/cli/config.default.toml");

/// `# -- where ----` begins a section; the comment above a `key = value` says what it means.
pub(super) fn page(file: &str) -> anyhow::Result<String> {
    let mut page = format!("{WRITTEN_BY}\n# Settings\n");
    let mut comment: Vec<&str> = Vec::new();
    let mut sections = 0;
    for line in file.lines() {
        if let Some(title) = line.strip_prefix("# -- ") {
            if sections == 0 {
                page += INTRODUCTION;
            }
            sections += 1;
            let (first, rest) = title.trim_end_matches([' ', '-']).split_at(1);
            page += &format!("\n## {}{rest}\n\n| setting | default | |\n|---|---|---|\n", first.to_uppercase());
        } else if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some((key, default)) = line.split_once(" = ") {
            ensure!(sections > 0 && !comment.is_empty(), "`{key}` stands in no section or has no comment");
            page += &format!("| `{key}` | `{default}` | {} |\n", comment.join(" ").replace('|', "\\|"));
            comment.clear();
        } else {
            ensure!(line.is_empty(), "not a line of a settings file: {line}");
            comment.clear();
        }
    }
    (sections > 0).then_some(page).context("the settings file has no sections")
}

const INTRODUCTION: &str = "
A setting is looked up in this order; the first that says something wins:

1. a flag of `hookflow serve`, for the few that have one: `--hooks`, `--admin`, `--public-url`, `--data`
2. the environment: `HOOKFLOW_` and the setting in capitals, as in `HOOKFLOW_HOOKS=127.0.0.1:0`
3. the TOML file of `--config` or `HOOKFLOW_CONFIG`; it holds only what differs
4. the default

`hookflow config check` prints what is in force and where each value comes from, or everything that is
wrong. `hookflow config check --defaults` prints the file that this page is made from.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_a_row_with_its_meaning() {
        let page = page("# Top.\n\n# -- the one -----\n\n# How | many.\n# Count.\na_max = 1\n").unwrap();
        let (_, table) = page.split_once("## The one").unwrap();
        assert_eq!(table, "\n\n| setting | default | |\n|---|---|---|\n| `a_max` | `1` | How \\| many. Count. |\n");
    }

    #[test]
    fn a_setting_without_a_meaning_is_refused() {
        assert!(page("# -- x --\n\na = 1\n").is_err());
    }
}
