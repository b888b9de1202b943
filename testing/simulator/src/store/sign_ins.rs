//! Committed sign-ins, by idempotency key: the sessions each key has begun, and the account it has registered. For
//! the observer; servers do not read it.

use backend::auth::account::email::Email;
use backend::store::{Change, Outcome, Store as _, StoreError, UsedKey, User};
use rotation::Attempt;

use super::{Begun, SimulatedStore, at_once};

impl SimulatedStore {
    /// Writes a sign-in with its key, unless a planted bug leaves the key out, and notes what was committed.
    pub(super) fn write_keyed(&self, used: UsedKey, change: Change) -> Result<Outcome, StoreError> {
        let made = match &change {
            Change::Register(user, ..) => Some(user.email.as_str().to_owned()),
            _ => None,
        };
        let done = self.write_session(self.planted_keyed(used, change))?;
        if done.took_place() {
            let UsedKey { key_hash, session, at, .. } = used;
            let mut state = self.state();
            let sign_ins = &mut state.sign_ins;
            let begun = session.map(|session| Begun { session, at });
            sign_ins.begun.entry(key_hash).or_default().extend(begun);
            sign_ins.makers.extend(made.map(|email| (email, key_hash)));
        }
        Ok(done)
    }

    /// The sessions of each attempt, in their order.
    pub(crate) fn begun(&self) -> Vec<Vec<Begun>> {
        self.state().sign_ins.begun.values().cloned().collect()
    }

    /// The sessions of the attempt with this key, in their order.
    pub(crate) fn begun_with(&self, key: &str) -> Vec<Begun> {
        let begun = |hash: [u8; 32]| self.state().sign_ins.begun.get(&hash).cloned();
        hash_of(key).and_then(begun).unwrap_or_default()
    }

    /// Whether the attempt with this key has registered this address.
    pub(crate) fn was_made_with(&self, key: &str, email: &Email) -> bool {
        let maker = self.state().sign_ins.makers.get(email.as_str()).copied();
        maker.is_some() && maker == hash_of(key)
    }

    /// The user of this address, for the observer.
    pub(crate) fn user(&self, email: &Email) -> Option<User> {
        at_once(self.memory.find_user(email)).ok().flatten()
    }
}

/// SHA-256 of the key, as servers store it.
fn hash_of(key: &str) -> Option<[u8; 32]> {
    Attempt::parse(key).ok().map(|attempt| *attempt.hash())
}
