//! What stands in front of several servers: nginx with `deploy/nginx.conf.template`, unpacked by `e2e/nginx.sh`.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::rows::is_root;
use crate::site::free_address;

/// The names that the template has for the servers.
const SERVERS: [&str; 2] = ["hookflow-1", "hookflow-2"];
const UP_MAX: Duration = Duration::from_secs(20);

/// A proxy that runs. Dropped, it is stopped.
#[derive(Debug)]
pub struct Proxy {
    child: Child,
    folder: PathBuf,
    /// Where webhooks arrive, and the pages.
    pub hooks: SocketAddr,
    pub admin: SocketAddr,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers end with it, if it is not killed.
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}

impl Proxy {
    /// Whether it was unpacked.
    pub fn is_there() -> bool {
        root().join("target/nginx/.made").is_file()
    }

    /// Before servers, of each where it takes webhooks and people; without https. Waits until it takes connections.
    pub async fn before(folder: &Path, servers: &[(SocketAddr, SocketAddr)]) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (hooks, admin) = (free_address()?, free_address()?);
        std::fs::write(folder.join("nginx.conf"), config(&[hooks, admin], servers)?)?;
        let nginx = || -> Result<Command> {
            let mut nginx = Command::new(root().join("target/nginx/usr/sbin/nginx").canonicalize()?);
            nginx.arg("-p").arg(folder).args(["-e", "stderr", "-c", "nginx.conf"]).stdin(Stdio::null());
            Ok(nginx)
        };
        let tested = nginx()?.arg("-t").output().context("nginx")?;
        ensure!(tested.status.success(), "nginx: {}", String::from_utf8_lossy(&tested.stderr));
        let log = File::create(folder.join("nginx.log"))?;
        let child = nginx()?.stdout(log.try_clone()?).stderr(log).spawn().context("nginx")?;
        let proxy = Self { child, folder: folder.to_owned(), hooks, admin };
        let from = Instant::now();
        while tokio::net::TcpStream::connect(hooks).await.is_err() {
            ensure!(from.elapsed() < UP_MAX, "nginx does not start: {}", proxy.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(proxy)
    }

    /// What it complained about.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("nginx.log")).unwrap_or_default()
    }
}

/// The template with the servers' names replaced by where they are.
fn config(own: &[SocketAddr; 2], servers: &[(SocketAddr, SocketAddr)]) -> Result<String> {
    let template = std::fs::read_to_string(root().join("deploy/nginx.conf.template"))?;
    let mut site = template.lines().filter(|line| !line.starts_with("ssl_")).collect::<Vec<_>>().join("\n");
    for (host, at) in ["HOOKS_HOST", "ADMIN_HOST"].iter().zip(own) {
        site =
            site.replacen("listen 443 ssl", &format!("listen {at}"), 1).replace(&format!("${{{host}}}"), "localhost");
    }
    let last = servers.last().context("a proxy stands before something")?;
    for (at, name) in SERVERS.iter().enumerate() {
        let (hooks, admin) = servers.get(at).unwrap_or(last);
        site = site.replace(&format!("{name}:13000"), &hooks.to_string());
        site = site.replace(&format!("{name}:13001"), &admin.to_string());
    }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
    let user = if is_root() { "user root;\n" } else { "" };
    Ok(format!(
        "{user}daemon off;\npid pid;\nerror_log stderr;\nworker_processes 2;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n"
    ))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
