//! A cable between this machine and a network of its own, in which a relay leads on to PostgreSQL. Needs root.
//! ```text
//! server ── 10.99.n.1 ═══ cable ═══ 10.99.n.2 ── relay there ── Unix socket ── relay here ── PostgreSQL
//! ```
//! A Unix socket is a file and knows no networks; so the servers, what loads them and what they call stay on loopback,
//! and all that is cut is their way to the database.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::rows::tool;

const PORT: u16 = 5_432;
const STARTS_WITHIN: Duration = Duration::from_secs(10);

/// Dropped, it is taken away with the network behind it.
#[derive(Debug)]
pub struct Link {
    /// The network behind it.
    space: String,
    far_end: String,
    near: String,
    pub address: SocketAddr,
    _relay: Child,
}

impl Drop for Link {
    fn drop(&mut self) {
        // The cable goes with the network that one end is in.
        let _ = std::process::Command::new("ip").args(["netns", "del", &self.space]).status();
    }
}

impl Link {
    /// `number`: which of several. `program`: this one, whose `relay` is started there.
    pub async fn new(number: u8, program: &Path, socket: &Path) -> Result<Self> {
        let name = format!("hf{}-{number}", std::process::id());
        let (near_end, far_end) = (format!("{name}n"), format!("{name}f"));
        let (near, far) = (Ipv4Addr::new(10, 99, number, 1), Ipv4Addr::new(10, 99, number, 2));
        let address = SocketAddr::new(far.into(), PORT);
        ip(&format!("netns add {name}")).await?;
        let relay = async {
            ip(&format!("link add {near_end} type veth peer name {far_end} netns {name}")).await?;
            ip(&format!("addr add {near}/30 dev {near_end}")).await?;
            ip(&format!("link set {near_end} up")).await?;
            ip(&format!("-n {name} addr add {far}/30 dev {far_end}")).await?;
            ip(&format!("-n {name} link set {far_end} up")).await?;
            let mut relay = Command::new("ip");
            relay.args(["netns", "exec", &name]).arg(program).args(["relay", "--at", &address.to_string(), "--to"]);
            relay.arg(socket);
            Ok::<_, anyhow::Error>(relay.stdin(Stdio::null()).kill_on_drop(true).spawn()?)
        };
        let relay = match relay.await {
            Ok(relay) => relay,
            Err(error) => {
                ip(&format!("netns del {name}")).await?;
                return Err(error);
            }
        };
        let link = Self { space: name, far_end, near: near.to_string(), address, _relay: relay };
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            ensure!(began.elapsed() < STARTS_WITHIN, "the relay behind the cable does not start");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(link)
    }

    /// As if it were pulled out at the other side.
    pub async fn down(&self) -> Result<()> {
        ip(&format!("-n {} link set {} down", self.space, self.far_end)).await
    }

    pub async fn up(&self) -> Result<()> {
        ip(&format!("-n {} link set {} up", self.space, self.far_end)).await
    }

    /// What comes back from the other side is lost, and so is its word that something has arrived.
    pub async fn lose_answers(&self) -> Result<()> {
        ip(&format!("-n {} route add blackhole {}/32", self.space, self.near)).await
    }

    pub async fn bring_answers(&self) -> Result<()> {
        ip(&format!("-n {} route del blackhole {}/32", self.space, self.near)).await
    }
}

async fn ip(words: &str) -> Result<()> {
    tool("ip", &words.split(' ').collect::<Vec<_>>()).await
}
