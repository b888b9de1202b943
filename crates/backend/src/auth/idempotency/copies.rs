//! What an instance remembers of sign-ins with an idempotency key, for a few minutes: copies that a browser sends by itself
//! are paid for once, whether the password is right or wrong. In memory alone, and bounded. It must not decide whether a
//! password is right.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use shared::Secret;

use super::KeyedRequest;
use crate::clock::{BootInstant, Clock};
use crate::entropy::Entropy;

/// So many copies of one sign-in with the right password take nothing from the limits: more than Chromium sends, and not
/// so many that passwords could be verified without end.
const FREE: u32 = 8;
/// For how long a sign-in is remembered. A browser sends copies at once, and a page asks again within seconds.
const KEPT: Duration = Duration::from_secs(600);
/// How many sign-ins are remembered; the oldest give way.
const MOST: usize = 4_096;

/// Whether a sign-in is a copy of one that this instance has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Copy {
    /// It is none, or has no key, or is one too many: it is paid for.
    Charged,
    /// The password was right then. It is verified all the same, and nothing is taken from the limits.
    Free,
    /// This very password was wrong then, and has been counted.
    Wrong,
}

/// The sign-ins that this instance has answered.
pub struct SignIns {
    /// What a password is hashed with. It is drawn at each start and leaves the process never.
    salt: [u8; 32],
    clock: Clock,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// By [`KeyedRequest::request_hash`].
    answers: HashMap<[u8; 32], Answer>,
    /// The same, oldest first.
    order: VecDeque<([u8; 32], BootInstant)>,
}

enum Answer {
    Right { free: u32 },
    Wrong { password: [u8; 32] },
}

impl SignIns {
    /// None yet.
    #[must_use]
    pub fn new(entropy: &Entropy, clock: &Clock) -> Self {
        Self { salt: entropy.bytes(), clock: clock.clone(), seen: Mutex::default() }
    }

    /// What is known of this request. A free copy is one less.
    pub(in crate::auth) fn look(&self, request: Option<&KeyedRequest>, password: &Secret) -> Copy {
        let Some(request) = request else { return Copy::Charged };
        let mut seen = self.seen();
        seen.forget_old(self.clock.boot_instant());
        match seen.answers.get_mut(&request.request_hash) {
            Some(Answer::Right { free: free @ 1.. }) => {
                *free -= 1;
                Copy::Free
            }
            Some(Answer::Wrong { password: wrong }) if *wrong == self.digest(request, password) => {
                Copy::Wrong
            }
            _ => Copy::Charged,
        }
    }

    /// The password was right.
    pub(in crate::auth) fn note_right(&self, request: Option<&KeyedRequest>) {
        let Some(request) = request else { return };
        let mut seen = self.seen();
        if !matches!(seen.answers.get(&request.request_hash), Some(Answer::Right { .. })) {
            seen.insert(request, Answer::Right { free: FREE }, self.clock.boot_instant());
        }
    }

    /// This password was wrong, and has been counted.
    pub(in crate::auth) fn note_wrong(&self, request: Option<&KeyedRequest>, password: &Secret) {
        let Some(request) = request else { return };
        let mut seen = self.seen();
        // A guess takes nothing from the copies of the one who knows the password.
        if !matches!(seen.answers.get(&request.request_hash), Some(Answer::Right { .. })) {
            let password = self.digest(request, password);
            seen.insert(request, Answer::Wrong { password }, self.clock.boot_instant());
        }
    }

    fn digest(&self, request: &KeyedRequest, password: &Secret) -> [u8; 32] {
        let hash = Sha256::new_with_prefix(self.salt).chain_update(request.request_hash);
        hash.chain_update(password.expose()).finalize().into()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // What a panic leaves behind costs a copy its discount.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn insert(&mut self, request: &KeyedRequest, answer: Answer, now: BootInstant) {
        if self.answers.insert(request.request_hash, answer).is_none() {
            self.order.push_back((request.request_hash, now));
        }
        while self.order.len() > MOST {
            self.forget_oldest();
        }
    }

    fn forget_old(&mut self, now: BootInstant) {
        while self.order.front().is_some_and(|(_, at)| now.since(*at) > KEPT) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((oldest, _)) = self.order.pop_front() {
            self.answers.remove(&oldest);
        }
    }
}
