//! The servers under load, each a child process that ends with its value.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::connection::{self, Connection};

const START_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(2);

/// Counts ends of executions, whatever their status.
const FINISHED: &str = "hookflow_executions_finished_total";

/// One of the programs of `limit`.
pub(crate) struct Limit {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    _process: Child,
}

impl Limit {
    pub(crate) async fn start(program: &Path, args: &[&str]) -> Result<Self> {
        let failed = || format!("{} {} did not start", program.display(), args.join(" "));
        let mut process =
            Command::new(program).args(args).stdout(Stdio::piped()).kill_on_drop(true).spawn().with_context(failed)?;
        let stdout = process.stdout.take().context("stdout is piped")?;
        let line = BufReader::new(stdout).lines().next_line().await?.with_context(failed)?;
        Ok(Self { address: line.parse()?, pid: process.id().with_context(failed)?, _process: process })
    }

    /// A number that it tells.
    pub(crate) async fn tells(&self, target: &str) -> Result<f64> {
        let request = connection::request(self.address, "GET", target, &[], b"")?;
        let mut connection = Connection::open(self.address).await?;
        let response = connection.exchange(&request).await?;
        ensure!(response.status == 200, "{target} answers {}", response.status);
        Ok(String::from_utf8_lossy(response.body).parse()?)
    }
}

/// `hookflow serve` on a data folder of its own.
pub(crate) struct Hookflow {
    pub(crate) version: String,
    pub(crate) hooks: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) pid: u32,
    /// Just before the process was made.
    pub(crate) started: Instant,
    program: PathBuf,
    data: PathBuf,
    process: Child,
}

/// Where an applied workflow takes its requests.
pub(crate) struct Workflow {
    pub(crate) target: String,
}

impl Hookflow {
    /// The server's log is `serve.log` in the data folder.
    pub(crate) async fn start(program: &Path, data: &Path) -> Result<Self> {
        Self::start_with(program, data, &[]).await
    }

    /// With settings from its environment.
    pub(crate) async fn start_with(program: &Path, data: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let version = Command::new(program).arg("--version").output().await?;
        // A killed server leaves its file.
        let _ = std::fs::remove_file(data.join("serve.json"));
        let log_path = data.join("serve.log");
        let log = std::fs::File::create(&log_path)?;
        let started = Instant::now();
        let mut process = Command::new(program)
            .args(["serve", "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
            .arg(data)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;

        let serve = loop {
            // Half a file does not parse; the next look finds it whole.
            let text = std::fs::read(data.join("serve.json")).unwrap_or_default();
            if let Ok(serve) = serde_json::from_slice::<Value>(&text) {
                break serve;
            }
            if started.elapsed() > START_MAX || process.try_wait()?.is_some() {
                bail!("the server did not start: {}", std::fs::read_to_string(&log_path).unwrap_or_default());
            }
            sleep(POLL).await;
        };
        Ok(Self {
            version: String::from_utf8_lossy(&version.stdout).trim().to_owned(),
            hooks: address(&serve["hooks"])?,
            admin: address(&serve["admin"])?,
            program: program.to_owned(),
            data: data.to_owned(),
            pid: process.id().context("the server has ended")?,
            started,
            process,
        })
    }

    /// SIGTERM; returns once it is gone.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.pid.to_string()).status().await?;
        self.process.wait().await?;
        Ok(())
    }

    /// SIGKILL; returns once it is gone.
    pub(crate) async fn kill(mut self) -> Result<()> {
        self.process.kill().await?;
        Ok(())
    }

    /// Publishes one workflow file.
    pub(crate) async fn apply(&self, name: &str, file: &str) -> Result<Workflow> {
        let path = self.data.join(name);
        std::fs::write(&path, file)?;
        let applied = Command::new(&self.program)
            .arg("apply")
            .arg(&path)
            .args(["--publish", "--json"])
            .env("HOOKFLOW_DATA", &self.data)
            .output()
            .await?;
        let said = || format!("hookflow apply {name}: {}", String::from_utf8_lossy(&applied.stderr));
        ensure!(applied.status.success(), said());
        let workflow: Value = serde_json::from_slice(&applied.stdout).with_context(said)?;
        let key = workflow["key"].as_str().with_context(said)?;
        Ok(Workflow { target: format!("/api/webhook:trigger/{key}") })
    }

    /// Executions that ended since the server started, from its metrics.
    pub(crate) async fn finished(&self) -> Result<u64> {
        self.counted(FINISHED).await
    }

    /// What opens the API.
    pub(crate) fn token(&self) -> String {
        std::fs::read_to_string(self.data.join("admin.token")).unwrap_or_default().trim().to_owned()
    }

    /// A counter of its metrics.
    pub(crate) async fn counted(&self, name: &str) -> Result<u64> {
        sum(&self.get("/metrics").await?, name)
    }

    /// What the admin listener shows there; what is no 200 is an error.
    pub(crate) async fn get(&self, target: &str) -> Result<String> {
        let headers = [("Authorization".to_owned(), format!("Bearer {}", self.token()))];
        let request = connection::request(self.admin, "GET", target, &headers, b"")?;
        let mut connection = Connection::open(self.admin).await?;
        let response = connection.exchange(&request).await?;
        let text = String::from_utf8_lossy(response.body).into_owned();
        ensure!(response.status == 200, "{target} answers {}: {text}", response.status);
        Ok(text)
    }
}

/// `127.0.0.1:13000`, with or without `http://` before it.
fn address(value: &Value) -> Result<SocketAddr> {
    let text = value.as_str().context("serve.json lacks an address")?;
    let text = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
    text.parse().with_context(|| format!("serve.json holds {text:?}, not an address"))
}

/// A counter over all its labels, in Prometheus' text format.
fn sum(metrics: &str, name: &str) -> Result<u64> {
    let samples =
        metrics.lines().filter_map(|line| line.strip_prefix(name)).filter(|rest| rest.starts_with(['{', ' ']));
    let values = samples.filter_map(|rest| rest.rsplit(' ').next());
    let values: Vec<f64> = values.map(str::parse).collect::<Result<_, _>>().context("/metrics holds no number")?;
    // A counter with labels has no sample before its first count.
    ensure!(!values.is_empty() || metrics.contains(name.trim_end_matches("_total")), "/metrics lacks {name}");
    Ok(values.iter().sum::<f64>() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_summed_over_its_labels() {
        let metrics =
            "# TYPE ends counter\nends_total{status=\"a b\"} 2\nends_total{status=\"c\"} 3.0\nends_total_more 9\n";
        assert_eq!(sum(metrics, "ends_total").expect("there is one"), 5);
        assert_eq!(sum("# TYPE ends counter\n", "ends_total").expect("there is none yet"), 0);
        assert!(sum("# TYPE begins counter\n", "ends_total").is_err());
    }

    #[test]
    fn an_address_may_come_as_a_url() {
        for text in ["127.0.0.1:80", "http://127.0.0.1:80", "http://127.0.0.1:80/"] {
            assert_eq!(address(&text.into()).expect(text).port(), 80);
        }
        assert!(address(&Value::Null).is_err());
    }
}
