//! JSONata in templates and conditions: what it gives, and what it cannot do to us.

use std::time::{Duration, Instant};

use domain::condition::Rule;
use domain::problem::Problems;
use domain::template::{Missing, Template, TemplateError};
use domain::testing::world::World;
use domain::value::Value;
use nodes::expression::{EXPRESSION_LENGTH_MAX, EXPRESSION_NESTING_MAX, EXPRESSION_TIME_MAX, Jsonata, Limits};
use proptest::prelude::*;
use serde_json::json;

/// An order, as senders of webhooks write them.
fn order() -> Value {
    json!({
        "total": 100,
        "name": "Ada",
        "items": [{"price": 2.5, "quantity": 4, "sku": "a"}, {"price": 1, "quantity": 3, "sku": "b"}],
        "big": 9_007_199_254_740_993u64,
        "text": "x".repeat(1 << 20),
    })
}

fn render(expression: &str) -> Result<(Value, Vec<Missing>), TemplateError> {
    render_within(Limits::default(), expression)
}

fn render_within(limits: Limits, expression: &str) -> Result<(Value, Vec<Missing>), TemplateError> {
    let mut problems = Problems::new();
    let source = format!("{{{{ {expression} }}}}");
    let template = Template::parse(&source, "/config/body", &Jsonata { limits }, &mut problems);
    assert_eq!(problems.into_vec(), [], "{expression}");
    let mut missing = Vec::new();
    let value = template.render(&World::with_body(order()).scope(), "/body", &mut missing)?;
    Ok((value, missing))
}

fn value(expression: &str) -> Value {
    render(expression).unwrap_or_else(|error| panic!("{error}")).0
}

/// The code of the error that rendering ends with.
fn failure(expression: &str) -> &'static str {
    failure_within(Limits::default(), expression)
}

fn failure_within(limits: Limits, expression: &str) -> &'static str {
    match render_within(limits, expression) {
        Ok((value, _)) => panic!("{expression} gives {:.200}", value.to_string()),
        Err(error) => error.code,
    }
}

/// The code of the problem that parsing finds.
fn refusal(expression: &str) -> String {
    let mut problems = Problems::new();
    Template::parse(&format!("{{{{ {expression} }}}}"), "", &Jsonata::default(), &mut problems);
    problems.into_vec().pop().unwrap_or_else(|| panic!("{expression:.100} is let through")).code
}

#[test]
fn expressions_read_the_data_through_plain_paths() {
    for (expression, expected) in [
        ("trigger.body.total * 1.2", json!(120)),
        ("$sum(trigger.body.items.(price * quantity))", json!(13)),
        (r#"trigger.body.name ? trigger.body.name : "nobody""#, json!("Ada")),
        (r#"trigger.body.nick ? trigger.body.nick : "nobody""#, json!("nobody")),
        ("$uppercase(trigger.body.name)", json!("ADA")),
        ("trigger.body.items[sku = 'b'].price", json!(1)),
        ("trigger.body.items[-1].sku", json!("b")),
        ("$count(trigger.body.items.price)", json!(2)),
        ("trigger.body.items{sku: price}", json!({"a": 2.5, "b": 1})),
        (
            r#"{"n": trigger.body.name, "deep": {"of": [nodes.call.body["odd key"]]}}"#,
            json!({"n": "Ada", "deep": {"of": [7]}}),
        ),
        ("[1..system.revision]", json!([1, 2, 3, 4])),
        (r#"trigger.headers["X-Request-ID"] & "/" & trigger.query.q[1]"#, json!("r1/b")),
        ("$exists(trigger.body.nope)", json!(false)),
        ("null", json!(null)),
        ("true", json!(true)),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn expressions_stand_in_text() {
    let template = Template::parse(
        "{{ trigger.body.name }} owes {{ $round(trigger.body.total / 3, 2) }}{{ $x }}.",
        "",
        &Jsonata::default(),
        &mut Problems::new(),
    );
    let text = template.render(&World::with_body(order()).scope(), "", &mut Vec::new()).unwrap();
    assert_eq!(text, "Ada owes 33.33.");
}

#[test]
fn what_an_expression_makes_is_not_read_again() {
    assert_eq!(value(r#""{{ " & trigger.body.name & " }}""#), "{{ Ada }}");
}

#[test]
fn a_missing_path_is_nothing_and_noted() {
    let (value, missing) = render("trigger.body.nope + 1").unwrap();
    assert_eq!(value, Value::Null);
    assert_eq!(missing, [Missing { template: "/body".to_owned(), path: "trigger.body.nope".to_owned() }]);
}

#[test]
fn numbers_are_doubles_and_whole_results_integers() {
    for (expression, expected) in [
        ("1.5 * 2", json!(3)),
        ("0.1 + 0.2", json!(0.1 + 0.2)),
        ("trigger.body.big + 0", json!(9_007_199_254_740_992u64)),
        ("-9007199254740991", json!(-9_007_199_254_740_991i64)),
        ("1e20", json!(1e20)),
        ("$map([1, 2.5], function($x){ $x * 2 })", json!([2, 5])),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    assert_eq!(value("1.5 * 2").to_string(), "3");
    assert_eq!(failure("1 / 0"), "expression.failed");
}

#[test]
fn the_time_is_the_steps_own() {
    for (expression, expected) in [
        ("$now()", json!("2026-11-22T10:00:01.000Z")),
        ("$now('[Y]-[M01]-[D01]')", json!("2026-11-22")),
        ("$millis()", json!(1_795_341_601_000i64)),
        ("$toMillis(system.now) = $millis()", json!(true)),
        ("$map([1, 2], function(){ $now() })[0] = $now()", json!(true)),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn guarded_functions_give_what_they_always_gave() {
    for (expression, expected) in [
        (r#"$string([1, {"a": 2}])"#, json!("[1,{\"a\":2}]")),
        (r#"$map([1, true], $string)"#, json!(["1", "true"])),
        (r#"$map(["b"], $uppercase)[]"#, json!(["B"])),
        (r#"$map([5], function($v){ $v })"#, json!(5)),
        (r#"[5] ~> $map(function($v){ $v + 1 })[]"#, json!([6])),
        (r#"["a", "b"] ~> $join("+")"#, json!("a+b")),
        (r#"$pad("x", -3, "0") & $pad("y", 3)"#, json!("00xy  ")),
        (r#"("ab").($pad(4, "-"))"#, json!("ab--")),
        (r#""a-b-c" ~> $replace("-", "+")"#, json!("a+b+c")),
        (r#"("a-b").($replace("-", "+"))"#, json!("a+b")),
        (r#"$replace("a-b-c", "-", "+", 1)"#, json!("a+b-c")),
        (r#"$replace("abc", /(b)/, "<$1>")"#, json!("a<b>c")),
        (r#"$replace("abc", /b/, function($match){ $uppercase($match.match) })"#, json!("aBc")),
        (r#"$split("a,b,c", ",", 2)"#, json!(["a", "b"])),
        (r#"$split("a1b2c", /\d/)"#, json!(["a", "b", "c"])),
        (r#"$match("abab", /a(b)/, 1).groups"#, json!(["b"])),
        (r#"$count($match("abab", /a/))"#, json!(2)),
        (r#"($first := $substring(?, 0, 1); $map(["abc", "def"], $first))"#, json!(["a", "d"])),
        (r#"[[1, 2], [3], 4, [5..6]]"#, json!([[1, 2], [3], 4, [5, 6]])),
        (r#"[[1, 2][0], $append([1], [2])]"#, json!([1, 1, 2])),
        (
            r#"$distinct([1, 1.0, "1", {"a": 1, "b": 2}, {"b": 2, "a": 1}, [1], [1], null])"#,
            json!([1, "1", {"a": 1, "b": 2}, [1], null]),
        ),
        (r#"$zip([1, 2], [3, 4])"#, json!([[1, 3], [2, 4]])),
        (r#"{"a": 1} ~> |$|{"b": $.a + 1}|"#, json!({"a": 1, "b": 2})),
        (r#"$map([{"a": 1}, {"a": 2}], |$|{"b": a}|)"#, json!([{"a": 1, "b": 1}, {"a": 2, "b": 2}])),
        (r#"$formatInteger(1999, "I") & $formatInteger(12, "000")"#, json!("MCMXCIX012")),
        (r#"($fact := function($n){ $n <= 1 ? 1 : $n * $fact($n - 1) }; $fact(10))"#, json!(3_628_800)),
        (
            r#"($sum := function($n, $all){ $n = 0 ? $all : $sum($n - 1, $all + $n) }; $sum(5000, 0))"#,
            json!(12_502_500),
        ),
        (r#"($add := function($x){ function($y){ $x + $y } }; $add(2)(3))"#, json!(5)),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn conditions_have_the_same_language() {
    let rule = |expression: &str| {
        let mut problems = Problems::new();
        let rule = Rule::parse(&json!({"expression": expression}), "", &Jsonata::default(), &mut problems);
        assert!(problems.is_empty() && rule.is_heavy());
        rule.holds(&World::with_body(order()).scope(), "", &mut Vec::new())
    };
    assert_eq!(rule("trigger.body.total > 50 and trigger.body.name = 'Ada'"), Ok(true));
    assert_eq!(rule("trigger.body.total > 500"), Ok(false));
    assert_eq!(rule("trigger.body.total + 0"), Ok(false));
    assert_eq!(rule("$x"), Ok(false));
    assert_eq!(rule("trigger.body.name * 2").unwrap_err().code, "template.failed");
}

#[test]
fn errors_say_which_template_and_speak_of_the_paths_as_written() {
    let error = render("trigger.body.name * 2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the template at /body failed: T2001: The left side of the * operator must evaluate to a number, \
         in `trigger.body.name * 2`"
    );
    let mut problems = Problems::new();
    Template::parse("{{ trigger.body.name ++ }}", "/config/body", &Jsonata::default(), &mut problems);
    let problem = problems.into_vec().pop().unwrap();
    assert_eq!((problem.pointer.as_str(), problem.code.as_str()), ("/config/body", "expression.syntax"));
    assert!(problem.message.starts_with("`trigger.body.name ++`: "), "{}", problem.message);
}

#[test]
fn chance_and_code_from_data_are_refused() {
    for expression in [
        "$random()",
        "$shuffle([1, 2])",
        "$eval('1')",
        "$map([1], $random)",
        "($r := $random; $r())",
        "[2, 1] ~> $shuffle",
        "function($x){ $eval($x) }('1')",
    ] {
        assert_eq!(refusal(expression), "expression.refused", "{expression}");
    }
}

#[test]
fn the_guards_names_cannot_be_taken() {
    for expression in [
        "($string := 5; 1)",
        "(false and ($pad := 5); $pad('', 1e9))",
        "trigger.body.items@$replace.sku",
        "trigger.body.items#$join.sku",
        "($hookflow_text := function($x){ $x }; 'a' & 'b')",
        "$map([1], function($hookflow_held){ 1 })",
        "$hookflow_now",
    ] {
        assert_eq!(refusal(expression), "expression.refused", "{expression}");
    }
    assert_eq!(failure("(function($pad){ $pad('', 1000000000) })()"), "expression.failed");
}

#[test]
fn sources_have_limits() {
    let long = format!("1{}", " + 1".repeat(EXPRESSION_LENGTH_MAX / 4));
    let deep = "(".repeat(EXPRESSION_NESTING_MAX + 1) + "1" + &")".repeat(EXPRESSION_NESTING_MAX + 1);
    for source in [long, deep] {
        assert_eq!(refusal(&source), "expression.too_large");
    }
    assert_eq!(value(&format!("'{}'", "(".repeat(100))), "(".repeat(100));
}

/// Each would take the memory, the processor or the stack if nothing stopped it.
const ATTACKS: &[(&str, &str)] = &[
    ("($f := function($x){ $f($x + 1) }; $f(1))", "expression.too_slow"),
    ("($f := function($x){ 1 + $f($x + 1) }; $f(1))", "expression.too_large"),
    ("($f := function($s){ $f($s & $s) }; $f('aaaaaaaa'))", "expression.too_large"),
    ("($f := function($s){ $f([$s, $s]) }; $f([1, 2]))", "expression.too_large"),
    ("($f := function($s){ $f($append($s, $s)) }; $f([1, 2]))", "expression.too_large"),
    ("($f := function($s){ $f({'a': $s, 'b': $s}) }; $f(1))", "expression.too_large"),
    ("($f := function($s){ $f($s{'k': $, 'j': $}) }; $f({'a': 1}))", "expression.too_large"),
    ("($f := function($s){ $f($zip($s, $s)) }; $f([1, 2]))", "expression.too_large"),
    ("($f := function($s){ $f($map([1, 2], function(){ $s })) }; $f([1, 2]))", "expression.too_large"),
    ("($f := function($s){ $f($each({'a': 1, 'b': 2}, function(){ $s })) }; $f([1, 2]))", "expression.too_large"),
    ("($f := function($s){ $f($merge([$s, {'a': $s}])) }; $f({'a': 1}))", "expression.too_large"),
    ("($f := function($s){ $f($s ~> |**|{'x': {'y': 1}}|) }; $f({'a': 1}))", "expression.too_large"),
    ("($f := function($g){ $f(function(){ $g() }) }; $f(function(){ 1 }))", "expression.too_large"),
    ("($f := function($g){ $f(function(){ [$g, $g] }) }; $f(function(){ 1 }))", "expression.too_large"),
    ("($f := function($g){ $f($g ~> $sum) }; $f($sum))", "expression.too_large"),
    ("($f := function($g){ $f($f(?, $g)) }; $f(1))", "expression.too_large"),
    ("$reduce([1..100000], function($g, $n){ {'a': $g} }, 1)", "expression.too_large"),
    ("$reduce([1..100000], function($g, $n){ function(){ $g } }, 1)", "expression.too_large"),
    ("[1..10000000]", "expression.too_large"),
    ("$sum([1..100000].([1..100000]))", "expression.too_large"),
    ("[1..100000].$uppercase(trigger.body.text)", "expression.too_large"),
    ("[1..100000].(trigger.body.text & $string($))", "expression.too_large"),
    ("$pad('', 1000000000)", "expression.too_large"),
    ("'' ~> $pad(-1000000000)", "expression.too_large"),
    ("('').($pad(1000000000))", "expression.too_large"),
    ("($p := $pad; $p('', 1000000000))", "expression.too_large"),
    ("($p := $pad(?, 1000000000); $p(''))", "expression.too_large"),
    ("$join([1..1000].($string($)), trigger.body.text)", "expression.too_large"),
    ("$replace(trigger.body.text, 'x', trigger.body.text)", "expression.too_large"),
    ("(trigger.body.text).($replace('x', $))", "expression.too_large"),
    ("$replace(trigger.body.text, /x/, function(){ trigger.body.text })", "expression.too_large"),
    ("$split(trigger.body.text, '')", "expression.too_large"),
    ("$match(trigger.body.text, /x/)", "expression.too_large"),
    ("$formatInteger(1e15, 'I')", "expression.too_large"),
    ("[1..100].(trigger.body.text)", "expression.too_large"),
    ("$string(trigger.body.text)", "expression.too_large"),
    ("$fromMillis(0, '[Y,1000000000]')", "expression.failed"),
    ("$contains('a', /(\\w{1000}){1000}/)", "expression.failed"),
    ("function($x){ $x }", "expression.failed"),
    ("[$sum]", "expression.failed"),
];

#[test]
fn attacks_end_with_an_error_in_time_and_on_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(2 << 20);
    let run = || {
        for (expression, code) in ATTACKS {
            // What another limit stops has to be stopped by that one, however slow the machine is.
            let ample = Limits { time: Duration::from_secs(60), ..Limits::default() };
            let limits = if *code == "expression.too_slow" { Limits::default() } else { ample };
            let start = Instant::now();
            assert_eq!(failure_within(limits, expression), *code, "{expression}");
            // Room for a debug build on a busy machine.
            assert!(start.elapsed() < Duration::from_secs(20), "{expression}");
        }
    };
    small.spawn(run).unwrap().join().unwrap();
}

#[test]
fn limits_can_be_set() {
    let limits = Limits { time: Duration::from_millis(20), ..Limits::default() };
    let expression = "{{ ($f := function($x){ $f($x + 1) }; $f(1)) }}";
    let template = Template::parse(expression, "", &Jsonata { limits }, &mut Problems::new());
    let start = Instant::now();
    let error = template.render(&World::with_body(json!({})).scope(), "", &mut Vec::new()).unwrap_err();
    assert_eq!(error.code, "expression.too_slow");
    assert!(start.elapsed() < EXPRESSION_TIME_MAX);
}

fn expression_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "trigger.body.items",
        "trigger.body.name",
        "nodes",
        "system.now",
        "$",
        "$$",
        "$x",
        "$map",
        "$string",
        "$pad",
        "$replace",
        "$split",
        "function($x)",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "1",
        "-2",
        "0.5",
        "'a'",
        "\"b\"",
        "/a/",
        "+",
        "-",
        "*",
        "**",
        "/",
        "%",
        "&",
        "?",
        ":",
        ":=",
        "~>",
        "|",
        ",",
        ";",
        ".",
        "..",
        "=",
        "!=",
        "<",
        "and",
        "or",
        "in",
        "@$i",
        "#$i",
        "^",
        "price",
        "`sku`",
        "null",
        "??",
        "?:",
    ]);
    prop::collection::vec(word, 1..12).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_expression_is_compiled_and_evaluated_without_a_panic(source in expression_text()) {
        let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
        let mut problems = Problems::new();
        let template = Template::parse(&format!("{{{{ {source} }}}}"), "", &Jsonata { limits }, &mut problems);
        let world = World::with_body(json!({"name": "Ada", "items": [{"price": 1, "sku": "a"}]}));
        let first = template.render(&world.scope(), "", &mut Vec::new());
        let second = template.render(&world.scope(), "", &mut Vec::new());
        prop_assert_eq!(first, second);
    }
}
