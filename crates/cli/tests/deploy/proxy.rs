//! What stands in front, for real: nginx as in `compose.yaml`, unpacked by `e2e/nginx.sh`, before servers that are stopped
//! and started.

use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Home, ORDERS, Server, http, root, say};
use crate::{is_root, text};

/// How many send at the same time.
const SENDERS: usize = 8;
const KEY: &str = "deployedorders";

/// A proxy that runs, killed when it goes out of scope.
struct Proxy {
    child: Child,
    folder: tempfile::TempDir,
    /// Where webhooks arrive, and the pages.
    hooks: String,
    admin: String,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers end with it, if it is not killed.
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}

/// Nobody listens there a moment ago.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Whether they were unpacked; says what is left out if not.
fn can_run(test: &str) -> bool {
    let there = root().join("target/nginx/.made").is_file();
    if !there {
        say(&format!("SKIPPED (needs apt-get; run make test to unpack them): {test}"));
    }
    there
}

impl Proxy {
    /// With the nodes' names replaced by where the servers are, and without https.
    fn before(servers: &[&Server]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (hooks, admin) = (free(), free());
        let template = text("deploy/nginx.conf.template");
        let mut site = template.lines().filter(|line| !line.starts_with("ssl_")).collect::<Vec<_>>().join("\n");
        for (host, at) in [("HOOKS_HOST", &hooks), ("ADMIN_HOST", &admin)] {
            site = site
                .replacen("listen 443 ssl", &format!("listen {at}"), 1)
                .replace(&format!("${{{host}}}"), "localhost");
        }
        for (at, name) in ["hookflow-1", "hookflow-2"].iter().enumerate() {
            let server = servers[at.min(servers.len() - 1)];
            site = site.replace(&format!("{name}:13000"), server.hooks());
            site = site.replace(&format!("{name}:13001"), server.admin());
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
        let own = "daemon off;\npid pid;\nerror_log stderr;\nworker_processes 2;\nevents {}\n";
        let own = if is_root() { format!("user root;\n{own}") } else { own.to_owned() };
        let config = format!("{own}http {{\naccess_log off;\n{temporary}{site}}}\n");
        std::fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let nginx = || {
            let mut nginx = Command::new(root().join("target/nginx/usr/sbin/nginx").canonicalize().unwrap());
            nginx.arg("-p").arg(folder.path()).args(["-e", "stderr", "-c", "nginx.conf"]).stdin(Stdio::null());
            nginx
        };
        let tested = nginx().arg("-t").output().unwrap();
        assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
        let log = File::create(folder.path().join("log")).unwrap();
        let child = nginx().stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        Self { child, folder, hooks, admin }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    async fn is_up(&self) {
        let (client, from) = (http(), Instant::now());
        let ready = async || {
            client.get(format!("http://{}/readyz", self.hooks)).send().await.is_ok_and(|got| got.status() == 200)
        };
        while !ready().await {
            assert!(
                from.elapsed() < Duration::from_secs(20),
                "{}",
                std::fs::read_to_string(self.folder.path().join("log")).unwrap()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A server with the workflow, believing what comes from 127.0.0.1.
fn serve(home: &Home) -> Server {
    let server = home.serve_with(&[("HOOKFLOW_TRUSTED_PROXIES", "127.0.0.1")], &[]);
    let workflow = ORDERS.replacen("title:", &format!("key: {KEY}\ntitle:"), 1);
    home.publish(&home.file("orders.yaml", &workflow));
    server
}

/// A request of somebody at 127.0.0.2 who says to be somebody else, and what the server saw of it.
async fn seen(home: &Home, proxy: &Proxy) -> Value {
    let client = reqwest::Client::builder().no_proxy().local_address(Some([127, 0, 0, 2].into())).build().unwrap();
    let url = format!("http://{}/api/webhook:trigger/{KEY}?a=%2F%3a", proxy.hooks);
    let body = json!({"order": {"id": 7, "status": "paid"}});
    let sent = client.post(url).header("X-Forwarded-For", "203.0.113.7").json(&body).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    let id = sent.headers()["hookflow-execution"].to_str().unwrap().to_owned();
    home.json(&["execution", &id]).remove(0)["event"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_proxy_the_sender_is_the_sender_and_pages_are_pages() {
    if !can_run("behind_the_proxy_the_sender_is_the_sender_and_pages_are_pages") {
        return;
    }
    let home = Home::new();
    let server = serve(&home);
    let proxy = Proxy::before(&[&server]);
    proxy.is_up().await;
    let event = seen(&home, &proxy).await;
    assert_eq!(event["remote_addr"], "127.0.0.2");
    assert_eq!(event["query_string"], "a=%2F%3a", "what senders sign is passed on as it came");
    let client = http();
    let got = async |at: &str, path: &str| {
        let request = client.get(format!("http://{at}{path}")).header("Accept", "text/html");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((got(&proxy.admin, "/readyz").await, got(&proxy.admin, "/").await), (200, 200));
    assert_eq!(got(&proxy.admin, "/metrics").await, 404, "one node's figures are not the system's");
    // Nothing of what the admin listener has is to be had where webhooks arrive.
    assert_eq!(got(&proxy.hooks, "/api/v1/workflows").await, 404);
    // A body above the limit has Hookflow's answer and its line in the request log, not the proxy's.
    let large = client.post(format!("http://{}/api/webhook:trigger/{KEY}", proxy.hooks)).body(vec![b' '; 11 << 20]);
    let large = large.send().await.unwrap();
    assert_eq!(large.status(), 413);
    assert!(large.text().await.unwrap().contains("hook.too_large"));
    live_comes_at_once(&home, &proxy).await;
}

/// A proxy that gathers answers before it passes them on would make the live feed dead.
async fn live_comes_at_once(home: &Home, proxy: &Proxy) {
    let token = std::fs::read_to_string(home.data().join("admin.token")).unwrap();
    let url = format!("http://{}/api/v1/live", proxy.admin);
    let mut feed = http().get(url).bearer_auth(token.trim()).send().await.unwrap();
    let mut heard = String::new();
    let listen = async {
        while !heard.contains("event: hello") {
            heard += &String::from_utf8_lossy(&feed.chunk().await.unwrap().unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(5), listen).await.unwrap_or_else(|_| panic!("the proxy keeps it back"));
}

/// As `docker compose up --wait` does with a new image: one node goes and comes back, then the other. What was answered 2xx
/// is kept, once, and nothing else is; who comes in the instant in which a port closes is told to try again.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_replaced_one_by_one_and_nothing_is_lost_or_done_twice() {
    if !can_run("nodes_are_replaced_one_by_one_and_nothing_is_lost_or_done_twice") {
        return;
    }
    let homes = [Home::new(), Home::new()];
    let mut servers: Vec<Server> = homes.iter().map(serve).collect();
    let proxy = Proxy::before(&[&servers[0], &servers[1]]);
    proxy.is_up().await;

    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (client, stop, answered) = (http(), Arc::clone(&stop), Arc::clone(&answered));
            let url = format!("http://{}/api/webhook:trigger/{KEY}", proxy.hooks);
            tokio::spawn(async move {
                let mut others = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let body = json!({"order": {"id": 7, "status": "paid"}});
                    match client.post(&url).json(&body).send().await.unwrap().status().as_u16() {
                        200 => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        other => others.push(other),
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                others
            })
        })
        .collect();
    for at in [0, 1] {
        // `--wait` takes longer: nginx tries a node again within two seconds.
        tokio::time::sleep(Duration::from_millis(2_200)).await;
        let (hooks, admin) = (servers[at].hooks().to_owned(), servers[at].admin().to_owned());
        let ended = servers.remove(at).terminate();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        servers.insert(at, homes[at].serve(&["--hooks", &hooks, "--admin", &admin]));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::Relaxed);
    let mut others = Vec::new();
    for sender in senders {
        others.extend(sender.await.unwrap());
    }
    let answered = answered.load(Ordering::Relaxed);
    say(&format!("nginx: {answered} requests answered 200 while two nodes were replaced, and {others:?}"));
    assert!(answered > 200, "{answered}");
    // Each sender at most once a stop.
    assert!(
        others.len() <= 2 * SENDERS && others.iter().all(|status| [502, 503].contains(status)),
        "{others:?}\n{}",
        proxy.log()
    );
    let kept = homes.each_ref().map(|home| home.json(&["executions", "--limit", "100000"]).len());
    assert!(kept.iter().all(|kept| *kept > 0), "one node got nothing: {kept:?}");
    assert_eq!(kept.iter().sum::<usize>(), answered, "{kept:?}");
}
