//! Bodies of outgoing requests: from a value to bytes and their media type.

use bytes::Bytes;
use domain::execution::journal::NodeError;
use domain::flow::mistakes;
use domain::problem::Problems;
use domain::value::Value;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::Compiler;

/// What a form leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// How a body is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BodyType {
    /// Any value, as JSON.
    #[default]
    Json,
    /// As HTML forms are sent: an object of names, each with a value or a list of values.
    Form,
    /// Plain text, in UTF-8.
    Text,
    /// Text that is XML, in UTF-8.
    Xml,
    /// As HTML forms with files are sent: an object of names, each with a value, a list of values, or an object of
    /// `value`, `file_name` and `content_type`.
    Multipart,
}

impl BodyType {
    const ALL: [Self; 5] = [Self::Json, Self::Form, Self::Text, Self::Xml, Self::Multipart];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "form",
            Self::Text => "text",
            Self::Xml => "xml",
            Self::Multipart => "multipart",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What is plainly no body of this type is told before anything runs. A template may come to anything.
    pub(super) fn check(self, body: &Value, compiler: &mut Compiler<'_>) {
        let wanted = match (self, body) {
            (Self::Json, _) | (_, Value::Null | Value::String(_)) => return,
            (Self::Form | Self::Multipart, Value::Object(_)) => return,
            (Self::Form | Self::Multipart, _) => "an object",
            (Self::Text | Self::Xml, _) => "text",
        };
        let mut problems = Problems::new();
        mistakes::wrong_type(&mut problems, &format!("{}/body", compiler.pointer), wanted, body);
        compiler.problems.extend(problems.into_vec());
    }

    /// Bytes and media type; `None` for no body. `boundary` parts a multipart body.
    pub(super) fn write(self, body: &Value, boundary: &str) -> Result<Option<(Bytes, String)>, NodeError> {
        let written = match (self, body) {
            (_, Value::Null) => return Ok(None),
            (Self::Json, body) => (body.to_string().into(), "application/json".to_owned()),
            (Self::Text, body) => (text(body).into(), "text/plain; charset=utf-8".to_owned()),
            (Self::Xml, body) => (text(body).into(), "application/xml".to_owned()),
            (Self::Form, Value::Object(fields)) => {
                let pairs = fields.iter().flat_map(|(name, value)| values(value).map(move |value| (name, value)));
                let pairs: Vec<_> =
                    pairs.map(|(name, value)| format!("{}={}", form(name), form(&text(value)))).collect();
                (pairs.join("&").into(), "application/x-www-form-urlencoded".to_owned())
            }
            (Self::Multipart, Value::Object(fields)) => {
                let mut bytes = Vec::new();
                for (name, field) in fields {
                    values(field).try_for_each(|part| write_part(&mut bytes, boundary, name, part))?;
                }
                bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
                (bytes.into(), format!("multipart/form-data; boundary={boundary}"))
            }
            (kind, _) => {
                let message = format!("the body of a {} request is an object of names and values", kind.as_str());
                return Err(NodeError::new("http.body", message));
            }
        };
        Ok(Some(written))
    }
}

fn write_part(bytes: &mut Vec<u8>, boundary: &str, name: &str, part: &Value) -> Result<(), NodeError> {
    let member = |name: &str| part.get(name).map(text);
    let (value, file_name, content_type) = match part {
        Value::Object(members) if members.contains_key("value") => {
            (text(&part["value"]), member("file_name"), member("content_type"))
        }
        part => (text(part), None, None),
    };
    if content_type.as_ref().is_some_and(|text| text.chars().any(char::is_control)) {
        return Err(NodeError::new("http.body", format!("the content type of the part `{name}` is not one line")));
    }
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(name));
    if let Some(file_name) = file_name {
        head += &format!("; filename=\"{}\"", quoted(&file_name));
    }
    if let Some(content_type) = content_type {
        head += &format!("\r\nContent-Type: {content_type}");
    }
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes.extend_from_slice(value.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    Ok(())
}

/// As browsers write names in a multipart head.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn form(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace(' ', "+")
}

fn values(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    }
    .iter()
}

/// As in a template with other text around it: null is nothing, lists and objects are compact JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(kind: BodyType, body: &Value) -> (String, String) {
        let (bytes, media_type) = kind.write(body, "b").unwrap().unwrap();
        (String::from_utf8(bytes.to_vec()).unwrap(), media_type)
    }

    #[test]
    fn each_type_is_written_as_its_readers_expect() {
        assert_eq!(written(BodyType::Json, &json!({"a": [1, null]})).0, r#"{"a":[1,null]}"#);
        let (body, media_type) = written(BodyType::Form, &json!({"a b": "c&d=é", "list": [1, true], "none": null}));
        assert_eq!(
            (body.as_str(), media_type.as_str()),
            ("a+b=c%26d%3D%C3%A9&list=1&list=true&none=", "application/x-www-form-urlencoded")
        );
        assert_eq!(written(BodyType::Text, &json!({"a": 1})).0, r#"{"a":1}"#);
        assert_eq!(written(BodyType::Xml, &json!("<a/>")), ("<a/>".to_owned(), "application/xml".to_owned()));
        let (body, media_type) = written(
            BodyType::Multipart,
            &json!({"note": "hi", "file\"\r\n": {"value": "x,y", "file_name": "a.csv", "content_type": "text/csv"}}),
        );
        assert_eq!(media_type, "multipart/form-data; boundary=b");
        assert_eq!(
            body,
            "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n\
             --b\r\nContent-Disposition: form-data; name=\"file%22%0D%0A\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\nx,y\r\n\
             --b--\r\n"
        );
    }

    #[test]
    fn no_body_is_no_body_and_a_form_needs_names() {
        for kind in BodyType::ALL {
            assert_eq!(kind.write(&Value::Null, "b").unwrap(), None);
            assert_eq!(BodyType::named(kind.as_str()), Some(kind));
        }
        assert!(
            BodyType::Form.write(&json!([1]), "b").is_err() && BodyType::Multipart.write(&json!("x"), "b").is_err()
        );
        let split = json!({"a": {"value": "", "content_type": "text/plain\r\nX: y"}});
        assert!(BodyType::Multipart.write(&split, "b").is_err());
    }
}
