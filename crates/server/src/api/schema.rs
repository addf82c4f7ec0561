//! Shapes of values that other rooms own, as the API's description has them, for `value_type`.
//!
//! Words come from the domain's own lists; tests hold what is written out here against what is sent.
//! Any JSON is `value_type = Value`, null included: `Option<Value>` would let null match twice.

#![allow(dead_code, reason = "only the shapes are used")]

use domain::value::Value;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Description of the path parameter that names a workflow.
pub(super) const KEY: &str = "The workflow's key or its `wf_…` id.";

/// A text with a form of its own.
macro_rules! text {
    ($($(#[doc = $doc:literal])+ $name:ident: $pattern:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub(super) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some(concat!($($doc),+).trim()));
                text.pattern(Some($pattern)).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

// Ids are 128 bits in 25 digits that begin with the time, so the first digit stays below `e` until the year 9999.
text! {
    /// Names a workflow; in the order of time.
    WorkflowId: "^wf_[0-9a-d][0-9a-z]{24}$";
    /// Names a revision; in the order of time.
    RevisionId: "^rev_[0-9a-d][0-9a-z]{24}$";
    /// Names an execution; in the order of time.
    ExecutionId: "^ex_[0-9a-d][0-9a-z]{24}$";
    /// Names a request: `ex_…` of an accepted one, `req_…` of a refused one.
    RequestId: "^(ex|req)_[0-9a-d][0-9a-z]{24}$";
    /// Names a saved sample request; in the order of time.
    SampleId: "^sam_[0-9a-d][0-9a-z]{24}$";
    /// Names a token; in the order of time.
    TokenId: "^tok_[0-9a-d][0-9a-z]{24}$";
    /// Names a user; in the order of time.
    UserId: "^usr_[0-9a-d][0-9a-z]{24}$";
    /// Names a secret: what stands behind `secrets.` in a template.
    SecretName: "^[a-z][a-z0-9_]{0,63}$";
    /// The random part of a workflow's URL.
    Key: "^[0-9a-z]{11,64}$";
    /// Which edit of a draft is meant: its `ETag`, or `*` for whatever is there.
    EditTag: r#"^("[1-9][0-9]{0,8}"|[*])$"#;
    /// Bytes in base 64 (RFC 4648, section 4), with padding.
    Base64: "^([0-9A-Za-z+/]{4})*([0-9A-Za-z+/][AQgw]==|[0-9A-Za-z+/]{2}[AEIMQUYcgkosw048]=)?$";
    /// A status such as `404`, or a class such as `4xx`.
    Statuses: "^[1-5]([0-9]{2}|xx)$";
    /// Names a node in its flow.
    NodeKey: "^[a-z][a-z0-9_]{0,63}$";
}

/// One word of several.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident: $words:expr;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub(super) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some($words));
                    text.description(Some(concat!($($doc),+).trim())).into()
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

words! {
    /// Where an execution is. `failed` is a flow's ordinary negative end, `error` is something that broke.
    Status: domain::execution::status::Status::ALL.iter().map(|word| word.as_str());
    /// Why an execution is `waiting`.
    Reason: domain::execution::status::Reason::ALL.iter().map(|word| word.as_str());
    /// Where a node run is.
    NodeStatus: domain::execution::status::NodeStatus::ALL.iter().map(|word| word.as_str());
    /// What a token allows; `admin` allows everything.
    Scope: domain::token::Scope::ALL.iter().map(|word| word.as_str());
    /// What a user may do: `viewer` looks on, `editor` makes and runs workflows, `admin` does everything.
    Role: domain::user::Role::ALL.iter().map(|word| word.as_str());
    /// An `invited` user has no password yet, a `disabled` one cannot log in.
    UserState: domain::user::UserState::ALL.iter().map(|word| word.as_str());
    /// What became of a request.
    Outcome: super::requests::OUTCOMES;
    /// Who says what the public URL is.
    PublicUrlSource: super::settings::SOURCES;
    /// Whether the caller waits for the flow.
    Mode: MODES;
    /// What a workflow that is off answers: 404 as if it never was, or 503 with Retry-After.
    WhenOff: WHEN_OFF;
    /// What kind of JSON value it is.
    ValueType: VALUE_TYPES;
}

const MODES: [&str; 2] = ["sync", "async"];
const WHEN_OFF: [&str; 2] = ["not_found", "retry_later"];
const VALUE_TYPES: [&str; 6] = ["text", "number", "boolean", "list", "object", "null"];

/// A moment: RFC 3339 in UTC, with microseconds.
#[derive(Debug)]
pub(super) struct Time;

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        let text = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
        text.description(Some("RFC 3339; in answers in UTC with microseconds.")).into()
    }
}

impl ToSchema for Time {}

/// A header line: name and value.
#[derive(Debug)]
pub(super) struct Line;

impl PartialSchema for Line {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let line = ArrayBuilder::new().items(text).min_items(Some(2)).max_items(Some(2));
        line.description(Some("A header line: name and value.")).into()
    }
}

impl ToSchema for Line {}

/// How long executions are kept. What is absent is the server's setting.
#[derive(ToSchema)]
pub(super) struct Retention {
    #[schema(nullable = false)]
    days: Option<u32>,
    #[schema(nullable = false)]
    executions_max: Option<u32>,
}

/// A change of it: what is absent stays, null is the server's setting from now on.
#[derive(ToSchema)]
pub(super) struct RetentionPatch {
    days: Option<u32>,
    executions_max: Option<u32>,
}

/// Something an author has to mend in a document.
#[derive(ToSchema)]
pub(super) struct DocumentProblem {
    /// JSON pointer (RFC 6901) into the document, `""` for the whole of it.
    pointer: String,
    /// Stable, for programs.
    code: String,
    /// For people.
    message: String,
    /// The line in the file the document came from, from 1.
    #[schema(nullable = false)]
    line: Option<u32>,
}

/// Why a node run ended as `error` or `failed`.
#[derive(ToSchema)]
pub(super) struct NodeError {
    /// Stable, for programs.
    code: String,
    /// For people.
    message: String,
}

/// A path of a template that led nowhere.
#[derive(ToSchema)]
pub(super) struct Missing {
    /// JSON pointer of the template in the node's config.
    template: String,
    /// As it was written.
    path: String,
}

/// What became of one document.
#[derive(ToSchema)]
pub(super) struct Applied {
    /// Null when nothing was applied.
    #[schema(value_type = Option<WorkflowId>)]
    id: (),
    #[schema(value_type = Option<Key>)]
    key: (),
    title: String,
    created: bool,
    /// Whether the workflow is now different from before.
    changed: bool,
    enabled: bool,
    /// The live revision's number.
    revision: Option<u32>,
    problems: Vec<DocumentProblem>,
}

/// What a kind says about itself, for palettes and forms.
#[derive(ToSchema)]
pub(super) struct KindInfo {
    kind: String,
    title: String,
    summary: String,
    /// Names of the branches that a node of this kind has.
    branches: Vec<String>,
    /// Nothing can follow a node of this kind.
    ends: bool,
    /// The one mode it works in; null: both.
    #[schema(value_type = Option<Mode>)]
    mode: (),
    /// JSON schema (draft 2020-12) of the config.
    #[schema(value_type = Object)]
    schema: Value,
    examples: Vec<KindExample>,
}

/// A documented config.
#[derive(ToSchema)]
pub(super) struct KindExample {
    title: String,
    config: Value,
}

#[cfg(test)]
mod tests {
    use domain::flow::document::Mode as DomainMode;
    use domain::template::Missing as DomainMissing;
    use domain::value::Type as DomainType;
    use domain::workflow::{Retention as DomainRetention, WhenOff as DomainWhenOff};
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    /// Each word as it is sent. A new variant does not compile here until it has its place.
    fn sent<T: Serialize>(variants: &[T], place: impl Fn(&T) -> usize) -> Vec<Value> {
        assert!(variants.iter().map(place).eq(0..variants.len()));
        variants.iter().map(|variant| json!(variant)).collect()
    }

    #[test]
    fn no_word_is_missing() {
        let modes = sent(&[DomainMode::Sync, DomainMode::Async], |mode| match mode {
            DomainMode::Sync => 0,
            DomainMode::Async => 1,
        });
        assert_eq!(json!(modes), json!(MODES));
        let when_off = sent(&[DomainWhenOff::NotFound, DomainWhenOff::RetryLater], |when_off| match when_off {
            DomainWhenOff::NotFound => 0,
            DomainWhenOff::RetryLater => 1,
        });
        assert_eq!(json!(when_off), json!(WHEN_OFF));
        let types = [
            DomainType::Text,
            DomainType::Number,
            DomainType::Boolean,
            DomainType::List,
            DomainType::Object,
            DomainType::Null,
        ];
        let types = sent(&types, |of| match of {
            DomainType::Text => 0,
            DomainType::Number => 1,
            DomainType::Boolean => 2,
            DomainType::List => 3,
            DomainType::Object => 4,
            DomainType::Null => 5,
        });
        assert_eq!(json!(types), json!(VALUE_TYPES));
        let of_scopes = json!(domain::token::Scope::ALL);
        assert_eq!(json!(Scope::schema())["enum"], of_scopes);
    }

    /// Names of the members a shape describes.
    fn described<T: ToSchema>() -> Vec<String> {
        json!(T::schema())["properties"].as_object().unwrap().keys().cloned().collect()
    }

    fn members(value: impl Serialize) -> Vec<String> {
        let mut members: Vec<_> = json!(value).as_object().unwrap().keys().cloned().collect();
        members.sort();
        members
    }

    #[test]
    fn what_is_described_is_what_is_sent() {
        let retention = DomainRetention { days: Some(1), executions_max: Some(1) };
        assert_eq!(described::<Retention>(), members(retention));
        let problem = domain::problem::Problem {
            pointer: String::new(),
            code: String::new(),
            message: String::new(),
            line: Some(1),
        };
        assert_eq!(described::<DocumentProblem>(), members(&problem));
        assert_eq!(described::<NodeError>(), members(domain::execution::journal::NodeError::new("", "")));
        let missing = DomainMissing { template: String::new(), path: String::new() };
        assert_eq!(described::<Missing>(), members(missing));
        let applied = engine::authoring::Applied {
            id: None,
            key: None,
            title: String::new(),
            created: false,
            changed: false,
            enabled: false,
            revision: None,
            problems: vec![],
        };
        assert_eq!(described::<Applied>(), members(applied));
        let registry = nodes::Registry::released();
        let kind = registry.kinds().find(|kind| !kind.examples.is_empty()).unwrap();
        assert_eq!(described::<KindInfo>(), members(kind));
        assert_eq!(described::<KindExample>(), members(&kind.examples[0]));
    }

    #[test]
    fn ids_match_their_patterns_to_the_end_of_time() {
        use domain::time::Timestamp;
        let pattern = |schema: RefOr<Schema>| json!(schema)["pattern"].as_str().unwrap().to_owned();
        let last = domain::id::WorkflowId::new(Timestamp::from_micros(i64::MAX), u64::MAX).to_string();
        assert_eq!(pattern(WorkflowId::schema()), "^wf_[0-9a-d][0-9a-z]{24}$");
        assert!(matches!(last.as_bytes()[3], b'0'..=b'9' | b'a'..=b'd'), "{last}");
    }
}
