//! `parse`: the list of variables a sample request offers, and what it changes in the list there is.

use domain::event::sample::{self, Declared, ParsedAgain, Row, SamplePath};
use domain::value::{Type, Value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::Document;
use super::json::Json;
use super::openapi::Problem;
use super::schema;
use crate::error::{ApiError, PROBLEM};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    /// A URL, its query, or the text of a JSON body.
    sample: String,
    /// The rows there are, so that their aliases are kept and what is gone is told.
    #[serde(default)]
    rows: Vec<DeclaredRow>,
}

/// A path that the trigger declares.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredRow {
    path: String,
    /// The author's name for it.
    alias: Option<String>,
}

/// Every path of the sample, parents before children, in its order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Parsed {
    items: Vec<RowView>,
    /// Rows whose path the sample does not have, in their order.
    gone: Vec<DeclaredRow>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RowView {
    path: String,
    #[serde(rename = "type")]
    #[schema(value_type = schema::ValueType)]
    kind: Type,
    /// The sample's value; null for lists and objects, whose parts have rows of their own.
    example: Value,
    /// That of the row with this path.
    alias: Option<String>,
    /// There was no row with this path.
    new: bool,
}

impl Parsed {
    fn new(rows: Vec<DeclaredRow>, found: Vec<SamplePath>) -> Self {
        let declared: Vec<_> = rows.into_iter().map(|row| Declared { path: row.path, alias: row.alias }).collect();
        let ParsedAgain { rows, new, gone } = sample::parse_again(&declared, found);
        // `new` stands in the order of the rows.
        let mut new = new.into_iter().peekable();
        let view = |Row { found, alias }: Row| {
            let is_new = new.next_if(|path| *path == found.path).is_some();
            RowView { path: found.path, kind: found.kind, example: found.example, alias, new: is_new }
        };
        Self {
            items: rows.into_iter().map(view).collect(),
            gone: gone.into_iter().map(|row| DeclaredRow { path: row.path, alias: row.alias }).collect(),
        }
    }
}

/// The paths of a URL's query.
///
/// `sample` is a URL or its query part: what stands after the first `?` up to `#` if it starts with a scheme,
/// `/` or `?`, else all of it. It is read as queries of real requests are. Nothing is kept.
#[utoipa::path(post, path = "/parse/query", operation_id = "parse_query", tag = "parse", request_body = Sample,
    responses((status = 200, description = "The paths.", body = Parsed)))]
pub(super) async fn query(Document(sample): Document<Sample>) -> Json<Parsed> {
    Json(Parsed::new(sample.rows, sample::query_paths(&sample.sample)))
}

/// The paths of a JSON body.
///
/// `sample` is the body's text, read as bodies of real requests are. Nothing is kept.
#[utoipa::path(post, path = "/parse/body", operation_id = "parse_body", tag = "parse", request_body = Sample,
    responses((status = 200, description = "The paths.", body = Parsed),
        (status = 422, description = "The sample is not JSON (`sample.not_json`, with line and column), nests too \
            deep (`sample.too_deep`) or is too large (`sample.too_large`).", body = Problem, content_type = PROBLEM)))]
pub(super) async fn body(Document(sample): Document<Sample>) -> Result<Json<Parsed>, ApiError> {
    Ok(Json(Parsed::new(sample.rows, sample::body_paths(&sample.sample)?)))
}
