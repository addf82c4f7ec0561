//! The one place where the rooms meet: settings become limits, and store, engine and server are
//! joined and parted in the right order.
//! ```text
//! start   key, token ▶ bind both ▶ store ▶ engine ▶ serve
//! stop    server stops ▶ not ready ▶ the ports close ▶ engine drains: waiting callers get their 202 ▶ connections end
//!         engine stops ▶ what runs is parked ▶ the store closes
//! ```

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::event::written::WrittenLimits;
use domain::token::TokenText;
use domain::value::Value;
use engine::authoring::AuthoringError;
use engine::handle::EngineError;
use engine::{Engine, Limits, Presence};
use nodes::Registry;
use server::{Door, HookLimits, ListenerLimits, ServerLimits};
use store::Store;
use store::postgres::{self, Postgres};
use store::sqlite::{Options, Sqlite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{InForce, Settings, described};
use crate::descriptors;
use crate::failure::{Failure, chain};
use crate::folder::{ELSEWHERE, Folder, random_bits, reachable};

/// Connections that wait to be accepted; the system may allow fewer. What comes on top is tried again by its peer after a
/// second.
const BACKLOG: u32 = 4_096;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A server at work.
pub(crate) struct Running {
    engine: Engine,
    server: JoinHandle<()>,
    stop: CancellationToken,
    /// As bound. `None`: webhooks arrive at other servers.
    pub(crate) hooks: Option<SocketAddr>,
    pub(crate) admin: SocketAddr,
    /// Of the data folder, where the database is not in it.
    _lock: Option<File>,
    /// What senders see in front of the path.
    pub(crate) origin: String,
    /// What the first user has to show, if anything.
    setup_token: Option<TokenText>,
}

/// Everything up to listeners that answer. `descriptors`: how many files may be open. `key_is_new`: the database was
/// served with another key so far, which is lost.
pub(crate) async fn start(
    in_force: &InForce,
    folder: &Folder,
    descriptors: usize,
    key_is_new: bool,
) -> Result<Running, Failure> {
    let settings = &in_force.settings;
    let key = match settings.key_file.as_os_str().is_empty() {
        true => folder.server_key()?,
        false => Folder::given_key(&settings.key_file)?,
    };
    let admin_token = folder.admin_token()?;
    // Before the store takes the lock and the engine takes up old executions.
    let hooks = match settings.role.takes_hooks() {
        true => Some(bind("hooks", settings.hooks, folder)?),
        false => None,
    };
    let admin = bind("admin", settings.admin, folder)?;
    let (hooks_bound, admin_at) = (hooks.as_ref().map(local).transpose()?, local(&admin)?);
    let hooks_at = hooks_bound.unwrap_or(settings.hooks);
    let configured = Some(settings.public_url.clone()).filter(|url| !url.is_empty());
    let (store, lock) = open_store(settings, folder).await?;
    let registry = Registry::calling(settings.outbound_allow.clone());
    let presence = Presence {
        role: settings.role,
        address: admin_at.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        key_is_new,
    };
    let engine = Engine::start_as(presence, store, registry, key, engine_limits(settings)).await;
    let engine = engine.map_err(|error| match error {
        EngineError::Store(error @ store::Error::OtherKey) => Failure::new("key.other", chain(&error)).hint(OTHER_KEY),
        error => Failure::new("serve.engine", chain(&error)),
    })?;
    // On loopback without a proxy, whoever gets here is on this machine.
    let is_open = admin_at.ip().is_loopback() && !settings.admin_https;
    let setup_token = if is_open || !settings.role.serves_people() { None } else { Some(new_token()?) };
    let door = Door { token: admin_token.into(), setup_token: setup_token.clone(), https: settings.admin_https };
    let origin = match (&configured, engine.public_url()) {
        (Some(url), _) => url.clone(),
        (None, Some(url)) => url.to_string(),
        (None, None) => format!("http://{}", reachable(hooks_at)),
    };
    let stop = CancellationToken::new();
    let mut limits = server_limits(settings);
    descriptors::fit(&mut limits, descriptors);
    let options = server::ServerOptions {
        engine: engine.clone(),
        hooks: hooks.map(listen).transpose()?,
        hooks_at,
        admin: listen(admin)?,
        public_url: configured,
        trusted_proxies: settings.trusted_proxies.clone(),
        door,
        admin_base_path: settings.admin_base_path.parse().expect("the settings were read as what they hold"),
        limits,
        settings: described(&in_force.values),
        stop: stop.clone(),
    };
    let server = tokio::spawn(server::serve(options));
    Ok(Running { engine, server, stop, hooks: hooks_bound, admin: admin_at, _lock: lock, origin, setup_token })
}

const OTHER_KEY: &str = "give every server the file that the first one had, --key-file FILE; \
    if it is lost, stop them all and start the first one with --new-key: passwords of endpoints and secrets have to be set again";

/// The store, and what keeps other servers out of the folder where that does not do so.
async fn open_store(settings: &Settings, folder: &Folder) -> Result<(Arc<dyn Store>, Option<File>), Failure> {
    if settings.database.is_empty() {
        folder.make_database()?;
        let store = Sqlite::open(store_options(settings, folder));
        let store = store.map_err(|error| unusable(&error, chain(&error), ELSEWHERE))?;
        return Ok((store, None));
    }
    let lock = folder.lock()?;
    let store = Postgres::open(shared_options(settings)).await;
    let store = store.map_err(|error| {
        let sentence = format!("{}: {}", settings.database.masked(), chain(&error));
        unusable(&error, sentence, "is it there, and may this user use it?")
    })?;
    Ok((store, Some(lock)))
}

/// In memory alone: each start has its own.
fn new_token() -> Result<TokenText, Failure> {
    let bits = random_bits().map_err(|error| Failure::new("serve.random", error.to_string()))?;
    Ok(TokenText::from_random(bits))
}

/// A port, so that nobody else has it. Nothing comes in by it yet.
fn bind(which: &str, address: SocketAddr, folder: &Folder) -> Result<TcpSocket, Failure> {
    socket(address).map_err(|error| {
        let failure = Failure::new("serve.bind", format!("cannot listen on {address} for `{which}`: {error}"));
        match folder.serve_info() {
            Some(info) if [info.hooks, Some(info.admin)].contains(&Some(address)) => failure.hint(format!(
                "a server seems to run on {} already: it is process {}",
                folder.path().display(),
                info.pid
            )),
            _ => failure.hint(format!(
                "choose another address with --{which} or HOOKFLOW_{}; port 0 takes any free one",
                which.to_ascii_uppercase()
            )),
        }
    })
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(socket: TcpSocket) -> Result<TcpListener, Failure> {
    socket.listen(BACKLOG).map_err(|error| Failure::new("serve.bind", format!("cannot listen: {error}")))
}

fn local(listener: &TcpSocket) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| Failure::new("serve.bind", error.to_string()))
}

/// The store says what is wrong with which file.
fn unusable(error: &store::Error, sentence: String, hint: &str) -> Failure {
    if let store::Error::MoveUnfinished { .. } = error {
        return Failure::new("serve.move_unfinished", sentence)
            .hint("run the same `hookflow move` again: it goes on where it was; or empty the target");
    }
    Failure::new("serve.store", sentence).hint(hint)
}

impl Running {
    /// Makes the document's workflow live if there is none yet.
    pub(crate) async fn welcome(&self, document: Value) -> Result<(), Failure> {
        let failed = |error: &dyn std::error::Error| Failure::new("serve.welcome", chain(error));
        let there_are = self.engine.store().workflow_list(None, 1).await.map_err(|error| failed(&error))?;
        if !there_are.is_empty() {
            return Ok(());
        }
        match self.engine.apply(vec![document], true).await {
            Ok(_) => Ok(()),
            Err(error @ AuthoringError::Invalid(_)) => {
                Err(failed(&error).hint("`hookflow check` says what is wrong with the file"))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// `Some` while there is no user: what the first one has to show, if anything.
    pub(crate) async fn waits_for_setup(&self) -> Result<Option<Option<TokenText>>, Failure> {
        if !self.engine.role().serves_people() {
            return Ok(None);
        }
        let waits = self.engine.needs_setup().await;
        let waits = waits.map_err(|error| Failure::new("serve.store", chain(&error)))?;
        Ok(waits.then(|| self.setup_token.clone()))
    }

    /// Title, URL and flow document of the oldest workflow that answers anybody, among the newest 500.
    pub(crate) async fn oldest_live(&self) -> Option<(String, String, Value)> {
        let workflows = self.engine.store().workflow_list(None, 500).await.ok()?;
        let open = |workflow: &&domain::workflow::Workflow| {
            workflow.settings.enabled && workflow.settings.credentials.is_none()
        };
        let workflow = workflows.iter().rev().filter(open).find(|workflow| workflow.live.is_some())?;
        let revision = self.engine.store().revision_get(workflow.id, workflow.live?).await.ok()??;
        let url = format!("{}/api/webhook:trigger/{}", self.origin, workflow.key);
        Some((workflow.settings.title.clone(), url, revision.flow))
    }

    /// Resolves when the process has to end; says why.
    pub(crate) async fn broken(&self) -> String {
        self.engine.broken().await
    }

    /// Returns once everything is parked, answered and closed.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // It drains the engine when nobody comes any more.
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the server did not stop cleanly");
        }
        self.engine.stop().await;
    }
}

fn store_options(settings: &Settings, folder: &Folder) -> Options {
    Options {
        readers: settings.store_readers,
        batch_bytes_max: settings.store_batch_bytes_max,
        queue_bytes_max: settings.store_queue_bytes_max,
        database_bytes_max: Some(settings.store_database_bytes_max).filter(|max| *max > 0),
        // For the power cuts of `prove` alone: no released build reads it.
        canary: cfg!(feature = "testing") && std::env::var_os("CANARY_STORE").is_some(),
        ..Options::new(folder.database())
    }
}

fn shared_options(settings: &Settings) -> postgres::Options {
    postgres::Options::new(settings.database.reveal())
}

fn server_limits(settings: &Settings) -> ServerLimits {
    let limits = ServerLimits::default();
    ServerLimits {
        hooks: HookLimits {
            body_bytes_max: settings.body_bytes_max,
            body_depth_max: settings.body_depth_max,
            body_timeout: Duration::from_millis(settings.body_timeout_ms),
            body_rate_min: settings.body_rate_min,
            inflating_max: settings.inflating_max,
            refusals_held_max: settings.refusals_held_max,
            hops_max: settings.hops_max,
            refused_body_bytes_max: settings.refused_body_bytes_max,
        },
        hooks_listener: ListenerLimits {
            connections_max: settings.connections_max,
            head_timeout: Duration::from_millis(settings.head_timeout_ms),
            idle_timeout: Duration::from_millis(settings.idle_timeout_ms),
            write_timeout: Duration::from_millis(settings.write_timeout_ms),
            head_bytes_max: settings.head_bytes_max,
            stop_grace: Duration::from_millis(settings.stop_grace_ms),
            // A caller that waits has its 202 by then.
            stop_timeout: Duration::from_millis(settings.drain_ms).min(limits.hooks_listener.stop_timeout),
            ..limits.hooks_listener
        },
        admin_listener: limits.admin_listener,
    }
}

fn engine_limits(settings: &Settings) -> Limits {
    // Packed and unpacked, the largest body must have room: it would be put off for ever.
    let of_one = settings.body_bytes_in_memory_per_workflow_max.max(settings.body_bytes_max * 2);
    Limits {
        executions_running_max: settings.executions_running_max,
        executions_running_per_workflow_max: settings.executions_running_per_workflow_max,
        heavy_threads: settings.heavy_threads,
        executions_in_memory_per_workflow_max: settings.executions_in_memory_per_workflow_max,
        executions_in_memory_max: settings.executions_in_memory_max,
        turn_wait_max: Duration::from_millis(settings.turn_wait_max_ms),
        body_bytes_in_memory_max: settings.body_bytes_in_memory_max.max(of_one),
        body_bytes_in_memory_per_workflow_max: of_one,
        parsed_bytes_max: settings.parsed_bytes_max,
        written: WrittenLimits {
            head_bytes_max: settings.head_bytes_max,
            body_bytes_max: settings.body_bytes_max,
            body_depth_max: settings.body_depth_max,
        },
        request_log_queue_max: settings.request_log_queue_max,
        request_log_per_workflow_max: settings.request_log_per_workflow_max,
        request_log_max: settings.request_log_max,
        live_changes_max: settings.live_changes_max,
        live_changes_per_second_max: settings.live_changes_per_second_max,
        live_listeners_max: settings.live_listeners_max,
        retention_days: settings.retention_days,
        retention_executions_max: settings.retention_executions_max,
        session_idle: HOUR * settings.session_idle_hours,
        session_max: HOUR * settings.session_max_hours,
        full_pause: Limits::default().full_pause,
        lease: Duration::from_millis(settings.lease_ms),
        drain: Duration::from_millis(settings.drain_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layers, load};

    /// So that what a test of the engine sees is what a user gets.
    #[test]
    fn the_default_settings_are_the_defaults_of_the_rooms() {
        let settings = load(&Layers::default()).unwrap().settings;
        let folder = Folder::at("x".into());
        let options = store_options(&settings, &folder);
        assert_eq!(format!("{options:?}"), format!("{:?}", Options::new(folder.database())));
        assert_eq!(format!("{:?}", engine_limits(&settings)), format!("{:?}", Limits::default()));
        assert_eq!(format!("{:?}", server_limits(&settings)), format!("{:?}", ServerLimits::default()));
    }
}
