//! What stands in front, for real: nginx as in `compose.yaml`, unpacked by `e2e/nginx.sh`, before servers that are stopped
//! and started.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use prove::proxy::Proxy;
use serde_json::{Value, json};

use crate::support::{Home, ORDERS, Server, http, say};

/// How many send at the same time.
const SENDERS: usize = 8;
const KEY: &str = "deployedorders";

/// Whether it was unpacked; says what is left out if not.
fn can_run(test: &str) -> bool {
    if !Proxy::is_there() {
        say(&format!("SKIPPED (needs apt-get; run make test to unpack them): {test}"));
    }
    Proxy::is_there()
}

async fn before(folder: &Path, servers: &[&Server]) -> Proxy {
    let at = |server: &&Server| (server.hooks().parse().unwrap(), server.admin().parse().unwrap());
    Proxy::before(folder, &servers.iter().map(at).collect::<Vec<_>>()).await.unwrap()
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
    let folder = tempfile::tempdir().unwrap();
    let proxy = before(folder.path(), &[&server]).await;
    let client = http();
    let event = seen(&home, &proxy).await;
    assert_eq!(event["remote_addr"], "127.0.0.2");
    assert_eq!(event["query_string"], "a=%2F%3a", "what senders sign is passed on as it came");
    let got = async |at: SocketAddr, path: &str| {
        let request = client.get(format!("http://{at}{path}")).header("Accept", "text/html");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((got(proxy.admin, "/readyz").await, got(proxy.admin, "/").await), (200, 200));
    assert_eq!(got(proxy.admin, "/metrics").await, 404, "one node's figures are not the system's");
    // Nothing of what the admin listener has is to be had where webhooks arrive.
    assert_eq!(got(proxy.hooks, "/api/v1/workflows").await, 404);
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
/// is kept, once, and nothing else is; and everything was.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_replaced_one_by_one_and_nothing_is_lost_or_done_twice() {
    if !can_run("nodes_are_replaced_one_by_one_and_nothing_is_lost_or_done_twice") {
        return;
    }
    let homes = [Home::new(), Home::new()];
    let mut servers: Vec<Server> = homes.iter().map(serve).collect();
    let folder = tempfile::tempdir().unwrap();
    let proxy = before(folder.path(), &[&servers[0], &servers[1]]).await;

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
    // The system may accept one in the very instant in which a port closes.
    assert!(others.len() <= 1 && others.iter().all(|status| *status == 502), "{others:?}\n{}", proxy.log());
    let kept = homes.each_ref().map(|home| home.json(&["executions", "--limit", "100000"]).len());
    assert!(kept.iter().all(|kept| *kept > 0), "one node got nothing: {kept:?}");
    assert_eq!(kept.iter().sum::<usize>(), answered, "{kept:?}");
}
