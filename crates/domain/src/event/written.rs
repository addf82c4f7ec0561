//! A request that a person wrote: held to what an endpoint would have accepted.
//!
//! Not here: the type its body claims to be. A written body is JSON or refused, whatever a header says.

use bytes::Bytes;

use super::body::{self, BodyError, Checked};
use super::headers;
use crate::flow::suggest::quoted;

/// A request that was written rather than received. [`Default`] is an empty POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRequest {
    pub method: String,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// Without the `?`.
    pub query_string: String,
    /// Empty or JSON.
    pub body: Bytes,
}

impl Default for WrittenRequest {
    fn default() -> Self {
        Self { method: "POST".to_owned(), headers: Vec::new(), query_string: String::new(), body: Bytes::new() }
    }
}

/// What a written request may be at most: as much as the listener takes.
#[derive(Debug, Clone, Copy)]
pub struct WrittenLimits {
    /// Bytes of query and headers together.
    pub head_bytes_max: usize,
    pub body_bytes_max: usize,
    pub body_depth_max: usize,
}

/// Why no endpoint would have accepted it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrittenError {
    #[error("the method must be `POST`, the only one that endpoints take, not {}", quoted(.0))]
    Method(String),
    #[error("{} is no header name: those are made of letters, digits and !#$%&'*+-.^_`|~", quoted(.0))]
    HeaderName(String),
    #[error("the value of the header {} holds a line break or another control character", quoted(.0))]
    HeaderValue(String),
    #[error(
        "the query holds {character:?}, which cannot stand there; write it as `%{:02X}`",
        u32::from(*character)
    )]
    Query { character: char },
    #[error("query and headers are larger than {max} bytes")]
    HeadTooLarge { max: usize },
    #[error("the body is larger than {max} bytes")]
    BodyTooLarge { max: usize },
    #[error(transparent)]
    Body(#[from] BodyError),
}

impl WrittenRequest {
    /// Holds it to the rules and makes its headers look as those that came in do.
    pub fn check(&mut self, limits: &WrittenLimits) -> Result<Checked, WrittenError> {
        if self.method != "POST" {
            return Err(WrittenError::Method(self.method.clone()));
        }
        let mut head_bytes = self.query_string.len();
        for (name, value) in &mut self.headers {
            if !headers::is_name(name) {
                return Err(WrittenError::HeaderName(name.clone()));
            }
            if !headers::is_value(value) {
                return Err(WrittenError::HeaderValue(name.clone()));
            }
            head_bytes += name.len() + value.len();
            name.make_ascii_lowercase();
            let trimmed = value.trim_matches([' ', '\t']);
            if trimmed.len() != value.len() {
                *value = trimmed.to_owned();
            }
        }
        let never = |c: &char| c.is_ascii_control() || [' ', '#'].contains(c);
        if let Some(character) = self.query_string.chars().find(never) {
            return Err(WrittenError::Query { character });
        }
        if head_bytes > limits.head_bytes_max {
            return Err(WrittenError::HeadTooLarge { max: limits.head_bytes_max });
        }
        if self.body.len() > limits.body_bytes_max {
            return Err(WrittenError::BodyTooLarge { max: limits.body_bytes_max });
        }
        Ok(body::check(&self.body, limits.body_depth_max)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: WrittenLimits = WrittenLimits { head_bytes_max: 40, body_bytes_max: 20, body_depth_max: 2 };

    fn with_header(name: &str, value: &str) -> WrittenRequest {
        WrittenRequest { headers: vec![(name.to_owned(), value.to_owned())], ..WrittenRequest::default() }
    }

    fn with_body(body: &'static str) -> WrittenRequest {
        WrittenRequest { body: body.into(), ..WrittenRequest::default() }
    }

    fn refused(mut request: WrittenRequest) -> String {
        request.check(&LIMITS).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_post_and_what_fits_pass_as_if_they_had_come_in() {
        assert_eq!(WrittenRequest::default().check(&LIMITS).unwrap().nodes, 0);
        let mut request = with_header("X-Got", " a\tb é ");
        request.query_string = "a[b]=1&c=%20".to_owned();
        request.body = r#"{"a":[1]}"#.into();
        assert_eq!(request.check(&LIMITS).unwrap().nodes, 3);
        assert_eq!(request.headers, [("x-got".to_owned(), "a\tb é".to_owned())]);
    }

    #[test]
    fn what_no_endpoint_accepts_is_refused_with_a_sentence() {
        let get = WrittenRequest { method: "get".to_owned(), ..WrittenRequest::default() };
        let query = |query: &str| WrittenRequest { query_string: query.to_owned(), ..WrittenRequest::default() };
        let cases = [
            (get, "the method must be `POST`, the only one that endpoints take, not `get`"),
            (with_header("a b", ""), "`a b` is no header name"),
            (with_header("", ""), "is no header name"),
            (with_header("x-a", "1\r\nx-b: 2"), "the value of the header `x-a` holds a line break"),
            (query("a=b c"), "the query holds ' ', which cannot stand there; write it as `%20`"),
            (query("a#b"), "the query holds '#', which cannot stand there; write it as `%23`"),
            (query("a\nb"), "write it as `%0A`"),
            (query(&"a".repeat(41)), "query and headers are larger than 40 bytes"),
            (with_header("x-long", &"a".repeat(35)), "query and headers are larger than 40 bytes"),
            (with_body(r#""12345678901234567890""#), "the body is larger than 20 bytes"),
            (with_body("{"), "the body is not JSON"),
            (with_body("[[[1]]]"), "the body nests deeper than 2, at line 1 column 3"),
        ];
        for (request, sentence) in cases {
            let said = refused(request.clone());
            assert!(said.contains(sentence), "{request:?}: {said}");
        }
    }
}
