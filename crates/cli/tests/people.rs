//! People by the program: the first start, where it may listen, and the `user` commands.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use support::{Home, Server};

const PASSWORD: &str = "correct horse battery";

async fn post(server: &Server, path: &str, body: &Value) -> (StatusCode, Value) {
    let url = format!("http://{}/api/v1/{path}", server.admin());
    let request = support::http().post(url).header("content-type", "application/json");
    read(request.header("origin", format!("http://{}", server.admin())).body(body.to_string()).send().await.unwrap())
        .await
}

async fn read(answer: Response) -> (StatusCode, Value) {
    let status = answer.status();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

fn root() -> Value {
    json!({"email": "root@example.com", "name": "Root", "password": PASSWORD})
}

/// What follows `name` in what the server has printed about itself.
fn printed<'a>(stdout: &'a str, name: &str) -> Option<&'a str> {
    stdout.lines().find_map(|line| line.trim().strip_prefix(name)).map(|rest| rest.split_whitespace().next().unwrap())
}

/// No account, no password and no token is there from the start; what others can reach asks for the printed one.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_before_the_first_user() {
    let everywhere = ["--admin", "0.0.0.0:0"];
    for (settings, more, needs_token) in [
        (&[][..], &[][..], false),
        (&[("HOOKFLOW_ADMIN_INSECURE", "true")], &[], false),
        (&[("HOOKFLOW_ADMIN_HTTPS", "true")], &[], true),
        (&[("HOOKFLOW_ADMIN_INSECURE", "true")], &everywhere, true),
        (&[("HOOKFLOW_ADMIN_HTTPS", "true")], &everywhere, true),
    ] {
        let home = Home::new();
        let mut seen = Vec::new();
        for _ in 0..2 {
            let server = home.serve_with(settings, more);
            let entered = post(&server, "login", &json!({"email": "admin@example.com", "password": "admin"})).await;
            assert_eq!(entered.0, 401);
            if needs_token {
                assert_eq!(post(&server, "setup", &root()).await.1["code"], "setup.token", "{settings:?} {more:?}");
            }
            let ran = server.terminate();
            assert!(printed(&ran.stdout, "set-up").unwrap().ends_with("/setup,"), "{}", ran.stdout);
            let token = printed(&ran.stdout, "token").map(str::to_owned);
            assert_eq!(token.is_some(), needs_token, "{settings:?} {more:?} {}", ran.stdout);
            assert!(token.is_none_or(|token| !ran.stderr.contains(&token)), "a token in the log");
            seen.push(printed(&ran.stdout, "token").map(str::to_owned));
        }
        assert!(!needs_token || seen[0] != seen[1], "each start has its own");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_token_makes_the_first_user_and_is_not_printed_again() {
    let home = Home::new();
    let mut server = home.serve_with(&[("HOOKFLOW_ADMIN_INSECURE", "true")], &["--admin", "0.0.0.0:0", "--json"]);
    let started: Value = serde_json::from_str(&server.line()).unwrap();
    let mut asked = root();
    asked["token"] = started["setup_token"].clone();
    let (status, me) = post(&server, "setup", &asked).await;
    assert_eq!((status.as_u16(), &me["user"]["role"]), (201, &json!("admin")));
    assert_eq!(post(&server, "setup", &asked).await.1["code"], "setup.done");
    server.terminate();
    let ran = home.serve_with(&[("HOOKFLOW_ADMIN_INSECURE", "true")], &["--admin", "0.0.0.0:0"]).terminate();
    assert!(printed(&ran.stdout, "set-up").is_none() && printed(&ran.stdout, "token").is_none(), "{}", ran.stdout);
}

#[test]
fn a_server_does_not_start_where_its_secrets_would_be_open() {
    let home = Home::new();
    home.serve(&[]).terminate();
    for name in ["hookflow.key", "admin.token"] {
        let path = home.data().join(name);
        for mode in [0o644, 0o660, 0o602] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let ran = home.run(&["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
            assert_eq!(ran.code, 1, "{name} {mode:o}");
            assert!(ran.stderr.contains(".exposed]: ") && ran.stderr.contains("chmod 600 "), "{}", ran.stderr);
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let ran = home.run(&["serve", "--hooks", "127.0.0.1:0", "--admin", "0.0.0.0:0"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("error[config.admin_insecure]: "), "{}", ran.stderr);
    home.serve(&[]).terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_changed_and_deleted() {
    let home = Home::new();
    let server = home.serve(&[]);
    assert_eq!(home.run(&["user", "list"]).stdout, "no users\n");
    let mut command =
        home.hookflow(&["user", "create", "Ada@example.com", "--name", "Ada", "--role", "admin", "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    let made = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(made.stdout).unwrap(), "Ada@example.com can log in as admin\n");
    let entered = post(&server, "login", &json!({"email": "ada@example.com", "password": PASSWORD})).await;
    assert_eq!(entered.0, 200, "{}", entered.1);

    let invited = home.run(&["user", "create", "grace@example.com", "--name", "Grace", "--role", "viewer"]);
    assert_eq!(invited.code, 0, "{}", invited.stderr);
    let (page, token) = invited.stdout.trim().split_once("/invite#").unwrap();
    assert_eq!(page, format!("http://{}", server.admin()));
    let reset = home.json(&["user", "reset", "GRACE@example.com"]).remove(0);
    assert!(reset["link"].as_str().unwrap().ends_with(reset["invite"].as_str().unwrap()));
    let take = |token: &Value| json!({"token": token, "password": PASSWORD});
    assert_eq!(post(&server, "invite", &take(&json!(token))).await.1["code"], "invite.unknown");
    assert_eq!(post(&server, "invite", &take(&reset["invite"])).await.0, 200);

    let set = |more: &[&str]| home.json(&[&["user", "set", "grace@example.com"], more].concat()).remove(0);
    assert_eq!(set(&["--role", "editor", "--name", "Grace H."])["role"], "editor");
    assert_eq!(set(&["--disable"])["state"], "disabled");
    assert_eq!(set(&["--enable"])["state"], "active");
    let listed = home.run(&["user", "list"]).stdout;
    assert!(listed.contains("grace@example.com  Grace H.  editor  active"), "{listed}");

    let taken = home.run(&["user", "create", "grace@example.com", "--name", "G", "--role", "viewer"]);
    assert!(taken.code == 1 && taken.stderr.contains("error[user.email_taken]: "), "{}", taken.stderr);
    let nobody = home.run(&["user", "reset", "nobody@example.com"]);
    assert!(nobody.code == 1 && nobody.stderr.contains("error[user.unknown]: there is no user"), "{}", nobody.stderr);
    assert_eq!(home.run(&["user", "set", "grace@example.com"]).code, 2);
    let both = home.run(&["user", "delete", "ada@example.com", "grace@example.com"]);
    assert_eq!((both.code, both.stdout.as_str()), (1, "grace@example.com is deleted\n"));
    assert!(both.stderr.contains("error[user.last_admin]: "), "{}", both.stderr);
    assert_eq!(home.json(&["user", "list"]).len(), 1);
}

/// A password that cannot be taken makes no user.
#[test]
fn a_user_is_made_with_the_password_or_not_at_all() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let ran = home.run(&["user", "create", "a@example.com", "--name", "A", "--role", "viewer", "--password-stdin"]);
    assert!(ran.code == 1 && ran.stderr.contains("error[user.invalid]: A password has at least 12"), "{}", ran.stderr);
    assert_eq!(home.json(&["user", "list"]).len(), 0);
}
