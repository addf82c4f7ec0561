//! Paths: what is printed is the same path, and reading one never fails on a value.

use domain::event::body;
use domain::problem::Problems;
use domain::template::Template;
use domain::template::path::Path;
use domain::testing::evaluator::NoExpressions;
use domain::testing::world::World;
use domain::value::{Type, Value};

use crate::two_texts;

/// A path, and the body it reads.
pub fn path(bytes: &[u8]) {
    let (text, body) = two_texts(bytes);
    let Ok(path) = Path::parse(&text) else { return };
    let printed = path.to_string();
    assert_eq!(Path::parse(&printed).as_ref(), Ok(&path), "{printed}");
    assert_eq!(Path::parse(&printed).map(|path| path.to_string()).as_ref(), Ok(&printed));

    let world = World::with_body(body::parse(body.as_bytes()).unwrap_or(Value::Null));
    let found = path.resolve(&world.scope());
    if let Some(found) = &found {
        // The values were read from JSON or are as deep as those.
        assert!(!domain::value::is_too_deep(found) || domain::value::is_too_deep(world.trigger.body()));
    }

    // In a template it reads the same.
    let mut problems = Problems::new();
    let template = Template::parse(&format!("{{{{{printed}}}}}"), "", &NoExpressions, &mut problems);
    assert!(problems.is_empty(), "{:?}", problems.into_vec());
    assert_eq!(template.paths(), [&path]);
    let mut missing = Vec::new();
    let rendered = template.render(&world.scope(), "", &mut missing).expect("a path does not fail");
    assert_eq!(missing.len(), usize::from(found.is_none()));
    assert_eq!(Some(&rendered), found.as_deref().or(Some(&Value::Null)), "{printed}: {:?}", Type::of(&rendered));
}
