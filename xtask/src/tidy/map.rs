//! ARCHITECTURE.md names what is there: modules by their path, tests by their name.

use super::{Finding, TextFile};

const TRUST: &str = "a map that names what is gone is worse than none";

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let Some(map) = files.iter().find(|file| file.path == "ARCHITECTURE.md") else { return Vec::new() };
    let names = map.lines().flat_map(|(line, text)| text.split('`').skip(1).step_by(2).map(move |name| (line, name)));
    let gone = names.filter_map(|(line, name)| {
        let (what, is_there) = if is_module(name) {
            ("module", module_exists(name, files))
        } else if is_test(name) {
            ("test", test_exists(name, files))
        } else {
            return None;
        };
        (!is_there).then(|| map.error(line, format!("there is no {what} `{name}`"), TRUST))
    });
    gone.collect()
}

/// `engine::worker`, but not `Engine::accept`.
fn is_module(name: &str) -> bool {
    name.contains("::") && name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_:".contains(&byte))
}

/// Tests read as sentences.
fn is_test(name: &str) -> bool {
    name.matches('_').count() >= 3
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn module_exists(name: &str, files: &[TextFile]) -> bool {
    let Some((room, module)) = name.split_once("::") else { return false };
    let path = format!("crates/{room}/src/{}", module.replace("::", "/"));
    files.iter().any(|file| file.path == format!("{path}.rs") || file.path == format!("{path}/mod.rs"))
}

fn test_exists(name: &str, files: &[TextFile]) -> bool {
    let declared = format!("fn {name}(");
    files.iter().any(|file| file.extension() == "rs" && file.text.contains(&declared))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::check;

    #[test]
    fn what_the_map_names_and_is_gone_is_found() {
        let map = "`engine::worker` `store::sqlite` `Engine::accept` `cargo run`\n`engine::gone` `it_is_held_by_this`\n`it_is_held_by_nothing`\n";
        let files = [
            ("ARCHITECTURE.md", map),
            ("crates/engine/src/worker.rs", "fn it_is_held_by_this() {}"),
            ("crates/store/src/sqlite/mod.rs", ""),
        ];
        let expected = [
            "ARCHITECTURE.md:2: there is no module `engine::gone`",
            "ARCHITECTURE.md:3: there is no test `it_is_held_by_nothing`",
        ];
        assert_eq!(found(check, &files), expected);
    }
}
