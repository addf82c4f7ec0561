//! Features of `serde_json` that change what a body reads as, wherever in the build they are switched on.
//!
//! Cargo gives every crate the features that any crate asks for, so no manifest of ours shows them all.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Finding;

/// A feature, and what it would do.
const REFUSED: &[(&str, &str)] = &[
    ("raw_value", "an object with a certain magic key would be read as JSON inside a string"),
    ("arbitrary_precision", "numbers would become objects with a certain magic key on their way through serde"),
];

/// Every package of the build with its features, a line each: `serde_json v1.0.154 alloc,std`.
pub(super) fn built(root: &Path) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = ["tree", "--workspace", "--all-features", "--locked", "--prefix", "none", "--format", "{p} {f}"];
    let output = Command::new(cargo).args(tree).current_dir(root).output().context("cannot run cargo tree")?;
    ensure!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).context("cargo tree wrote something else than text")
}

pub(super) fn check(built: &str) -> Vec<Finding> {
    let features: Vec<&str> = built
        .lines()
        .filter(|line| line.starts_with("serde_json v"))
        .flat_map(|line| line.split([' ', ',']).skip(2))
        .collect();
    let on = REFUSED.iter().filter(|(feature, _)| features.contains(feature));
    let finding = |(feature, reason): &(&str, &'static str)| Finding {
        path: "Cargo.toml".to_owned(),
        line: 1,
        what: format!(
            "a crate of the build switches on `serde_json/{feature}`: see `cargo tree -e features -i serde_json`"
        ),
        reason,
        warning: false,
    };
    on.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_that_changes_what_a_body_reads_as_is_found() {
        let quiet =
            "serde_json v1.0.154 alloc,std (*)\naxum v0.8.9 raw_value,http1\nserde_json_path v1.0.0 raw_value\n";
        assert_eq!(check(quiet), []);
        let found = check("serde_json v1.0.154 alloc,raw_value (*)\nserde_json v1.0.154 arbitrary_precision\n");
        assert_eq!(found.len(), 2);
        assert!(found[0].what.contains("`serde_json/raw_value`"), "{found:?}");
    }

    #[test]
    fn the_build_is_asked() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert!(built(root).unwrap().lines().any(|line| line.starts_with("serde_json v")));
    }
}
