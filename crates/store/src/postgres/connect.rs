//! Connections: how they are made, what each is asked before it is used, and when a silent one counts as dead.
//!
//! A pooler that hands connections out by transaction cannot stand in between: prepared statements and settings
//! belong to a session.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Connect, Hook, HookError, Manager, ManagerConfig, Pool, PoolConfig, Runtime, Timeouts};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;

use super::fault::{away, chain};
use super::hosts::Hosts;
use super::options::Options;
use super::pulse::Pulse;
use crate::error::{Error, Result};

/// 14.0. Older ones are no longer cared for by PostgreSQL's own people.
const VERSION_MIN: i32 = 140_000;
/// Behind this much silence the other side is asked whether it is there, and it has as long again to answer.
const ASKED_AFTER: Duration = Duration::from_secs(5);

const ASK: &str = "select current_setting('server_version_num')::int, current_setting('synchronous_commit'),
                          current_setting('fsync'), pg_is_in_recovery()";

/// What a connection was notified of, in order. Ends with the connection.
pub(super) type Heard = mpsc::UnboundedReceiver<String>;

/// Where the database is and how it is talked to.
#[derive(Clone)]
pub(super) struct Connector {
    hosts: Arc<Hosts>,
    tls: MakeRustlsConnect,
    statement_timeout: Duration,
    silence_max: Duration,
    /// Cuts what is used when the database falls silent.
    pulse: Arc<Pulse>,
}

impl Connector {
    /// Errors: `Unusable` when the URL cannot be read.
    pub(super) fn new(options: &Options) -> Result<Self> {
        let mut config: Config = options.url.parse().map_err(|error| unusable(&error))?;
        config
            // A name may have two addresses, of which one leads nowhere: within what a host is given both are tried.
            .connect_timeout(options.silence_max / 2)
            .tcp_user_timeout(options.silence_max)
            .keepalives(true)
            .keepalives_idle(ASKED_AFTER)
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(2);
        if config.get_application_name().is_none() {
            config.application_name("hookflow");
        }
        let tls = MakeRustlsConnect::new(tls(config.get_ssl_mode()).map_err(|error| unusable(&error))?);
        Ok(Self {
            hosts: Arc::new(Hosts::new(&config, options.silence_max)),
            tls,
            statement_timeout: options.statement_timeout,
            silence_max: options.silence_max,
            pulse: Arc::default(),
        })
    }

    /// From now on all that [listen](Self::listening) or stand in a pool are cut when the database falls silent.
    pub(super) fn feel_pulse(&self) -> Arc<Pulse> {
        self.pulse.start(self.clone(), self.silence_max);
        Arc::clone(&self.pulse)
    }

    /// One by itself, whose statements may take their time.
    pub(super) async fn alone(&self) -> Result<Client> {
        self.in_time(async {
            let client = self.plain().await.map_err(|error| away(&error))?;
            check(&client).await?;
            Ok(client)
        })
        .await
    }

    /// Likewise, whatever the server is like.
    pub(super) async fn plain(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.hosts.connect(&self.tls).await?;
        // It ends with the client.
        tokio::spawn(connection);
        Ok(client)
    }

    /// One that hears what others notify it of, too.
    pub(super) async fn listening(&self) -> Result<(Client, Heard)> {
        self.in_time(async {
            let (client, mut connection) = self.hosts.connect(&self.tls).await.map_err(|error| away(&error))?;
            let (tell, heard) = mpsc::unbounded_channel();
            let hear = async move {
                while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                    if let AsyncMessage::Notification(said) = message {
                        // Once nobody listens, the client is about to go, and this ends with it.
                        let _ = tell.send(said.payload().to_owned());
                    }
                }
            };
            tokio::spawn(self.pulse.cut().run_until_cancelled_owned(hear));
            check(&client).await?;
            Ok((client, heard))
        })
        .await
    }

    pub(super) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// How long a connection is waited for that is made and looked at.
    fn patience(&self) -> Duration {
        self.hosts.silence_max() + self.silence_max
    }

    /// As long as a connection may take that is made and looked at.
    async fn in_time<T>(&self, connecting: impl Future<Output = Result<T>>) -> Result<T> {
        let late = |_| Err(Error::Away { reason: "it takes connections and says nothing".to_owned() });
        timeout(self.patience(), connecting).await.unwrap_or_else(late)
    }

    /// Up to `connections`, made when they are wanted. `settings` are those of each session.
    pub(super) fn pool(&self, connections: usize, settings: &'static str) -> Result<Pool> {
        let timeout = self.statement_timeout.as_millis();
        // Who falls silent in the middle of a transaction keeps its locks no longer than that.
        let idle = self.silence_max.as_millis();
        let first =
            format!("set statement_timeout = {timeout}; set idle_in_transaction_session_timeout = {idle}; {settings}");
        let first: Arc<str> = first.into();
        let made = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let first = Arc::clone(&first);
            Box::pin(async move {
                check(client).await.map_err(|error| HookError::message(error.to_string()))?;
                client.batch_execute(&first).await.map_err(HookError::Backend)
            })
        });
        let connect = Pooled { hosts: Arc::clone(&self.hosts), tls: self.tls.clone(), pulse: Arc::clone(&self.pulse) };
        Pool::builder(Manager::from_connect(self.hosts.config().clone(), connect, ManagerConfig::default()))
            .config(PoolConfig {
                max_size: connections.max(1),
                timeouts: Timeouts {
                    wait: Some(self.statement_timeout),
                    create: Some(self.patience()),
                    recycle: Some(self.silence_max),
                },
                ..PoolConfig::default()
            })
            .runtime(Runtime::Tokio1)
            .post_create(made)
            .build()
            .map_err(|error| unusable(&error))
    }
}

/// How the pool connects: with an end when the database falls silent.
struct Pooled {
    hosts: Arc<Hosts>,
    tls: MakeRustlsConnect,
    pulse: Arc<Pulse>,
}

impl Connect for Pooled {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        let cut = self.pulse.cut();
        async move {
            let (client, connection) = self.hosts.connect(&self.tls).await?;
            Ok((client, tokio::spawn(serve(connection, cut))))
        }
        .boxed()
    }
}

/// Until the client is gone, the connection is lost, or it is cut.
async fn serve(connection: impl Future<Output = Result<(), tokio_postgres::Error>>, cut: CancellationToken) {
    if let Some(Err(error)) = cut.run_until_cancelled(connection).await {
        tracing::warn!(error = chain(&error), "a connection to the database was lost");
    }
}

/// Refuses a server that is too old, that may not be written to, or that says a commit is done before it is on disk.
async fn check(client: &Client) -> Result<()> {
    let row = client.query_one(ASK, &[]).await.map_err(|error| away(&error))?;
    let read = || -> Result<(i32, String, String, bool), tokio_postgres::Error> {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))
    };
    let (version, synchronous_commit, fsync, is_standby) = read().map_err(|error| unusable(&error))?;
    let refused = if version < VERSION_MIN {
        format!("it is PostgreSQL {}, and Hookflow needs 14 or later", version / 10_000)
    } else if is_standby {
        return Err(Error::Away { reason: "it is a standby, which cannot be written to".to_owned() });
    } else if synchronous_commit == "off" {
        "synchronous_commit is off (for the server, the database or this role): what was acknowledged would be lost in a \
         crash. Set it to `on`"
            .to_owned()
    } else if fsync == "off" {
        "fsync is off: a crash of the machine would destroy the database. Set it to `on`".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Unusable { reason: refused })
}

fn unusable(error: &dyn std::error::Error) -> Error {
    Error::Unusable { reason: chain(error) }
}

/// With the cryptography that the rest of the program has.
fn tls(mode: SslMode) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match mode {
        SslMode::Disable | SslMode::Prefer => Arc::new(Anyone(Arc::clone(&provider))),
        _ => Arc::new(rustls_platform_verifier::Verifier::new(Arc::clone(&provider))?),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// Takes any certificate: whoever prefers encryption would take none of it from whoever stands in between, too.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
