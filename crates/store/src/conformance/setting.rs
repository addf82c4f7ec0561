//! Settings made while the server runs.

use crate::Store;

pub async fn a_setting_is_what_it_was_set_to_last(store: &dyn Store) {
    assert_eq!(store.setting_get("one").await.unwrap(), None);
    for value in [Some("a"), Some("„b“"), None, Some("")] {
        store.setting_set("one", value.map(str::to_owned)).await.unwrap();
        store.setting_set("two", Some("2".to_owned())).await.unwrap();
        assert_eq!(store.setting_get("one").await.unwrap().as_deref(), value);
    }
    assert_eq!(store.setting_get("two").await.unwrap().as_deref(), Some("2"));
}
