//! Who this server is to the others, and who the others are.
//! ```text
//! start ─▶ beat ─▶ beat ─▶ … ─▶ stop
//!            └─ the lease was lost: start anew, under another id, with what nobody has taken
//! ```
//!
//! Not here: when to beat (`heartbeat`), what word from others leads to (`others`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use domain::id::ServerId;
use domain::time::Timestamp;
use store::{Change, NewServer, ServerHead, ServerRole};

use crate::clock;
use crate::handle::Inner;

/// What a server says about itself.
#[derive(Debug, Clone, Default)]
pub struct Presence {
    pub role: ServerRole,
    /// Of its admin listener, for people.
    pub address: String,
    pub version: String,
    /// Its key takes the place of the one that the database was served with so far.
    pub key_is_new: bool,
}

/// This server among the others.
#[derive(Debug)]
pub(crate) struct Standing {
    presence: Presence,
    key_check: String,
    id: ArcSwap<ServerId>,
    /// Others took it for dead, and it has not started anew yet.
    is_lost: AtomicBool,
    others: ArcSwap<Vec<ServerHead>>,
}

impl Standing {
    pub(crate) fn new(presence: Presence, key_check: String) -> Self {
        Self {
            presence,
            key_check,
            id: ArcSwap::from_pointee(ServerId::new(clock::now(), clock::random())),
            is_lost: AtomicBool::new(false),
            others: ArcSwap::default(),
        }
    }

    pub(crate) fn id(&self) -> ServerId {
        **self.id.load()
    }

    pub(crate) fn role(&self) -> ServerRole {
        self.presence.role
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// The others that live, as far as is known.
    pub(crate) fn others(&self) -> Arc<Vec<ServerHead>> {
        self.others.load_full()
    }

    pub(crate) fn as_new(&self) -> NewServer {
        let Presence { role, address, version, key_is_new } = self.presence.clone();
        NewServer {
            id: self.id(),
            role,
            address,
            version,
            key_check: self.key_check.clone(),
            key_is_new,
            formerly: None,
        }
    }
}

impl Inner {
    pub(crate) fn server(&self) -> ServerId {
        self.standing.id()
    }

    /// Whether what nobody waits for is left to a server that is there for it.
    pub(crate) fn leaves_to_workers(&self) -> bool {
        !self.standing.role().claims() && self.standing.others.load().iter().any(|other| other.role.claims())
    }

    /// Something is due at once that has no owner.
    pub(crate) fn has_work(&self) {
        self.due.at(clock::now());
        self.store.tell(Change::Work);
    }

    /// Something is due then that has no owner.
    pub(crate) fn sleeps_until(&self, until: Timestamp) {
        self.due.at(until);
        if !self.standing.role().claims() {
            // Who does looks when the next is due.
            self.store.tell(Change::Work);
        }
    }

    /// Looks who else lives, and whether anybody looks on there.
    pub(crate) async fn look_for_others(&self) -> Result<(), store::Error> {
        let id = self.server();
        let others: Vec<_> = self.store.server_list().await?.into_iter().filter(|other| other.id != id).collect();
        self.live.is_watched_elsewhere(others.iter().any(|other| other.looks_on));
        self.standing.others.store(Arc::new(others));
        Ok(())
    }

    /// After others have taken this server for dead. What runs here goes on: what they have taken is theirs by its
    /// epoch, and the next save of it says so.
    pub(crate) async fn start_anew(&self) -> Result<(), store::Error> {
        let standing = &self.standing;
        standing.is_lost.store(true, Ordering::Relaxed);
        let (old, id) = (standing.id(), ServerId::new(clock::now(), clock::random()));
        let new = NewServer { id, formerly: Some(old), key_is_new: false, ..standing.as_new() };
        self.store.server_start(new, self.limits.lease).await?;
        standing.id.store(Arc::new(id));
        standing.is_lost.store(false, Ordering::Relaxed);
        tracing::warn!(%old, new = %id, "this server was taken for dead and has started anew");
        self.store.tell(Change::Servers);
        Ok(())
    }
}
