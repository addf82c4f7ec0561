//! Which of a file's forms a browser gets, and whether it has it already (RFC 9110, 12.5.3 and 13.1.2).

use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};

use super::bundle::File;

/// The smallest form that is accepted; `None` for the file as it is.
pub(super) fn packed(file: &File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let forms = [("br", file.brotli), ("gzip", file.gzip)];
    let found = forms.into_iter().find_map(|(name, bytes)| Some((name, bytes.filter(|_| accepts(headers, name))?)));
    found.map_or((None, file.plain), |(name, bytes)| (Some(name), bytes))
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let mut any = false;
    for part in parts(headers, &ACCEPT_ENCODING) {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse::<f32>().ok());
        let wanted = weight.is_some_and(|weight| weight > 0.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case(encoding) => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

/// Whether the caller has what the tag stands for. Tags are compared weakly: a proxy may have weakened ours.
pub(super) fn has(headers: &HeaderMap, tag: &str) -> bool {
    parts(headers, &IF_NONE_MATCH).any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

fn parts<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const FILE: File = File { name: "a.js", tag: "1", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") };

    fn form(accepted: &[&str]) -> Option<&'static str> {
        let values = accepted.iter().map(|value| (ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap()));
        packed(&FILE, &values.collect()).0
    }

    #[test]
    fn the_smallest_form_that_is_accepted_is_sent() {
        for (accepted, expected) in [
            (&["gzip, deflate, br, zstd"][..], Some("br")),
            (&["gzip", "BR"], Some("br")),
            (&["gzip, deflate"], Some("gzip")),
            (&["br;q=0, gzip;q=0.5"], Some("gzip")),
            (&["br; q=0, *"], Some("gzip")),
            (&["*"], Some("br")),
            (&["*;q=0"], None),
            (&["identity"], None),
            (&["br;q=x"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(form(accepted), expected, "{accepted:?}");
        }
        let plain = File { brotli: None, gzip: None, ..FILE };
        assert_eq!(packed(&plain, &HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("br"))])).0, None);
    }

    #[test]
    fn a_tag_is_known_again() {
        let has = |given| has(&HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(given))]), "\"1-br\"");
        for given in ["\"1-br\"", "W/\"1-br\"", "\"2\", \"1-br\"", "*"] {
            assert!(has(given), "{given}");
        }
        for given in ["", "\"1\"", "\"1-gzip\"", "1-br"] {
            assert!(!has(given), "{given}");
        }
    }
}
