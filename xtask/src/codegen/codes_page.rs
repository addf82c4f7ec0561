//! The reference page of problem codes.

use domain::flow::codes;

use super::WRITTEN_BY;

pub(super) fn page() -> String {
    let mut page = format!(
        "\
{WRITTEN_BY}
# Problem codes

`hookflow check`, `hookflow apply` and publishing report every problem of a workflow document at once,
each with a JSON pointer, one of these codes, a sentence, and a line if it came from a file.
"
    );
    let mut group = "";
    for (code, meaning) in codes::ALL {
        let (family, _) = code.split_once('.').unwrap_or((code, ""));
        if family != group {
            page += &format!("\n## {family}\n{TABLE}");
            group = family;
        }
        page += &row(code, meaning);
    }
    page += &format!(
        "\n## Only when something is changed\n\nThese depend on what the server holds: `check` does not see them.\n{TABLE}"
    );
    page.extend(codes::OF_CHANGES.iter().map(|(code, meaning)| row(code, meaning)));
    page
}

const TABLE: &str = "\n| code | meaning |\n|---|---|\n";

fn row(code: &str, meaning: &str) -> String {
    format!("| `{code}` | {} |\n", meaning.trim().replace('|', "\\|"))
}
