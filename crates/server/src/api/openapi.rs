//! `/api/openapi.json`: the description of the API, made from the handlers and their views.
//!
//! What every operation has in common is added here: who may call it, and how it says no.

use domain::token::Scope;
use serde_json::json;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Info, OpenApi, Ref, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};

/// Name of the only security scheme.
const TOKEN: &str = "token";

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(Problem)))]
struct Base;

/// Problem details (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is used")]
struct Problem {
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

/// The document before any path is in it.
pub(super) fn base() -> OpenApi {
    let mut document = Base::openapi();
    document.info = Info::new("Hookflow", env!("CARGO_PKG_VERSION"));
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    document.components.get_or_insert_with(Components::new).add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    document
}

/// Every operation asks for `scope`, and may answer with a problem.
pub(super) fn secure(document: &mut OpenApi, scope: Scope) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            operation.security = Some(vec![SecurityRequirement::new(TOKEN, [scope.as_str()])]);
            let refused = ResponseBuilder::new()
                .description("Refused, with the reason.")
                .content(crate::error::PROBLEM, problem.clone())
                .build();
            operation.responses.responses.insert("default".to_owned(), refused.into());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// JSON text of the document, as it is served and committed.
pub(super) fn text(document: &OpenApi) -> String {
    let value = serde_json::to_value(document).unwrap_or_else(|error| json!({ "error": error.to_string() }));
    format!("{value:#}\n")
}
