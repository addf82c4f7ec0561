//! Embeds the web UI: writes a table of everything in `web/dist` for `src/ui/bundle.rs`.
//!
//! Without a built UI it embeds a page that says how to build one, so that Rust alone is enough for `cargo test`.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let dist = here.join("../../web/dist");
    // The folder is in git, so that it is never absent: cargo would run this for every build otherwise.
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/ui/not_built.html");
    let built = dist.join("index.html").is_file();
    let page = if built { dist.join("index.html") } else { here.join("src/ui/not_built.html") };
    let files = if built { table(&dist)? } else { String::new() };
    let page = page.canonicalize()?;
    let text = format!("Bundle {{ page: include_str!({page:?}), files: &[\n{files}] }}\n");
    fs::write(out.join("bundle.rs"), text)
}

/// A line for each file but the page; what is packed stands with the file that it was packed from.
fn table(dist: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    gather(dist, "", &mut names)?;
    names.sort();
    let mut lines = String::new();
    for name in &names {
        let original = name.strip_suffix(".br").or_else(|| name.strip_suffix(".gz"));
        let is_packed = original.is_some_and(|original| names.iter().any(|name| name == original));
        if is_packed || name == "index.html" {
            continue;
        }
        let packed = |ending: &str| -> io::Result<String> {
            let packed = format!("{name}.{ending}");
            Ok(if names.contains(&packed) { format!("Some({})", include(dist, &packed)?) } else { "None".to_owned() })
        };
        let (plain, brotli, gzip) = (include(dist, name)?, packed("br")?, packed("gz")?);
        let mut hasher = DefaultHasher::new();
        fs::read(dist.join(name))?.hash(&mut hasher);
        let tag = format!("{:016x}", hasher.finish());
        writeln!(lines, "File {{ name: {name:?}, tag: {tag:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},")
            .expect("a text takes all");
    }
    Ok(lines)
}

fn include(dist: &Path, name: &str) -> io::Result<String> {
    Ok(format!("include_bytes!({:?})", dist.join(name).canonicalize()?))
}

/// The names of all files below, with `/` between folders; but hidden ones.
fn gather(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?} is no text")))?;
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{prefix}{name}/"), names)?;
        } else {
            names.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}
