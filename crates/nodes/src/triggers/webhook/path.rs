//! The syntax of declared paths: `order.id`, `items[0].price`, `[0].id`, `["odd key"].b`.
//! ```text
//! path  = (key | index) step*          step = "." key | index
//! key   = letters, digits, _ $ -       index = "[" digits "]" | "[" JSON text "]"
//! ```
//! Not here: paths with a root, as templates use them (`domain::template::path`).

/// Longer paths lead nowhere: values nest 64 deep.
const PATH_MAX: usize = 2_000;

/// Errors say what was expected instead.
pub(super) fn check(path: &str) -> Result<(), &'static str> {
    if path.len() > PATH_MAX {
        return Err("it is too long");
    }
    let mut rest = if path.starts_with('[') { path } else { key(path)? };
    while !rest.is_empty() {
        rest = match rest.strip_prefix('.') {
            Some(rest) => key(rest)?,
            None => index(rest)?,
        };
    }
    Ok(())
}

/// What follows the key that `text` begins with.
fn key(text: &str) -> Result<&str, &'static str> {
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || b"_$-".contains(&byte);
    match text.bytes().position(|byte| !is_key(byte)).unwrap_or(text.len()) {
        0 => Err("a key of letters, digits, `_`, `$` and `-` is missing; any other key stands in [\"…\"]"),
        length => Ok(&text[length..]),
    }
}

/// What follows the brackets that `text` begins with.
fn index(text: &str) -> Result<&str, &'static str> {
    let inside = text.strip_prefix('[').ok_or("after a key comes `.` or `[`")?;
    let rest = if inside.starts_with('"') {
        let mut quoted = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        quoted.next().and_then(Result::ok).ok_or("the text in brackets does not end")?;
        &inside[quoted.byte_offset()..]
    } else {
        match inside.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(inside.len()) {
            0 => return Err("in brackets stands a number or text in quotes"),
            digits => &inside[digits..],
        }
    };
    rest.strip_prefix(']').ok_or("`]` is missing")
}

#[cfg(test)]
mod tests {
    use super::check;
    use proptest::prelude::*;

    #[test]
    fn paths_as_samples_make_them_are_paths() {
        for path in [
            "a",
            "b.c",
            "items[0].id",
            "[0].id",
            "[0]",
            r#"["odd.key"]["a b"]"#,
            r#"[""]"#,
            "0.1",
            "a-b.$c[0].d_e",
            r#"["q\"uote"]"#,
            r#"["日本"].b"#,
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        for path in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a[",
            "a[]",
            "a[0",
            "a[x]",
            "a[-1]",
            "a b",
            "a[0]b",
            r#"["a]"#,
            r#"["a"x]"#,
            "é",
            "{{ a }}",
        ] {
            assert!(check(path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(path in "[a\\.\\[\\]\"\\\\0é-]{0,20}|\\PC*") {
            _ = check(&path);
        }
    }
}
