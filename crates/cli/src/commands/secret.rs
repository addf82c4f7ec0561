//! `secret`: stored values that are never shown again.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use domain::secret::VALUE_BYTES_MAX;
use serde_json::{Value, json};

use crate::args::Global;
use crate::client::Client;
use crate::commands::{moment, text};
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Values that flows are sent with, such as keys of other systems. They are never shown again.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Set(Set),
    List(List),
    Delete(Delete),
}

/// Set a secret, be there one of this name or not. The value is read from stdin, or from a file.
///
/// One line break at its end is left out. It is never a part of the command, where other programs and the
/// shell's history would see it. Nodes that begin from then on are sent with it, as `{{ secrets.NAME }}`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pass show shop | hookflow secret set shop_token
  hookflow secret set shop_token --file token.txt")]
pub(crate) struct Set {
    /// A letter a-z, then letters, digits and `_`.
    name: String,
    /// Where the value stands, in place of stdin.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
}

/// List secrets: what they are called and who uses them, not what they are.
///
/// A workflow uses a secret if its draft or its live revision names it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow secret list
  hookflow secret list --json | jq -r 'select(.used_by == []) | .name'")]
pub(crate) struct List {}

/// Delete secrets. Nodes that would be sent with one fail from then on.
///
/// All are tried; one that is not there is told, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow secret delete shop_token")]
pub(crate) struct Delete {
    /// Names of secrets.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

pub(crate) async fn run(command: Command, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    match command {
        Command::Set(args) => set(args, &client, out).await,
        Command::List(List {}) => {
            let secrets = client.get(&["secrets"], &[]).await?;
            let secrets = secrets["items"].as_array().cloned().unwrap_or_default();
            Ok(out.list(&secrets, "no secrets", ["NAME", "CREATED (UTC)", "CHANGED (UTC)", "USED BY"], row)?)
        }
        Command::Delete(args) => {
            super::each(&args.names, async |name| {
                client.delete(&["secrets", name]).await?;
                Ok(out.either(&json!({"name": name, "deleted": true}), |_| format!("{} is deleted", plain(name)))?)
            })
            .await
        }
    }
}

async fn set(args: Set, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let value = read(args.file)?;
    let secret = client.put(&["secrets", &args.name], &json!({ "value": value })).await?;
    Ok(out.either(&secret, |secret| {
        let is_new = secret["created_at"] == secret["changed_at"];
        let what = if is_new { "is set" } else { "has a new value" };
        format!("{} {what}", plain(&args.name))
    })?)
}

fn read(file: Option<PathBuf>) -> Result<String, Failure> {
    let (from, source): (_, Box<dyn Read>) = match file {
        Some(path) => {
            let opened = File::open(&path).map_err(|error| unreadable(&path.display(), &error))?;
            (path.display().to_string(), Box::new(opened))
        }
        None => {
            if io::stdin().is_terminal() {
                eprintln!("Type the value, which is seen as it is typed, then Enter and Ctrl-D.");
            }
            ("stdin".to_owned(), Box::new(io::stdin()))
        }
    };
    let mut bytes = Vec::new();
    // With its line break. What is longer the server refuses.
    source.take(VALUE_BYTES_MAX as u64 + 3).read_to_end(&mut bytes).map_err(|error| unreadable(&from, &error))?;
    let mut value = String::from_utf8(bytes).map_err(|_| {
        Failure::new("secret.not_text", format!("{from} is not text in UTF-8"))
            .hint("a key in binary can be kept in base 64 or in hex")
    })?;
    if value.ends_with('\n') {
        value.pop();
        if value.ends_with('\r') {
            value.pop();
        }
    }
    Ok(value)
}

fn unreadable(from: &impl std::fmt::Display, error: &io::Error) -> Failure {
    Failure::new("file.unreadable", format!("cannot read {from}: {error}"))
}

fn row(secret: &Value) -> [String; 4] {
    let users = secret["used_by"].as_array().into_iter().flatten().map(|user| {
        let title = text(user, "title");
        if title.is_empty() { text(user, "workflow_key") } else { title }
    });
    let users: Vec<_> = users.collect();
    [text(secret, "name"), moment(secret, "created_at"), moment(secret, "changed_at"), plain(&users.join(", "))]
}
