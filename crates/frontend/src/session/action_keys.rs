//! Idempotency keys of actions in the key store ([`super::key_store`]): taken before an action is sent, settled by
//! its answer, removed at their expiry or with their session. [`super::pending_action`] decides which key is taken.

use super::pending_action::{self, TakenKey};
use super::{clock, key_store, random};
use crate::action::{Action, begins_a_session};

/// The key to send: the pending one if the action is the same, else a new one.
pub(super) async fn take(action: &Action) -> TakenKey {
    let (now, fresh) = (clock::unix_ms(), random::fresh_key());
    key_store::in_action_transaction(action.name(), |store| {
        pending_action::take_or_create(store, action, now, fresh)
    })
    .await
}

/// Removes the key of an answered action.
pub(super) async fn settle(action: &Action, key: &str) {
    key_store::in_action_transaction(action.name(), |store| pending_action::settle(store, key))
        .await;
}

/// Discards the pending key: the next action of this kind takes a new one.
pub(super) async fn discard(action: &Action) {
    key_store::in_action_transaction(action.name(), |store| store.clear()).await;
}

/// Discards the keys that are too old for a retry.
pub(super) async fn discard_expired() {
    let now = clock::unix_ms();
    for name in key_store::names_of_actions().await {
        key_store::in_action_transaction(&name, |store| {
            pending_action::remove_expired(store, &name, now)
        })
        .await;
    }
}

/// Discards the keys of a session that ended at `until_ms` (ASVS 5.0.0 V14.3.1). The key of a sign-in does not belong
/// to a session, and a later key belongs to another one.
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
