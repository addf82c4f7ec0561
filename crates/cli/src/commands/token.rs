//! `token`: what programs show to use the API.

use domain::token::Scope;
use serde_json::{Value, json};

use crate::args::Global;
use crate::client::Client;
use crate::commands::{moment, text};
use crate::failure::Failure;
use crate::output::{Output, plain};

/// Tokens of programs that use the API.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a token, and print it. It is shown this once.
///
/// The token stands alone on stdout, what is said about it on stderr. Give each program one of its own
/// with the scopes that it needs: `read` sees everything that came in and went out, `operate` tests,
/// replays and cancels, `author` changes workflows and secrets, `admin` may do everything, tokens too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  TOKEN=$(hookflow token create ci --scope read)
  hookflow token create deploy --scope read --scope author --expires-in-days 90")]
pub(crate) struct Create {
    /// For people, to tell it from others.
    name: String,
    /// What it allows: read, operate, author or admin; may be given again.
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',', hide_possible_values = true, value_parser = scope())]
    scopes: Vec<String>,
    /// When it ends by itself; without it, never.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    expires_in_days: Option<u32>,
}

/// List tokens: what they are called and what they allow, not the tokens themselves.
///
/// The last use is to the minute.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow token list
  hookflow token list --json | jq -r 'select(.last_used_at == null) | .id'")]
pub(crate) struct List {}

/// Take tokens back. Whoever shows one is refused from then on.
///
/// All are tried; one that is not there is told, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow token revoke tok_06dw4mlf4vzkjwipq7fexjp8g")]
pub(crate) struct Revoke {
    /// Tokens, their tok_… ids.
    #[arg(required = true, value_name = "ID")]
    tokens: Vec<String>,
}

fn scope() -> clap::builder::PossibleValuesParser {
    Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().into()
}

pub(crate) async fn run(command: Command, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    match command {
        Command::Create(args) => create(args, &client, out).await,
        Command::List(List {}) => {
            let tokens = client.get(&["tokens"], &[]).await?;
            let tokens = tokens["items"].as_array().cloned().unwrap_or_default();
            let nothing = "no tokens but the server's own, <data>/admin.token";
            Ok(out.list(&tokens, nothing, ["ID", "NAME", "SCOPES", "EXPIRES (UTC)", "USED (UTC)"], row)?)
        }
        Command::Revoke(args) => {
            super::each(&args.tokens, async |token| {
                client.delete(&["tokens", token]).await?;
                Ok(out.either(&json!({"id": token, "revoked": true}), |_| format!("{} is revoked", plain(token)))?)
            })
            .await
        }
    }
}

async fn create(args: Create, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let mut body = json!({"name": args.name, "scopes": args.scopes});
    if let Some(days) = args.expires_in_days {
        body["expires_in_days"] = json!(days);
    }
    let token = client.post(&["tokens"], &body).await?;
    out.either(&token, |token| plain(&text(token, "token")))?;
    if !out.json {
        let until = moment(&token, "expires_at");
        let until = if until.is_empty() { String::new() } else { format!(", until {until} UTC") };
        let (id, scopes) = (text(&token, "id"), scopes(&token));
        eprintln!("{} is shown this once. It allows: {scopes}{until}.", plain(&id));
    }
    Ok(())
}

fn row(token: &Value) -> [String; 5] {
    let or_never = |field| Some(moment(token, field)).filter(|text| !text.is_empty()).unwrap_or("never".to_owned());
    [text(token, "id"), text(token, "name"), scopes(token), or_never("expires_at"), or_never("last_used_at")]
}

fn scopes(token: &Value) -> String {
    let scopes: Vec<&str> = token["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    plain(&scopes.join(", "))
}
