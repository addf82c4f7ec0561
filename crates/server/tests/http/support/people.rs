//! People at a bench: users of every role, and what their browsers send.

use std::net::{IpAddr, Ipv4Addr};

use domain::token::TokenText;
use domain::user::Role;
use engine::people::{LoggedIn, Look, NewUser};
use serde_json::Value;

use super::{Answer, Bench, JSON, exchange, request};

/// What browsers say of a request from our own pages.
pub(crate) const OURS: &str = "Sec-Fetch-Site: same-origin";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The first user, `root@example.com`, an admin.
pub(crate) async fn first(bench: &Bench) -> LoggedIn {
    bench.engine.set_up("root@example.com", "Root", PASSWORD.into()).await.unwrap()
}

/// A new user with a session.
pub(crate) async fn enter(bench: &Bench, name: &str, role: Role) -> LoggedIn {
    let email = format!("{}@example.com", name.replace(' ', "."));
    let (_, invite) = bench.engine.invite_user(&NewUser { email, name: name.into(), role }).await.unwrap();
    bench.engine.take_invite(&invite, PASSWORD.into(), None).await.unwrap()
}

/// A session of the user with the role's name, who is made when absent.
pub(crate) async fn log_in_as(bench: &Bench, role: Role) -> TokenText {
    let email = format!("{}@example.com", role.as_str());
    match bench.engine.log_in(&email, PASSWORD.into(), HERE, None).await {
        Ok(entered) => entered.session,
        Err(_) => enter(bench, role.as_str(), role).await.session,
    }
}

pub(crate) async fn end(bench: &Bench, session: &TokenText) {
    let (session, _) = bench.engine.session(session, Look::Ask).await.unwrap().unwrap();
    bench.engine.log_out(&session).await.unwrap();
}

pub(crate) fn cookie(session: &TokenText) -> String {
    format!("Cookie: hookflow_session={}", session.reveal())
}

/// What a browser on our own pages asks, with these headers beside.
pub(crate) async fn ask(bench: &Bench, headers: &[&str], method: &str, path: &str, body: Option<Value>) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([JSON, OURS]).collect();
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    exchange(bench.admin, &request(method, &format!("/api/v1{path}"), &headers, body.as_bytes())).await
}
