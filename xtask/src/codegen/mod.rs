//! Writes what is derived from the code: the reference of nodes, triggers, expressions, problem codes,
//! refusals, metrics and settings, and the description of the API.
//!
//! The pages are committed, so that they can be read without a build; `--check` fails when they are
//! not what the code says. In the folders it owns, a page that nothing makes any more is taken away.

mod answers_page;
mod codes_page;
mod errors_page;
mod expressions_page;
mod kind_page;
mod metrics_page;
mod settings_page;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use nodes::Registry;

/// Folders that hold generated pages and nothing else.
const OWNED: [&str; 2] = ["docs/reference/nodes", "docs/reference/triggers"];

/// The first line of every page.
const WRITTEN_BY: &str = "<!-- Written by `cargo run -p xtask -- codegen`. -->";

/// Path below the root → content.
type Pages = BTreeMap<PathBuf, String>;

pub(crate) fn write(root: &Path) -> anyhow::Result<bool> {
    let pages = pages()?;
    for stale in stale(root, &pages)? {
        fs::remove_file(root.join(&stale)).with_context(|| format!("removing {}", stale.display()))?;
    }
    for (path, content) in &pages {
        let path = root.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, content));
        written.with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(true)
}

/// Whether everything is as the code says; what is not is told.
pub(crate) fn check(root: &Path) -> anyhow::Result<bool> {
    let pages = pages()?;
    let mut wrong = stale(root, &pages)?;
    let differs =
        |(path, content): &(&PathBuf, &String)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(content);
    wrong.extend(pages.iter().filter(differs).map(|(path, _)| path.clone()));
    for path in &wrong {
        eprintln!("{} is not what the code says: run `cargo run -p xtask -- codegen`", path.display());
    }
    Ok(wrong.is_empty())
}

fn pages() -> anyhow::Result<Pages> {
    let registry = Registry::released();
    let mut pages = Pages::new();
    pages.insert("docs/reference/problems.md".into(), codes_page::page());
    pages.insert("docs/reference/errors.md".into(), errors_page::page()?);
    pages.insert("docs/reference/openapi.json".into(), server::description());
    pages.insert("docs/reference/expressions.md".into(), expressions_page::page()?);
    pages.insert("docs/reference/answers.md".into(), answers_page::page()?);
    pages.insert("docs/reference/settings.md".into(), settings_page::page(settings_page::DEFAULTS)?);
    pages.insert("docs/reference/metrics.md".into(), metrics_page::page());
    let triggers: Vec<_> = registry.trigger_kinds().collect();
    let nodes: Vec<_> = registry.kinds().collect();
    for (folder, heading, kinds, place) in [
        (OWNED[0], "Nodes", nodes, kind_page::Place::Node),
        (OWNED[1], "Triggers", triggers, kind_page::Place::Trigger),
    ] {
        pages.insert(Path::new(folder).join("README.md"), kind_page::index(heading, &kinds));
        for info in kinds {
            pages.insert(Path::new(folder).join(format!("{}.md", info.kind)), kind_page::page(info, place)?);
        }
    }
    Ok(pages)
}

/// Files in our folders that no page belongs to.
fn stale(root: &Path, pages: &Pages) -> anyhow::Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for folder in OWNED {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue; // nothing written yet
        };
        for entry in entries {
            let path = Path::new(folder).join(entry?.file_name());
            if !pages.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_up_to_date_until_somebody_touches_it() {
        let root = tempfile::tempdir().unwrap();
        assert!(!check(root.path()).unwrap(), "nothing is there yet");
        write(root.path()).unwrap();
        assert!(check(root.path()).unwrap());

        let page = root.path().join("docs/reference/nodes/condition.md");
        fs::write(&page, fs::read_to_string(&page).unwrap() + "\n").unwrap();
        assert!(!check(root.path()).unwrap(), "a page was changed");
        write(root.path()).unwrap();
        fs::write(root.path().join("docs/reference/nodes/gone.md"), "").unwrap();
        assert!(!check(root.path()).unwrap(), "a page has no kind");
        write(root.path()).unwrap();
        assert!(check(root.path()).unwrap());
    }
}
