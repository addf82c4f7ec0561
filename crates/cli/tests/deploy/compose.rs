//! `compose.yaml`: its nodes start with these settings, its files are there, and nobody gets past the proxy.

use std::process::Command;

use domain::flow::file::File;
use serde_json::Value;

use crate::support::{Home, Ran, root, say};
use crate::{drain, seconds, text};

/// Settings of nodes that share a database.
const SHARED: [&str; 2] = ["HOOKFLOW_DATABASE", "HOOKFLOW_KEY_FILE"];

fn compose() -> Value {
    let mut compose = File::read(&text("compose.yaml")).unwrap().value;
    for service in
        compose["services"].as_object_mut().unwrap().values_mut().map(|service| service.as_object_mut().unwrap())
    {
        if let Some(Value::Object(node)) = service.remove("<<") {
            for (key, value) in node {
                service.entry(key).or_insert(value);
            }
        }
    }
    compose
}

/// Each service of our own image, with its name.
fn nodes(compose: &Value) -> Vec<(&String, &Value)> {
    let services = compose["services"].as_object().unwrap();
    services.iter().filter(|(_, service)| service["image"] == "hookflow:local").collect()
}

/// `${A:-b}` is `b`, `${A:?why}` is `x`.
fn resolved(text: &str) -> String {
    let mut parts = text.split("${");
    let mut resolved = parts.next().unwrap().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap();
        resolved += variable.split_once(":-").map_or("x", |(_, default)| default);
        resolved += rest;
    }
    resolved
}

#[test]
fn every_node_starts_with_the_settings_it_is_given() {
    let (home, compose) = (Home::new(), compose());
    assert_eq!(nodes(&compose).len(), 2);
    for (name, node) in nodes(&compose) {
        let mut command = home.hookflow(&["config", "check"]);
        for (variable, value) in node["environment"].as_object().unwrap() {
            command.env(variable, resolved(value.as_str().unwrap()));
        }
        let checked = Ran::of(&command.output().unwrap());
        assert_eq!(checked.code, 0, "{name}: {}", checked.stderr);
        // All nodes of one system have the same key and the same database, and a folder each.
        assert!(SHARED.iter().all(|variable| node["environment"][variable].is_string()), "{name}");
        assert_eq!(node["environment"], nodes(&compose)[0].1["environment"], "{name}");
        assert_eq!(
            node["volumes"],
            serde_json::json!([format!("{}:/var/lib/hookflow", name.replace("hookflow", "node"))])
        );
        let key = node["environment"]["HOOKFLOW_KEY_FILE"].as_str().unwrap().strip_prefix("/run/secrets/").unwrap();
        assert!(node["secrets"].as_array().unwrap().contains(&key.into()) && compose["secrets"][key].is_object());
    }
}

#[test]
fn a_node_is_stopped_gently_and_can_do_little() {
    let compose = compose();
    for (name, node) in nodes(&compose) {
        assert!(
            seconds(node["stop_grace_period"].as_str().unwrap()) > drain() + std::time::Duration::from_secs(5),
            "{name}"
        );
        assert_eq!((&node["read_only"], &node["cap_drop"][0]), (&true.into(), &"ALL".into()), "{name}");
        let home = Home::new();
        let _server = home.serve(&[]);
        let words: Vec<&str> =
            node["healthcheck"]["test"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(words[..2], ["CMD", "hookflow"], "{name}");
        assert_eq!(home.run(&words[2..]).code, 0, "{name}");
    }
    for (name, service) in compose["services"].as_object().unwrap() {
        assert!(service["healthcheck"]["test"].is_array(), "{name}: who waits for it does not know when it is there");
        // What stands beside a port that is published can be spoken to from outside, past the proxy.
        assert_eq!(service["ports"].is_array(), name == "proxy", "{name}");
        let tag = service["image"].as_str().unwrap().split_once(':');
        assert!(tag.is_some_and(|(_, tag)| tag != "latest"), "{name}");
    }
}

#[test]
fn the_proxy_knows_the_nodes_and_the_nodes_the_proxy() {
    let (compose, nginx) = (compose(), text("deploy/nginx.conf.template"));
    let known: toml::Table = text("crates/cli/config.default.toml").parse().unwrap();
    for listener in ["hooks", "admin"] {
        let (_, port) = known[listener].as_str().unwrap().rsplit_once(':').unwrap();
        let block = nginx.split_once(&format!("upstream {listener} {{")).unwrap().1.split('}').next().unwrap();
        let servers = block.lines().filter_map(|line| line.trim().strip_prefix("server ")?.split(' ').next());
        let expected: Vec<String> = nodes(&compose).iter().map(|(name, _)| format!("{name}:{port}")).collect();
        assert_eq!(servers.collect::<Vec<_>>(), expected, "{listener}");
    }
    let proxy = &compose["services"]["proxy"];
    for variable in ["HOOKS_HOST", "ADMIN_HOST"] {
        assert!(nginx.contains(&format!("${{{variable}}}")) && proxy["environment"][variable].is_string());
    }
    let subnet = compose["networks"]["front"]["ipam"]["config"][0]["subnet"].as_str().unwrap();
    for (name, node) in nodes(&compose) {
        assert_eq!(node["environment"]["HOOKFLOW_TRUSTED_PROXIES"], subnet);
        // nginx asks for a node's address once.
        let address = node["networks"]["front"]["ipv4_address"].as_str().unwrap();
        assert_eq!(address.rsplit_once('.').unwrap().0, subnet.rsplit_once('.').unwrap().0, "{name}");
        assert!(node["networks"]["back"].is_object(), "{name}");
    }
    assert_eq!(proxy["networks"], serde_json::json!(["front"]), "the database is none of its business");
    assert_eq!(compose["services"]["postgres"]["networks"], serde_json::json!(["back"]));
}

#[test]
fn every_file_it_needs_is_there_or_stays_out_of_the_repository() {
    let (compose, ignored) = (compose(), text(".gitignore"));
    let volumes = compose["services"]["proxy"]["volumes"].as_array().unwrap();
    let mounted = volumes.iter().filter_map(|volume| volume.as_str()?.strip_prefix("./")?.split(':').next());
    assert_eq!(mounted.clone().count(), 1);
    mounted.for_each(|file| drop(text(file)));
    // Secrets are made where it runs, as the guide says.
    let is_ignored = |path: &str| ignored.lines().any(|line| line == path);
    assert!(is_ignored("/.env"));
    let guide = text("docs/guides/deploy.md");
    for (name, secret) in compose["secrets"].as_object().unwrap() {
        let folder = format!("./deploy/local/{name}");
        assert!(secret["file"] == folder.as_str() && is_ignored("/deploy/local"), "{name}");
        assert!(guide.contains(name), "the guide does not say how to make {name}");
    }
}

#[test]
fn docker_compose_takes_it() {
    let has = Command::new("docker").args(["compose", "version"]).output().is_ok_and(|output| output.status.success());
    if !has {
        say("SKIPPED (needs docker with its plugin compose): docker_compose_takes_it");
        return;
    }
    let mut docker = Command::new("docker");
    docker.args(["compose", "config", "--quiet"]).current_dir(root()).env("POSTGRES_PASSWORD", "x");
    let ran = Ran::of(&docker.output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
