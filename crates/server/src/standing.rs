//! The headers that everything carries, so that nothing a flow answers can act in a browser as if it
//! were one of our own pages, and the one function that says what goes out for an answer.

use domain::answer::Answer;
use domain::id::ExecutionId;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) static EXECUTION: HeaderName = HeaderName::from_static("hookflow-execution");
static RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The same for raw bytes written around hyper.
pub(crate) const RAW: &str = "x-content-type-options: nosniff\r\n\
     content-security-policy: sandbox; default-src 'none'\r\n\
     cross-origin-resource-policy: same-origin\r\n\
     referrer-policy: no-referrer\r\n";

/// Room for these beside what an answer brings.
const COUNT: usize = 5;

/// On the public listener. Takes the place of what a flow may have set under these names.
pub(crate) fn seal(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(RESOURCE_POLICY.clone(), HeaderValue::from_static("same-origin"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// On the admin listener's API: nothing it answers is a page.
pub(crate) fn seal_api(headers: &mut HeaderMap) {
    seal(headers);
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    );
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Everything that goes out above the body of `answer`, but what hyper adds for the connection
/// (`date`, `content-length`, `connection`).
pub(crate) fn outgoing(answer: &Answer, execution: ExecutionId) -> HeaderMap {
    let mut headers = unsealed(answer, execution);
    seal(&mut headers);
    headers
}

/// The same before it is sealed, with room for that.
pub(crate) fn unsealed(answer: &Answer, execution: ExecutionId) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(answer.headers.len() + COUNT);
    for (name, value) in &answer.headers {
        // Both were checked when the answer was rendered; what is not legal here cannot go out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    name_execution(&mut headers, execution);
    headers
}

/// Tells the sender which execution its request became.
pub(crate) fn name_execution(headers: &mut HeaderMap, execution: ExecutionId) {
    if let Ok(id) = HeaderValue::try_from(execution.to_string()) {
        headers.insert(EXECUTION.clone(), id);
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    #[test]
    fn an_answer_goes_out_with_its_own_headers_and_ours() {
        let answer = Answer {
            status: 200,
            headers: vec![
                ("X-Got".into(), "a".into()),
                ("x-got".into(), "b".into()),
                ("X-Name".into(), "Zoë".into()),
                ("Content-Security-Policy".into(), "default-src *".into()),
                ("bad name".into(), "x".into()),
                ("X-Bad".into(), "a\r\nb: c".into()),
            ],
            body: bytes::Bytes::new(),
        };
        let execution = ExecutionId::new(Timestamp::from_micros(1), 1);
        let headers = outgoing(&answer, execution);
        assert_eq!(headers.get_all("x-got").iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(headers["x-name"].as_bytes(), "Zoë".as_bytes());
        assert_eq!(headers["hookflow-execution"], execution.to_string());
        let policies: Vec<_> = headers.get_all("content-security-policy").iter().collect();
        assert_eq!(policies, ["sandbox; default-src 'none'"]);
        assert!(!headers.contains_key("x-bad"));
    }

    #[test]
    fn raw_answers_carry_the_same_headers() {
        let mut headers = HeaderMap::new();
        seal(&mut headers);
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap())).collect();
        assert_eq!(lines, RAW);
    }
}
