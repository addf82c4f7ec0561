//! The real Alertmanager (unpacked by `e2e/alertmanager.sh`) sends its alerts to `examples/alert.yaml`.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Home, root, say};

/// It tries again for 10 seconds at a time, so this is several of its rounds.
const PATIENCE: Duration = Duration::from_secs(40);

/// One group an alert name. What could not be delivered is tried again at once, what was is not repeated.
const CONFIG: &str = r#"
route:
  receiver: hookflow
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hookflow
    webhook_configs:
      - url: URL
        send_resolved: true
        http_config:
          basic_auth: { username: alertmanager, password: "pä:ss" }
"#;

const CREDENTIALS: &str = "mode: sync\ncredentials: { basic: { username: alertmanager, password: \"pä:ss\" } }\n";

/// Killed when it goes out of scope.
struct Alertmanager {
    child: Child,
    address: String,
}

impl Alertmanager {
    /// `None`: it is not there.
    fn start(home: &Home, url: &str) -> Option<Self> {
        let folder = root().join("target/alertmanager").canonicalize().ok()?;
        let program = folder.join("usr/bin/prometheus-alertmanager");
        if !folder.join(".made").is_file() {
            return None;
        }
        home.file("alertmanager.yaml", &CONFIG.replace("URL", url));
        let log = home.path().join("alertmanager.log");
        let child = Command::new(program)
            .arg(format!("--config.file={}", home.path().join("alertmanager.yaml").display()))
            .arg(format!("--storage.path={}", home.path().join("alertmanager").display()))
            .args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="])
            .env("NO_PROXY", "127.0.0.1")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut started = Self { child, address: String::new() };
        started.address = wait_for("Alertmanager listens", || {
            let log = std::fs::read_to_string(&log).unwrap();
            let line = log.lines().find(|line| line.contains("Listening on"));
            line.and_then(|line| line.split("address=").nth(1)).map(str::to_owned).ok_or(log)
        });
        Some(started)
    }

    /// As Prometheus reports an alert: firing, or over when it has ended.
    async fn report(&self, name: &str, severity: &str, ends_at: Option<&str>) {
        let mut alert = json!({
            "labels": { "alertname": name, "severity": severity },
            "annotations": { "summary": format!("{name} on db-1: 95 % ≥ 90 %") },
            "generatorURL": "http://prometheus.example/graph",
        });
        if let Some(ends_at) = ends_at {
            alert["endsAt"] = ends_at.into();
        }
        let client = support::http();
        let url = format!("http://{}/api/v2/alerts", self.address);
        let answer = client.post(url).json(&json!([alert])).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until there is something; `Err` says what there was instead.
fn wait_for<T>(what: &str, ask: impl Fn() -> Result<T, String>) -> T {
    let from = Instant::now();
    loop {
        match ask() {
            Ok(found) => return found,
            Err(instead) => assert!(from.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}, but {instead}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What Alertmanager sent so far, first to last, each with the answer it got.
fn notifications(home: &Home) -> Vec<Value> {
    let mut listed = home.json(&["executions", "--limit", "500"]);
    listed.reverse();
    listed.retain(|execution| !execution["answer_status"].is_null());
    let shown = listed.iter().map(|execution| home.json(&["execution", execution["id"].as_str().unwrap()]).remove(0));
    shown
        .map(|execution| {
            let sent: Value = serde_json::from_str(execution["event"]["body"].as_str().unwrap()).unwrap();
            assert!(!execution["event"]["headers"].to_string().contains("authorization"), "{execution}");
            let answer = execution["answer"]["body"].as_str().unwrap_or_default();
            json!({
                "revision": execution["revision"],
                "name": sent["alerts"][0]["labels"]["alertname"],
                "alert": sent["status"],
                "status": execution["answer"]["status"],
                "answer": serde_json::from_str(answer).unwrap_or(Value::from(answer)),
            })
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_paged_retried_and_resolved() {
    let home = Home::new();
    let _server = home.serve(&[]);
    let example = std::fs::read_to_string(root().join("examples/alert.yaml")).unwrap();
    let example = example.replace("mode: sync\n", CREDENTIALS);
    let (head, _) = example.split_once("nodes:\n").unwrap();
    let broken = format!("{head}nodes: [{{ key: broken, kind: response, config: {{ status: 500 }} }}]\n");
    let workflow = home.publish(&home.file("broken.yaml", &broken));
    let Some(alertmanager) = Alertmanager::start(&home, workflow["url"].as_str().unwrap()) else {
        say("SKIPPED (needs apt-get; run make test to unpack it): alerts_are_paged_retried_and_resolved");
        return;
    };

    // While the live revision is broken, the alert comes again and again.
    alertmanager.report("DiskFull", "critical", None).await;
    let refused = |sent: &Value| sent["status"] == 500 && sent["name"] == "DiskFull" && sent["revision"] == 1;
    wait_for("it tries again", || {
        let sent = notifications(&home);
        if sent.len() >= 2 && sent.iter().all(refused) { Ok(()) } else { Err(format!("{sent:?}")) }
    });

    // The next try meets the revision that is mended, and there is none after it.
    let mended =
        example.replace("title: Alert\n", &format!("title: Alert\nkey: {}\n", workflow["key"].as_str().unwrap()));
    assert_eq!(home.publish(&home.file("mended.yaml", &mended))["revision"], 2);
    let accepted = |name: &str, alert: &str, answer: Value| {
        let expected = json!({ "revision": 2, "name": name, "alert": alert, "status": 200, "answer": answer });
        wait_for("it is accepted", || {
            let sent = notifications(&home);
            if sent.iter().filter(|sent| !refused(sent)).any(|sent| *sent == expected) {
                Ok(())
            } else {
                Err(format!("{sent:?}"))
            }
        });
    };
    accepted("DiskFull", "firing", json!({ "page": "DiskFull", "firing": 1 }));

    // The severity decides, and the end of an alert wakes nobody.
    alertmanager.report("CertificateExpires", "warning", None).await;
    accepted("CertificateExpires", "firing", json!({ "ticket": "CertificateExpires" }));
    alertmanager.report("DiskFull", "critical", Some("2000-01-01T00:00:00Z")).await;
    accepted("DiskFull", "resolved", json!({ "page": null }));

    let sent = notifications(&home);
    let tries = sent.iter().filter(|sent| refused(sent)).count();
    assert_eq!(sent.len(), tries + 3, "each is delivered once: {sent:?}");
    assert_eq!(home.json(&["executions", "--status", "error"]).len(), 0);
    say(&format!("Alertmanager: {tries} tries answered 500, then paged, ticketed and resolved"));
}
