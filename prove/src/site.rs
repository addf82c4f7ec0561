//! Several servers on one PostgreSQL that was started for them.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use store::postgres::testing::Cluster;

use crate::kept::Kept;
use crate::rows::Bench;
use crate::server::{Home, Server};

/// The database and a home for each server. The servers know it by `url`, which may lead there on a way of its own.
#[derive(Debug)]
pub struct Site {
    pub cluster: Arc<Cluster>,
    /// As this process reaches it.
    pub direct: String,
    pub homes: Vec<Home>,
}

impl Site {
    /// On a PostgreSQL of their own.
    pub async fn new(bench: &Bench, servers: usize) -> Result<Self> {
        let cluster = Arc::new(Cluster::start());
        let url = cluster.database().await;
        Self::on(bench, servers, cluster, url.clone(), &url)
    }

    /// On a database that is there; servers reach it by `url`.
    pub fn on(bench: &Bench, servers: usize, cluster: Arc<Cluster>, direct: String, url: &str) -> Result<Self> {
        let key = bench.folder.join("site.key");
        write_key(&key)?;
        let homes = (0..servers).map(|number| {
            let folder = bench.folder.join(format!("server{number}"));
            std::fs::create_dir_all(&folder)?;
            Ok(bench
                .home_in(&folder)?
                .at(free_address()?, free_address()?)
                .with("HOOKFLOW_DATABASE", url)
                .with("HOOKFLOW_KEY_FILE", key.to_string_lossy()))
        });
        Ok(Self { homes: homes.collect::<Result<_>>()?, cluster, direct })
    }

    /// All of them, one after the other, so that the first brings the schema.
    pub async fn start(&self) -> Result<Vec<Server>> {
        let mut servers = Vec::new();
        for home in &self.homes {
            servers.push(home.start().await?);
        }
        Ok(servers)
    }

    /// Looks into the database, past the servers.
    pub async fn kept(&self) -> Result<Kept> {
        Kept::open(&self.direct).await
    }
}

/// Where webhooks go to.
pub fn addresses(servers: &[Server]) -> Vec<SocketAddr> {
    servers.iter().map(|server| server.hooks).collect()
}

fn write_key(path: &Path) -> Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(&[9; 32])?)
}

/// One that nobody has at the moment.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
