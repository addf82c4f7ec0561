//! People, as their browsers see it: set-up, logging in and out, sessions, invites, roles.

use std::time::{Duration, Instant};

use crate::support::people::{HERE, OURS, PASSWORD, ask, cookie, enter, first, log_in_as};
use crate::support::{Answer, Bench, JSON, assert_standing, exchange, request};
use domain::token::TokenText;
use domain::user::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn set_cookie(answer: &Answer) -> String {
    let text = answer.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {answer:?}"));
    format!("Cookie: {}", text.split(';').next().unwrap())
}

fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn login(email: &str, password: &str) -> Option<Value> {
    Some(json!({ "email": email, "password": password }))
}

async fn me(bench: &Bench, cookie: &str) -> Answer {
    ask(bench, &[cookie], "GET", "/me", None).await
}

fn root() -> Value {
    json!({ "email": " Root@Example.com ", "name": "Ada", "password": PASSWORD })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_user_is_an_admin_and_there_is_one_first_user() {
    let bench = Bench::new().await;
    let state = ask(&bench, &[], "GET", "/setup", None).await;
    assert_eq!(state.json(), json!({ "needed": true, "token_needed": false }));
    let asked: Vec<_> =
        (0..4).map(|n| json!({ "email": format!("a{n}@example.com"), "name": "Ada", "password": PASSWORD })).collect();
    let answers =
        futures_util::future::join_all(asked.into_iter().map(|asked| ask(&bench, &[], "POST", "/setup", Some(asked))))
            .await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refusal(answer), refused(409, "setup.done"));
        assert_eq!(answer.header("set-cookie"), None);
    }
    let view = made[0].json();
    assert_eq!(
        (&view["user"]["role"], &view["scopes"]),
        (&json!("admin"), &json!(["read", "operate", "author", "admin"]))
    );
    assert_eq!(me(&bench, &set_cookie(made[0])).await.json(), view);
    assert_eq!(bench.engine.users().await.unwrap().len(), 1);
    let state = ask(&bench, &[], "GET", "/setup", None).await;
    assert_eq!(state.json()["needed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_others_can_reach_it_the_first_user_needs_the_printed_token() {
    let token = TokenText::from_random([7, 8]);
    let bench = Bench::with(|setup| setup.door.setup_token = Some(token.clone())).await;
    assert_eq!(ask(&bench, &[], "GET", "/setup", None).await.json()["token_needed"], true);
    for wrong in [Value::Null, json!(""), json!("x"), json!(TokenText::from_random([7, 9]).reveal())] {
        let mut asked = root();
        asked["token"] = wrong;
        let answer = ask(&bench, &[], "POST", "/setup", Some(asked)).await;
        assert_eq!(refusal(&answer), refused(403, "setup.token"));
    }
    assert!(bench.engine.needs_setup().await.unwrap());
    let mut asked = root();
    asked["token"] = json!(token.reveal());
    assert_eq!(ask(&bench, &[], "POST", "/setup", Some(asked.clone())).await.status, 201);
    assert_eq!(refusal(&ask(&bench, &[], "POST", "/setup", Some(asked)).await), refused(409, "setup.done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_user_is_told() {
    let bench = Bench::new().await;
    for (member, value) in [
        ("email", "nobody"),
        ("email", "a\u{202e}b@example.com"),
        ("name", " "),
        ("name", "a\u{7}"),
        ("password", "elevenchars"),
        ("password", &"x".repeat(1025)),
    ] {
        let mut asked = root();
        asked[member] = json!(value);
        let answer = ask(&bench, &[], "POST", "/setup", Some(asked)).await;
        assert_eq!(refusal(&answer), refused(422, "user.invalid"), "{member}: {value}");
    }
    assert!(bench.engine.needs_setup().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_with_the_password_and_ends_at_the_server() {
    let bench = Bench::new().await;
    first(&bench).await;
    let entered = ask(&bench, &[], "POST", "/login", login("ROOT@example.com", PASSWORD)).await;
    assert_eq!(entered.status, 200, "{entered:?}");
    let text = entered.header("set-cookie").unwrap();
    assert!(
        text.starts_with("hookflow_session=hookflow_") && text.contains("; HttpOnly; SameSite=Lax; Max-Age=2592000")
    );
    assert!(!text.contains("Secure") && !text.contains("Domain"), "{text}");
    let first_cookie = set_cookie(&entered);
    assert_eq!(me(&bench, &first_cookie).await.json(), entered.json());

    // The one before ends with the next, so that nobody who knew it comes along.
    let again = ask(&bench, &[&first_cookie], "POST", "/login", login("root@example.com", PASSWORD)).await;
    let second = set_cookie(&again);
    assert_ne!(second, first_cookie);
    assert_eq!(refusal(&me(&bench, &first_cookie).await), refused(401, "api.session"));
    assert_eq!(me(&bench, &second).await.status, 200);

    let out = ask(&bench, &[&second], "POST", "/logout", None).await;
    assert_eq!((out.status, out.body.as_str()), (204, ""));
    assert!(
        out.header("set-cookie").unwrap().starts_with("hookflow_session=; ")
            && out.header("set-cookie").unwrap().contains("Max-Age=0")
    );
    assert_eq!(refusal(&me(&bench, &second).await), refused(401, "api.session"));
    assert_eq!(refusal(&ask(&bench, &[&second], "POST", "/logout", None).await), refused(401, "api.session"));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_https_the_cookie_is_bound_to_the_host() {
    let bench = Bench::with(|setup| setup.door.https = true).await;
    first(&bench).await;
    let entered = ask(&bench, &[], "POST", "/login", login("root@example.com", PASSWORD)).await;
    let text = entered.header("set-cookie").unwrap();
    assert!(text.starts_with("__Host-hookflow_session=") && text.ends_with("; Secure") && text.contains("; Path=/;"));
    let cookie = set_cookie(&entered);
    assert_eq!(me(&bench, &cookie).await.status, 200);
    let plain = cookie.replace("__Host-", "");
    assert_eq!(refusal(&me(&bench, &plain).await), refused(401, "api.token"), "anybody on the way could have set it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_idling_and_after_its_longest_time() {
    for (idle, max) in [(400, 60_000), (60_000, 400)] {
        let bench = Bench::with(|setup| {
            setup.engine.session_idle = Duration::from_millis(idle);
            setup.engine.session_max = Duration::from_millis(max);
        })
        .await;
        let session = cookie(&first(&bench).await.session);
        assert_eq!(me(&bench, &session).await.status, 200);
        tokio::time::sleep(Duration::from_millis(450)).await;
        assert_eq!(refusal(&me(&bench, &session).await), refused(401, "api.session"), "{idle} {max}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_tells_nobody_what_was_wrong() {
    let bench = Bench::new().await;
    first(&bench).await;
    let disabled = enter(&bench, "disabled", Role::Editor).await;
    bench.engine.change_user(disabled.user.id, None, None, Some(true)).await.unwrap();
    let invited = json!({ "email": "invited@example.com", "name": "I", "role": "viewer" });
    assert_eq!(bench.api("POST", "/users", Some(&invited)).await.status, 201);
    let mut told = Vec::new();
    for (email, password) in [
        ("root@example.com", "wrong horse battery"),
        ("nobody@example.com", PASSWORD),
        ("disabled@example.com", PASSWORD),
        ("invited@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("root@example.com", ""),
    ] {
        let began = Instant::now();
        let answer = ask(&bench, &[], "POST", "/login", login(email, password)).await;
        told.push((answer, began.elapsed()));
    }
    assert_eq!(refusal(&told[0].0), refused(401, "login.wrong"));
    for (answer, _) in &told {
        assert_eq!(answer, &told[0].0);
        assert_eq!(answer.header("set-cookie"), None);
    }
    // The hash is nearly all of it: without it, an answer takes a hundredth.
    let mut times: Vec<_> = told.iter().map(|(_, took)| *took).collect();
    times.sort();
    assert!(times[0] * 5 > times[times.len() / 2], "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_waits_and_who_is_logged_in_does_not() {
    let bench = Bench::new().await;
    let session = cookie(&first(&bench).await.session);
    let mut throttled = 0;
    for _ in 0..30 {
        let answer = ask(&bench, &[], "POST", "/login", login("root@example.com", "wrong horse battery")).await;
        if answer.status == 429 {
            assert_eq!(refusal(&answer), refused(429, "login.throttled"));
            assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
            throttled += 1;
        } else {
            assert_eq!(answer.status, 401);
        }
    }
    assert!(throttled > 20, "{throttled}");
    let right = ask(&bench, &[], "POST", "/login", login("Root@example.com", PASSWORD)).await;
    assert_eq!(right.status, 429, "not even with the right one: it could be a guess");
    // The session goes on, and its password can be changed.
    assert_eq!(me(&bench, &session).await.status, 200);
    let password = json!({ "password": { "old": PASSWORD, "new": "another horse battery" } });
    assert_eq!(ask(&bench, &[&session], "PATCH", "/me", Some(password)).await.status, 200);
}

/// One proxy speaks for everybody: it is not the one that has to wait.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_addresses_are_those_it_names_last() {
    let bench = Bench::with(|setup| setup.door.https = true).await;
    first(&bench).await;
    let guess = async |n: u32, forwarded: &str| {
        let line = format!("X-Forwarded-For: {forwarded}");
        ask(&bench, &[&line], "POST", "/login", login(&format!("u{n}@example.com"), "")).await.status
    };
    let mut statuses = Vec::new();
    for n in 0..55 {
        // What stands before the last the sender has made up.
        statuses.push(guess(n, &format!("10.0.0.{n}, 192.0.2.1")).await);
    }
    assert_eq!((statuses[49], statuses[54]), (401, 429));
    assert_eq!(guess(60, "192.0.2.1, 192.0.2.2").await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_somebody_else_changes_nothing() {
    let bench = Bench::new().await;
    let session = cookie(&first(&bench).await.session);
    let new = json!({ "email": "eve@example.com", "name": "Eve", "role": "admin" }).to_string();
    let enter = login("root@example.com", PASSWORD).unwrap().to_string();
    let post = async |path: &str, headers: &[&str], body: &str| {
        let path = format!("/api/v1{path}");
        exchange(bench.admin, &request("POST", &path, headers, body.as_bytes())).await
    };
    for others in [
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Origin: http://evil.example",
        "Origin: null",
        "X-None: 1",
    ] {
        let told = [
            post("/users", &[&session, JSON, others], &new).await,
            post("/login", &[JSON, others], &enter).await,
            post("/setup", &[JSON, others], "{}").await,
            post("/invite", &[JSON, others], "{}").await,
            post("/logout", &[&session, others], "").await,
        ];
        for answer in told {
            assert_eq!(refusal(&answer), refused(403, "csrf"), "{others}");
            assert_standing_api(&answer);
        }
    }
    // A form of our own origin could only come through a hole, and is refused all the same.
    let form = post("/users", &[&session, OURS, "Content-Type: text/plain"], &new).await;
    assert_eq!(refusal(&form), refused(415, "api.media_type"));
    let form = post("/logout", &[&session, OURS, "Content-Type: application/x-www-form-urlencoded"], "a=b").await;
    assert_eq!(refusal(&form), refused(415, "api.media_type"));
    assert_eq!(bench.engine.users().await.unwrap().len(), 1);
    assert_eq!(me(&bench, &session).await.status, 200);
    // Programs have no pages.
    let token = format!("Authorization: Bearer {}", crate::support::TOKEN);
    assert_eq!(post("/users", &[&token, JSON, "Origin: http://evil.example"], &new).await.status, 201);
    assert_eq!(post("/login", &[JSON, "Origin: http://hooks.example"], &enter).await.status, 200);
    let preflight = request(
        "OPTIONS",
        "/api/v1/users",
        &["Origin: http://evil.example", "Access-Control-Request-Method: POST", &session],
        b"",
    );
    let preflight = exchange(bench.admin, &preflight).await;
    assert_eq!(preflight.status, 405);
    assert!(preflight.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{preflight:?}");
}

/// Nothing an API answers can be kept by a cache or read by another origin.
fn assert_standing_api(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_lets_its_user_in_once_and_resets_a_password() {
    let bench = Bench::new().await;
    let admin = cookie(&first(&bench).await.session);
    let asked = json!({ "email": "grace@example.com", "name": "Grace", "role": "editor" });
    let made = ask(&bench, &[&admin], "POST", "/users", Some(asked.clone())).await;
    assert_eq!((made.status, &made.json()["state"]), (201, &json!("invited")));
    let (id, invite) = (made.json()["id"].as_str().unwrap().to_owned(), made.json()["invite"].clone());
    let twin = json!({ "email": "GRACE@example.com", "name": "G", "role": "viewer" });
    assert_eq!(refusal(&ask(&bench, &[&admin], "POST", "/users", Some(twin)).await), refused(409, "user.email_taken"));
    let listed = ask(&bench, &[&admin], "GET", "/users", None).await;
    assert!(!listed.body.contains(invite.as_str().unwrap()), "it is shown once");
    assert_eq!(listed.json()["items"][0]["last_seen_at"], Value::Null);

    let take =
        |invite: &Value, password: &str| Some(json!({ "token": invite, "password": password, "name": "Grace H." }));
    assert_eq!(
        refusal(&ask(&bench, &[], "POST", "/invite", take(&invite, "short")).await),
        refused(422, "user.invalid")
    );
    assert_eq!(
        refusal(&ask(&bench, &[], "POST", "/invite", take(&json!("x"), PASSWORD)).await),
        refused(404, "invite.unknown")
    );
    let entered = ask(&bench, &[], "POST", "/invite", take(&invite, PASSWORD)).await;
    assert_eq!((entered.status, &entered.json()["user"]["name"]), (200, &json!("Grace H.")));
    assert_eq!(entered.json()["scopes"], json!(["read", "operate", "author"]));
    let hers = set_cookie(&entered);
    assert_eq!(
        refusal(&ask(&bench, &[], "POST", "/invite", take(&invite, PASSWORD)).await),
        refused(404, "invite.unknown")
    );
    assert_eq!(refusal(&ask(&bench, &[&hers], "GET", "/users", None).await), refused(403, "api.scope"));

    // A reset: the old password and the session stay until it is taken.
    let reset = ask(&bench, &[&admin], "POST", &format!("/users/{id}/invite"), None).await;
    assert_eq!((reset.status, &reset.json()["state"]), (201, &json!("active")));
    assert_eq!(me(&bench, &hers).await.status, 200);
    let again = ask(&bench, &[], "POST", "/invite", take(&reset.json()["invite"], "another horse battery")).await;
    assert_eq!(again.status, 200);
    assert_eq!(refusal(&me(&bench, &hers).await), refused(401, "api.session"));
    let old = ask(&bench, &[], "POST", "/login", login("grace@example.com", PASSWORD)).await;
    assert_eq!(old.status, 401);
    let new = ask(&bench, &[], "POST", "/login", login("grace@example.com", "another horse battery")).await;
    assert_eq!(new.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_role_holds_at_once_and_a_user_who_is_disabled_is_out() {
    let bench = Bench::new().await;
    let entered = first(&bench).await;
    let admin = cookie(&entered.session);
    let grace = enter(&bench, "grace", Role::Editor).await;
    let (hers, at) = (cookie(&grace.session), format!("/users/{}", grace.user.id));
    let change = async |at: &str, body: Value| ask(&bench, &[&admin], "PATCH", at, Some(body)).await;
    let make = json!({ "documents": [] });
    let apply = async || ask(&bench, &[&hers], "POST", "/apply", Some(make.clone())).await.status;
    let before = apply().await;
    assert_ne!(before, 403);
    assert_eq!(change(&at, json!({ "role": "viewer" })).await.json()["role"], "viewer");
    assert_eq!(apply().await, 403);
    assert_eq!(me(&bench, &hers).await.json()["scopes"], json!(["read"]));
    assert_eq!(change(&at, json!({ "disabled": true })).await.json()["state"], "disabled");
    assert_eq!(refusal(&me(&bench, &hers).await), refused(401, "api.session"));
    let reset = ask(&bench, &[&admin], "POST", &format!("{at}/invite"), None).await;
    assert_eq!(refusal(&reset), refused(409, "user.disabled"));
    assert_eq!(change(&at, json!({ "disabled": false })).await.json()["state"], "active");
    assert_eq!(me(&bench, &hers).await.status, 401, "the session does not come back");

    let own = format!("/users/{}", entered.user.id);
    for body in [json!({ "disabled": true }), json!({ "role": "editor" })] {
        assert_eq!(refusal(&change(&own, body).await), refused(409, "user.last_admin"));
    }
    assert_eq!(refusal(&ask(&bench, &[&admin], "DELETE", &own, None).await), refused(409, "user.last_admin"));
    assert_eq!(ask(&bench, &[&admin], "DELETE", &at, None).await.status, 204);
    for path in [at.as_str(), "/users/0", "/users/usr_0000000000000000000000000"] {
        assert_eq!(refusal(&ask(&bench, &[&admin], "DELETE", path, None).await), refused(404, "user.unknown"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_change_themselves_and_a_new_password_ends_their_other_sessions() {
    let bench = Bench::new().await;
    first(&bench).await;
    let here = cookie(&log_in_as(&bench, Role::Viewer).await);
    let there = cookie(&log_in_as(&bench, Role::Viewer).await);
    let change = async |body: Value| ask(&bench, &[&here], "PATCH", "/me", Some(body)).await;
    let renamed = change(json!({ "name": " Zoe\u{308} ", "email": "Zoe@example.com" })).await.json();
    assert_eq!((&renamed["user"]["name"], &renamed["user"]["email"]), (&json!("Zo\u{eb}"), &json!("Zoe@example.com")));
    assert_eq!(refusal(&change(json!({ "email": "root@example.com" })).await), refused(409, "user.email_taken"));
    assert_eq!(refusal(&change(json!({ "role": "admin" })).await), refused(400, "api.body"));
    let password = |old: &str, new: &str| json!({ "password": { "old": old, "new": new } });
    assert_eq!(
        refusal(&change(password("wrong horse battery", "another horse")).await),
        refused(403, "password.wrong")
    );
    assert_eq!(refusal(&change(password(PASSWORD, "short")).await), refused(422, "user.invalid"));
    assert_eq!(me(&bench, &there).await.status, 200);
    assert_eq!(change(password(PASSWORD, "another horse battery")).await.status, 200);
    assert_eq!((me(&bench, &here).await.status, me(&bench, &there).await.status), (200, 401));
    let by_token = bench.api("PATCH", "/me", Some(&json!({ "name": "x" }))).await;
    assert_eq!(refusal(&by_token), refused(403, "me.no_user"));
    let by_token = bench.api("GET", "/me", None).await.json();
    assert_eq!(by_token, json!({ "user": null, "scopes": ["read", "operate", "author", "admin"] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_somebody_was_seen_last_is_known() {
    let bench = Bench::new().await;
    let began = bench.engine.now();
    let entered = first(&bench).await;
    me(&bench, &cookie(&entered.session)).await;
    let seen = bench.engine.users().await.unwrap()[0].last_seen_at.unwrap();
    assert!(seen >= began && seen <= bench.engine.now());
}

/// Whoever only looks on does not see who sent it.
#[tokio::test(flavor = "multi_thread")]
async fn viewers_do_not_see_what_proves_identity() {
    let bench = Bench::new().await;
    first(&bench).await;
    let declared = json!([{ "name": "Authorization" }, { "name": "Cookie" }, { "name": "X-A" }]);
    let answer = json!({ "key": "answer", "kind": "response",
        "config": { "headers": [{ "name": "Set-Cookie", "value": "c=s3cret" }], "body": "ok" } });
    let flow = json!({ "mode": "sync", "trigger": { "kind": "webhook", "headers": declared }, "nodes": [answer] });
    let key = bench.publish(flow).await;
    let headers = [JSON, "Authorization: Bearer s3cret", "Cookie: a=s3cret", "X-A: seen"];
    let answered = bench.post(&key, &headers, "{}").await;
    assert_eq!(answered.header("set-cookie"), Some("c=s3cret"));
    let sample = json!({ "name": "s", "event": { "method": "POST", "body": "{}",
        "headers": [["authorization", "Basic s3cret"], ["x-a", "seen"], ["content-type", "application/json"]] } });
    let saved = bench.api("POST", &format!("/workflows/{key}/samples"), Some(&sample)).await;
    assert_eq!(saved.status, 201, "{saved:?}");
    let refused_one = bench.post(&key, &headers, "{").await;
    assert_eq!(refused_one.status, 400);
    let log = bench.refused(1).await;
    let id = answered.execution();
    let paths = [
        format!("/executions/{id}"),
        format!("/requests/{id}"),
        format!("/requests/{}", log.id),
        format!("/workflows/{key}/samples"),
    ];
    let viewer = cookie(&log_in_as(&bench, Role::Viewer).await);
    let editor = cookie(&log_in_as(&bench, Role::Editor).await);
    for path in &paths {
        let shown = ask(&bench, &[&viewer], "GET", path, None).await;
        assert_eq!(shown.status, 200, "{path} {shown:?}");
        assert!(
            !shown.body.contains("s3cret") && shown.body.contains("•••") && shown.body.contains("seen"),
            "{path} {}",
            shown.body
        );
        let whole = ask(&bench, &[&editor], "GET", path, None).await;
        assert!(whole.body.contains("s3cret") && !whole.body.contains("•••"), "{path} {}", whole.body);
    }
    // Nor do they find it letter by letter, or have it read by a template.
    for (method, path) in [
        ("GET", "/executions?q=s3c".to_owned()),
        ("GET", "/executions/histogram?q=s3c".to_owned()),
        ("GET", "/requests?q=s3c".to_owned()),
        ("POST", format!("/workflows/{key}/preview")),
    ] {
        let body =
            (method == "POST").then(|| json!({ "execution": id, "templates": ["{{ trigger.headers.Cookie }}"] }));
        let hidden = ask(&bench, &[&viewer], method, &path, body.clone()).await;
        assert_eq!(hidden.status, 403, "{path} {hidden:?}");
        let whole = ask(&bench, &[&editor], method, &path, body).await;
        assert_eq!(whole.status, 200, "{path} {whole:?}");
    }
    assert_eq!(ask(&bench, &[&viewer], "GET", &format!("/executions?q={id}"), None).await.status, 200);
}

/// Its cookie reaches the other listener, too, and nothing there sees it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_means_nothing_to_endpoints() {
    let bench = Bench::new().await;
    let session = first(&bench).await.session;
    let declared = json!({ "kind": "webhook", "headers": [{ "name": "Cookie" }] });
    let key = bench.publish(json!({ "trigger": declared })).await;
    let answer = bench.post(&key, &[JSON, &cookie(&session)], "{}").await;
    assert_standing(&answer);
    let execution = bench.ended(answer.execution()).await;
    assert!(execution.event.headers.iter().all(|(name, _)| name != "cookie"), "{:?}", execution.event.headers);
}

/// What is in the cookie is nowhere on disk, nor is a password or an invite.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_person_is_on_disk() {
    let bench = Bench::new().await;
    let session = first(&bench).await.session;
    let made = bench.api("POST", "/users", Some(&json!({ "email": "a@b.c", "name": "A", "role": "viewer" }))).await;
    let invite = made.json()["invite"].as_str().unwrap().to_owned();
    let mut kept = false;
    for file in bench.database_files() {
        // Some come and go.
        let Ok(bytes) = std::fs::read(file) else { continue };
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        for secret in [session.reveal(), &invite, PASSWORD] {
            assert!(!holds(secret.as_bytes()), "{secret}");
        }
        kept |= holds(&session.digest()) && holds(b"$argon2id$v=19$m=19456,t=2,p=1$");
    }
    assert!(kept, "what is searched is where they are kept");
}

/// The live feed asks again now and then, so it ends with the session.
#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_ends_with_the_session() {
    let bench = Bench::new().await;
    let admin = first(&bench).await;
    let ended = ["logged out", "disabled", "deleted"].map(async |ends| {
        let entered = enter(&bench, ends, Role::Viewer).await;
        let mut stream = TcpStream::connect(bench.admin).await.unwrap();
        stream.write_all(&request("GET", "/api/v1/live", &[&cookie(&entered.session)], b"")).await.unwrap();
        let mut came = Vec::new();
        while !came.windows(12).any(|part| part == b"event: hello") {
            came.push(stream.read_u8().await.unwrap());
        }
        match ends {
            "disabled" => drop(bench.engine.change_user(entered.user.id, None, None, Some(true)).await.unwrap()),
            "deleted" => bench.engine.delete_user(entered.user.id).await.unwrap(),
            _ => crate::support::people::end(&bench, &entered.session).await,
        }
        let rest = stream.read_to_end(&mut came);
        tokio::time::timeout(Duration::from_secs(20), rest).await.expect("it ends with the session").unwrap();
    });
    futures_util::future::join_all(ended).await;
    assert!(bench.engine.log_in("root@example.com", PASSWORD.into(), HERE, Some(&admin.session)).await.is_ok());
}
