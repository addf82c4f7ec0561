use domain::problem::Problems;
use domain::template::Templated;
use domain::condition::Rule;
use domain::testing::world::World;
use nodes::expression::Jsonata;
use serde_json::json;
#[test]
fn bench() {
    let world = World::with_body(json!({"order": {"id": 17, "status": "paid"}, "total": 100, "name": "ada", "items": [{"price": 1, "quantity": 2},{"price": 3, "quantity": 4}]}));
    for t in [json!({"received": "{{ trigger.body.order.id }}"}), json!("order {{ trigger.body.order.id }} is {{ trigger.body.order.status }}"), json!("{{ trigger.body.total * 1.2 }}"), json!("{{ $sum(trigger.body.items.(price * quantity)) }}"), json!("{{ \"a\" & trigger.body.name }}"), json!("{{ $map(trigger.body.items, function($x){ $x.price }) }}"), json!("{{ $map(trigger.body.items, function($x){ $filter([1,2], function($y){ $y = $x.price }) }) }}")] {
        let mut p = Problems::new();
        let tt = Templated::parse(&t, "", &Jsonata::default(), &mut p);
        assert!(p.is_empty());
        let n = 100_000;
        let s = std::time::Instant::now();
        for _ in 0..n { std::hint::black_box(tt.render(&world.scope(), "", &mut Vec::new()).unwrap()); }
        println!("{:8.0} ns {t}", s.elapsed().as_nanos() as f64 / n as f64);
    }
    let mut p = Problems::new();
    let r = Rule::parse(&json!({"all": [{"left": "{{ trigger.body.order.status }}", "operator": "equal", "right": "paid"}]}), "", &Jsonata::default(), &mut p);
    let s = std::time::Instant::now();
    for _ in 0..100_000 { std::hint::black_box(r.holds(&world.scope(), "", &mut Vec::new()).unwrap()); }
    println!("{:8.0} ns rule", s.elapsed().as_nanos() as f64 / 1e5);
}
