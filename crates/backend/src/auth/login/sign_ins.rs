//! A cache of sign-ins with an idempotency key, for a few minutes: retries that a browser sends by itself count once
//! against throttling and rate limits, whether the password is right or wrong. In the memory of one instance, and
//! bounded.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest as _, Sha256};
use shared::Secret;

use crate::auth::idempotency::request::KeyedRequest;
use crate::clock::{BootInstant, Clock};
use crate::entropy::Entropy;

/// How many retries of a sign-in with the right password are free of rate limits: more than Chromium sends, and a
/// bound on the passwords that are verified.
const FREE: u32 = 8;
/// How long a sign-in is cached. A browser retries at once, and a page within seconds.
const KEPT: Duration = Duration::from_secs(600);
/// How many sign-ins are cached; the oldest is evicted.
const MOST: usize = 4_096;

/// Whether a sign-in is a retry of one that this instance has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Copy {
    /// It is not, or has no key, or is one too many: the limits count it.
    Charged,
    /// The password was right then. It is verified again, but rate limits do not count it.
    Free,
    /// This very password was wrong then, and is already counted.
    Wrong,
}

/// The cached sign-ins of this instance.
pub struct SignIns {
    /// The salt for hashing passwords. Drawn at each start; it never leaves the process.
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
    /// An empty cache.
    #[must_use]
    pub fn new(entropy: &Entropy, clock: &Clock) -> Self {
        Self { salt: entropy.bytes(), clock: clock.clone(), seen: Mutex::default() }
    }

    /// Looks a request up. A free retry reduces the number that is left.
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

    /// Caches that the password was right.
    pub(in crate::auth) fn note_right(&self, request: Option<&KeyedRequest>) {
        let Some(request) = request else { return };
        let mut seen = self.seen();
        if !matches!(seen.answers.get(&request.request_hash), Some(Answer::Right { .. })) {
            seen.insert(request, Answer::Right { free: FREE }, self.clock.boot_instant());
        }
    }

    /// Caches that this password was wrong, and is counted.
    pub(in crate::auth) fn note_wrong(&self, request: Option<&KeyedRequest>, password: &Secret) {
        let Some(request) = request else { return };
        let mut seen = self.seen();
        // A wrong guess must not use up the free retries of the user who knows the password.
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
        self.seen.lock()
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
