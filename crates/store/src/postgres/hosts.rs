//! Where the database may be: the hosts of the URL, of which one at a time can be written to.
//!
//! They are tried one by one, the one that answered last first, each for a while of its own: behind one that takes a
//! connection and says nothing, nobody else would be asked.

use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

type Connected = (Client, Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>);

pub(super) struct Hosts {
    /// At least one.
    each: Vec<Config>,
    /// Which of them answered last.
    last: AtomicUsize,
    silence_max: Duration,
}

impl Hosts {
    pub(super) fn new(all: &Config, silence_max: Duration) -> Self {
        let number = all.get_hosts().len().max(all.get_hostaddrs().len());
        let each = if number > 1 { (0..number).map(|at| one(all, at)).collect() } else { vec![all.clone()] };
        Self { each, last: AtomicUsize::new(0), silence_max }
    }

    /// What is the same for all of them.
    pub(super) fn config(&self) -> &Config {
        &self.each[0]
    }

    /// Which of them answered last.
    pub(super) fn last(&self) -> usize {
        self.last.load(Ordering::Acquire)
    }

    /// As long as [`connect`](Self::connect) takes at most while no more than the last of them is silent for longer.
    pub(super) fn silence_max(&self) -> Duration {
        self.silence_max * u32::try_from(self.each.len()).unwrap_or(u32::MAX)
    }

    /// What the last of them says is the error, or one before it if that one is just a standby. Whoever calls this does
    /// not wait for the last one forever.
    pub(super) async fn connect(&self, tls: &MakeRustlsConnect) -> Result<Connected, Error> {
        let (first, number) = (self.last(), self.each.len());
        let mut said = None;
        for behind in 0..number - 1 {
            let at = (first + behind) % number;
            match timeout(self.silence_max, self.each[at].connect(tls.clone())).await {
                Ok(Ok(connected)) => {
                    self.last.store(at, Ordering::Release);
                    return Ok(connected);
                }
                Ok(Err(error)) if !is_standby(&error) => said = Some(error),
                Ok(Err(_)) => {}
                Err(_) => tracing::debug!(at, "a host of the database says nothing; the next one is tried"),
            }
        }
        let at = (first + number - 1) % number;
        match self.each[at].connect(tls.clone()).await {
            Ok(connected) => {
                self.last.store(at, Ordering::Release);
                Ok(connected)
            }
            Err(error) if is_standby(&error) => Err(said.unwrap_or(error)),
            Err(error) => Err(error),
        }
    }
}

/// It cannot be written to: there is nothing wrong with it.
fn is_standby(error: &Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied)
}

/// One host of several: the one that can be written to is looked for, unless the URL wants something else.
fn one(all: &Config, at: usize) -> Config {
    let mut one = Config::new();
    if let Some(user) = all.get_user() {
        one.user(user);
    }
    if let Some(password) = all.get_password() {
        one.password(password);
    }
    if let Some(dbname) = all.get_dbname() {
        one.dbname(dbname);
    }
    if let Some(options) = all.get_options() {
        one.options(options);
    }
    if let Some(name) = all.get_application_name() {
        one.application_name(name);
    }
    match all.get_hosts().get(at) {
        Some(Host::Tcp(host)) => one.host(host),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => one.host_path(folder),
        _ => &mut one,
    };
    if let Some(address) = all.get_hostaddrs().get(at) {
        one.hostaddr(*address);
    }
    // One for all of them, or one for each.
    if let Some(port) = all.get_ports().get(at).or_else(|| all.get_ports().first()) {
        one.port(*port);
    }
    if let Some(timeout) = all.get_connect_timeout() {
        one.connect_timeout(*timeout);
    }
    if let Some(timeout) = all.get_tcp_user_timeout() {
        one.tcp_user_timeout(*timeout);
    }
    one.keepalives(all.get_keepalives()).keepalives_idle(all.get_keepalives_idle());
    if let Some(interval) = all.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = all.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(match all.get_target_session_attrs() {
            TargetSessionAttrs::Any => TargetSessionAttrs::ReadWrite,
            wanted => wanted,
        });
    one
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::net::TcpListener;

    use super::*;
    use crate::Store;
    use crate::conformance::numbered::{at, ended, execution, execution_id};
    use crate::postgres::testing::{Cluster, client};
    use crate::postgres::{Options, Postgres};

    /// Takes connections and says nothing.
    async fn silent() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Ok(connection) = listener.accept().await {
                taken.push(connection);
            }
        });
        address
    }

    #[test]
    fn each_host_has_its_own_and_what_all_have() {
        let url = "postgres://who:secret@one:1,two:2,three:3/base?sslmode=require&application_name=name&options=-ctest";
        let hosts = Hosts::new(&url.parse().unwrap(), Duration::from_secs(5));
        for (at, host) in hosts.each.iter().enumerate() {
            let alone = format!(
                "postgres://who:secret@{}:{}/base?sslmode=require&application_name=name&options=-ctest&\
                 target_session_attrs=read-write",
                ["one", "two", "three"][at],
                at + 1
            );
            assert!(*host == alone.parse::<Config>().unwrap(), "{host:?} is not {alone}");
        }
        assert_eq!(hosts.silence_max(), Duration::from_secs(15));
    }

    #[tokio::test]
    async fn behind_a_host_that_says_nothing_the_next_one_serves_and_is_not_cut() {
        let url = Cluster::shared().database().await;
        let silent = silent().await;
        let several = url.replacen('@', &format!("@{silent},"), 1);
        assert_ne!(several, url);
        let options = Options { silence_max: Duration::from_secs(1), ..Options::new(&several) };
        let store = Postgres::open(options).await.unwrap();
        let looks_on = client(&url).await;
        let sessions = async || {
            let sql = "select coalesce(array_agg(pid order by pid), '{}') from pg_stat_activity
                        where datname = current_database() and application_name = 'hookflow'";
            looks_on.query_one(sql, &[]).await.unwrap().get::<_, Vec<i32>>(0)
        };
        store
            .execution_create(execution(1, 1, ended(domain::execution::status::Status::Succeeded, at(1))))
            .await
            .unwrap();
        let before = sessions().await;
        // It is asked whether it is there, several times.
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(store.execution_get(execution_id(1)).await.unwrap().is_some());
        let after = sessions().await;
        assert!(before.iter().all(|session| after.contains(session)), "{before:?}, then {after:?}");
        store.close().await.unwrap();
    }
}
