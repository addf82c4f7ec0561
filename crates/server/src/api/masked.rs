//! Values of headers that prove who sent something, hidden from those who only look on.

use domain::token::Scope;
use domain::value::Value;

use super::auth::Holder;
use super::views::Lines;
use crate::error::ApiError;

/// Stands where a value was.
const MASK: &str = "•••";
const NAMES: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

fn is_secret(name: &str) -> bool {
    NAMES.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Searching what was sent would tell, letter by letter, what is hidden: who does not see it finds ids only.
pub(super) fn search(holder: &Holder, text: Option<&str>, is_id: impl Fn(&str) -> bool) -> Result<(), ApiError> {
    match text {
        Some(text) if !text.is_empty() && !is_id(text) && !holder.may(Scope::Operate) => {
            Err(ApiError::Scope(Scope::Operate))
        }
        _ => Ok(()),
    }
}

/// Header lines.
pub(super) fn lines(lines: &mut Lines) {
    for (_, value) in lines.iter_mut().filter(|(name, _)| is_secret(name)) {
        MASK.clone_into(value);
    }
}

/// Headers in what nodes are given and make: as members of an object, as `{name, value}`, as `[name, value]`.
pub(super) fn value(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let named = members.get("name").and_then(Value::as_str).is_some_and(is_secret);
            for (name, member) in members.iter_mut() {
                if is_secret(name) || (named && name == "value") {
                    *member = MASK.into();
                } else {
                    self::value(member);
                }
            }
        }
        Value::Array(items) => match items.as_mut_slice() {
            [Value::String(name), value @ Value::String(_)] if is_secret(name) => *value = MASK.into(),
            items => items.iter_mut().for_each(self::value),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_proves_identity_is_hidden() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut sent =
            vec![pair("Authorization", "Basic x"), pair("x-a", "1"), pair("set-cookie", "a=b"), pair("COOKIE", "")];
        lines(&mut sent);
        assert_eq!(
            sent,
            [pair("Authorization", MASK), pair("x-a", "1"), pair("set-cookie", MASK), pair("COOKIE", MASK)]
        );
    }

    #[test]
    fn headers_are_found_wherever_they_stand() {
        let mut made = json!({
            "status": 200,
            "headers": {"set-cookie": "a=b", "x-a": "1", "Proxy-Authorization": ["x"]},
            "body": [{"name": "Cookie", "value": "a"}, {"name": "b", "value": "c"}, ["authorization", "x"], ["a", "cookie"], "cookie"],
        });
        value(&mut made);
        assert_eq!(
            made,
            json!({
                "status": 200,
                "headers": {"set-cookie": MASK, "x-a": "1", "Proxy-Authorization": MASK},
                "body": [{"name": "Cookie", "value": MASK}, {"name": "b", "value": "c"}, ["authorization", MASK], ["a", "cookie"], "cookie"],
            })
        );
    }
}
