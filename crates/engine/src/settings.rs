//! What can be set while the server runs.
//!
//! Not here: settings of the process (`cli`), which have the last word.

use std::sync::Arc;

use crate::handle::{Engine, Inner};

const PUBLIC_URL: &str = "public_url";

impl Engine {
    /// What senders see in front of the path, as it was set last.
    pub fn public_url(&self) -> Option<Arc<String>> {
        self.inner.public_url.load_full()
    }

    /// Errors: the store's; then nothing is changed, as far as it knows.
    pub async fn set_public_url(&self, origin: Option<String>) -> Result<(), store::Error> {
        // What is in memory is what was written last.
        let _one_at_a_time = self.inner.authoring.lock().await;
        self.inner.store.setting_set(PUBLIC_URL, origin.clone()).await?;
        self.inner.public_url.store(origin.map(Arc::new));
        Ok(())
    }
}

impl Inner {
    /// Again, after others have changed them.
    pub(crate) async fn read_settings(&self) -> Result<(), store::Error> {
        let _one_at_a_time = self.authoring.lock().await;
        self.public_url.store(stored_public_url(self.store.as_ref()).await?);
        Ok(())
    }
}

pub(crate) async fn stored_public_url(store: &dyn store::Store) -> Result<Option<Arc<String>>, store::Error> {
    Ok(store.setting_get(PUBLIC_URL).await?.map(Arc::new))
}
