//! What is wrong with a body, in a sentence: serde speaks of Rust's types, the API of JSON's.

/// A sentence with the place, for an error of reading JSON.
pub(super) fn sentence(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    let text = text.strip_suffix(&format!(" at line {} column {}", error.line(), error.column())).unwrap_or(&text);
    shortened(if error.is_data() { data(text, &place) } else { format!("The body is not JSON: {text} ({place}).") })
}

/// Names and texts from a body are told as they are, and can be as long as the body.
fn shortened(text: String) -> String {
    const END_CHARS: usize = 300;
    let start = text.char_indices().nth(END_CHARS);
    let end = text.char_indices().nth_back(END_CHARS - 1);
    match (start, end) {
        (Some((start, _)), Some((end, _))) if start < end => format!("{}…{}", &text[..start], &text[end..]),
        _ => text,
    }
}

/// For an error of reading a query, as `serde_urlencoded` tells it below axum.
pub(super) fn in_query(text: &str) -> String {
    let said = ["unknown field ", "duplicate field "].iter().find_map(|start| Some(&text[text.find(start)?..]));
    let (said, choice) = said.and_then(|said| said.split_once(", expected ")).unwrap_or((said.unwrap_or(text), ""));
    if let Some(name) = said.strip_prefix("unknown field ") {
        let choice = choice.strip_prefix("one of ").unwrap_or(choice);
        return format!("There is no parameter {name} here, only {choice}.");
    }
    match said.strip_prefix("duplicate field ") {
        Some(name) => format!("The parameter {name} is there twice."),
        None => format!("{text}."),
    }
}

fn data(text: &str, place: &str) -> String {
    let (said, expected) = text.split_once(", expected ").unwrap_or((text, ""));
    let choice = expected.strip_prefix("one of ").unwrap_or(expected);
    if let Some(name) = said.strip_prefix("unknown field ") {
        return match choice {
            "" | "there are no fields" => format!("There is no member {name} here ({place})."),
            choice => format!("There is no member {name} here, only {choice} ({place})."),
        };
    }
    if let Some(word) = said.strip_prefix("unknown variant ") {
        return format!("{word} is not a word known here, only {choice} ({place}).");
    }
    if let Some(name) = said.strip_prefix("missing field ") {
        return format!("The member {name} is missing ({place}).");
    }
    if let Some(name) = said.strip_prefix("duplicate field ") {
        return format!("The member {name} is there twice ({place}).");
    }
    let found = ["invalid type: ", "invalid value: "].iter().find_map(|start| said.strip_prefix(start));
    match (found, expected) {
        (None, _) | (_, "") => format!("The body cannot be taken: {text} ({place})."),
        (Some(found), expected) => {
            format!("There is {} where {} belongs ({place}).", found_in(found), in_json(expected))
        }
    }
}

/// What was found, with its article.
fn found_in(found: &str) -> String {
    let (kind, value) = found.split_once(' ').map_or((found, ""), |(kind, value)| (kind, value));
    match kind {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit" => "null".to_owned(),
        "integer" => format!("the number {value}"),
        "floating" => format!("the number {}", value.trim_start_matches("point ")),
        "boolean" => value.trim_matches('`').to_owned(),
        "string" => format!("the text {value}"),
        _ => found.to_owned(),
    }
}

fn in_json(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a string" | "a borrowed string" | "string or bytes" => "a text",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "a map" => "an object",
        expected if expected.starts_with("struct ") => "an object",
        expected => expected,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only reading is tried")]
    struct Body {
        name: String,
        #[serde(default)]
        scopes: Vec<domain::token::Scope>,
        #[serde(default)]
        days: Option<u32>,
        #[serde(default)]
        at: Option<domain::time::Timestamp>,
        #[serde(default)]
        flag: bool,
    }

    #[test]
    fn mistakes_in_a_query_read_as_sentences() {
        for (text, told) in [
            (
                "Failed to deserialize query string: page: unknown field `page`, expected `cursor` or `limit`",
                "There is no parameter `page` here, only `cursor` or `limit`.",
            ),
            ("a: unknown field `a`, expected one of `b`, `c`", "There is no parameter `a` here, only `b`, `c`."),
            ("Failed to deserialize query string: duplicate field `limit`", "The parameter `limit` is there twice."),
            ("Something else", "Something else."),
        ] {
            assert_eq!(in_query(text), told);
        }
    }

    #[test]
    fn a_sentence_is_short_however_long_the_mistake_is() {
        let long = "é".repeat(100_000);
        for (body, start, end) in [
            (format!(r#"{{"name": 1, "{long}": 2}}"#), "There is the number `1`", "belongs (line 1, column 10)."),
            (format!(r#"{{"{long}": 2}}"#), "There is no member `éé", "`flag` (line 1, column 200003)."),
            (format!(r#"{{"flag": "{long}"}}"#), "There is the text \"éé", "belongs (line 1, column 200011)."),
        ] {
            let told = sentence(&serde_json::from_str::<Body>(&body).unwrap_err());
            assert!(told.starts_with(start) && told.ends_with(end) && told.chars().count() <= 601, "{told}");
        }
    }

    #[test]
    fn mistakes_read_as_sentences() {
        for (body, told) in [
            ("", "The body is not JSON: EOF while parsing a value (line 1, column 0)."),
            ("{", "The body is not JSON: EOF while parsing an object (line 1, column 1)."),
            ("{}", "The member `name` is missing (line 1, column 2)."),
            ("7", "There is the number `7` where an object belongs (line 1, column 1)."),
            (r#"{"name": null}"#, "There is null where a text belongs (line 1, column 13)."),
            (r#"{"name": {}}"#, "There is an object where a text belongs (line 1, column 9)."),
            (r#"{"name": "a", "name": "b"}"#, "The member `name` is there twice (line 1, column 20)."),
            (
                "{\n\"nam\": 1}",
                "There is no member `nam` here, only `name`, `scopes`, `days`, `at`, `flag` (line 2, column 5).",
            ),
            (
                r#"{"name": "a", "scopes": ["all"]}"#,
                "`all` is not a word known here, only `read`, `operate`, `author`, `admin` (line 1, column 30).",
            ),
            (
                r#"{"name": "a", "scopes": "all"}"#,
                "There is the text \"all\" where a list belongs (line 1, column 29).",
            ),
            (
                r#"{"name": "a", "days": -1}"#,
                "There is the number `-1` where a whole number belongs (line 1, column 24).",
            ),
            (
                r#"{"name": "a", "days": 1.5}"#,
                "There is the number `1.5` where a whole number belongs (line 1, column 25).",
            ),
            (r#"{"name": "a", "flag": []}"#, "There is a list where true or false belongs (line 1, column 22)."),
            (r#"{"name": "a", "at": "soon"}"#, "The body cannot be taken: not an RFC 3339 time (line 1, column 27)."),
        ] {
            let error = serde_json::from_str::<Body>(body).unwrap_err();
            assert_eq!(sentence(&error), told);
        }
    }
}
