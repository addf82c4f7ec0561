//! What a body says it is: `Content-Type` and `Content-Encoding`.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Encoding {
    /// As `Content-Encoding` has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// RFC 9110 8.4.1: names without regard to case, `x-gzip` is `gzip`.
    fn named(name: &str) -> Option<Self> {
        const NAMES: [(&str, Encoding); 5] = [
            ("gzip", Encoding::Gzip),
            ("x-gzip", Encoding::Gzip),
            ("deflate", Encoding::Deflate),
            ("br", Encoding::Brotli),
            ("zstd", Encoding::Zstd),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, encoding)| *encoding)
    }
}

/// Whether exactly one `Content-Type` says JSON. Parameters do not matter: JSON is UTF-8.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(value), None) => value.to_str().is_ok_and(is_json_type),
        _ => false,
    }
}

fn is_json_type(value: &str) -> bool {
    let essence = value.split(';').next().unwrap_or(value).trim_ascii();
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
    is_token(kind)
        && is_token(subtype)
        && (essence.eq_ignore_ascii_case("application/json") || ends_with_json_suffix(subtype))
}

/// RFC 6839: `application/vnd.api+json`.
fn ends_with_json_suffix(subtype: &str) -> bool {
    let at = subtype.len().checked_sub("+json".len());
    at.and_then(|at| subtype.get(at..)).is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json"))
}

/// RFC 9110 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `None` for one we do not know, and for several on top of each other.
pub(crate) fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let mut found = Encoding::Identity;
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.to_str().ok()?.split(',').map(str::trim_ascii) {
            if name.is_empty() || name.eq_ignore_ascii_case("identity") {
                continue;
            }
            if found != Encoding::Identity {
                return None;
            }
            found = Encoding::named(name)?;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn json_is_told_from_everything_else() {
        for json in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"a;b\"",
            " application/json ",
            "application/vnd.api+json",
            "application/problem+JSON; a=b",
            "image/x+json",
        ] {
            assert!(is_json(&headers(CONTENT_TYPE, &[json])), "{json}");
        }
        for other in [
            "",
            "json",
            "/json",
            "application/",
            "text/json",
            "text/plain",
            "application/jsonp",
            "application/json-seq",
            "application/x-www-form-urlencoded",
            "application/json, text/plain",
            "application/ json",
            "application/é+json",
            "+json",
        ] {
            assert!(!is_json(&headers(CONTENT_TYPE, &[other])), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
        assert!(!is_json(&headers(CONTENT_TYPE, &["application/json", "application/json"])));
    }

    #[test]
    fn one_known_encoding_is_understood() {
        let cases: &[(&[&str], Option<Encoding>)] = &[
            (&[], Some(Encoding::Identity)),
            (&[""], Some(Encoding::Identity)),
            (&["identity"], Some(Encoding::Identity)),
            (&["gzip"], Some(Encoding::Gzip)),
            (&["X-GZip"], Some(Encoding::Gzip)),
            (&["deflate"], Some(Encoding::Deflate)),
            (&["identity, br"], Some(Encoding::Brotli)),
            (&[" zstd ,"], Some(Encoding::Zstd)),
            (&["gzip, gzip"], None),
            (&["gzip", "br"], None),
            (&["compress"], None),
            (&["*"], None),
            (&["gzip;q=1"], None),
        ];
        for (values, expected) in cases {
            assert_eq!(encoding(&headers(CONTENT_ENCODING, values)), *expected, "{values:?}");
        }
    }
}
