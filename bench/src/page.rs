//! `docs/benchmarks.md`, from the sections that the parts of the bench keep, so that each can run alone.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Where sections wait for the page.
pub const SECTIONS: &str = "target/bench";

/// A part of the page, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The machine, and the numbers beside the limits and the peers.
    Throughput,
    Nodes,
    History,
    Live,
}

const ALL: [Section; 4] = [Section::Throughput, Section::Nodes, Section::History, Section::Live];

impl Section {
    fn file(self) -> &'static str {
        match self {
            Self::Throughput => "throughput.md",
            Self::Nodes => "nodes.md",
            Self::History => "history.md",
            Self::Live => "live.md",
        }
    }
}

/// Keeps a section, Markdown from its own `## ` heading on, in place of the one before.
pub fn keep(folder: &Path, section: Section, text: &str) -> Result<()> {
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(folder.join(section.file()), text))
        .with_context(|| format!("{} cannot be written", folder.join(section.file()).display()))
}

/// The page. An error names a section that was not measured yet.
pub fn page(folder: &Path) -> Result<String> {
    let mut page = "# Benchmarks\n\nWritten by `make bench`; run it again instead of editing.\n".to_owned();
    for section in ALL {
        let file = folder.join(section.file());
        let text = fs::read_to_string(&file);
        let text = text.with_context(|| format!("{section:?} was not measured: no {}", file.display()))?;
        ensure!(text.starts_with("## "), "{} does not begin with a heading", file.display());
        page += "\n";
        page += text.trim_end();
        page += "\n";
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_newest_of_each_section_in_order() {
        let folder = tempfile::tempdir().expect("there is room");
        for (section, text) in
            [(Section::Live, "## L\n"), (Section::Throughput, "## T0\n"), (Section::Throughput, "## T\n")]
        {
            keep(folder.path(), section, text).expect("it can be written");
        }
        keep(folder.path(), Section::Nodes, "## N\n").expect("it can be written");
        let missing = page(folder.path()).expect_err("history was not measured").to_string();
        assert!(missing.starts_with("History was not measured"), "{missing}");
        keep(folder.path(), Section::History, "## H\n").expect("it can be written");
        let page = page(folder.path()).expect("all are there");
        assert!(page.ends_with("\n\n## T\n\n## N\n\n## H\n\n## L\n"), "{page}");
    }
}
