//! The programs of `examples/clients`, which know nothing of the API but its own description, against the
//! real server: what they print is what their README says.

mod support;

use std::process::{Command, Stdio};

use support::{Home, root, say};

const STEPS: [&str; 7] = [
    "created ",
    "published revision 1",
    "answered 200 {\"hello\":\"Ada\"}",
    "ended succeeded",
    "ran hello",
    "replayed succeeded 200 of the same",
    "deleted",
];

#[test]
fn programs_that_only_read_the_description_do_all_of_it() {
    let home = Home::new();
    let server = home.serve(&[]);
    let made = home.run(&["token", "create", "clients", "--scope", "read", "--scope", "operate", "--scope", "author"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let url = format!("http://{}", server.admin());
    for (program, file) in [("python3", "client.py"), ("node", "client.mjs")] {
        if program == "python3" && Command::new(program).arg("--version").stdout(Stdio::null()).status().is_err() {
            say("SKIPPED (needs python3): examples/clients/client.py");
            continue;
        }
        let ran = Command::new(program)
            .arg(root().join("examples/clients").join(file))
            .env("HOOKFLOW_URL", &url)
            .env("HOOKFLOW_TOKEN", made.stdout.trim())
            .output()
            .unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{file}: {stdout}{stderr}");
        let lines: Vec<_> = stdout.lines().collect();
        assert_eq!(lines.len(), STEPS.len(), "{file}: {stdout}{stderr}");
        for (line, step) in lines.iter().zip(STEPS) {
            assert!(line.starts_with(step), "{file}: {line}");
        }
    }
    let readme = std::fs::read_to_string(root().join("examples/clients/README.md")).unwrap();
    assert!(STEPS.iter().all(|step| readme.contains(step.trim_end())), "the README shows what they print");
}
