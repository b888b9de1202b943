//! The keys of actions where they are kept ([`super::store`]): taken before an action is sent, settled when it is answered, and
//! removed when they are too old or their session is over. Which key is taken is decided in [`super::pending`].

use super::pending_action::{self, TakenKey};
use super::{browser, key_store};
use crate::action::{Action, begins_a_session};

/// The key to send: the pending one, if the action is the same, else a new one.
pub(super) async fn take(action: &Action) -> TakenKey {
    let (now, fresh) = (browser::unix_ms(), browser::fresh_key());
    key_store::in_action_transaction(action.name(), |store| {
        pending_action::take_or_create(store, action, now, fresh)
    })
    .await
}

/// The action with this key has been answered.
pub(super) async fn settle(action: &Action, key: &str) {
    key_store::in_action_transaction(action.name(), |store| pending_action::settle(store, key))
        .await;
}

/// The next action of this kind takes a fresh key.
pub(super) async fn discard(action: &Action) {
    key_store::in_action_transaction(action.name(), |store| store.clear()).await;
}

/// Removes the keys that are too old to be used again.
pub(super) async fn discard_expired() {
    let now = browser::unix_ms();
    for name in key_store::names_of_actions().await {
        key_store::in_action_transaction(&name, |store| {
            pending_action::remove_expired(store, &name, now)
        })
        .await;
    }
}

/// A session is over at this time: nothing is kept of its actions (ASVS 5.0.0 V14.3.1). A sign-in is no part of it, and
/// what is made later is of another one.
pub(super) async fn discard_of_session(until_ms: u64) {
    for name in key_store::names_of_actions().await {
        if !begins_a_session(&name) {
            key_store::in_action_transaction(&name, |store| {
                pending_action::remove_made_until(store, until_ms)
            })
            .await;
        }
    }
}
