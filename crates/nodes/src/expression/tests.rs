use domain::time::Timestamp;
use domain::value::Value;
use serde_json::json;

use super::*;

/// Every way a guard is put into a tree, and what stands around it.
const EXPRESSIONS: &[&str] = &[
    "$o.name & '-' & $o.total & $o.nope",
    "[$o.items, 1, [2, [3]], $o.items.tags]",
    "[[1..3], [$o.total - 2..$o.total]]",
    "{'a': $o.items.price, $o.name: {'b': [$o.name]}}",
    "$o.items{sku: $sum(price)}",
    "$o.items.{'s': sku, 'p': price * 2}",
    "$o.items[price > 1].sku",
    "$o.items^(>price).sku",
    "$o.items.($uppercase(sku) & $string(price))",
    "$o.items.sku.$uppercase()",
    "$o.name.$substringBefore('d') & $substringAfter($o.name, 'd')",
    "$trim('  a  b ') & $lowercase('ÄB') & $length('äöü')",
    "$string($o) & $string($o.items, true)",
    "$base64decode($base64encode($o.name)) & $encodeUrlComponent('a b') & $decodeUrl('a%20b')",
    "$pad($o.name, 7, '*') & $pad($o.name, -7) & ('7' ~> $pad(-3, '0'))",
    "$join($o.items.sku, ', ') & $join($o.items.sku) & $join($o.name)",
    "$o.items.tags ~> $join('+')",
    "$split($o.text, ' ') ~> $count()",
    "$split($o.text, /\\s+/, 2)",
    "$match($o.text, /[a-z](\\w)/i)",
    "$match($o.text, /q/)",
    "$replace($o.text, 'a', 'b') & $replace($o.text, /(\\w)a/, '$1$1', 2)",
    "$replace($o.text, /a/, function($m){ $uppercase($m.match) })",
    "$distinct($o.items.tags) ~> $sort()",
    "$distinct([1, 1, null, {'a': 1}, {'a': 1}, '1', [], []])",
    "$map($o.items, function($i, $n){ $i.price + $n })",
    "$map($o.items.sku, $uppercase)",
    "$map([1], $string)[]",
    "$each($o, function($value, $key){ $key & $type($value) })",
    "$zip([1, 2, 3], $o.items.sku)",
    "$filter($o.items, function($i){ 'x' in $i.tags }).sku",
    "$reduce($o.items.price, function($a, $b){ $a + $b })",
    "$merge([$o, {'name': 'Bob'}]).name",
    "$sift($o, function($value, $key){ $key = 'name' })",
    "$o ~> |items|{'price': price * 2}, ['tags']|",
    "$formatInteger(1999, 'I') & $formatInteger(7, 'w') & $formatNumber(1234.5, '#,##0.00')",
    "($f := function($n){ $n < 2 ? 1 : $n * $f($n - 1) }; $f(12))",
    "($add := function($x){ function($y){ $x + $y } }; [$add(1)(2), $map([1, 2], $add(10))])",
    "($twice := $uppercase ~> $trim; $twice(' a '))",
    "($head := $substring(?, 0, 1); $map($o.items.sku, $head))",
    "$o.items@$i.{'sku': $i.sku, 'n': $count($o.items)}",
    "$o.items#$n[$n = 1].sku",
    "$exists($o.nope) or $boolean($o.items) and $not(false)",
    "$lookup($o, 'name') & $keys($o)[0] & $type($spread($o))",
    "$reverse($append([1, 2], $o.items.price))",
    "$fromMillis(0) & $toMillis('2026-11-22T10:00:00Z')",
    "$number('1.5') + $round(2.345, 2) + $power(2, 10) + $abs(-1)",
    "$o.name + 1",
    "$join([1, 2])",
    "$nothing.at.all",
];

fn data() -> Value {
    json!({
        "name": "Ada", "total": 5, "text": "A banana and  a bandana",
        "items": [{"sku": "ab", "price": 2.5, "tags": ["x", "y"]}, {"sku": "cd", "price": 1, "tags": ["x"]}],
    })
}

/// What the library alone makes of an expression: the value, or the code of its error.
fn unguarded(source: &str) -> Result<Option<Value>, String> {
    let tree = parser::parse(source).map_err(|refusal| refusal.display_message())?;
    let mut context = Context::new();
    context.bind("o".to_owned(), convert::to_jsonata(&data()));
    let result = Interpreter::with_context(context).evaluate(&tree, &JValue::Undefined);
    let value = result.map_err(|failure| explain(&failure).message)?;
    convert::from_jsonata(&value, EXPRESSION_OUTPUT_MAX).map_err(|error| error.message)
}

fn guarded(source: &str) -> Result<Option<Value>, String> {
    let compiled = Jsonata::default().compile(source, &["o".to_owned()]).map_err(|error| error.message)?;
    compiled.evaluate(&[Some(&data())], Timestamp::from_micros(0)).map_err(|error| error.message)
}

#[test]
fn guards_change_no_result() {
    for source in EXPRESSIONS {
        match (guarded(source), unguarded(source)) {
            // An error may name what stands there now.
            (Err(_), Err(_)) => {}
            (guarded, unguarded) => assert_eq!(guarded, unguarded, "{source}"),
        }
    }
    let without_value = EXPRESSIONS.iter().filter(|source| !matches!(guarded(source), Ok(Some(_))));
    assert_eq!(
        without_value.collect::<Vec<_>>(),
        ["$match($o.text, /q/)", "$o.name + 1", "$join([1, 2])", "$nothing.at.all"].each_ref()
    );
}

/// The time on the wall passes for a thread that waits, too.
#[test]
fn the_time_that_counts_is_the_time_on_a_core() {
    let before = own_time();
    std::thread::sleep(Duration::from_millis(50));
    assert!(was_starved(own_time() - before, Duration::from_millis(50)));
    let (began, before) = (std::time::Instant::now(), own_time());
    while own_time() - before < Duration::from_millis(50) {
        assert!(began.elapsed() < Duration::from_secs(60), "it is never given a core");
    }
    assert!(!was_starved(own_time() - before, Duration::from_millis(50)));
}
