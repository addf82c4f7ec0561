//! What the caller gets back: answers of a flow, and the problem details that stand in for one.
//!
//! A header that comes out of a template is judged again once it is rendered: what an author may not
//! write, a request may not smuggle in. Nothing is ever repaired or cut, it fails with `answer.header_value`.
//!
//! Not here: headers that everything carries (`server`), where an author writes answers (`nodes`).

mod headers;

use bytes::Bytes;
use serde_json::json;

use crate::execution::journal::NodeError;
use crate::execution::status::End;
use crate::flow::plan::AnswerTemplate;
use crate::id::ExecutionId;
use crate::template::Missing;
use crate::template::place::Place;
use crate::template::scope::Scope;
use crate::value::Value;

pub use headers::{
    HEADER_VALUE_MAX, HeaderError, SESSION_COOKIE, SESSION_COOKIE_HTTPS, check_header_name, check_header_value,
    session_cookie,
};

/// An HTTP answer as the flow decided it. The headers that everything carries are added by the listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200 to 599.
    pub status: u16,
    /// Names as the author wrote them.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl AnswerTemplate {
    /// `at` is where the answer stands in the node's config (`""`: it is the config), for notes and errors.
    /// Errors: `template.failed`, `answer.header_value`.
    pub fn render(&self, scope: &Scope<'_>, at: &str, missing: &mut Vec<Missing>) -> Result<Answer, NodeError> {
        let at = &Place::Start(at);
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        for index in 0..self.headers.len() {
            headers.push((self.headers[index].0.clone(), self.header_value(index, scope, at, missing)?));
        }
        let body = self.body.render_at(scope, &Place::Key(at, "body"), missing, &mut Vec::new())?;
        Ok(Answer::of(self.status, headers, body))
    }

    /// For an answer that must go out: a header value or body that fails goes out empty, with a note why.
    pub fn render_leniently(&self, scope: &Scope<'_>, notes: &mut Vec<String>) -> Answer {
        const AT: &Place<'_> = &Place::Start("/answer");
        let mut missing = Vec::new();
        let mut note = |error: NodeError| notes.push(format!("the answer: {error}"));
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        for index in 0..self.headers.len() {
            let value = self.header_value(index, scope, AT, &mut missing).map_err(&mut note).unwrap_or_default();
            headers.push((self.headers[index].0.clone(), value));
        }
        let body = self.body.render_at(scope, &Place::Key(AT, "body"), &mut missing, &mut Vec::new());
        let body = body.map_err(NodeError::from);
        Answer::of(self.status, headers, body.map_err(note).unwrap_or_else(|()| "".into()))
    }

    fn header_value(
        &self,
        index: usize,
        scope: &Scope<'_>,
        at: &Place<'_>,
        missing: &mut Vec<Missing>,
    ) -> Result<String, NodeError> {
        let (name, value) = &self.headers[index];
        let list = Place::Key(at, "headers");
        let header = Place::Index(&list, index);
        let at = Place::Key(&header, "value");
        let value = value.render_text_at(scope, &at, missing)?;
        check_header_value(name, &value)
            .map_err(|error| NodeError::new(error.code(), format!("the header at {at} failed: {error}")))?;
        Ok(value)
    }
}

impl Answer {
    /// Text goes out as it is, null as nothing, anything else as JSON; the type is told unless `headers` do.
    fn of(status: u16, mut headers: Vec<(String, String)>, body: Value) -> Self {
        let (body, content_type) = match body {
            // These have no body by definition (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
            _ if matches!(status, 204 | 205 | 304) => (Bytes::new(), None),
            Value::Null => (Bytes::new(), None),
            Value::String(text) => (text.into(), Some("text/plain; charset=utf-8")),
            other => (other.to_string().into(), Some("application/json")),
        };
        let told = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if let Some(content_type) = content_type.filter(|_| !told) {
            headers.push(("Content-Type".to_owned(), content_type.to_owned()));
        }
        Self { status, headers, body }
    }

    /// Problem details (RFC 9457). `title` is the status in words; `extra` members follow the standard ones.
    pub fn problem(status: u16, code: &str, title: &str, detail: &str, extra: &[(&str, Value)]) -> Self {
        // `about:blank`: what kind of problem it is stands in `code`, which is the same wherever the docs are.
        let standard = [
            ("type", json!("about:blank")),
            ("title", json!(title)),
            ("status", json!(status)),
            ("code", json!(code)),
            ("detail", json!(detail)),
        ];
        let body = standard.iter().chain(extra).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), "application/problem+json".to_owned())],
            body: Value::Object(body).to_string().into(),
        }
    }

    /// What the caller of a synchronous workflow gets when no Response node was reached. Says nothing of the inside.
    pub fn for_end(end: End, execution: ExecutionId) -> Self {
        let (status, code, title, detail) = match end {
            End::Succeeded => return Self { status: 200, headers: Vec::new(), body: Bytes::new() },
            End::Failed | End::Error => (500, "execution.failed", "Internal Server Error", "The workflow failed."),
            End::TimedOut => (408, "execution.timed_out", "Request Timeout", "The workflow did not end in time."),
            End::Cancelled => (500, "execution.cancelled", "Internal Server Error", "The workflow was cancelled."),
        };
        Self::problem(status, code, title, detail, &[("execution", json!(execution))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problems;
    use crate::template::{Template, Templated};
    use crate::testing::evaluator::NoExpressions;
    use crate::testing::world::World;
    use crate::time::Timestamp;

    fn content_type(answer: &Answer) -> Option<&str> {
        answer
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.as_str())
    }

    #[test]
    fn the_body_decides_the_content_type_unless_the_author_did() {
        let cases = [
            (json!("ok"), "ok", Some("text/plain; charset=utf-8")),
            (json!(null), "", None),
            (
                json!({"a": [1, 18_446_744_073_709_551_615_u64]}),
                r#"{"a":[1,18446744073709551615]}"#,
                Some("application/json"),
            ),
            (json!(false), "false", Some("application/json")),
        ];
        for (body, bytes, expected) in cases {
            let answer = Answer::of(200, Vec::new(), body);
            assert_eq!((&answer.body[..], content_type(&answer)), (bytes.as_bytes(), expected));
        }
        let answer = Answer::of(200, vec![("CONTENT-TYPE".to_owned(), "text/csv".to_owned())], json!("a,b"));
        assert_eq!(answer.headers, [("CONTENT-TYPE".to_owned(), "text/csv".to_owned())]);
    }

    #[test]
    fn statuses_without_a_body_have_none() {
        for status in [204, 205, 304] {
            assert_eq!(
                Answer::of(status, Vec::new(), json!("x")),
                Answer { status, headers: vec![], body: Bytes::new() }
            );
        }
    }

    #[test]
    fn ends_say_what_the_caller_may_know_and_no_more() {
        let execution = ExecutionId::new(Timestamp::from_micros(1), 1);
        assert_eq!(
            Answer::for_end(End::Succeeded, execution),
            Answer { status: 200, headers: vec![], body: Bytes::new() }
        );
        for (end, status, code) in [
            (End::Failed, 500, "execution.failed"),
            (End::Error, 500, "execution.failed"),
            (End::TimedOut, 408, "execution.timed_out"),
            (End::Cancelled, 500, "execution.cancelled"),
        ] {
            let answer = Answer::for_end(end, execution);
            assert_eq!((answer.status, content_type(&answer)), (status, Some("application/problem+json")));
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!((&body["status"], &body["code"]), (&json!(status), &json!(code)));
            assert_eq!(body["execution"], execution.to_string());
        }
        let failed = Answer::for_end(End::Failed, execution);
        assert_eq!(failed, Answer::for_end(End::Error, execution), "a caller can't tell a no from a bug");
    }

    fn template(headers: &[(&str, &str)], body: Value) -> AnswerTemplate {
        let mut problems = Problems::new();
        let mut template = |text: &str| Template::parse(text, "", &NoExpressions, &mut problems);
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), template(value))).collect();
        let body = Templated::parse(&body, "", &NoExpressions, &mut problems);
        assert!(problems.is_empty());
        AnswerTemplate { status: 201, headers, body }
    }

    fn render(headers: &[(&str, &str)], body: Value, request: Value) -> Result<Answer, NodeError> {
        template(headers, body).render(&World::with_body(request).scope(), "/answer", &mut Vec::new())
    }

    #[test]
    fn an_answer_carries_what_the_request_holds() {
        let answer = render(
            &[("X-Got", "order {{ trigger.body.id }}")],
            json!({"got": "{{ trigger.body.id }}"}),
            json!({"id": 7}),
        );
        let headers =
            [("X-Got", "order 7"), ("Content-Type", "application/json")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(answer, Ok(Answer { status: 201, headers: headers.to_vec(), body: r#"{"got":7}"#.into() }));
    }

    #[test]
    fn what_a_request_smuggles_into_a_header_fails_and_says_where() {
        for (name, value) in
            [("X", json!("a\r\nSet-Cookie: b")), ("X", json!("\0")), ("Set-Cookie", json!("hookflow_session=1"))]
        {
            let error =
                render(&[("Y", "y"), (name, "{{ trigger.body.v }}")], json!(null), json!({"v": value})).unwrap_err();
            assert_eq!(error.code, "answer.header_value");
            assert!(error.message.contains("/answer/headers/1/value"), "{error}");
        }
        let long = json!({"v": "x".repeat(HEADER_VALUE_MAX + 1)});
        assert!(render(&[("X", "{{ trigger.body.v }}")], json!(null), long).is_err());
    }

    #[test]
    fn an_answer_that_must_go_out_leaves_out_what_fails_and_says_so() {
        let template = template(&[("X", "{{ trigger.body.v }}"), ("Y", "y")], json!("{{ trigger.body.v }}"));
        let mut notes = Vec::new();
        let answer = template.render_leniently(&World::with_body(json!({"v": "a\nb"})).scope(), &mut notes);
        assert_eq!(&answer.headers[..2], [("X", ""), ("Y", "y")].map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(&answer.body[..], b"a\nb");
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("/answer/headers/0/value"), "{notes:?}");
    }
}
