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
            page += &format!("\n## {family}\n\n| code | meaning |\n|---|---|\n");
            group = family;
        }
        page += &format!("| `{code}` | {} |\n", meaning.trim().replace('|', "\\|"));
    }
    page
}
