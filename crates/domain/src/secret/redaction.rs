//! Takes secrets out of what came back from outside.
//!
//! Found as they are (in any case), in hex, in base 64 of either alphabet wherever they begin in it, and all of
//! these under the escapes of URLs, forms and JSON, up to two inside each other; in hex and in base 64 also as they
//! are written into URLs, forms and JSON. What was changed in another way (cut short, hashed, encrypted, compressed,
//! wrapped into lines) cannot be told from anything else.

use std::ops::Range;

use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use memchr::memmem;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Map;
use zeroize::Zeroizing;

use super::view::View;
use super::{SecretName, SecretValue};
use crate::execution::journal::Failure;
use crate::value::Value;

/// What a form escapes, blanks aside.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');
/// What the WHATWG's URL standard escapes in a query, and in a path.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'^').add(b'`').add(b'{').add(b'}');

/// Some secrets, ready to be looked for. Not printed: it holds them.
#[derive(Default)]
pub struct Redaction {
    secrets: Vec<Wanted>,
}

struct Wanted {
    mark: String,
    /// In lower case, compared without regard to case.
    folded: Vec<Zeroizing<Vec<u8>>>,
    encoded: Vec<Base64>,
    /// It can come back as a number.
    digits: Option<Zeroizing<String>>,
}

/// The digits that hold nothing but bits of the secret.
struct Base64 {
    digits: Zeroizing<Vec<u8>>,
    /// The digit before, or behind, holds some of its bits, too.
    begins_before: bool,
    ends_behind: bool,
}

impl std::fmt::Debug for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redaction({} secrets)", self.secrets.len())
    }
}

impl Redaction {
    pub fn of<'s>(secrets: impl IntoIterator<Item = (&'s SecretName, &'s SecretValue)>) -> Self {
        Self { secrets: secrets.into_iter().map(|(name, value)| Wanted::new(name, value)).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Names of members are looked at, too.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(list) => list.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => self.members(members),
            Value::Number(number) => {
                let number = number.to_string();
                let holds =
                    |wanted: &&Wanted| wanted.digits.as_ref().is_some_and(|digits| number.contains(digits.as_str()));
                if let Some(wanted) = self.secrets.iter().find(holds) {
                    *value = Value::from(wanted.mark.as_str());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    pub fn failure(&self, failure: &mut Failure) {
        self.text(&mut failure.error.message);
        self.members(&mut failure.result);
    }

    pub fn text(&self, text: &mut String) {
        let mut found = Vec::new();
        for view in View::each(text) {
            let folded = view.bytes.to_ascii_lowercase();
            for wanted in &self.secrets {
                for form in &wanted.folded {
                    let at = memmem::find_iter(&folded, form.as_slice());
                    found.extend(at.map(|at| (view.place(at..at + form.len()), wanted)));
                }
                for form in &wanted.encoded {
                    found.extend(form.find_in(&view.bytes).map(|range| (view.place(range), wanted)));
                }
            }
        }
        if found.is_empty() {
            return;
        }
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for (range, wanted) in found {
            let (start, end) = (text.floor_char_boundary(range.start), text.ceil_char_boundary(range.end));
            if start >= done {
                clean.push_str(&text[done..start]);
                clean.push_str(&wanted.mark);
            }
            // What overlaps goes with what stands before it.
            done = done.max(end);
        }
        clean.push_str(&text[done..]);
        *text = clean;
    }

    fn members(&self, members: &mut Map<String, Value>) {
        let clean = |name: &String| {
            let mut clean = name.clone();
            self.text(&mut clean);
            clean
        };
        if members.keys().any(|name| clean(name) != *name) {
            *members = std::mem::take(members).into_iter().map(|(name, value)| (clean(&name), value)).collect();
        }
        members.values_mut().for_each(|member| self.value(member));
    }
}

impl Wanted {
    fn new(name: &SecretName, value: &SecretValue) -> Self {
        // Blanks at the ends of a header's value are lost on the way.
        let text = value.reveal().trim();
        let written = written(text);
        let hex = |text: &str| text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
        let mut folded = vec![text.to_ascii_lowercase().into_bytes()];
        folded.extend(written.iter().map(|text| hex(text)));
        if text.contains(' ') {
            folded.push(text.to_ascii_lowercase().replace(' ', "+").into_bytes());
        }
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        Self {
            mark: name.mark(),
            folded: folded.into_iter().map(Zeroizing::new).collect(),
            encoded: written
                .iter()
                .flat_map(|text| (0..3).flat_map(|shift| Base64::each(text.as_bytes(), shift)))
                .collect(),
            digits: is_number.then(|| Zeroizing::new(text.to_owned())),
        }
    }
}

/// As it is, and as it is written into JSON, the path and the query of a URL, and a form. For most secrets they are
/// the same.
fn written(text: &str) -> Vec<Zeroizing<String>> {
    let json = Value::from(text).to_string();
    let form = utf8_percent_encode(text, FORM).to_string().replace(' ', "+");
    let url = [PATH, QUERY].map(|set| utf8_percent_encode(text, set).to_string());
    let all = [text.to_owned(), json[1..json.len() - 1].to_owned(), form].into_iter().chain(url);
    let mut written: Vec<_> = all.map(Zeroizing::new).collect();
    written.sort_unstable_by(|one, other| one.as_str().cmp(other));
    written.dedup_by(|one, other| one.as_str() == other.as_str());
    written
}

impl Base64 {
    /// In each alphabet, with `shift` bytes before it.
    fn each(secret: &[u8], shift: usize) -> impl Iterator<Item = Self> {
        let bytes = Zeroizing::new([&[0; 2][..shift], secret].concat());
        let (first, end) = ((8 * shift).div_ceil(6), 8 * bytes.len() / 6);
        let (begins_before, ends_behind) = (shift > 0, 8 * bytes.len() % 6 > 0);
        let standard = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(&bytes));
        let for_urls = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(&bytes));
        let differs = standard != for_urls;
        [Some(standard), Some(for_urls).filter(|_| differs)].into_iter().flatten().map(move |text| Self {
            digits: Zeroizing::new(text.as_bytes()[first..end].to_vec()),
            begins_before,
            ends_behind,
        })
    }

    fn find_in<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(b));
        memmem::find_iter(bytes, self.digits.as_slice()).map(move |at| {
            let end = at + self.digits.len();
            let before = self.begins_before && at > 0 && is_digit(bytes.get(at - 1));
            let behind = self.ends_behind && is_digit(bytes.get(end));
            at - usize::from(before)..end + usize::from(behind)
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::execution::journal::NodeError;

    fn redaction(secrets: &[(&str, &str)]) -> Redaction {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), SecretValue::new((*value).to_owned()).unwrap()))
            .collect();
        Redaction::of(secrets.iter().map(|(name, value)| (name, value)))
    }

    fn clean(secret: &str, text: &str) -> String {
        let mut text = text.to_owned();
        redaction(&[("a", secret)]).text(&mut text);
        text
    }

    const SECRET: &str = "p@ss w/rd+\"é\\n€";

    #[test]
    fn every_form_of_an_echo_is_found() {
        let mark = "‹secret:a›";
        assert_eq!(clean(SECRET, &format!("x {SECRET} y {SECRET}")), format!("x {mark} y {mark}"));
        assert_eq!(clean("Sk-Live-0123", "host sk-live-0123.example"), format!("host {mark}.example"));
        let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
        assert_eq!(clean(SECRET, &format!("/a%20?k={percent}&b=%2")), format!("/a%20?k={mark}&b=%2"));
        assert_eq!(clean(SECRET, &percent.to_ascii_lowercase()), mark);
        let form = percent.replace("%20", "+");
        assert_eq!(clean(SECRET, &format!("k={form}")), format!("k={mark}"));
        let json = json!(SECRET).to_string();
        assert_eq!(clean(SECRET, &json), format!("\"{mark}\""));
        let ascii = r#"p@ss w\/rd+\"\u00e9\\n\u20AC"#;
        assert_eq!(clean(SECRET, &format!("\\q{{\"k\":\"{ascii}\"}}\\")), format!("\\q{{\"k\":\"{mark}\"}}\\"));
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(clean(SECRET, &format!("00{hex}ff")), format!("00{mark}ff"));
        let beyond = "\u{1f600}\u{1f600}";
        assert_eq!(clean(beyond, r"\ud83d\ude00\ud83d\ude00 \ud83d"), format!(r"{mark} \ud83d"));
    }

    #[test]
    fn base_64_is_found_wherever_the_secret_begins_in_it() {
        for (before, after) in [("", ""), ("u:", ""), ("us:", "x"), ("user:", "xy"), ("é", "tail"), ("user", "=")] {
            let bytes = format!("{before}{SECRET}{after}");
            for text in [BASE64_STANDARD.encode(&bytes), BASE64_URL_SAFE_NO_PAD.encode(&bytes)] {
                let escaped = text.replace('+', "%2B").replace('/', "%2F");
                let in_json = text.replace('/', "\\/");
                for text in [format!("Basic {text}"), format!("k={escaped}&"), format!("\"{in_json}\"")] {
                    let clean = clean(SECRET, &text);
                    assert!(clean.contains("‹secret:a›") && clean.len() < text.len(), "{text}: {clean}");
                }
            }
        }
    }

    #[test]
    fn a_value_is_clean_in_every_corner() {
        let redaction = redaction(&[("a", "hunter2hunter2"), ("pin", "12345678")]);
        let mut value = json!({
            "hunter2hunter2": [1, {"x": "a hunter2hunter2"}, 12_345_678, 123_456_789, true, null], "b": {"c": "d"}
        });
        redaction.value(&mut value);
        assert_eq!(
            value,
            json!({"‹secret:a›": [1, {"x": "a ‹secret:a›"}, "‹secret:pin›", "‹secret:pin›", true, null], "b": {"c": "d"}})
        );
        let mut failure = Failure::passing(NodeError::new("http.connect", "no hunter2hunter2.example"));
        failure.result.insert("body".to_owned(), json!("hunter2hunter2"));
        redaction.failure(&mut failure);
        assert_eq!(failure.error.message, "no ‹secret:a›.example");
        assert_eq!(failure.result["body"], "‹secret:a›");
        assert_eq!(format!("{redaction:?}"), "Redaction(2 secrets)");
    }

    #[test]
    fn a_secret_inside_another_leaves_nothing_of_either() {
        let redaction = redaction(&[("part", "sk_live_"), ("whole", "sk_live_0123456789"), ("end", "3456789-tail")]);
        let mut text = "<sk_live_0123456789-tail>".to_owned();
        redaction.text(&mut text);
        assert_eq!(text, "<‹secret:whole›>");
    }

    proptest! {
        /// Whatever the secret and whatever stands around it: no form of it is left, and all else stays.
        #[test]
        fn nothing_of_a_secret_is_left(
            secret in "[ -~é€]{8,20}",
            before in "[a-z{}\\[\\]:,<>]{0,5}",
            after in "[a-z{}\\[\\]:,<>]{0,5}",
        ) {
            prop_assume!(secret.trim().len() >= 8);
            let secret = secret.trim();
            let forms = [
                secret.to_owned(),
                utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
                json!(secret).to_string().strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap().to_owned(),
            ];
            for form in forms {
                let text = clean(secret, &format!("{before}{form}{after}"));
                prop_assert!(text.contains("‹secret:a›"), "{text}");
                prop_assert!(!text.contains(&form), "{text}");
            }
            let text = clean(secret, &BASE64_STANDARD.encode(format!("{before}{secret}{after}")));
            prop_assert!(text.contains("‹secret:a›"), "{text}");
        }

        #[test]
        fn what_holds_no_secret_stays_as_it_is(text in ".{0,60}") {
            prop_assert_eq!(clean("a secret that is nowhere", &text), text);
        }
    }
}
