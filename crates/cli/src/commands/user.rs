//! `user`: people who log in.

use std::io::Read;

use domain::user::{Email, Role};
use serde_json::{Value, json};

use crate::args::Global;
use crate::client::Client;
use crate::commands::{each, moment, text};
use crate::failure::Failure;
use crate::output::{Output, plain};

/// People who log in with a browser.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Create(Create),
    List(List),
    Set(Set),
    Delete(Delete),
    Reset(Reset),
}

/// Make a user, and print the link with which they choose a password.
///
/// The link is for seven days, for one use, and shown this once; hand it over on a way that nobody else reads.
/// A `viewer` looks on, an `editor` makes and runs workflows, an `admin` does everything.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow user create grace@example.com --name Grace --role editor
  printf %s \"$PASSWORD\" | hookflow user create ada@example.com --name Ada --role admin --password-stdin")]
pub(crate) struct Create {
    /// Names the user; nothing is sent there.
    email: String,
    /// What they are called.
    #[arg(long)]
    name: String,
    /// What they may do: viewer, editor or admin.
    #[arg(long, hide_possible_values = true, value_parser = role())]
    role: String,
    /// Take the password from stdin, up to the end of the line there, and make no link.
    #[arg(long)]
    password_stdin: bool,
}

/// List users.
///
/// When they were seen last is to the minute.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow user list
  hookflow user list --json | jq -r 'select(.state == \"invited\") | .email'")]
pub(crate) struct List {}

/// Change a user's name or role, or take them the right to log in.
///
/// It holds at once, also for who is logged in. The last active admin stays one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow user set grace@example.com --role admin
  hookflow user set grace@example.com --disable")]
pub(crate) struct Set {
    /// The user, by email address or usr_… id.
    #[arg(value_name = "EMAIL")]
    user: String,
    /// What they are called.
    #[arg(long)]
    name: Option<String>,
    /// What they may do from now on: viewer, editor or admin.
    #[arg(long, required_unless_present_any = ["name", "disable", "enable"], hide_possible_values = true, value_parser = role())]
    role: Option<String>,
    /// Log them out, and let them in no more.
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Let them in again.
    #[arg(long)]
    enable: bool,
}

/// Delete users. They are logged out at once.
///
/// All are tried; one that cannot be deleted is told, and the exit code is 1. The last active admin stays.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow user delete grace@example.com")]
pub(crate) struct Delete {
    /// Users, by email address or usr_… id.
    #[arg(required = true, value_name = "EMAIL")]
    users: Vec<String>,
}

/// Print a link with which a user chooses a new password.
///
/// The password so far stays until then. Links from before are of no use any more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  hookflow user reset grace@example.com")]
pub(crate) struct Reset {
    /// The user, by email address or usr_… id.
    #[arg(value_name = "EMAIL")]
    user: String,
}

fn role() -> clap::builder::PossibleValuesParser {
    Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().into()
}

pub(crate) async fn run(command: Command, global: &Global, out: &mut Output) -> Result<(), Failure> {
    let client = Client::find(global)?;
    match command {
        Command::Create(args) => create(args, &client, out).await,
        Command::List(List {}) => {
            let users = users(&client).await?;
            Ok(out.list(&users, "no users", ["EMAIL", "NAME", "ROLE", "STATE", "SEEN (UTC)"], row)?)
        }
        Command::Set(args) => set(args, &client, out).await,
        Command::Delete(args) => {
            each(&args.users, async |user| {
                client.delete(&["users", &id(&client, user).await?]).await?;
                Ok(out.either(&json!({"user": user, "deleted": true}), |_| format!("{} is deleted", plain(user)))?)
            })
            .await
        }
        Command::Reset(args) => {
            let id = id(&client, &args.user).await?;
            show_link(client.post(&["users", &id, "invite"], &Value::Null).await?, &client, out)
        }
    }
}

async fn create(args: Create, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let password = if args.password_stdin { Some(password()?) } else { None };
    let body = json!({"email": args.email, "name": args.name, "role": args.role});
    let made = client.post(&["users"], &body).await?;
    let Some(password) = password else { return show_link(made, client, out) };
    let entered = client.post(&["invite"], &json!({"token": made["invite"], "password": password})).await;
    if let Err(failure) = entered {
        // All or nothing: whoever tries again is not told that the address is taken.
        client.delete(&["users", &text(&made, "id")]).await?;
        return Err(failure);
    }
    let user = find(client, &text(&made, "id")).await?;
    Ok(out.either(&user, |user| format!("{} can log in as {}", plain(&text(user, "email")), text(user, "role")))?)
}

async fn set(args: Set, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let mut body = json!({});
    let disabled = (args.disable || args.enable).then_some(args.disable);
    for (member, value) in [
        ("name", args.name.map(Value::from)),
        ("role", args.role.map(Value::from)),
        ("disabled", disabled.map(Value::from)),
    ] {
        if let Some(value) = value {
            body[member] = value;
        }
    }
    let id = id(client, &args.user).await?;
    let user = client.patch(&["users", &id], &body).await?;
    Ok(out.either(&user, |user| {
        format!("{} is {} as {}", plain(&text(user, "email")), text(user, "state"), text(user, "role"))
    })?)
}

/// The link alone on stdout, what is said about it on stderr.
fn show_link(mut invited: Value, client: &Client, out: &mut Output) -> Result<(), Failure> {
    let link = client.page(&format!("invite#{}", text(&invited, "invite")));
    invited["link"] = json!(link);
    out.either(&invited, |_| plain(&link))?;
    if !out.json {
        eprintln!(
            "{} chooses a password there, within seven days. It is shown this once.",
            plain(&text(&invited, "email"))
        );
    }
    Ok(())
}

/// Without the end of its line.
fn password() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::new("user.password", format!("cannot read the password from stdin: {error}")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

async fn users(client: &Client) -> Result<Vec<Value>, Failure> {
    let users = client.get(&["users"], &[]).await?;
    Ok(users["items"].as_array().cloned().unwrap_or_default())
}

/// The user, by email address or id.
async fn find(client: &Client, name: &str) -> Result<Value, Failure> {
    let named = Email::read(name).ok();
    let is_meant = |user: &Value| {
        let email = Email::read(&text(user, "email")).ok();
        text(user, "id") == name
            || (named.is_some() && email.as_ref().map(Email::folded) == named.as_ref().map(Email::folded))
    };
    users(client).await?.into_iter().find(is_meant).ok_or_else(|| {
        Failure::new("user.unknown", format!("there is no user `{}`", plain(name)))
            .hint("`hookflow user list` shows who there is")
    })
}

async fn id(client: &Client, name: &str) -> Result<String, Failure> {
    Ok(text(&find(client, name).await?, "id"))
}

fn row(user: &Value) -> [String; 5] {
    let seen = Some(moment(user, "last_seen_at")).filter(|text| !text.is_empty()).unwrap_or("never".to_owned());
    [text(user, "email"), text(user, "name"), text(user, "role"), text(user, "state"), seen]
}
