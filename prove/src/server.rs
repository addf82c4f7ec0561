//! The real program on a data folder: started, stopped, killed, started again.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bench::connection::{Connection, request};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// A debug binary under strace, reading back a long log, is slow.
const START_MAX: Duration = Duration::from_secs(60);
const END_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// Where a server lives: its program, its data folder, its settings.
#[derive(Debug, Clone)]
pub struct Home {
    program: PathBuf,
    pub folder: PathBuf,
    settings: Vec<(String, String)>,
    /// What the program is started through, such as strace.
    wrapper: Vec<String>,
    /// Where it listens. Port 0: wherever there is room.
    hooks: SocketAddr,
    admin: SocketAddr,
}

/// Anywhere on this machine.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

impl Home {
    /// The data folder is `<folder>/data`, the server's log `log` beside everything.
    pub fn new(program: &Path, folder: &Path) -> Result<Self> {
        let program = program.canonicalize().with_context(|| format!("{} is not there", program.display()))?;
        let home = Self {
            program,
            folder: folder.to_owned(),
            settings: Vec::new(),
            wrapper: Vec::new(),
            hooks: ANYWHERE,
            admin: ANYWHERE,
        };
        // What is compared must not be tidied away meanwhile; the sink is on this machine.
        Ok(home.with("HOOKFLOW_RETENTION_EXECUTIONS_MAX", "1000000000").with("HOOKFLOW_OUTBOUND_ALLOW", "127.0.0.0/8"))
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// The same addresses whenever it starts.
    #[must_use]
    pub fn at(mut self, hooks: SocketAddr, admin: SocketAddr) -> Self {
        (self.hooks, self.admin) = (hooks, admin);
        self
    }

    /// Another program on the same data.
    pub fn running(mut self, program: &Path) -> Result<Self> {
        self.program = program.canonicalize().with_context(|| format!("{} is not there", program.display()))?;
        Ok(self)
    }

    #[must_use]
    pub fn through(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|&word| word.to_owned()).collect();
        self
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn database(&self) -> PathBuf {
        self.data().join("hookflow.db")
    }

    fn command(&self, wrapper: &[String]) -> Command {
        let mut words = wrapper.iter();
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HOOKFLOW_")) {
            command.env_remove(name);
        }
        command.env("HOOKFLOW_DATA", self.data()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Waits until it takes requests.
    pub async fn start(&self) -> Result<Server> {
        let started = Instant::now();
        let mut server = self.spawn()?;
        loop {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status} before it took requests");
            }
            if server.announced(self) {
                return Ok(server);
            }
            ensure!(started.elapsed() < START_MAX, "the server does not start");
            sleep(POLL).await;
        }
    }

    /// Does not wait: `announced` tells whether it is there.
    pub fn spawn(&self) -> Result<Server> {
        // A killed server leaves its file; its process id may come again.
        let _ = std::fs::remove_file(self.data().join("serve.json"));
        let log = OpenOptions::new().create(true).append(true).open(self.folder.join("log"))?;
        let child = self
            .command(&self.wrapper)
            .args(["serve", "--hooks", &self.hooks.to_string(), "--admin", &self.admin.to_string()])
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        // Of what it is started through, if it is, until it says.
        let pid = child.id().unwrap_or(0);
        Ok(Server { child, pid, hooks: ANYWHERE, admin: ANYWHERE, token: String::new() })
    }

    /// Publishes workflow files, all at once.
    pub async fn apply(&self, files: &[(&str, String)]) -> Result<()> {
        let mut apply = self.command(&[]);
        apply.arg("apply");
        for (name, text) in files {
            let path = self.folder.join(format!("{name}.yaml"));
            std::fs::write(&path, text)?;
            apply.arg(path);
        }
        let applied = apply.arg("--publish").output().await?;
        ensure!(applied.status.success(), "apply: {}", String::from_utf8_lossy(&applied.stderr));
        Ok(())
    }

    /// What the server logged; for what a row has to say about a failure.
    pub fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// A server that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Of the server itself, not of what it was started through.
    pub pid: u32,
    pub hooks: SocketAddr,
    pub admin: SocketAddr,
    token: String,
}

impl Server {
    /// Whether it said where it is.
    pub fn announced(&mut self, home: &Home) -> bool {
        let text = std::fs::read(home.data().join("serve.json")).unwrap_or_default();
        let Ok(said) = serde_json::from_slice::<Value>(&text) else { return false };
        let address = |name: &str| said[name].as_str().and_then(|text| text.trim_start_matches("http://").parse().ok());
        let (Some(hooks), Some(admin), Some(pid)) = (address("hooks"), address("admin"), said["pid"].as_u64()) else {
            return false;
        };
        (self.hooks, self.admin, self.pid) = (hooks, admin, u32::try_from(pid).unwrap_or(0));
        let token = std::fs::read_to_string(home.data().join("admin.token")).unwrap_or_default();
        token.trim().clone_into(&mut self.token);
        true
    }

    /// SIGKILL to exactly this process; returns when it is gone.
    pub async fn kill(mut self) -> Result<()> {
        self.signal("KILL").await?;
        self.ended().await?;
        Ok(())
    }

    /// SIGTERM; how it ended, and how long that took.
    pub async fn terminate(mut self) -> Result<(ExitStatus, Duration)> {
        let from = Instant::now();
        self.signal("TERM").await?;
        Ok((self.ended().await?, from.elapsed()))
    }

    pub async fn signal(&self, name: &str) -> Result<()> {
        // It may be gone already, of what was done to it.
        Command::new("sh").args(["-c", &format!("kill -{name} {} 2>/dev/null || true", self.pid)]).status().await?;
        Ok(())
    }

    pub async fn ended(&mut self) -> Result<ExitStatus> {
        timeout(END_MAX, self.child.wait()).await.context("the server does not end")?.context("waiting for the server")
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Status and body of a request to the admin listener.
    pub async fn admin(&self, method: &str, target: &str, body: &str) -> Result<(u16, String)> {
        let headers = [
            ("Authorization".to_owned(), format!("Bearer {}", self.token)),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        let request = request(self.admin, method, target, &headers, body.as_bytes())?;
        let mut connection = Connection::open(self.admin).await?;
        let response = connection.exchange(&request).await?;
        Ok((response.status, String::from_utf8_lossy(response.body).into_owned()))
    }

    /// Bytes of memory it holds now.
    pub fn resident(&self) -> u64 {
        self.status("VmRSS:") * 1_024
    }

    pub fn threads(&self) -> u64 {
        self.status("Threads:")
    }

    /// Files and sockets that are open.
    pub fn descriptors(&self) -> u64 {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid)).map_or(0, |open| open.count() as u64)
    }

    /// The time for which it has kept cores busy.
    pub fn busy(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // Behind the name in brackets, which may hold blanks: in the kernel's own mode and outside, in hundredths.
        let times = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
        Duration::from_millis(times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }
}
