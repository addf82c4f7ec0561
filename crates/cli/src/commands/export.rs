//! `export`: workflows as files.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::flow::file::File;
use serde_json::{Value, json};

use crate::args::Global;
use crate::client::Client;
use crate::commands::text;
use crate::failure::{Complaint, Failure};
use crate::output::{Output, plain};
use crate::yaml;

/// Write workflows as files that `apply` takes: the drafts, or the live revisions.
///
/// One workflow goes to stdout; several go into a folder, a file each, named after title and key. A file
/// of that folder that has the workflow's key already is written anew; one that is something else is left
/// alone, and nothing is written then. Passwords are never exported: `apply` keeps the stored one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow export 1hfmkioou0d > payment.yaml
  hookflow export 1hfmkioou0d --live | diff payment.yaml -
  hookflow export --out flows                     all of them
  hookflow export --json > flows.ndjson           a document a line")]
pub(crate) struct Args {
    /// Workflows, their keys or wf_… ids; all if none is named.
    #[arg(value_name = "KEY")]
    workflows: Vec<String>,
    /// The live revision in place of the draft. Of all workflows, those that have one.
    #[arg(long)]
    live: bool,
    /// A folder to write to, made if it is not there. The files' paths are printed.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    let named = if args.workflows.is_empty() { all(&client, args.live).await? } else { args.workflows };
    if named.len() > 1 && args.out.is_none() && !out.json {
        let complaint = Complaint::new("usage", format!("{} workflows do not go into one file", named.len()));
        return Err(Failure::misused(vec![complaint.hint("add --out DIR for a file each, or --json for a line each")]));
    }
    let query: &[_] = if args.live { &[("live", "true".to_owned())] } else { &[] };
    let mut documents = Vec::new();
    for workflow in &named {
        documents.push(client.get(&["workflows", workflow, "export"], query).await?);
    }
    if let Some(folder) = args.out {
        return write_all(&folder, &documents, out);
    }
    for document in &documents {
        if out.json {
            out.document(document)?;
        } else {
            out.text(yaml::text(document)?.as_bytes())?;
        }
    }
    Ok(())
}

/// Their keys, the oldest first, as they were made.
async fn all(client: &Client, live: bool) -> Result<Vec<String>, Failure> {
    let workflows = client.list(&["workflows"], &[], None).await?;
    let wanted = workflows.iter().rev().filter(|workflow| !live || !workflow["revision"].is_null());
    Ok(wanted.map(|workflow| text(workflow, "key")).collect())
}

/// All or none, as far as it can be known before.
fn write_all(folder: &Path, documents: &[Value], out: &mut Output) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let there = there(folder)?;
    let mut files = Vec::new();
    for document in documents {
        let key = text(document, "key");
        let own = there.iter().find(|(_, of)| of.as_ref() == Some(&key)).map(|(path, _)| path.clone());
        let path = own.clone().unwrap_or_else(|| folder.join(file_name(document)));
        if own.is_none() && path.exists() {
            let sentence = format!("{} is there, and is not a file of workflow {}", path.display(), plain(&key));
            return Err(Failure::new("export.exists", sentence)
                .hint("nothing was written; choose another folder, or move the file"));
        }
        files.push((path, document, yaml::text(document)?));
    }
    for (path, document, text) in files {
        // One that says the same already keeps its time.
        let changed = fs::read_to_string(&path).ok().as_ref() != Some(&text);
        if changed {
            write(folder, &path, &text).map_err(|error| unwritable(&path, &error))?;
        }
        let told = json!({"file": path.to_string_lossy(), "key": document["key"], "title": document["title"], "changed": changed});
        out.either(&told, |_| plain(&path.to_string_lossy()))?;
    }
    Ok(())
}

/// The YAML files of a folder, in the order of their names, each with the key of the workflow that it is of.
fn there(folder: &Path) -> Result<Vec<(PathBuf, Option<String>)>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| unwritable(folder, &error))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let mut paths: Vec<PathBuf> = paths.filter(is_yaml).collect();
    paths.sort();
    let key = |path: &Path| {
        let file = File::read(&fs::read_to_string(path).ok()?).ok()?;
        file.value["key"].as_str().map(str::to_owned)
    };
    Ok(paths.into_iter().map(|path| (path.clone(), key(&path))).collect())
}

/// The whole file or the old one, whatever happens.
fn write(folder: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    // What anybody's new file may be used by.
    let mode = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().prefix(".export-").permissions(mode).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("file.unwritable", format!("cannot write to {}: {error}", path.display()))
}

/// Characters of a title in a file's name.
const SLUG_MAX: usize = 40;

/// `payment-callback-1hfmkioou0d.yaml`
fn file_name(document: &Value) -> String {
    let mut slug = String::new();
    for character in text(document, "title").chars().flat_map(char::to_lowercase) {
        match character {
            _ if slug.chars().count() == SLUG_MAX => break,
            character if character.is_alphanumeric() => slug.push(character),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "workflow" } else { slug };
    format!("{slug}-{}.yaml", text(document, "key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_title_and_key() {
        let name = |title: &str| file_name(&json!({"title": title, "key": "1hfmkioou0d"}));
        assert_eq!(name("Payment callback"), "payment-callback-1hfmkioou0d.yaml");
        assert_eq!(name("../../etc: Übung №7!"), "etc-übung-7-1hfmkioou0d.yaml");
        assert_eq!(name("💸"), "workflow-1hfmkioou0d.yaml");
        assert_eq!(name(&"ß".repeat(200)), format!("{}-1hfmkioou0d.yaml", "ß".repeat(SLUG_MAX)));
    }
}
