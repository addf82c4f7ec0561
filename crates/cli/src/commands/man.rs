//! `man`: the manual, a page a command.

use std::path::PathBuf;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args;
use crate::failure::Failure;
use crate::output::Output;

/// Print the manual page, or write one for every command.
///
/// Needs no server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow man | man -l -
  hookflow man --out ~/.local/share/man/man1 && man hookflow-serve")]
pub(crate) struct Args {
    /// Write `hookflow.1`, `hookflow-serve.1`, … into this folder, and print their paths.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, out: &mut Output) -> Result<(), Failure> {
    let mut command = args::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.out else {
        return Ok(out.text(&page(&command)?.1)?);
    };
    let failed = |error: std::io::Error| {
        Failure::new("file.unwritable", format!("cannot write to {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    for command in all(&command) {
        let (name, text) = page(command)?;
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(failed)?;
        out.line(path.display().to_string())?;
    }
    Ok(())
}

/// The command, and those below it.
fn all(command: &clap::Command) -> Vec<&clap::Command> {
    let below = command.get_subcommands().flat_map(all);
    std::iter::once(command).chain(below).collect()
}

/// The page's file name and its text.
fn page(command: &clap::Command) -> std::io::Result<(String, Vec<u8>)> {
    let man = Man::new(command.clone()).manual("Hookflow").source(concat!("hookflow ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    sections(&help.map(ToString::to_string).unwrap_or_default()).to_writer(&mut text)?;
    Ok((man.get_filename(), text))
}

/// The end of the help, whose lines stand as they are: a paragraph that begins with `Examples:` is a section.
fn sections(help: &str) -> Roff {
    let mut roff = Roff::new();
    for paragraph in help.split("\n\n") {
        let (heading, lines) = match paragraph.split_once('\n') {
            Some((heading, lines)) if heading.ends_with(':') => (heading.trim_end_matches(':'), lines),
            _ => match paragraph.split_once(": ") {
                Some((heading, lines)) if heading.len() < 20 => (heading, lines),
                _ => ("Notes", paragraph),
            },
        };
        roff.control("SH", [heading.to_uppercase().as_str()]);
        roff.control("nf", []);
        for line in lines.lines() {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        roff.control("fi", []);
    }
    roff
}
