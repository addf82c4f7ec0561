//! `check`: what is wrong with workflow files, without a server.

use std::path::PathBuf;

use nodes::Registry;
use serde_json::json;

use crate::failure::Failure;
use crate::files;
use crate::output::Output;

/// Check workflow files: every problem with its line. Needs no server.
///
/// A file without problems can be applied, unless its key was rotated away or a password is missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow check payment.yaml
  hookflow check flows/*.yaml --json")]
pub(crate) struct Args {
    /// Workflow files, YAML or JSON.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args, out: &mut Output) -> Result<(), Failure> {
    let registry = Registry::standard();
    let named = files::read(&args.files)?;
    let mut bad = 0;
    for named in &named {
        let problems = match &named.content {
            Ok(file) => file.locate(registry.check(&file.value).1),
            Err(problems) => problems.clone(),
        };
        bad += usize::from(!problems.is_empty());
        if out.json {
            out.document(&json!({"file": named.path.to_string_lossy(), "problems": problems}))?;
        } else if problems.is_empty() {
            out.line(format!("{}: ok", named.path.display()))?;
        } else {
            files::print(out, &named.path, &problems)?;
        }
    }
    if bad > 0 {
        return Err(Failure::new("check.invalid", files::summary(bad, named.len())));
    }
    Ok(())
}
