//! The peers of the bench: how they are set up, and that they answer as they have to, where they are installed.

use std::fs;
use std::path::{Path, PathBuf};

use bench::peers;
use serde_json::Value;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("an entry").path());
    let all: Vec<PathBuf> = entries.filter(|path| !path.ends_with("node_modules")).collect();
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) = all.into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| self::files(folder)));
    files
}

#[test]
fn what_is_json_reads_as_json_and_no_lock_says_where_packages_come_from() {
    let files = files(&here("peers"));
    let named = |name: &str| files.iter().filter(|path| path.ends_with(name)).count();
    assert_eq!((named("package.json"), named("package-lock.json"), named(".npmrc")), (3, 3, 3));
    for path in files {
        let text = fs::read_to_string(&path).expect("it is text");
        let name = path.display();
        if path.extension().is_some_and(|extension| extension == "json") {
            let document: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let packages = document["packages"].as_object().filter(|_| path.ends_with("package-lock.json"));
            for (package, entry) in packages.into_iter().flatten().filter(|(package, _)| !package.is_empty()) {
                assert!(entry.get("resolved").is_none(), "{name} says where {package} comes from");
                assert!(
                    entry["integrity"].is_string() || entry["inBundle"] == true,
                    "{name} does not pin the bytes of {package}"
                );
            }
        }
        assert!(!text.lines().any(|line| line.contains("registry") && line.contains("://")), "{name} names a registry");
    }
}

#[test]
fn what_is_pinned_is_one_version() {
    for peer in ["node", "node-red", "n8n"] {
        let package = fs::read(here("peers").join(peer).join("package.json")).expect("it is there");
        let package: Value = serde_json::from_slice(&package).expect("it is JSON");
        let wanted = ["dependencies", "optionalDependencies"].map(|field| package[field].as_object().cloned());
        let versions: Vec<String> =
            wanted.into_iter().flatten().flatten().map(|(_, version)| version.to_string()).collect();
        assert!(!versions.is_empty());
        for version in versions {
            assert!(version.chars().all(|char| char.is_ascii_digit() || ".\"".contains(char)), "{peer}: {version}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_installed_is_missing_and_says_what_to_do() {
    let data = tempfile::tempdir().expect("a folder");
    let started = peers::start(&data.path().join("nowhere"), data.path()).await;
    let said: Vec<String> = started.into_iter().map(|peer| peer.expect_err("it is not there").to_string()).collect();
    let names = ["Node-RED", "n8n", "n8n with legacy expressions", "webhook"];
    assert_eq!(said.len(), names.len());
    for (said, name) in said.iter().zip(names) {
        assert!(said.starts_with(&format!("{name} is not measured: ")), "{said}");
        assert!(said.ends_with("is not there; `make peers` installs it"), "{said}");
    }
}

/// `start` holds them to their answers; here it is seen that all that is installed gets that far.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_installed_answers_as_it_has_to() {
    let installed = here("..").join(peers::INSTALLED);
    let data = tempfile::tempdir().expect("a folder");
    let all = ["node-red", "n8n", "n8n", "webhook"].map(|peer| installed.join(peer).join(".made").is_file());
    for (peer, is_installed) in peers::start(&installed, data.path()).await.into_iter().zip(all) {
        let peer = match peer {
            Ok(peer) => peer,
            Err(missing) if is_installed => panic!("{missing}"),
            Err(missing) => {
                eprintln!("SKIPPED (needs `make peers`): {missing}");
                continue;
            }
        };
        peer.check().await.expect("it goes on answering so");
        let resident = peer.resident().expect("it runs");
        assert!(resident > 1_000_000 && peer.peak().expect("it runs") >= resident);
        // It may be less than the clock of processes counts.
        peer.cpu_time().expect("it runs");
        assert!(peer.version.starts_with(|char: char| char.is_ascii_digit()), "{}", peer.version);
    }
}
