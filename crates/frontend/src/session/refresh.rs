//! How an access token is renewed: once at a time in the tab, once at a time in the browser, asked
//! again with the same attempt key until there is an answer. What an answer means is said in
//! [`super::verdict`]; nothing here decides that.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::SessionBody;

use super::attempt::Shelf;
use super::channel::Reason;
use super::lookout::DISMISSED;
use super::verdict::{Trouble, Verdict, judge};
use super::{Session, Token, attempt, backoff, browser, hint, keys, lock, shelf};
use crate::api;
use crate::transport::{Answer, NoAnswer, Request};

/// With neither lock nor database, how long a tab waits before it believes that its attempt key is every tab's.
const UNLOCKED_PAUSE_MS: u32 = 100;

/// What came of it, for all who waited.
pub(super) type Refreshed = Result<Token, NotRefreshed>;

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRefreshed {
    /// There is no session any more.
    Ended,
    /// The server wants the password first. The session stays, and stands still.
    PasswordWanted,
    /// Not for now. The session stays.
    ForNow(Trouble),
}

/// What came of one try.
enum Tried {
    Done(Refreshed),
    /// Nothing was issued, nothing is lost: begin a new attempt.
    AnewAtOnce,
    After {
        trouble: Trouble,
        retry_after_seconds: Option<u32>,
    },
}

/// An attempt that was sent.
pub(super) struct Attempted {
    /// The key that it was sent with.
    pub(super) key: String,
    /// What came of it.
    pub(super) outcome: Result<Answer, NoAnswer>,
    /// What that means.
    pub(super) verdict: Verdict,
}

impl Session {
    /// An access token other than the one with the serial number `stale`.
    pub(super) async fn fresh_token(self, stale: Option<u64>) -> Refreshed {
        let flight = self.flight.get_value();
        flight
            .run(self.refresh(stale))
            .await
            .unwrap_or(Err(NotRefreshed::ForNow(Trouble::Unavailable)))
    }

    async fn refresh(self, stale: Option<u64>) -> Refreshed {
        self.refreshing.set(true);
        let refreshed = self.refresh_with_patience(stale).await;
        self.refreshing.set(false);
        refreshed
    }

    async fn refresh_with_patience(self, stale: Option<u64>) -> Refreshed {
        let era = self.era();
        let mut last = Trouble::Unavailable;
        for tried in 0..backoff::TRIES {
            let retry_after_seconds = match self.try_once(stale, era).await {
                Tried::Done(refreshed) => return refreshed,
                Tried::AnewAtOnce => continue,
                Tried::After { trouble, retry_after_seconds } => {
                    last = trouble;
                    // Shown at once: the user should not wonder for the length of the back-off.
                    if self.era() == era {
                        self.trouble.set(Some(trouble));
                    }
                    retry_after_seconds
                }
            };
            if tried + 1 < backoff::TRIES {
                let wait = backoff::wait_ms(tried, retry_after_seconds, browser::jitter());
                browser::pause(wait).await;
            }
        }
        self.for_now(last, era)
    }

    /// One try, inside the lock. The lock is not held while backing off: another tab may fare
    /// better.
    async fn try_once(self, stale: Option<u64>, era: u64) -> Tried {
        let held = lock::acquire().await;
        // Whoever had the lock before may have broadcast a token; let that message arrive.
        browser::pause(0).await;
        if !held.is_exclusive() && !shelf::answers() {
            // Another tab may hold it as well, and be done while this one makes sure of the key.
            attempt_key(&held, browser::fresh_key()).await;
        }
        if let Some(newer) = self.token_newer_than(stale) {
            return Tried::Done(Ok(newer));
        }
        if self.era() != era {
            // Logged out meanwhile. What is gone must not be asked for.
            return Tried::Done(Err(NotRefreshed::Ended));
        }
        let verdict = if self.cannot_be_refreshed() {
            // A request without the cookie could not succeed. If the session was ended, that is still to be learnt.
            Verdict::Ended
        } else {
            self.send_attempt(&held, browser::fresh_key(), api::refresh).await.verdict
        };
        match verdict {
            Verdict::Renewed(body) => Tried::Done(self.accept(*body, era)),
            Verdict::Ended => {
                let _held = held.for_another_request();
                self.ask_why_it_ended().await;
                Tried::Done(self.accept_the_end(stale, era))
            }
            Verdict::Duplicate => match self.token_newer_than(stale) {
                Some(newer) => Tried::Done(Ok(newer)),
                None => Tried::AnewAtOnce,
            },
            Verdict::PasswordWanted => Tried::Done(self.stand_still(era)),
            Verdict::Transient { trouble, retry_after_seconds, worth_retrying: true } => {
                Tried::After { trouble, retry_after_seconds }
            }
            Verdict::Transient { trouble, .. } => Tried::Done(self.for_now(trouble, era)),
        }
    }

    /// Sends an attempt, inside the lock: with the key that is pending, else with `fresh`.
    pub(super) async fn send_attempt(
        self,
        held: &lock::Held,
        fresh: String,
        request: impl FnOnce(&str) -> Request,
    ) -> Attempted {
        let key = attempt_key(held, fresh).await;
        let outcome = self.send(request(&key)).await;
        let judgement = judge(&outcome);
        if judgement.settled {
            shelf::in_one_step(|shelf| attempt::settle(shelf, &browser::tab(), &key)).await;
        }
        Attempted { key, outcome, verdict: judgement.verdict }
    }

    /// The token another tab has broadcast, or a login has brought, since `stale` was in use.
    fn token_newer_than(self, stale: Option<u64>) -> Option<Token> {
        let now = browser::now_ms();
        self.token().filter(|token| Some(token.serial) != stale && token.expires_at_ms > now)
    }

    pub(super) fn accept(self, body: SessionBody, era: u64) -> Refreshed {
        if self.era() != era || self.has_ended(body.session_id) {
            // Logged out, or somebody else logged in, while the answer was on its way.
            return self.token().ok_or(NotRefreshed::Ended);
        }
        let token = self.adopt_and_tell(body);
        self.look_out(&token);
        Ok(token)
    }

    /// The server refused. Before believing that this tab's session is over, look again: the
    /// refused ticket may have been an old one.
    pub(super) fn accept_the_end(self, stale: Option<u64>, era: u64) -> Refreshed {
        if let Some(newer) = self.token_newer_than(stale) {
            return Ok(newer);
        }
        if self.era() == era {
            // Its attempt has been settled.
            browser::remove(DISMISSED);
            spawn_local(keys::give_up_of_a_session(browser::unix_ms()));
            let session_id = self.session_id();
            let cause = self.cause_of_the_end();
            // The hint alone was another server's: nothing of this one has ended.
            let was_here = session_id.is_some() || hint::is_own();
            let reason = self.reason_of_the_end(cause);
            match session_id {
                Some(_) => hint::remove(),
                None => hint::disregard(),
            }
            self.forget(was_here.then_some(reason));
            Self::tell_ended(session_id, Reason::Ended, cause);
        }
        Err(NotRefreshed::Ended)
    }

    /// The session is kept, but does not go on before the password is given. It is for the caller to
    /// ask the user: nobody may be looking.
    fn stand_still(self, era: u64) -> Refreshed {
        if self.era() != era {
            return Err(NotRefreshed::Ended);
        }
        self.trouble.set(None);
        self.question.hold_up();
        Err(NotRefreshed::PasswordWanted)
    }

    fn for_now(self, trouble: Trouble, era: u64) -> Refreshed {
        if self.era() != era {
            // Whoever is logged in now, or nobody, has no part in this trouble.
            return Err(NotRefreshed::Ended);
        }
        self.trouble.set(Some(trouble));
        Err(NotRefreshed::ForNow(trouble))
    }
}

/// The attempt key to send: the pending one, else `fresh`.
async fn attempt_key(held: &lock::Held, fresh: String) -> String {
    let take = move |shelf: &dyn Shelf| attempt::take_or_create(shelf, &browser::tab(), || fresh);
    let taken = shelf::in_one_step(take).await;
    let key = taken.outcome;
    if taken.is_atomic || held.is_exclusive() {
        return key;
    }
    // Another tab may be writing a key at this moment. The last one written stands, for both.
    browser::pause(UNLOCKED_PAUSE_MS).await;
    let take = move |shelf: &dyn Shelf| attempt::take_or_create(shelf, &browser::tab(), || key);
    shelf::in_one_step(take).await.outcome
}
