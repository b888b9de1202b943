//! A browser: cookies and a pending attempt key (`Idempotency-Key`) that its tabs share, and the lock (Web Locks)
//! that makes their refreshes single-flight, if it has one. What tabs do: [`tab`](crate::tab).

use std::cell::RefCell;
use std::collections::BTreeMap;

use frontend::session::attempt::{KeyStore, PendingAttempt};
use shared::NumericDate;

use crate::server::Way;
use crate::tab::memory::Tab;

/// A user's browser, which may be lent to another user.
pub(crate) struct Browser {
    /// The owner.
    pub(crate) user: usize,
    /// The refresh token's cookie (HttpOnly).
    pub(crate) jar: Option<String>,
    /// The readable cookie: a hint that there is a session.
    pub(crate) hint: bool,
    /// The storage of the pending attempt.
    pub(crate) shelf: Storage,
    /// Unanswered registrations and logins, with their idempotency keys.
    pub(crate) sign_ins: BTreeMap<Way, PendingSignIn>,
    /// The tab that holds the lock.
    pub(crate) holder: Option<usize>,
    pub(crate) tabs: Vec<Tab>,
}

/// An unanswered sign-in.
pub(crate) struct PendingSignIn {
    pub(crate) user: usize,
    pub(crate) key: String,
    pub(crate) since: NumericDate,
    /// Whether one request got no answer, so that its outcome is unknown.
    pub(crate) is_uncertain: bool,
}

/// The storage of the pending key.
#[derive(Default)]
pub(crate) struct Storage(RefCell<Option<PendingAttempt>>);

impl Storage {
    /// The pending key.
    pub(crate) fn key(&self) -> Option<String> {
        self.read().map(|pending| pending.key)
    }
}

impl KeyStore for Storage {
    fn read(&self) -> Option<PendingAttempt> {
        self.0.borrow().clone()
    }

    fn write(&self, pending: &PendingAttempt) {
        *self.0.borrow_mut() = Some(pending.clone());
    }

    fn clear(&self) {
        *self.0.borrow_mut() = None;
    }
}

impl Browser {
    pub(crate) fn new(user: usize, tabs: usize) -> Self {
        Self {
            user,
            jar: None,
            hint: false,
            shelf: Storage::default(),
            sign_ins: BTreeMap::new(),
            holder: None,
            tabs: (0..tabs).map(|_| Tab::default()).collect(),
        }
    }
}
