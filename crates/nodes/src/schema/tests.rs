use domain::problem::Problems;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::Schema;

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct Params {
    name: String,
    #[serde(default)]
    #[schemars(range(min = 200, max = 599))]
    status: u16,
    word: Option<Word>,
    #[serde(default)]
    #[schemars(length(max = 2))]
    list: Vec<Inner>,
    #[schemars(length(max = 3))]
    short: Option<String>,
    any: Option<Value>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "only its schema is used")]
enum Word {
    /// One.
    First,
    /// Two.
    Second,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct Inner {
    on: bool,
}

/// The problems as `code at pointer`, and what stands in for the value.
fn check(value: &Value) -> (Vec<String>, Value) {
    let mut problems = Problems::new();
    let fitting = Schema::of::<Params>().check(value, "/c", &mut problems);
    (problems.into_vec().iter().map(|problem| format!("{} at {}", problem.code, problem.pointer)).collect(), fitting)
}

#[test]
fn what_fits_stays_as_it_is() {
    let value =
        json!({"name": "n", "status": 599, "word": "second", "list": [{"on": true}], "short": "äöü", "any": [{}]});
    assert_eq!(check(&value), (vec![], value));
    let absent = json!({"name": "n", "word": null, "status": null, "short": null});
    let (problems, fitting) = check(&absent);
    assert_eq!((problems, fitting.get("status")), (vec![], None), "null counts as absent");
}

#[test]
fn each_mistake_has_its_place_and_something_fitting_in_its_stead() {
    for (field, wrong, problem, fitting) in [
        ("name", json!(7), "document.wrong_type at /c/name", json!("")),
        ("status", json!(199), "document.out_of_range at /c/status", json!(200)),
        ("status", json!(600), "document.out_of_range at /c/status", json!(200)),
        ("status", json!(-1), "document.out_of_range at /c/status", json!(200)),
        ("status", json!(200.5), "document.wrong_type at /c/status", json!(200)),
        ("status", json!("200"), "document.wrong_type at /c/status", json!(200)),
        ("word", json!("frist"), "document.unknown_word at /c/word", json!("first")),
        ("word", json!(1), "document.wrong_type at /c/word", json!("first")),
        ("list", json!({}), "document.wrong_type at /c/list", json!([])),
        ("list", json!([{"on": 1}]), "document.wrong_type at /c/list/0/on", json!([{"on": false}])),
        ("list", json!([{}]), "document.missing at /c/list/0/on", json!([{"on": false}])),
        ("list", json!([{"on": true, "x": 1}]), "document.unknown_field at /c/list/0/x", json!([{"on": true}])),
        (
            "list",
            json!([{"on": true}, {"on": true}, 1]),
            "document.too_many at /c/list",
            json!([{"on": true}, {"on": true}]),
        ),
        ("short", json!("four"), "document.too_long at /c/short", json!(null)),
    ] {
        let mut value = json!({"name": "n"});
        value[field] = wrong.clone();
        let (problems, fit) = check(&value);
        assert_eq!((problems, &fit[field]), (vec![problem.to_owned()], &fitting), "{field}: {wrong}");
    }
    assert_eq!(check(&json!([])), (vec!["document.wrong_type at /c".to_owned()], json!({"name": ""})));
}
