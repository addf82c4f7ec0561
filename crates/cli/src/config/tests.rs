use std::collections::BTreeSet;

use super::keys::{Holds, KEYS};
use super::*;

fn layers(file: &str, environment: &[(&str, &str)], flags: &[(&'static str, &'static str, &str)]) -> Layers {
    Layers {
        file: (!file.is_empty()).then(|| (PathBuf::from("my.toml"), file.to_owned())),
        environment: environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        flags: flags.iter().map(|(key, flag, text)| (*key, *flag, (*text).to_owned())).collect(),
    }
}

fn source_of(in_force: &InForce, key: &str) -> String {
    in_force.values.iter().find(|(name, ..)| *name == key).map(|(.., source)| source.to_string()).unwrap()
}

fn complaints(layers: &Layers) -> Vec<String> {
    load(layers).unwrap_err().iter().map(|complaint| format!("[{}] {}", complaint.code, complaint.sentence)).collect()
}

#[test]
fn every_key_of_the_default_file_is_a_field_and_every_field_a_key() {
    let in_file: BTreeSet<String> = defaults().keys().cloned().collect();
    let in_table: BTreeSet<String> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    let settings = load(&Layers::default()).unwrap().settings;
    let fields: BTreeSet<String> = Table::try_from(settings).unwrap().keys().cloned().collect();
    assert_eq!(in_file, fields);
    assert_eq!(in_table, fields);
}

#[test]
fn the_default_file_and_the_table_have_one_order() {
    let in_file: Vec<&str> = DEFAULTS.lines().filter_map(|line| line.split_once(" = ").map(|(key, _)| key)).collect();
    let in_file: Vec<&str> = in_file.into_iter().filter(|key| !key.starts_with('#')).collect();
    assert_eq!(in_file, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
}

#[test]
fn every_key_of_the_default_file_has_a_comment_that_states_its_range() {
    for key in KEYS {
        let (above, _) = DEFAULTS.split_once(&format!("\n{} = ", key.name)).unwrap();
        let comment: Vec<&str> = above.lines().rev().take_while(|line| line.starts_with('#')).collect();
        assert!(!comment.is_empty(), "{} has no comment", key.name);
        if let Holds::Count { min, max } = key.holds {
            assert!(comment.join(" ").contains(&format!("{min} to {max}.")), "{}: {min} to {max}", key.name);
        }
    }
}

#[test]
fn the_ends_of_every_range_are_settings_and_what_lies_beyond_is_not() {
    for key in KEYS {
        let Holds::Count { min, max } = key.holds else { continue };
        for number in [min, max] {
            load(&layers(&format!("{} = {number}", key.name), &[], &[])).unwrap();
        }
        assert!(load(&layers(&format!("{} = {}", key.name, max + 1), &[], &[])).is_err(), "{}", key.name);
        assert!(load(&layers(&format!("{} = -1", key.name), &[], &[])).is_err(), "{}", key.name);
    }
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
    let file = "hooks = '127.0.0.1:1'\nadmin = '127.0.0.1:1'\ndrain_ms = 1";
    let environment = [("HOOKFLOW_HOOKS", "127.0.0.1:2"), ("HOOKFLOW_ADMIN", "127.0.0.1:2"), ("HOME", "/x")];
    let in_force = load(&layers(file, &environment, &[("hooks", "--hooks", "127.0.0.1:3")])).unwrap();
    let Settings { hooks, admin, drain_ms, lease_ms, .. } = in_force.settings;
    assert_eq!((hooks.port(), admin.port(), drain_ms, lease_ms), (3, 2, 1, 15_000));
    let sources = ["hooks", "admin", "drain_ms", "lease_ms"].map(|key| source_of(&in_force, key));
    assert_eq!(sources, ["--hooks", "HOOKFLOW_ADMIN", "my.toml", "default"]);
}

#[test]
fn every_mistake_of_every_layer_is_reported_with_its_source() {
    let file = "hoks = '127.0.0.1:1'\nbody_depth_max = 65\nlog = ''\nadmin_insecure = 'perhaps'";
    let environment = [("HOOKFLOW_DRAIN", "1"), ("HOOKFLOW_LEASE_MS", "soon")];
    let found = complaints(&layers(file, &environment, &[("public_url", "--public-url", "https://a.example/x?y")]));
    insta::assert_snapshot!(found.join("\n"), @r#"
    [config.value] my.toml: `admin_insecure` must be true or false, not "perhaps"
    [config.value] my.toml: `body_depth_max` must be a number from 1 to 64, not 65
    [config.unknown_key] my.toml: there is no setting `hoks`, did you mean `hooks`?
    [config.value] my.toml: `log` must be error, warn, info, debug or trace, or directives such as info,store=debug, not ""
    [config.unknown_key] HOOKFLOW_DRAIN: there is no setting `drain`
    [config.value] HOOKFLOW_LEASE_MS: `lease_ms` must be a number from 1000 to 600000, not "soon"
    [config.value] --public-url: `public_url` must be scheme and host without a path, such as https://hooks.example.com, or empty, not "https://a.example/x?y"
    "#);
}

#[test]
fn a_file_that_is_not_toml_is_reported_with_its_line() {
    let found = complaints(&layers("drain_ms = 1\nlease_ms 2\n", &[("HOOKFLOW_X", "1")], &[]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].starts_with("[config.syntax] my.toml:2: "), "{found:?}");
}

#[test]
fn variables_a_container_platform_makes_up_are_no_settings() {
    let environment =
        [("HOOKFLOW_PORT", "tcp://10.0.0.1:80"), ("HOOKFLOW_PORT_80_TCP", "x"), ("HOOKFLOW_SERVICE_HOST", "x")];
    load(&layers("", &environment, &[])).unwrap();
}

#[test]
fn an_admin_listener_for_others_is_refused_unless_said_on_purpose() {
    let exposed = [("HOOKFLOW_ADMIN", "0.0.0.0:13001")];
    assert!(complaints(&layers("", &exposed, &[]))[0].starts_with("[config.admin_insecure]"));
    load(&layers("admin_insecure = true", &exposed, &[])).unwrap();
    load(&layers("", &[("HOOKFLOW_ADMIN", "[::1]:0")], &[])).unwrap();
}

#[test]
fn a_public_url_loses_the_slash_at_its_end() {
    let settings = load(&layers("public_url = 'https://hooks.example.com/'", &[], &[])).unwrap().settings;
    assert_eq!(settings.public_url, "https://hooks.example.com");
}

#[test]
fn networks_are_a_list_or_text_with_commas() {
    let allowed = |file: &str, environment: &[(&str, &str)]| {
        load(&layers(file, environment, &[])).unwrap().settings.outbound_allow
    };
    let both = Networks::parse(["10.0.0.0/8", "::1"]).unwrap();
    assert_eq!(allowed("outbound_allow = ['10.0.0.0/8', '::1']", &[]), both);
    assert_eq!(allowed("", &[("HOOKFLOW_OUTBOUND_ALLOW", " 10.0.0.0/8, ::1")]), both);
    assert_eq!(allowed("outbound_allow = ['::1']", &[("HOOKFLOW_OUTBOUND_ALLOW", "")]), Networks::default());
    let found = complaints(&layers(
        "outbound_allow = ['localhost']",
        &[("HOOKFLOW_OUTBOUND_ALLOW", "10.0.0.0/8,10.0.0.0/33")],
        &[],
    ));
    insta::assert_snapshot!(found.join("\n"), @r#"
    [config.value] my.toml: `outbound_allow` must be addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or none, not ["localhost"]
    [config.value] HOOKFLOW_OUTBOUND_ALLOW: `outbound_allow` must be addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or none, not "10.0.0.0/8,10.0.0.0/33"
    "#);
    assert_eq!(complaints(&layers("outbound_allow = [1]", &[], &[])).len(), 1);
}
