//! Answers as authors write them: shared by the Response node and the answer of an asynchronous webhook.

use domain::answer::{check_header_name, check_header_value};
use domain::flow::plan::AnswerTemplate;
use domain::value::Value;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::Compiler;

/// A header of the answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    /// Name of the header. Those that belong to the connection or to this server can't be set.
    pub name: String,
    /// Value of the header. Variables allowed.
    pub value: String,
}

/// `at` is where the answer stands in the config: `""`, or a field with a slash behind it.
pub(crate) fn compile(
    status: u16,
    headers: &[Header],
    body: &Value,
    at: &str,
    compiler: &mut Compiler<'_>,
) -> AnswerTemplate {
    let headers = headers.iter().enumerate().map(|(index, Header { name, value })| {
        if let Err(error) = check_header_name(name) {
            compiler.problem(&format!("{at}headers/{index}/name"), error.code(), error.to_string());
        }
        let field = format!("{at}headers/{index}/value");
        if let Some(error) = constant_parts(value).find_map(|part| check_header_value(name, part).err()) {
            compiler.problem(&field, error.code(), error.to_string());
        }
        (name.clone(), compiler.template(&field, value))
    });
    let headers = headers.collect();
    AnswerTemplate { status, headers, body: compiler.templated(&format!("{at}body"), body) }
}

/// What stands outside the braces and so is known before anything is rendered. What is rendered is judged then.
fn constant_parts(template: &str) -> impl Iterator<Item = &str> {
    let (first, rest) = template.split_once("{{").unwrap_or((template, ""));
    let behind = rest.split("{{").map(|part| part.split_once("}}").map_or("", |(_, behind)| behind));
    std::iter::once(first).chain(behind)
}

#[cfg(test)]
mod tests {
    use super::constant_parts;

    #[test]
    fn what_stands_outside_braces_is_constant() {
        assert_eq!(constant_parts("a{{ b }}c{{ d }}e").collect::<Vec<_>>(), ["a", "c", "e"]);
        assert_eq!(constant_parts("plain").collect::<String>(), "plain");
    }
}
