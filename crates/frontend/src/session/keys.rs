//! The keys of actions where they are kept ([`super::shelf`]): taken before an action is sent, settled when it is answered, and
//! removed when they are too old or their session is over. Which key is taken is decided in [`super::pending`].

use super::pending::{self, Taken};
use super::{browser, shelf};
use crate::action::{Action, begins_a_session};

/// The key to send: the pending one, if the action is the same, else a new one.
pub(super) async fn take(action: &Action) -> Taken {
    let (now, fresh) = (browser::unix_ms(), browser::fresh_key());
    shelf::step_of_action(action.name(), |shelf| pending::take_or_create(shelf, action, now, fresh))
        .await
}

/// The action with this key has been answered.
pub(super) async fn settle(action: &Action, key: &str) {
    shelf::step_of_action(action.name(), |shelf| pending::settle(shelf, key)).await;
}

/// The next action of this kind takes a fresh key.
pub(super) async fn give_up(action: &Action) {
    shelf::step_of_action(action.name(), |shelf| shelf.clear()).await;
}

/// Removes the keys that are too old to be used again.
pub(super) async fn give_up_outdated() {
    let now = browser::unix_ms();
    for name in shelf::names_of_actions().await {
        shelf::step_of_action(&name, |shelf| pending::remove_outdated(shelf, &name, now)).await;
    }
}

/// A session is over at this time: nothing is kept of its actions (ASVS 5.0.0 V14.3.1). A sign-in is no part of it, and
/// what is made later is of another one.
pub(super) async fn give_up_of_a_session(until_ms: u64) {
    for name in shelf::names_of_actions().await {
        if !begins_a_session(&name) {
            shelf::step_of_action(&name, |shelf| pending::remove_made_until(shelf, until_ms)).await;
        }
    }
}
