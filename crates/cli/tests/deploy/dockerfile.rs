//! A Dockerfile as far as ours goes: its steps, what is in its context, and the steps done in folders of this machine
//! instead of images.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `COPY --from=web a b`
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) instruction: String,
    pub(crate) flags: Vec<(String, String)>,
    pub(crate) rest: String,
}

impl Step {
    pub(crate) fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn words(&self) -> Vec<&str> {
        self.rest.split_whitespace().collect()
    }

    /// `["serve"]`
    pub(crate) fn list(&self) -> Vec<String> {
        serde_json::from_str(&self.rest).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }
}

/// From one `FROM` to the next.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) image: String,
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

impl Stage {
    pub(crate) fn all<'a>(&'a self, instruction: &'a str) -> impl Iterator<Item = &'a Step> {
        self.steps.iter().filter(move |step| step.instruction == instruction)
    }

    pub(crate) fn one(&self, instruction: &str) -> &Step {
        let mut steps = self.steps.iter().filter(|step| step.instruction == instruction);
        let step = steps.next().unwrap_or_else(|| panic!("there is no {instruction}"));
        assert!(steps.next().is_none(), "{instruction} stands there twice");
        step
    }
}

pub(crate) fn stages(text: &str) -> Vec<Stage> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    let mut stages: Vec<Stage> = Vec::new();
    for line in lines.replace("\\\n", " ").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let step = step(line);
        if step.instruction == "FROM" {
            let words = step.words();
            let name = words.get(2).copied().unwrap_or("image");
            stages.push(Stage { image: words[0].to_owned(), name: name.to_owned(), steps: Vec::new() });
        } else {
            stages.last_mut().expect("FROM comes first").steps.push(step);
        }
    }
    stages
}

fn step(line: &str) -> Step {
    let (instruction, mut rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let mut flags = Vec::new();
    while let Some(flag) = rest.trim_start().strip_prefix("--") {
        let (flag, after) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        flags.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    Step { instruction: instruction.to_owned(), flags, rest: rest.trim().to_owned() }
}

/// `.dockerignore`: the last line that matches a path, or a folder it is in, decides.
pub(crate) struct Ignored(Vec<(bool, Vec<String>)>);

impl Ignored {
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pattern = |line: &str| line.split('/').map(str::to_owned).collect();
        Self(lines.map(|line| (!line.starts_with('!'), pattern(line.trim_start_matches('!')))).collect())
    }

    /// `path`: below the root of the context, with `/`.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let is_meant = |pattern: &[String]| (1..=parts.len()).any(|end| matches(pattern, &parts[..end]));
        self.0.iter().rev().find(|(_, pattern)| is_meant(pattern)).is_some_and(|(ignores, _)| *ignores)
    }
}

fn matches(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => (0..=path.len()).any(|skip| matches(rest, &path[skip..])),
        (Some((first, rest)), Some((name, path))) => (first == "*" || first == name) && matches(rest, path),
        _ => false,
    }
}

/// Every file of the context, sorted. What no context has is not even looked into.
pub(crate) fn context(root: &Path, ignored: &Ignored) -> Vec<String> {
    fn walk(root: &Path, folder: &str, ignored: &Ignored, into: &mut Vec<String>) {
        for entry in fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if entry.file_type().unwrap().is_dir() {
                if !["target", "node_modules", ".git"].contains(&name.as_str()) {
                    walk(root, &path, ignored, into);
                }
            } else if !ignored.leaves_out(&path) {
                into.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(root, "", ignored, &mut files);
    files.sort();
    files
}

/// The files below `root` as a builder is sent them.
pub(crate) fn send(root: &Path, files: &[String], context: &Path) {
    for file in files {
        let to = context.join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root.join(file), to).unwrap();
    }
}

/// Does the steps of every stage, each below a folder of its own in `folder`, with the tools of this machine; the folder
/// of the last one. Users and rights are not set: they are the image builder's.
pub(crate) fn build(stages: &[Stage], context: &Path, folder: &Path) -> PathBuf {
    for stage in stages {
        let image = folder.join(&stage.name);
        fs::create_dir_all(&image).unwrap();
        let mut at = PathBuf::from("/");
        for step in &stage.steps {
            match step.instruction.as_str() {
                "WORKDIR" => at = at.join(&step.rest),
                "COPY" => {
                    let words = step.words();
                    let (to, sources) = words.split_last().unwrap();
                    let from = step.flag("from").map_or(context.to_owned(), |stage| folder.join(stage));
                    for source in sources {
                        copy(&below(&from, Path::new("/"), source), &below(&image, &at, to), to.ends_with('/'));
                    }
                }
                "RUN" => {
                    let here = below(&image, &at, ".");
                    fs::create_dir_all(&here).unwrap();
                    // Neither a target folder nor a profile of the caller's.
                    let mut shell = Command::new("sh");
                    for (name, _) in std::env::vars_os() {
                        if name.to_string_lossy().starts_with("CARGO_")
                            && name != "CARGO_HOME"
                            && name != "CARGO_BUILD_JOBS"
                        {
                            shell.env_remove(name);
                        }
                    }
                    let status = shell.args(["-ec", &step.rest]).current_dir(&here).status().unwrap();
                    assert!(status.success(), "stage {}: {}: {status}", stage.name, step.rest);
                }
                _ => {}
            }
        }
    }
    folder.join(&stages.last().unwrap().name)
}

/// A path inside an image as one of this machine.
fn below(image: &Path, at: &Path, path: &str) -> PathBuf {
    let inside = at.join(path);
    image.join(inside.strip_prefix("/").unwrap())
}

/// As `COPY` does: of a folder what is in it, a file into a folder if the name ends with a slash.
fn copy(from: &Path, to: &Path, into: bool) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            copy(&entry.path(), &to.join(entry.file_name()), false);
        }
    } else {
        let to = if into { to.join(from.file_name().unwrap()) } else { to.to_owned() };
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, &to).unwrap_or_else(|error| panic!("{} to {}: {error}", from.display(), to.display()));
    }
}

#[test]
fn a_dockerfile_is_read_step_by_step() {
    let text = "# a\nFROM a:1 AS b\nRUN --mount=type=cache,target=/c x \\\n  && y\n\nFROM c:2\nCOPY --from=b --chown=1:1 /x /y/\nCMD [\"z\"]\n";
    let stages = stages(text);
    assert_eq!((stages[0].image.as_str(), stages[0].name.as_str()), ("a:1", "b"));
    let run = stages[0].one("RUN");
    assert_eq!((run.flag("mount"), run.words().join(" ").as_str()), (Some("type=cache,target=/c"), "x && y"));
    let copy = stages[1].one("COPY");
    assert_eq!((copy.flag("from"), copy.words()), (Some("b"), vec!["/x", "/y/"]));
    assert_eq!(stages[1].one("CMD").list(), ["z"]);
}

#[test]
fn the_last_line_that_matches_decides_what_is_left_out() {
    let ignored = Ignored::read("# a\n*\n!web\n!a\n**/node_modules\nweb/dist/*\n!web/dist/.gitkeep\n");
    let out = |path: &str| ignored.leaves_out(path);
    assert!(
        out("secret")
            && out(".git/config")
            && out("web/node_modules/x/y")
            && out("a/b/node_modules")
            && out("web/dist/x")
    );
    assert!(!out("web/src/x") && !out("a") && !out("web/dist/.gitkeep"));
}
