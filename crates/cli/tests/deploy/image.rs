//! `Dockerfile`: everything it names is there, it builds as the Makefile does, and what it makes runs.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::dockerfile::{Ignored, Stage, build, context, send, stages};
use crate::support::{Home, root, say};
use crate::text;

fn dockerfile() -> Vec<Stage> {
    stages(&text("Dockerfile"))
}

fn files() -> Vec<String> {
    context(&root(), &Ignored::read(&text(".dockerignore")))
}

/// Whether the context has it: a file, a folder with files, or everything.
fn has(files: &[String], path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path == "." || files.iter().any(|file| file == path || file.starts_with(&format!("{path}/")))
}

/// `20` of `node:20-bookworm-slim`
fn version<'a>(image: &'a str, name: &str) -> &'a str {
    image
        .strip_prefix(name)
        .and_then(|tag| tag.strip_prefix(':'))
        .unwrap_or_else(|| panic!("{image}"))
        .split('-')
        .next()
        .unwrap()
}

#[test]
fn the_images_it_is_built_on_are_the_versions_that_are_asked_for() {
    let stages = dockerfile();
    let [web, build, image] = &stages[..] else { panic!("{} stages", stages.len()) };
    let makefile = text("Makefile");
    let node = makefile.lines().find_map(|line| line.strip_prefix("NODE_MAJOR_MIN := ")).unwrap();
    assert_eq!(version(&web.image, "node"), node);
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let rust = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    assert_eq!(version(&build.image, "rust"), rust);
    // A program needs a C library that is no older than the one it was linked with: Debian 12 is bookworm.
    assert!(build.image.ends_with("-bookworm") && image.image.contains("debian12"), "{} {}", build.image, image.image);
    for stage in &stages {
        let tag = stage.image.rsplit('/').next().unwrap().split_once(':');
        assert!(tag.is_some_and(|(_, tag)| tag != "latest"), "{} may be another one tomorrow", stage.image);
    }
}

#[test]
fn everything_it_copies_is_there_and_nothing_else_goes_to_the_builder() {
    let (stages, files) = (dockerfile(), files());
    for (at, stage) in stages.iter().enumerate() {
        for copy in stage.all("COPY") {
            let words = copy.words();
            let (_, sources) = words.split_last().unwrap();
            match copy.flag("from") {
                Some(from) => assert!(stages[..at].iter().any(|stage| stage.name == from), "no stage {from} yet"),
                None => {
                    let gone: Vec<_> = sources.iter().filter(|source| !has(&files, source)).collect();
                    assert!(gone.is_empty(), "the context does not have {gone:?}");
                }
            }
        }
    }
    // Cargo reads the manifest of every member, and without .cargo SQLite is built another way.
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap().trim_end_matches("/*");
        assert!(has(&files, member), "{member}");
    }
    assert!(has(&files, ".cargo/config.toml") && has(&files, "Cargo.lock") && has(&files, "web/dist/.gitkeep"));
    // Whatever lies about in the folder stays there.
    let ignored = Ignored::read(&text(".dockerignore"));
    for path in
        [".git/config", ".env", "hookflow.key", "hookflow-data/hookflow.key", "web/dist/index.html", "docs/README.md"]
    {
        assert!(ignored.leaves_out(path), "{path}");
    }
    let bytes: u64 = files.iter().map(|file| root().join(file).metadata().unwrap().len()).sum();
    assert!(bytes < 64 << 20, "the context has {bytes} bytes");
}

#[test]
fn it_builds_as_the_makefile_does() {
    let makefile = text("Makefile");
    for step in dockerfile().iter().flat_map(|stage| stage.all("RUN").cloned().collect::<Vec<_>>()) {
        for command in step.words().join(" ").split(" && ") {
            // `install` puts what was built where the last stage finds it.
            assert!(command.starts_with("install ") || makefile.contains(command), "the Makefile has no `{command}`");
        }
    }
}

#[test]
fn it_runs_as_nobody_in_particular_and_says_how_it_is() {
    let stages = dockerfile();
    let image = stages.last().unwrap();
    let (user, group) = image.one("USER").rest.split_once(':').unwrap();
    // By number, so that it can be seen from outside that it is not root.
    assert!(user.parse::<u32>().unwrap() >= 1_000 && group.parse::<u32>().unwrap() >= 1_000);
    let data = &image.one("VOLUME").rest;
    assert_eq!(image.one("ENV").rest, format!("HOOKFLOW_DATA={data}"));
    let owns = |step: &&crate::dockerfile::Step| {
        step.rest.ends_with(&format!(" {data}/")) && step.flag("chown") == Some(&image.one("USER").rest)
    };
    assert_eq!(image.all("COPY").filter(owns).count(), 1, "the folder of the data is not the user's");
    // Nothing runs while it is made: what is in it was built before, or is Debian's.
    assert_eq!(image.all("RUN").count(), 0);
    let home = Home::new();
    let _server = home.serve(&[]);
    let health = &image.one("HEALTHCHECK").rest;
    let health: Vec<String> = serde_json::from_str(health.strip_prefix("CMD ").unwrap()).unwrap();
    assert_eq!(health[0], "hookflow");
    let args: Vec<&str> = health[1..].iter().map(String::as_str).collect();
    assert_eq!(home.run(&args).code, 0);
}

/// With `DOCKER_STEPS`, as `make docker-steps` sets it, all steps are done and what was built runs. That builds for speed
/// from nothing, so else Cargo alone has to find its way in what the builder is sent.
#[test]
fn the_image_is_built_from_an_empty_folder_and_runs() {
    let folder = tempfile::Builder::new().prefix("docker-steps-").tempdir_in(root().join("target")).unwrap();
    let context = folder.path().join("context");
    send(&root(), &files(), &context);
    if std::env::var_os("DOCKER_STEPS").is_none() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]).current_dir(&context);
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let stages = dockerfile();
    let from = Instant::now();
    let image = build(&stages, &context, folder.path());
    let last = stages.last().unwrap();
    let inside = |path: &str| image.join(path.trim_start_matches('/'));
    let [program] = &last.one("ENTRYPOINT").list()[..] else { panic!("one word") };
    let program = inside("/usr/local/bin").join(program);
    only_needs_a_c_library(&program);

    let data = inside(&last.one("VOLUME").rest);
    let mut child = Command::new(&program)
        .args(last.one("CMD").list())
        .env_clear()
        .env("HOOKFLOW_DATA", &data)
        .env("HOOKFLOW_HOOKS", "127.0.0.1:0")
        .env("HOOKFLOW_ADMIN", "127.0.0.1:0")
        .current_dir(&image)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let ready = || Command::new(&program).arg("ready").env_clear().env("HOOKFLOW_DATA", &data).output().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !ready().status.success() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    let info = std::fs::read(data.join("serve.json")).unwrap_or_default();
    let info: serde_json::Value = serde_json::from_slice(&info).unwrap_or_default();
    let page = Command::new("curl")
        .args([
            "-s",
            "--noproxy",
            "*",
            "-H",
            "Accept: text/html",
            &format!("http://{}/", info["admin"].as_str().unwrap_or("none")),
        ])
        .output()
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let page = String::from_utf8_lossy(&page.stdout);
    assert!(page.contains("<script") && !page.contains("make web"), "the pages are not in it: {page}");
    let size = program.metadata().unwrap().len() >> 20;
    say(&format!("Dockerfile: every step in {} s, a program of {size} MB", from.elapsed().as_secs()));
}

/// What the last image has: distroless/cc is the C library and the compiler's.
fn only_needs_a_c_library(program: &Path) {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let known =
        ["linux-vdso", "libc.so", "libm.so", "libgcc_s.so", "libpthread.so", "libdl.so", "librt.so", "ld-linux"];
    for line in text.lines() {
        assert!(known.iter().any(|known| line.contains(known)), "the image has no {line}");
    }
}
