use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::evaluator::NoExpressions;
use crate::testing::world::World;

fn parse(rule: &Value) -> Result<Rule, Vec<crate::problem::Problem>> {
    let mut problems = Problems::new();
    let parsed = Rule::parse(rule, "/config/rule", &NoExpressions, &mut problems);
    problems.or(parsed)
}

fn holds(rule: &Value, body: Value) -> Result<bool, NodeError> {
    let rule = parse(rule).unwrap_or_else(|problems| panic!("{rule}: {problems:?}"));
    rule.holds(&World::with_body(body).scope(), "/rule", &mut Vec::new())
}

/// `left operator right` over values that come out of templates.
fn compared(left: &Value, operator: &str, right: &Value) -> Result<bool, NodeError> {
    let rule = json!({"left": "{{ trigger.body.l }}", "operator": operator, "right": "{{ trigger.body.r }}"});
    holds(&rule, json!({"l": left, "r": right}))
}

/// One value of each type, nothing before them; `""` is left out of the body.
fn one_of_each() -> [(&'static str, Value); 7] {
    [
        ("nothing", json!("")),
        ("null", json!(null)),
        ("boolean", json!(true)),
        ("number", json!(1)),
        ("text", json!("1")),
        ("list", json!([1])),
        ("object", json!({})),
    ]
}

fn body_of_each() -> Value {
    one_of_each().into_iter().skip(1).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `T`, `F`, or `E` for a node error.
fn letter(rule: &Value) -> char {
    match holds(rule, body_of_each()) {
        Ok(true) => 'T',
        Ok(false) => 'F',
        Err(error) => {
            assert_eq!(error.code, TYPE_ERROR, "{rule}");
            'E'
        }
    }
}

fn negated(grid: [&str; 7]) -> Vec<String> {
    let negate = |letter| match letter {
        'T' => 'F',
        'F' => 'T',
        other => other,
    };
    grid.iter().map(|row| row.chars().map(negate).collect()).collect()
}

/// Rows are the left side, columns the right: nothing, null, boolean, number 1, text "1", list [1], object {}.
#[test]
fn every_operator_says_what_it_should_of_every_pair_of_types() {
    let equal = ["TTFFFFF", "TTFFFFF", "FFTFFFF", "FFFTTFF", "FFFTTFF", "FFFFFTF", "FFFFFFT"];
    let never = ["FFFFFFF"; 7];
    let or_equal = ["FFFFFFF", "FFFFFFF", "FFFFFFF", "FFFTTFF", "FFFTTFF", "FFFFFFF", "FFFFFFF"];
    let contains = ["FFFFFFF", "FFFFFFF", "EEEEEEE", "EEEEEEE", "FFEETEE", "FFFTTFF", "EEEEEEE"];
    let of_texts = ["FFFFFFF", "FFFFFFF", "EEEEEEE", "EEEEEEE", "FFEETEE", "EEEEEEE", "EEEEEEE"];
    let is_in = ["FFEEEFE", "FFEEEFE", "FFEEEFE", "FFEEETE", "FFEEETE", "FFEEEFE", "FFEEEFE"];
    let plain = |grid: [&str; 7]| grid.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
    for (operator, grid) in [
        ("equal", plain(equal)),
        ("not_equal", negated(equal)),
        ("greater", plain(never)),
        ("less", plain(never)),
        ("greater_or_equal", plain(or_equal)),
        ("less_or_equal", plain(or_equal)),
        ("contains", plain(contains)),
        ("not_contains", negated(contains)),
        ("starts_with", plain(of_texts)),
        ("not_starts_with", negated(of_texts)),
        ("ends_with", plain(of_texts)),
        ("not_ends_with", negated(of_texts)),
        ("matches", plain(of_texts)),
        ("in", plain(is_in)),
        ("not_in", negated(is_in)),
    ] {
        for ((left, _), row) in one_of_each().iter().zip(grid) {
            let found: String = one_of_each()
                .iter()
                .map(|(right, _)| {
                    let side = |name| format!("{{{{ trigger.body.{name} }}}}");
                    letter(&json!({"left": side(left), "operator": operator, "right": side(right)}))
                })
                .collect();
            assert_eq!(found, row, "{left} {operator} …");
        }
    }
    for (operator, row) in
        [("is_empty", "TTFFFFT"), ("is_not_empty", "FFTTTTF"), ("is_null", "FTFFFFF"), ("exists", "FTTTTTT")]
    {
        let found: String = one_of_each()
            .iter()
            .map(|(left, _)| letter(&json!({"left": format!("{{{{trigger.body.{left}}}}}"), "operator": operator})))
            .collect();
        assert_eq!(found, row, "{operator}");
    }
}

#[test]
fn every_operator_is_in_the_table() {
    assert_eq!(Operator::ALL.len(), 15 + 4);
    for operator in Operator::ALL {
        assert_eq!(Operator::from_word(operator.as_str()), Some(*operator));
    }
}

#[test]
fn equality_is_exact_and_by_value() {
    for (left, right, expected) in [
        (json!(9_007_199_254_740_993u64), json!("9007199254740993"), true),
        (json!(9_007_199_254_740_993u64), json!("9007199254740992"), false),
        (json!(9_007_199_254_740_993u64), json!(9_007_199_254_740_992.0), false),
        (json!(u64::MAX), json!("18446744073709551615"), true),
        (json!(u64::MAX), json!(18_446_744_073_709_551_616.0), false),
        (json!(i64::MIN), json!(-9_223_372_036_854_775_808.0), true),
        (json!(1), json!(1.0), true),
        (json!(1.0), json!("1e0"), true),
        (json!(0), json!("-0.0"), true),
        (json!(0.1), json!("0.10"), true),
        (json!(1e300), json!("1e300"), true),
        (json!(1), json!("01"), false),
        (json!(1), json!(" 1"), false),
        (json!(1), json!("1 "), false),
        (json!(1), json!("+1"), false),
        (json!(1), json!("1."), false),
        (json!(255), json!("0xff"), false),
        (json!(1e308), json!("1e999"), false),
        (json!("1"), json!("1.0"), false),
        (json!("a"), json!("A"), false),
        (json!(true), json!("true"), false),
        (json!([1, {"a": "2", "b": null}]), json!(["1", {"b": null, "a": 2}]), true),
        (json!([1, 2]), json!([2, 1]), false),
        (json!({"a": null}), json!({}), false),
        (json!({"a": null}), json!({"b": null}), false),
    ] {
        assert_eq!(compared(&left, "equal", &right), Ok(expected), "{left} {right}");
        assert_eq!(compared(&right, "equal", &left), Ok(expected), "{right} {left}");
    }
}

#[test]
fn order_is_of_numbers_times_and_code_points() {
    for (less, greater) in [
        (json!(2), json!(10)),
        (json!("2"), json!(10)),
        (json!(-0.5), json!("0")),
        (json!(0.5), json!(1)),
        (json!(-1), json!(-0.5)),
        (json!(9_007_199_254_740_992.0), json!(9_007_199_254_740_993u64)),
        (json!(u64::MAX), json!(18_446_744_073_709_551_616.0)),
        (json!(-1e300), json!(i64::MIN)),
        (json!("10"), json!("9")),
        (json!("B"), json!("a")),
        (json!("\u{ffff}"), json!("\u{10000}")),
        (json!("2026-11-22T12:00:00+02:00"), json!("2026-11-22T11:00:00Z")),
        (json!("2026-11-22"), json!("2026-11-22T11:00:00Z")),
    ] {
        for (operator, forth, back) in [
            ("less", true, false),
            ("less_or_equal", true, false),
            ("greater", false, true),
            ("greater_or_equal", false, true),
        ] {
            assert_eq!(compared(&less, operator, &greater), Ok(forth), "{less} {operator} {greater}");
            assert_eq!(compared(&greater, operator, &less), Ok(back), "{greater} {operator} {less}");
        }
    }
    let same = (json!("2026-11-22T12:00:00+02:00"), json!("2026-11-22T10:00:00Z"));
    assert_eq!(compared(&same.0, "less_or_equal", &same.1), Ok(true));
    assert_eq!(compared(&same.0, "equal", &same.1), Ok(false));
}

#[test]
fn parts_and_elements_are_found() {
    for (left, operator, right) in [
        (json!("abc"), "contains", json!("b")),
        (json!("abc"), "contains", json!("")),
        (json!([1, "b", {"c": 1}]), "contains", json!({"c": 1})),
        (json!([null]), "contains", json!(null)),
        (json!("abc"), "starts_with", json!("ab")),
        (json!("abc"), "not_starts_with", json!("bc")),
        (json!("abc"), "ends_with", json!("bc")),
        (json!("abc"), "not_ends_with", json!("ab")),
        (json!("a"), "in", json!(["b", "a"])),
        (json!("A"), "not_in", json!(["b", "a"])),
        (json!("order 17"), "matches", json!(r"\d+$")),
        (json!(""), "is_empty", json!(0)),
        (json!([]), "is_empty", json!(0)),
    ] {
        let found = if operator == "is_empty" {
            holds(&json!({"left": "{{ trigger.body.l }}", "operator": operator}), json!({"l": left}))
        } else {
            compared(&left, operator, &right)
        };
        assert_eq!(found, Ok(true), "{left} {operator} {right}");
    }
}

#[test]
fn all_and_any_stop_at_the_first_rule_that_decides() {
    let yes = json!({"left": 1, "operator": "equal", "right": "1"});
    let no = json!({"left": 1, "operator": "equal", "right": 2});
    let error = json!({"left": 1, "operator": "starts_with", "right": "1"});
    for (rule, expected) in [
        (json!({"all": []}), true),
        (json!({"any": []}), false),
        (json!({"all": [yes, yes]}), true),
        (json!({"all": [yes, no, error]}), false),
        (json!({"any": [no, yes, error]}), true),
        (json!({"any": [no, {"all": [yes, {"any": [no]}]}]}), false),
    ] {
        assert_eq!(holds(&rule, json!({})), Ok(expected), "{rule}");
    }
    assert!(holds(&json!({"all": [yes, error]}), json!({})).is_err());
}

#[test]
fn only_true_is_true() {
    let body = json!({"t": true, "f": false, "text": "true", "one": 1});
    for (path, expected) in [("t", true), ("f", false), ("text", false), ("one", false), ("gone", false)] {
        assert_eq!(holds(&json!({"expression": format!("trigger.body.{path}")}), body.clone()), Ok(expected));
    }
}

#[test]
fn errors_say_which_comparison_and_which_types() {
    let rule = json!({"all": [{"any": [{"left": 5, "operator": "starts_with", "right": "{{ trigger.body.x }}"}]}]});
    let error = holds(&rule, json!({"x": []})).unwrap_err();
    assert_eq!(error.code, "condition.type");
    assert_eq!(
        error.message,
        "the comparison at /rule/all/0/any/0: `starts_with` takes text and text, but got a number and a list"
    );
    let rule = json!({"left": "a", "operator": "matches", "right": "{{ trigger.body.x }}"});
    assert_eq!(holds(&rule, json!({"x": "("})).unwrap_err().code, "condition.pattern");
}

#[test]
fn missing_paths_of_both_sides_are_noted() {
    let rule = json!({"any": [{"left": "{{ trigger.body.x }}", "operator": "equal", "right": "{{ trigger.body.y }} "}, {"expression": "trigger.body.z"}]});
    let (parsed, mut missing) = (parse(&rule).unwrap(), Vec::new());
    let mut reads = Vec::new();
    parsed.each_read("/rule", &mut |at, _| reads.push(at.to_owned()));
    assert_eq!(reads, ["/rule/any/0/left", "/rule/any/0/right", "/rule/any/1/expression"]);
    assert!(!parsed.is_heavy());
    assert_eq!(parsed.holds(&World::with_body(json!({"x": 1})).scope(), "/rule", &mut missing), Ok(false));
    let noted: Vec<_> = missing.iter().map(|note| (note.template.as_str(), note.path.as_str())).collect();
    assert_eq!(noted, [("/rule/any/0/right", "trigger.body.y"), ("/rule/any/1/expression", "trigger.body.z")]);
}

#[test]
fn a_pattern_that_would_take_too_much_is_refused() {
    for source in [r"(\w{1000}){1000}".to_owned(), "(".repeat(200) + &")".repeat(200)] {
        let problems = parse(&json!({"left": "a", "operator": "matches", "right": source})).unwrap_err();
        assert_eq!(problems[0].code, "condition.pattern");
        assert_eq!(problems[0].pointer, "/config/rule/right");
    }
}

#[test]
fn every_mistake_becomes_a_problem_with_its_place() {
    for (rule, expected) in [
        (json!("x"), vec![("", "condition.not_an_object")]),
        (json!({}), vec![("", "condition.form")]),
        (json!({"all": [], "any": []}), vec![("", "condition.form")]),
        (json!({"all": [], "left": 1}), vec![("", "condition.form")]),
        (json!({"al/l": []}), vec![("/al~1l", "condition.unknown_field"), ("", "condition.form")]),
        (json!({"all": {}}), vec![("/all", "condition.not_a_list")]),
        (
            json!({"any": [1, {"left": "{{", "operator": "is", "righ": 1}, {"expression": 2}, {"expression": "{{ a }}"}]}),
            vec![
                ("/any/0", "condition.not_an_object"),
                ("/any/1/righ", "condition.unknown_field"),
                ("/any/1/left", "template.unclosed"),
                ("/any/1/operator", "condition.unknown_operator"),
                ("/any/2/expression", "condition.not_text"),
                ("/any/3/expression", "condition.braces"),
            ],
        ),
        (json!({"operator": "equal"}), vec![("", "condition.missing_field"), ("", "condition.missing_field")]),
        (json!({"left": 1, "right": 1}), vec![("", "condition.missing_field")]),
        (json!({"left": 1, "operator": 5, "right": 1}), vec![("/operator", "condition.unknown_operator")]),
        (json!({"left": 1, "operator": "exists", "right": null}), vec![("/right", "condition.no_right")]),
        (json!({"left": 1, "operator": "matches"}), vec![("", "condition.missing_field")]),
        (json!({"left": 1, "operator": "matches", "right": 1}), vec![("/right", "condition.pattern")]),
        (json!({"expression": " "}), vec![("/expression", "template.empty")]),
        (json!({"expression": "foo"}), vec![("/expression", "template.unknown_root")]),
    ] {
        let problems = parse(&rule).expect_err(&rule.to_string());
        let found: Vec<_> = problems
            .iter()
            .map(|problem| (problem.pointer.strip_prefix("/config/rule").unwrap(), problem.code.as_str()))
            .collect();
        assert_eq!(found, expected, "{rule}");
    }
}

#[test]
fn a_slip_of_the_pen_in_an_operator_is_recognised() {
    let message =
        |operator: &str| parse(&json!({"left": 1, "operator": operator, "right": 1})).unwrap_err()[0].message.clone();
    assert_eq!(message("greter"), "there is no operator \"greter\", did you mean `greater`?");
    assert!(message("resembles").starts_with("there is no operator \"resembles\"; there are equal, not_equal, "));
}

fn json_value() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "all",
        "any",
        "left",
        "operator",
        "right",
        "expression",
        "equal",
        "matches",
        "in",
        "exists",
        "{{ trigger.body.a }}",
        "{{",
        "1",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..4).prop_map(|members| {
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_as_a_rule_without_a_panic(rule in json_value()) {
        if let Ok(rule) = parse(&rule) {
            let _ = rule.holds(&World::with_body(json!({"a": [1, "x"]})).scope(), "", &mut Vec::new());
        }
    }

    #[test]
    fn operators_agree_with_each_other_on_any_two_values(left in json_value(), right in json_value()) {
        let is = |operator| compared(&left, operator, &right).unwrap();
        prop_assert_ne!(is("equal"), is("not_equal"));
        prop_assert_eq!(is("equal"), compared(&right, "equal", &left).unwrap());
        prop_assert_eq!(is("less"), compared(&right, "greater", &left).unwrap());
        prop_assert!(compared(&left, "equal", &left).unwrap());
        if left.is_number() && right.is_number() {
            prop_assert_eq!(is("greater_or_equal"), is("greater") || is("equal"));
            prop_assert!(is("less_or_equal") || is("greater"));
        }
    }
}
