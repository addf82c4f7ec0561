//! The reference page of templates and expressions. Every result in it is computed while it is written.

use std::sync::Arc;

use anyhow::{Context, bail};
use bytes::Bytes;
use domain::event::{Event, TriggerValues};
use domain::id::{EventId, ExecutionId};
use domain::problem::Problems;
use domain::template::Templated;
use domain::template::scope::{Results, Scope, System};
use domain::time::Timestamp;
use domain::value::Value;
use nodes::expression::{
    EXPRESSION_LENGTH_MAX, EXPRESSION_LIST_MAX, EXPRESSION_NESTING_MAX, EXPRESSION_OUTPUT_MAX, EXPRESSION_TIME_MAX,
    Jsonata,
};
use serde_json::json;

use super::WRITTEN_BY;

const BODY: &str = r#"{
  "order": {"id": 1042, "status": "paid", "total": 59.9, "note": null, "odd key": true},
  "items": [
    {"name": "Tea", "price": 4.5, "quantity": 2, "tags": ["hot"]},
    {"name": "Cake", "price": 50.9, "quantity": 1, "tags": ["sweet", "cold"]}
  ],
  "name": "Zoë \"Z\" Martin",
  "big": 9007199254740993,
  "paid_at": "2026-11-22T09:59:58Z"
}"#;

const TEMPLATES: &[&str] = &[
    "{{ trigger.body.order.total }}",
    " {{ trigger.body.order.total }} ",
    "order {{ trigger.body.order.id }} is {{ trigger.body.order.status }}",
    "{{ trigger.body.order.note }}",
    "note: {{ trigger.body.order.note }}",
    "nothing: {{ trigger.body.order.nowhere }}",
    "tags {{ trigger.body.items.tags }}",
    "{{ trigger.body.name }}",
    "no braces",
];

const PATHS: &[&str] = &[
    "trigger.body.order.id",
    "trigger.body[\"order\"][\"odd key\"]",
    "trigger.body.items[0].name",
    "trigger.body.items.0.name",
    "trigger.body.items.price",
    "trigger.body.items.tags",
    "trigger.body.big",
    "trigger.body.nowhere.at.all",
    "trigger.headers[\"X-Request-Id\"]",
    "trigger.query.page",
    "trigger.method",
    "trigger.remote_addr",
    "trigger.received_at",
    "nodes.lookup.body.customer",
    "system.now",
    "system.workflow_key",
    "system.revision",
];

const FORMULAS: &[&str] = &[
    "trigger.body.order.total * 1.2",
    "trigger.body.order.id & \"-\" & trigger.body.order.status",
    "trigger.body.order.total > 50 and trigger.body.order.status = \"paid\"",
    "trigger.body.order.status = \"paid\" ? \"thank you\" : \"later\"",
    "$sum(trigger.body.items.(price * quantity))",
    "trigger.body.items[price > 10].name",
    "trigger.body.items.{\"what\": name, \"sum\": price * quantity}",
    "\"sweet\" in trigger.body.items.tags",
    "trigger.body.big + 0",
    "(trigger.body.order.id - 1) % 10",
];

/// One example of each function; what is grouped here need not be found in the language's own books.
const FUNCTIONS: &[(&str, &[&str])] = &[
    (
        "Text",
        &[
            "$string(trigger.body.order.id)",
            "$length(trigger.body.name)",
            "$uppercase(trigger.body.order.status)",
            "$lowercase(\"PAID\")",
            "$trim(\"  a   b \")",
            "$substring(trigger.body.name, 0, 3)",
            "$substringBefore(\"a=b\", \"=\")",
            "$substringAfter(\"a=b\", \"=\")",
            "$contains(trigger.body.name, \"Martin\")",
            "$split(\"a,b,c\", \",\")",
            "$join(trigger.body.items.name, \" and \")",
            "$replace(\"2026-11-22\", \"-\", \"/\")",
            "$match(\"order-1042\", /[0-9]+/).match",
            "$pad(\"7\", -3, \"0\")",
            "$base64encode(\"hook\")",
            "$base64decode(\"aG9vaw==\")",
            "$encodeUrlComponent(\"a b&c\")",
            "$decodeUrlComponent(\"a%20b%26c\")",
        ],
    ),
    (
        "Numbers",
        &[
            "$number(\"42.5\")",
            "$round(59.951, 2)",
            "$floor(59.9)",
            "$ceil(59.1)",
            "$abs(-3)",
            "$sqrt(16)",
            "$power(2, 10)",
            "$sum(trigger.body.items.price)",
            "$max(trigger.body.items.price)",
            "$min(trigger.body.items.price)",
            "$average(trigger.body.items.quantity)",
            "$formatNumber(1234.5, \"#,##0.00\")",
            "$formatBase(255, 16)",
        ],
    ),
    (
        "Lists and objects",
        &[
            "$count(trigger.body.items)",
            "$append([1], [2, 3])",
            "$reverse([1, 2, 3])",
            "$sort(trigger.body.items.price)",
            "$distinct([1, 1, 2])",
            "$zip([1, 2], [\"a\", \"b\"])",
            "$map(trigger.body.items, function($item) { $item.name })",
            "$filter(trigger.body.items, function($item) { $item.quantity > 1 }).name",
            "$reduce([1, 2, 3], function($a, $b) { $a + $b })",
            "$single(trigger.body.items, function($item) { $item.name = \"Tea\" }).price",
            "$keys(trigger.body.order)",
            "$lookup(trigger.body.order, \"status\")",
            "$merge([{\"a\": 1}, {\"b\": 2}])",
            "$spread({\"a\": 1, \"b\": 2})",
            "$each({\"a\": 1, \"b\": 2}, function($value, $key) { $key & $value })",
        ],
    ),
    (
        "Truth, kinds and time",
        &[
            "$boolean(\"\")",
            "$not(true)",
            "$exists(trigger.body.nowhere)",
            "$type(trigger.body.items)",
            "$now()",
            "$millis()",
            "$toMillis(trigger.body.paid_at)",
            "$fromMillis(1795341598000)",
        ],
    ),
];

pub(super) fn page() -> anyhow::Result<String> {
    let world = World::new()?;
    let mut page = format!(
        "\
{WRITTEN_BY}
# Templates and expressions

A template is text with `{{{{ expression }}}}` in it. Templates stand in the texts of a node's config, however deep;
keys are left alone. What an expression gives is data for ever: braces in it mean nothing.

Every result below was computed from this request, a `POST` with `?page=2` and the header `X-Request-Id: r-7`:

```json
{BODY}
```

and from a node `lookup` whose result is `{LOOKUP}`.

## Text and values

Text that is one expression and nothing else (blanks around it do not count) is replaced by the value, whatever its type.
In any other text each expression becomes text: null and what is missing become nothing, lists and objects compact JSON.

"
    );
    page += &table("template", TEMPLATES, |template| world.render(template))?;
    page += "
## Plain paths

They are read natively: exactly, whatever the size of a number, and at next to no cost. `.0.` and `[0]` are the same; a key
that is not made of letters, digits, `_`, `$` and `-` stands in brackets and quotes; names of headers match in any case. A path
that goes through a list gives the list of what it finds in each element. What is missing is null, and the execution notes the
path and the place.

";
    page += &table("path", PATHS, |path| world.render(&format!("{{{{ {path} }}}}")))?;
    page += &format!(
        "
## Formulas

Everything else is [JSONata](https://docs.jsonata.org). Paths inside a formula are read as above. Numbers are doubles there, so
integers beyond 2^53 lose digits. The same language stands in a condition's `expression`, without braces.

{}
## Functions

",
        table("formula", FORMULAS, |formula| world.render(&format!("{{{{ {formula} }}}}")))?
    );
    for (group, examples) in FUNCTIONS {
        page += &format!("### {group}\n\n");
        page += &table("formula", examples, |formula| world.render(&format!("{{{{ {formula} }}}}")))?;
        page.push('\n');
    }
    for refused in ["$random()", "$shuffle([1])", "$eval(\"1\")"] {
        if world.render(&format!("{{{{ {refused} }}}}")).is_ok() {
            bail!("{refused} is said to be refused, and is not");
        }
    }
    page += &format!(
        "\
The other functions of the language are there too, but `$random`, `$shuffle` and `$eval`: an execution that goes on after a
crash has to come to the same results. For the same reason `$now()` and `$millis()` are the time of the step being taken.

## Limits

An expression is at most {} KiB long and its brackets nest at most {EXPRESSION_NESTING_MAX} deep. One evaluation takes at most {} s,
makes lists of at most {} elements and gives at most {} MiB. What goes beyond ends the node with an error that says so.
",
        EXPRESSION_LENGTH_MAX >> 10,
        EXPRESSION_TIME_MAX.as_secs(),
        EXPRESSION_LIST_MAX,
        EXPRESSION_OUTPUT_MAX >> 20,
    );
    Ok(page)
}

const LOOKUP: &str = r#"{"status": 200, "body": {"customer": "c-1"}}"#;

fn table(head: &str, examples: &[&str], result: impl Fn(&str) -> anyhow::Result<Value>) -> anyhow::Result<String> {
    let mut rows = format!("| {head} | gives |\n|---|---|\n");
    for example in examples {
        let value = result(example).with_context(|| (*example).to_owned())?;
        rows += &format!("| {} | {} |\n", code(example), code(&value.to_string()));
    }
    Ok(rows)
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// What the examples read.
struct World {
    trigger: TriggerValues,
    nodes: Results,
}

impl World {
    fn new() -> anyhow::Result<Self> {
        let event = Event {
            id: EventId::from_bytes([0; 16]),
            method: "POST".to_owned(),
            headers: vec![("x-request-id".to_owned(), "r-7".to_owned())],
            query_string: "page=2".to_owned(),
            body: Bytes::from_static(BODY.as_bytes()),
            remote_addr: [203, 0, 113, 7].into(),
            received_at: Timestamp::from_rfc3339("2026-11-22T10:00:00Z").context("a time")?,
        };
        let nodes = [("lookup".parse()?, serde_json::from_str(LOOKUP)?)].into_iter().collect();
        Ok(Self { trigger: TriggerValues::new(Arc::new(event)), nodes })
    }

    fn render(&self, template: &str) -> anyhow::Result<Value> {
        let mut problems = Problems::new();
        let parsed = Templated::parse(&json!(template), "", &Jsonata::default(), &mut problems);
        if let Some(problem) = problems.into_vec().first() {
            bail!("{}", problem.message);
        }
        let now = Timestamp::from_rfc3339("2026-11-22T10:00:01Z").context("a time")?;
        let system = System {
            now,
            execution_id: ExecutionId::from_bytes([0; 16]),
            workflow_key: "1hfmkioou0d",
            revision: Some(4),
        };
        let scope = Scope { trigger: &self.trigger, nodes: &self.nodes, system };
        Ok(parsed.render(&scope, "", &mut Vec::new())?)
    }
}
