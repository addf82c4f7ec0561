//! `/api/openapi.json`: the description of the API, made from the handlers and their views.
//!
//! What every operation has in common is added here: where it stands, who may call it, how it says no.

use std::collections::BTreeSet;

use domain::answer::SESSION_COOKIE;
use domain::token::Scope;
use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, ContentBuilder, Info, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};

use super::schema;
use crate::error::PROBLEM;

/// Where the operations stand.
pub(super) const ROOT: &str = "/api/v1";
/// Names of the security schemes: programs, people.
const TOKEN: &str = "token";
const SESSION: &str = "session";
/// Where schemas with a name stand in the document.
const SCHEMAS: &str = "#/components/schemas/";

#[derive(utoipa::OpenApi)]
// What only parameters name is not found by itself.
#[openapi(
    components(schemas(Problem, super::schema::EditTag, super::schema::Statuses)),
    tags(
        (name = "workflows", description = "What an author edits; each owns one URL."),
        (name = "drafts", description = "The editable flow of a workflow. Publishing makes it a revision."),
        (name = "revisions", description = "Published flows, numbered and never changed. The live one answers."),
        (name = "documents", description = "Whole workflows as they stand in workflow files."),
        (name = "samples", description = "Requests that are kept to try a workflow with."),
        (name = "executions", description = "What has run, and running it: tests, replays, cancelling."),
        (name = "requests", description = "Every request to an endpoint, refused ones with their cause."),
        (name = "live", description = "What happens, as it happens."),
        (name = "nodes", description = "What flows can be made of."),
        (name = "parse", description = "Which paths a sample request has."),
        (name = "people", description = "Who may log in, and being logged in."),
        (name = "secrets", description = "Stored values that are never shown again."),
        (name = "settings", description = "What is in force, and how the server is."),
        (name = "tokens", description = "What programs show to use this API.")
    )
)]
struct Base;

const DESCRIPTION: &str = "\
Hookflow receives webhooks, runs a workflow for each and answers the caller. This is everything else: making \
workflows, looking at what ran, running it again.

Programs send `Authorization: Bearer <token>`; the `security` of an operation names the scope that the token needs: \
`read`, `operate` (test, replay, cancel), `author` (change workflows and secrets) or `admin` (tokens, users). No scope holds another, \
but `admin` holds all. `hookflow token create` makes tokens; the one in the data folder's `admin.token` may do everything. \
Browsers send the cookie that `login` sets instead; the user's role has scopes: `viewer` has `read`, `editor` all but \
`admin`, `admin` all. On https the cookie's name is `__Host-hookflow_session`. What a browser changes must come from \
this server's own pages, by `Sec-Fetch-Site` or `Origin`, or it is answered 403 `csrf`.

`{key}` is a workflow's key, the last part of its URL, or its `wf_…` id, which stays when the key is rotated. Lists are \
`{\"items\": […], \"next_cursor\": …}`, newest first; give `next_cursor` back as `cursor` for the next page, until it \
is null. Times are RFC 3339 in UTC with microseconds. Errors are problem details (RFC 9457): `code` is for programs \
and stable, `detail` is for people.";

/// Problem details (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
pub(super) struct Problem {
    /// `about:blank`.
    #[schema(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    /// Stable, for programs.
    code: String,
    /// For people.
    detail: String,
}

/// A problem with everything that is wrong with a document.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
pub(super) struct InvalidDocument {
    #[serde(flatten)]
    problem: Problem,
    /// There with `workflow.invalid`; pointers lead into the document that was sent, or into the draft.
    #[schema(nullable = false)]
    errors: Option<Vec<schema::DocumentProblem>>,
}

/// The problem of a save that came too late.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
pub(super) struct DraftConflict {
    #[serde(flatten)]
    problem: Problem,
    /// What the draft is at.
    edit: u32,
    /// What the save was made from.
    your_edit: u32,
}

/// The whole document, from operations with paths below [`ROOT`].
pub(super) fn document(operations: OpenApi) -> OpenApi {
    let mut document = Base::openapi();
    document.info = Info::new("Hookflow", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(DESCRIPTION.to_owned());
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let session = ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE));
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(session));
    document.nest(ROOT, operations)
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody.
    Open,
    /// Whoever has a token or a session, whatever it allows.
    Known,
    Scope(Scope),
}

impl Access {
    fn security(self) -> Vec<SecurityRequirement> {
        let scopes: &[&str] = match &self {
            Self::Open => return Vec::new(),
            Self::Known => &[],
            Self::Scope(scope) => &[scope.as_str()],
        };
        [TOKEN, SESSION].map(|scheme| SecurityRequirement::new(scheme, scopes.iter().copied())).into()
    }
}

/// Every operation says who is let in, and may answer with a problem.
pub(super) fn secure(document: &mut OpenApi, access: Access) {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            operation.security = Some(access.security());
            for (status, why) in refusals(operation, access) {
                let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                let refused = ResponseBuilder::new().description(why).content(PROBLEM, problem).build();
                operation.responses.responses.entry(status.to_owned()).or_insert_with(|| refused.into());
            }
        }
    }
}

/// How an operation of its form can say no, beside what it says of itself.
fn refusals(operation: &Operation, access: Access) -> Vec<(&'static str, &'static str)> {
    let takes = |place: &ParameterIn| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == *place,
            RefOr::Ref(_) => false,
        })
    };
    let has_body = operation.request_body.is_some();
    let mut refusals = match access {
        Access::Open => vec![("403", "The request comes from another page.")],
        Access::Known => vec![
            ("401", "Token or session is missing, unknown or has expired."),
            ("403", "The request comes from another page."),
        ],
        Access::Scope(_) => vec![
            ("401", "Token or session is missing, unknown or has expired."),
            ("403", "Token or role lacks the scope, or the request comes from another page."),
        ],
    };
    refusals.extend([
        ("500", "Something went wrong in the server; its log says what."),
        ("503", "Not now; try again after Retry-After seconds."),
    ]);
    if has_body || takes(&ParameterIn::Query) {
        refusals.push(("400", "A parameter or the body cannot be read."));
    }
    if takes(&ParameterIn::Path) || takes(&ParameterIn::Query) {
        refusals.push(("404", "There is no such thing."));
    }
    if has_body {
        refusals.push(("408", "The body took too long to arrive."));
        refusals.push(("413", "The body is too large."));
        refusals.push(("415", "The body is not application/json, or packed."));
    }
    refusals
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// JSON text of the document, as it is served and committed.
pub(super) fn text(document: &OpenApi) -> String {
    let mut value = serde_json::to_value(document).unwrap_or_else(|error| json!({ "error": error.to_string() }));
    complete(&mut value);
    format!("{value:#}\n")
}

/// Makes up for what the macros cannot say.
fn complete(document: &mut Value) {
    let asked = asked(document);
    every(&mut document["paths"], &mut |value| {
        for parameter in value.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            never_null(&mut parameter["schema"]);
            say_range(&mut parameter["schema"]);
        }
    });
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let names: BTreeSet<_> = schemas.keys().cloned().collect();
    for (name, schema) in schemas {
        // `Page_WorkflowItem` holds items that have a name, so it can say the name.
        if let Some((_, item)) = name.split_once('_').filter(|(_, item)| names.contains(*item)) {
            schema["properties"]["items"]["items"] = json!({ "$ref": format!("{SCHEMAS}{item}") });
        }
        // A body has one form.
        if name == "WrittenEvent" {
            let text = json!({ "type": "string" });
            let both = json!({ "body": text, "body_base64": text });
            schema["not"] = json!({ "required": ["body", "body_base64"], "properties": both });
        }
        every(schema, &mut |schema| {
            if !asked.contains(name) {
                require_nullable(schema);
            }
            say_range(schema);
        });
    }
}

fn every(value: &mut Value, change: &mut impl FnMut(&mut Value)) {
    change(value);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| every(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| every(member, change)),
        _ => {}
    }
}

/// `int32` would be wrong for the `u32` that it stands for: `minimum` and `maximum` say how large it is.
fn say_range(schema: &mut Value) {
    let Some(members) = schema.as_object_mut().filter(|members| members.contains_key("minimum")) else { return };
    if members.remove("format").is_some_and(|format| format == "int32") {
        members.entry("maximum").or_insert(json!(u32::MAX));
    }
}

/// A parameter is left out rather than null: its text would be `null`.
fn never_null(schema: &mut Value) {
    let null = json!("null");
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|of| *of != null);
    }
    let mut choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    if let Some(only) = choices.find(|choice| choice["type"] != null).cloned() {
        *schema = only;
    }
}

/// In an answer every member that can be null is there: what may be absent is never null.
fn require_nullable(schema: &mut Value) {
    let Some(members) = schema.get("properties").and_then(Value::as_object) else { return };
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
    let required = members.iter().filter(|(name, member)| is_required(name) || can_be_null(member));
    let required: Vec<_> = required.map(|(name, _)| json!(name)).collect();
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
}

fn can_be_null(schema: &Value) -> bool {
    let null = json!("null");
    schema["type"] == null
        || schema["type"].as_array().is_some_and(|types| types.contains(&null))
        || schema["oneOf"].as_array().is_some_and(|schemas| schemas.iter().any(can_be_null))
}

/// Names of the schemas that stand in requests.
fn asked(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = Vec::new();
    for operation in
        document["paths"].as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object()).flatten()
    {
        named(&operation.1["requestBody"], &mut left);
    }
    while let Some(name) = left.pop() {
        if found.insert(name.clone()) {
            named(&document["components"]["schemas"][&name], &mut left);
        }
    }
    found
}

/// Adds the names of schemas that `value` refers to.
fn named(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| named(item, names)),
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            names.extend(reference.and_then(|path| path.strip_prefix(SCHEMAS)).map(str::to_owned));
            members.values().for_each(|member| named(member, names));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Value {
        serde_json::from_str(&super::super::description()).unwrap()
    }

    #[test]
    fn every_name_leads_to_a_schema() {
        let document = described();
        let mut names = Vec::new();
        named(&document, &mut names);
        assert!(names.len() > 50);
        for name in names {
            assert!(document["components"]["schemas"][&name].is_object(), "{name}");
        }
    }

    #[test]
    fn every_group_is_explained() {
        let document = described();
        let explained: BTreeSet<_> =
            document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).map(Value::to_string).collect();
        let paths = document["paths"].as_object().unwrap().values().filter_map(Value::as_object);
        let used: BTreeSet<_> =
            paths.flat_map(|item| item.values()).map(|operation| operation["tags"][0].to_string()).collect();
        assert_eq!(explained, used);
    }

    #[test]
    fn whatever_is_a_list_has_a_cursor() {
        let document = described();
        for (path, item) in document["paths"].as_object().unwrap() {
            let operation = &item["get"];
            if operation["operationId"].as_str().is_some_and(|name| name.ends_with("_list") && name != "node_list") {
                let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
                assert!(answer.as_str().unwrap().starts_with("#/components/schemas/Page_"), "{path}: {answer}");
            }
        }
    }

    #[test]
    fn answers_hold_every_member_and_requests_may_leave_some_out() {
        let schemas = described()["components"]["schemas"].clone();
        let required = |name: &str| {
            let mut names: Vec<_> = schemas[name]["required"].as_array().unwrap().clone();
            names.sort_by_key(Value::to_string);
            names
        };
        assert!(required("ExecutionItem").contains(&json!("finished_at")));
        assert_eq!(required("Page_ExecutionItem"), [json!("items"), json!("next_cursor")]);
        assert_eq!(
            schemas["Page_ExecutionItem"]["properties"]["items"]["items"]["$ref"],
            "#/components/schemas/ExecutionItem"
        );
        assert_eq!(required("Apply"), [json!("documents")]);
        assert_eq!(schemas["Apply"]["additionalProperties"], false);
        assert_eq!(schemas["Retention"].get("required"), None, "what is absent is the server's setting");
    }
}
