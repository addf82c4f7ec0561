//! Secrets: set, listed, deleted; put in when an effect begins, taken out of what it brings.
//! ```text
//! set     value ──seal──▶ store          nothing leads back out but an effect
//! effect  slots ──▶ values (in memory, or store ──unseal──▶) ──▶ input ──▶ perform ──▶ Redaction ──▶ journal
//! ```
//! Invariants
//! - A value is in no answer, no record and no log: it is in memory, in what is sent, and sealed in the store.
//! - What an effect brings is looked through for every secret of its flow before anything else sees it.
//!
//! Not here: sealing, slots and what an echo looks like (`domain::secret`), which fields take secrets (`nodes`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::credentials::ServerKey;
use domain::execution::journal::{Failure, NodeError};
use domain::execution::machine::Run;
use domain::flow::plan::Plan;
use domain::id::{EndpointKey, SecretId};
use domain::secret::{
    self, BadValue, NONCE_BYTES, Redaction, SECRETS_MAX, Sealed, SecretKey, SecretName, SecretValue, UnsealError,
};
use domain::template::secrets_read_in;
use domain::time::Timestamp;
use domain::value::Value;
use domain::workflow::Workflow;
use tokio::sync::RwLock;

use crate::clock;
use crate::handle::{Engine, Inner};

/// Workflows read at once when somebody asks who uses which secret.
const WORKFLOWS_AT_ONCE: u32 = 100;

/// A secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSecret {
    pub name: SecretName,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// Workflows whose draft or live revision names it, newest first.
    pub used_by: Vec<UsedBy>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedBy {
    pub workflow_key: EndpointKey,
    pub title: String,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    #[error(transparent)]
    Value(#[from] BadValue),
    #[error("there are {SECRETS_MAX} secrets; delete some first")]
    TooMany,
    #[error("the store failed")]
    Store(#[source] store::Error),
}

impl From<store::Error> for SecretError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::TooManySecrets { .. } => Self::TooMany,
            error => Self::Store(error),
        }
    }
}

/// What was unsealed, for as long as it is what is stored.
pub(crate) struct Secrets {
    key: SecretKey,
    /// Locked for writing from before a change is stored until after it, and while one is read from the store: no
    /// value gets in here that is not the stored one.
    unsealed: RwLock<HashMap<SecretName, Arc<SecretValue>>>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// Why a secret cannot be had.
enum NotHad {
    Missing,
    Unreadable(UnsealError),
    Store(store::Error),
}

impl Secrets {
    pub(crate) fn new(key: &ServerKey) -> Self {
        Self { key: SecretKey::new(key), unsealed: RwLock::default() }
    }

    /// Others have changed some.
    pub(crate) async fn forget(&self) {
        self.unsealed.write().await.clear();
    }
}

impl Engine {
    /// Sets a secret, whether or not there is one of this name. The value is nowhere to be read from then on.
    /// Whether it is new is returned beside it.
    pub async fn set_secret(&self, name: SecretName, value: String) -> Result<(ListedSecret, bool), SecretError> {
        let value = SecretValue::new(value)?;
        let (inner, of) = (Arc::clone(&self.inner), name.clone());
        let (sealed, is_new) = self.inner.whole(async move { inner.set_secret(of, &value).await }).await?;
        let used_by = self.inner.uses_of_secrets().await?.remove(&name).unwrap_or_default();
        Ok((listed(sealed, used_by), is_new))
    }

    /// By name.
    pub async fn secrets(&self) -> Result<Vec<ListedSecret>, store::Error> {
        let secrets = self.inner.store.secret_list().await?;
        let mut uses = self.inner.uses_of_secrets().await?;
        let listed = secrets.into_iter().map(|secret| {
            let used_by = uses.remove(&secret.name).unwrap_or_default();
            listed(secret, used_by)
        });
        Ok(listed.collect())
    }

    /// Nothing is sent with it from now on. Errors: `SecretNotFound`.
    pub async fn delete_secret(&self, name: SecretName) -> Result<(), store::Error> {
        let inner = Arc::clone(&self.inner);
        let deleted = async move {
            let mut unsealed = inner.secrets.unsealed.write().await;
            unsealed.remove(&name);
            inner.store.secret_delete(&name).await
        };
        self.inner.whole(deleted).await
    }
}

fn listed(secret: Sealed, used_by: Vec<UsedBy>) -> ListedSecret {
    let Sealed { name, created_at, changed_at, .. } = secret;
    ListedSecret { name, created_at, changed_at, used_by }
}

impl Inner {
    async fn set_secret(&self, name: SecretName, value: &SecretValue) -> Result<(Sealed, bool), store::Error> {
        let mut unsealed = self.secrets.unsealed.write().await;
        // Before it is written: should the answer be lost, nobody knows which one is stored.
        unsealed.remove(&name);
        let now = clock::now();
        let old = self.store.secret_get(&name).await?;
        let id = old.as_ref().map_or_else(|| SecretId::new(now, clock::random()), |old| old.id);
        let mut nonce = [0; NONCE_BYTES];
        nonce.chunks_mut(8).for_each(|part| part.copy_from_slice(&clock::random().to_be_bytes()));
        let mut sealed = self.secrets.key.seal(id, name, value, nonce, now);
        if let Some(old) = old {
            sealed.created_at = old.created_at;
        }
        let is_new = self.store.secret_set(sealed.clone(), SECRETS_MAX as u32).await?;
        Ok((sealed, is_new))
    }

    async fn secret(&self, name: &SecretName) -> Result<Arc<SecretValue>, NotHad> {
        if let Some(value) = self.secrets.unsealed.read().await.get(name) {
            return Ok(Arc::clone(value));
        }
        let mut unsealed = self.secrets.unsealed.write().await;
        let sealed = self.store.secret_get(name).await.map_err(NotHad::Store)?.ok_or(NotHad::Missing)?;
        let value = Arc::new(self.secrets.key.unseal(&sealed).map_err(NotHad::Unreadable)?);
        unsealed.insert(name.clone(), Arc::clone(&value));
        Ok(value)
    }

    /// Puts secrets into the input of an effect that is about to begin. What is returned takes them, and the others
    /// that its flow has sent or will, out of what the effect brings: a far side may tell in one answer what it was
    /// given in another request.
    pub(crate) async fn put_secrets_in(&self, run: &mut Run, plan: &Plan) -> Result<Redaction, Failure> {
        let mut values = BTreeMap::new();
        for name in run.slots.iter().map(|slot| &slot.name) {
            values.insert(name.clone(), self.secret(name).await.map_err(|why| not_had(name, why))?);
        }
        for name in plan.secrets() {
            if !values.contains_key(name)
                && let Ok(value) = self.secret(name).await
            {
                values.insert(name.clone(), value);
            }
        }
        // Its record keeps the input as it was: with a secret, the node gets a copy.
        if !run.slots.is_empty() {
            let input = Arc::make_mut(&mut run.input);
            let filled = secret::fill(input, &run.slots, |name| values.get(name).map(|value| &**value));
            filled.map_err(|error| Failure::lasting(NodeError::new("secret.misplaced", error.to_string())))?;
        }
        Ok(Redaction::of(values.iter().map(|(name, value)| (name, &**value))))
    }

    async fn uses_of_secrets(&self) -> Result<BTreeMap<SecretName, Vec<UsedBy>>, store::Error> {
        let mut uses: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut before = None;
        loop {
            let page = self.store.workflow_list(before, WORKFLOWS_AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(uses) };
            before = Some(last.id);
            for workflow in page {
                let mut names = secrets_read_in(&workflow.draft);
                if let Some(live) = workflow.live
                    && let Some(revision) = self.store.revision_get(workflow.id, live).await?
                {
                    names.append(&mut secrets_read_in(&revision.flow));
                }
                let Workflow { key, settings, .. } = workflow;
                for name in names {
                    let used_by = UsedBy { workflow_key: key.clone(), title: settings.title.clone() };
                    uses.entry(name).or_default().push(used_by);
                }
            }
        }
    }
}

fn not_had(name: &SecretName, why: NotHad) -> Failure {
    match why {
        NotHad::Missing => {
            let message = format!("there is no secret `{name}` on this server: set it, and replay from this node");
            Failure::lasting(NodeError::new("secret.missing", message))
        }
        NotHad::Unreadable(error) => {
            let message = format!("the secret `{name}` cannot be used: {error}");
            Failure::lasting(NodeError::new("secret.unreadable", message))
        }
        NotHad::Store(error) => {
            let message = format!("the secret `{name}` could not be read: {error}");
            Failure::passing(NodeError::new("secret.unavailable", message))
        }
    }
}

/// Takes secrets out of what an effect brought. A large answer takes a while, so it holds up no thread that others need.
#[allow(clippy::result_large_err, reason = "as performers give it")]
pub(crate) async fn redacted(redaction: Redaction, outcome: Result<Value, Failure>) -> Result<Value, Failure> {
    if redaction.is_empty() {
        return outcome;
    }
    let clean = tokio::task::spawn_blocking(move || match outcome {
        Ok(mut value) => {
            redaction.value(&mut value);
            Ok(value)
        }
        Err(mut failure) => {
            redaction.failure(&mut failure);
            Err(failure)
        }
    });
    clean.await.unwrap_or_else(|_| Err(Failure::lasting(NodeError::new("node.panicked", "the node panicked"))))
}
