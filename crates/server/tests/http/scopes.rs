//! Tokens: who may do what, from the description of the API; how long; and where they never are.

use std::time::Duration;

use crate::support::people::{self, OURS};
use crate::support::{Answer, Bench, JSON, TOKEN, exchange, request};
use domain::time::Timestamp;
use domain::token::Scope;
use domain::user::Role;
use engine::tokens::NewToken;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NEVER: Option<Timestamp> = None;

/// A token with these scopes.
async fn token(bench: &Bench, scopes: &[Scope], expires_at: Option<Timestamp>) -> String {
    let new = NewToken { name: "test".into(), scopes: scopes.to_vec(), expires_at };
    bench.engine.make_token(new).await.unwrap().1.reveal().to_owned()
}

async fn ask(bench: &Bench, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let authorization = format!("Authorization: Bearer {token}");
    exchange(bench.admin, &request(method, path, &[&authorization, JSON], body.as_bytes())).await
}

/// The head of the answer: what comes after it may never end.
async fn head(bench: &Bench, credentials: Option<&str>, method: &str, path: &str) -> String {
    let headers: Vec<_> = credentials.into_iter().chain([JSON, OURS]).collect();
    let mut stream = TcpStream::connect(bench.admin).await.unwrap();
    stream.write_all(&request(method, path, &headers, b"")).await.unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_u8()).await;
        head.push(read.expect("an answer").unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Who is let in, as the description has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Open,
    Known,
    Scope(Scope),
}

impl Access {
    fn read(security: &Value) -> Self {
        let ways: Vec<_> = security.as_array().expect("every operation says who is let in").iter().collect();
        let [token, session] = ways[..] else {
            assert!(ways.is_empty(), "{security}");
            return Self::Open;
        };
        assert_eq!(token["token"], session["session"], "people and programs are let in alike");
        match &token["token"].as_array().unwrap()[..] {
            [] => Self::Known,
            [scope] => Self::Scope(*Scope::ALL.iter().find(|known| scope == known.as_str()).unwrap()),
            more => panic!("{more:?}"),
        }
    }
}

/// Method, path with its variable parts filled in, and who is let in.
fn operations() -> Vec<(String, String, Access)> {
    let description: Value = serde_json::from_str(&server::description()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        // Nothing is there, so that what is let through does no harm.
        let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "0" } else { part }).collect();
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.join("/"), Access::read(&operation["security"])));
        }
    }
    operations
}

/// Whoever adds an operation that asks for no scope adds it here, too.
#[test]
fn what_asks_for_no_scope_is_named_here() {
    let without = |access| {
        let found = operations().into_iter().filter(|(.., of)| *of == access);
        found.map(|(method, path, _)| format!("{method} {path}")).collect::<Vec<_>>()
    };
    let open = ["POST /api/v1/invite", "POST /api/v1/login", "GET /api/v1/setup", "POST /api/v1/setup"];
    assert_eq!(without(Access::Open), open);
    assert_eq!(without(Access::Known), ["POST /api/v1/logout", "GET /api/v1/me", "PATCH /api/v1/me"]);
}

/// A line of credentials, and what they allow; `None` when they are of no use.
type Holder = (String, Option<Vec<Scope>>);

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// One of each: tokens with every set of scopes, tokens that are no more, sessions of every role, sessions that
/// are no more.
async fn holders(bench: &Bench) -> Vec<Holder> {
    let mut holders = vec![(bearer(TOKEN), Some(vec![Scope::Admin])), ("X-None: 1".into(), None)];
    let sets = (1..1_u32 << Scope::ALL.len()).map(|set| {
        let has = |at: &usize| set & 1 << at != 0;
        (0..Scope::ALL.len()).filter(has).map(|at| Scope::ALL[at]).collect::<Vec<_>>()
    });
    for scopes in sets {
        holders.push((bearer(&token(bench, &scopes, NEVER).await), Some(scopes)));
    }
    let expires = bench.engine.now().plus(Duration::from_millis(20));
    holders.push((bearer(&token(bench, Scope::ALL, Some(expires)).await), None));
    let new = NewToken { name: "revoked".into(), scopes: Scope::ALL.to_vec(), expires_at: NEVER };
    let (revoked, text) = bench.engine.make_token(new).await.unwrap();
    bench.engine.revoke_token(revoked.id).await.unwrap();
    holders.push((bearer(text.reveal()), None));
    holders.push((bearer("hookflow_nothing"), None));

    people::first(bench).await;
    for role in Role::ALL {
        let session = people::log_in_as(bench, *role).await;
        holders.push((people::cookie(&session), Some(role.scopes().to_vec())));
    }
    for change in ["logged out", "disabled", "deleted"] {
        let entered = people::enter(bench, change, Role::Admin).await;
        match change {
            "disabled" => drop(bench.engine.change_user(entered.user.id, None, None, Some(true)).await.unwrap()),
            "deleted" => bench.engine.delete_user(entered.user.id).await.unwrap(),
            _ => people::end(bench, &entered.session).await,
        }
        holders.push((people::cookie(&entered.session), None));
    }
    holders.push(("Cookie: hookflow_session=x".into(), None));
    // A token is looked at alone: a session beside it neither helps nor hurts.
    let both = |token: &str| format!("{}\r\n{}", bearer(token), holders[holders.len() - 5].0);
    let (good, bad) = (both(TOKEN), both("hookflow_nothing"));
    holders.extend([(good, Some(vec![Scope::Admin])), (bad, None)]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    holders
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_open_to_those_it_names_and_to_nobody_else() {
    let bench = Bench::new().await;
    let holders = holders(&bench).await;
    assert_eq!(holders.len(), 29);
    let operations = operations();
    assert!(operations.len() > 30);
    for (method, path, access) in operations {
        for (credentials, scopes) in &holders {
            let mut credentials = credentials.clone();
            if path.ends_with("/logout") && credentials.starts_with("Cookie") && scopes.is_some() {
                // One of its own: it is over by this.
                credentials = people::cookie(&people::log_in_as(&bench, Role::Viewer).await);
            }
            let told = head(&bench, Some(&credentials), &method, &path).await;
            let status: u16 = told[9..12].parse().unwrap();
            let may =
                |scope: Scope| scopes.as_ref().map(|scopes| scopes.contains(&scope) || scopes.contains(&Scope::Admin));
            let expected = match access {
                Access::Open => None,
                Access::Known => scopes.is_none().then_some(401),
                Access::Scope(scope) => match may(scope) {
                    None => Some(401),
                    Some(false) => Some(403),
                    Some(true) => None,
                },
            };
            let refused = [401, 403].contains(&status).then_some(status);
            assert_eq!(refused, expected, "{method} {path} with {credentials} ({scopes:?}): {told}");
            assert!(status < 500, "{method} {path} with {credentials}: {told}");
            if let (Access::Scope(scope), Some(403)) = (access, expected) {
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope.as_str());
                assert!(told.contains(&challenge), "{told}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_shown_once_used_and_revoked() {
    let bench = Bench::new().await;
    let asked = json!({"name": "deploy", "scopes": ["read", "author", "read"], "expires_in_days": 30});
    let made = bench.api("POST", "/tokens", Some(&asked)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let (id, text) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert_eq!((&made["scopes"], &made["last_used_at"]), (&json!(["read", "author"]), &Value::Null));
    let time = |name: &str| made[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    let (lasts, month) = (time("expires_at").since(time("created_at")), Duration::from_secs(30 * 24 * 60 * 60));
    assert!(lasts.abs_diff(month) < Duration::from_secs(60), "{lasts:?}");

    let began = bench.engine.now();
    for _ in 0..3 {
        assert_eq!(ask(&bench, text, "GET", "/api/v1/workflows", "").await.status, 200);
    }
    let refused = ask(&bench, text, "GET", "/api/v1/tokens", "").await;
    assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("api.scope")));
    assert!(refused.json()["detail"].as_str().unwrap().contains("admin"));
    let used = loop {
        let listed = bench.api("GET", "/tokens", None).await.json();
        if let Some(used) = listed["items"][0]["last_used_at"].as_str() {
            assert_eq!((&listed["items"][0]["id"], listed["items"][0].get("token")), (&json!(id), None));
            assert!(!listed.to_string().contains(text));
            break used.parse::<Timestamp>().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(used >= began);

    assert_eq!(bench.api("DELETE", &format!("/tokens/{id}"), None).await.status, 204);
    let gone = ask(&bench, text, "GET", "/api/v1/workflows", "").await;
    assert_eq!((gone.status, &gone.json()["code"]), (401, &json!("api.token")));
    let again = bench.api("DELETE", &format!("/tokens/{id}"), None).await;
    assert_eq!((again.status, &again.json()["code"]), (404, &json!("token.unknown")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_of_no_use_once_it_has_expired() {
    let bench = Bench::new().await;
    let text = token(&bench, &[Scope::Read], Some(bench.engine.now().plus(Duration::from_millis(500)))).await;
    assert_eq!(ask(&bench, &text, "GET", "/api/v1/nodes", "").await.status, 200);
    tokio::time::sleep(Duration::from_millis(600)).await;
    let expired = ask(&bench, &text, "GET", "/api/v1/nodes", "").await;
    assert_eq!((expired.status, &expired.json()["code"]), (401, &json!("api.token_expired")));
    assert_eq!(expired.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_token_is_told() {
    let bench = Bench::new().await;
    for (asked, status, code, word) in [
        (json!({"name": " ", "scopes": ["read"]}), 422, "token.invalid", "name"),
        (json!({"name": "é".repeat(101), "scopes": ["read"]}), 422, "token.invalid", "name"),
        (json!({"name": "a", "scopes": []}), 422, "token.invalid", "scope"),
        (
            json!({"name": "a", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}),
            422,
            "token.invalid",
            "future",
        ),
        (json!({"name": "a", "scopes": ["read"], "expires_in_days": 0}), 422, "token.invalid", "expires_in_days"),
        (json!({"name": "a", "scopes": ["read"], "expires_in_days": 36_501}), 422, "token.invalid", "36500"),
        (json!({"name": "a", "scopes": ["read"], "expires_in_days": 1.5}), 400, "api.body", "1.5"),
        (json!({"name": "a", "scopes": ["everything"]}), 400, "api.body", "everything"),
        (json!({"name": "a", "scopes": ["read"], "digest": ""}), 400, "api.body", "digest"),
    ] {
        let told = bench.api("POST", "/tokens", Some(&asked)).await;
        assert_eq!((told.status, &told.json()["code"]), (status, &json!(code)), "{asked}: {told:?}");
        assert!(told.json()["detail"].as_str().unwrap().contains(word), "{told:?}");
    }
    assert_eq!(bench.api("GET", "/tokens", None).await.json()["items"], json!([]));
}

/// The database and its write-ahead log hold the digest, and the text neither there nor in the metrics.
#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_token_is_nowhere() {
    let bench = Bench::new().await;
    let text = token(&bench, &[Scope::Read], NEVER).await;
    for path in ["/api/v1/nodes", "/api/v1/tokens", "/api/v1/nothing", "/api/v1/workflows/0"] {
        ask(&bench, &text, "GET", path, "").await;
    }
    bench.engine.store().health().unwrap();
    let metrics = exchange(bench.admin, &request("GET", "/metrics", &[], b"")).await.body;
    assert!(!metrics.contains(&text));
    let digest = domain::token::TokenText::read(text.as_bytes()).unwrap().digest();
    let random = text.strip_prefix("hookflow_").unwrap().as_bytes();
    let mut kept = false;
    for file in bench.database_files() {
        // Some come and go.
        let Ok(bytes) = std::fs::read(file) else { continue };
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!holds(random) && !holds(&random[..25]));
        kept |= holds(&digest);
    }
    assert!(kept, "what is searched is where tokens are kept");
}
