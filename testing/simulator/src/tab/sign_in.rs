//! A tab's sign-in, idempotent: the browser keeps the key until it is answered, so that a retry begins no second
//! session. The meaning of an answer is the browser's own code (`frontend::session::retry`); the order of steps
//! repeats `frontend/src/session/{idempotent_action,pending_action,sign_in}.rs`.

use frontend::session::retry::{self, Outcome};
use frontend::session::transient_error::TransientError;
use frontend::transport::{Answer, NoAnswer};
use shared::body::SessionBody;

use super::{Task, TaskState};
use crate::browser::PendingSignIn;
use crate::server::{Call, SignIn, Way};
use crate::world::World;

/// Requests after one click, automatic retries included.
const TRIES: u32 = 4;
/// How long a pending key is used for retries.
const USABLE_FOR_SECONDS: i64 = 600;

impl World {
    /// The sign-in that a browser without a session begins.
    pub(crate) fn wants_to_sign_in(&mut self, browser: usize) -> Option<Task> {
        // A browser may be lent to another user.
        let lent = self.rng.percent(15);
        let own = self.browsers[browser].user;
        let user = if lent { self.rng.below(self.users.len()) } else { own };
        let way = if self.newcomers.contains(&user) { Way::Register } else { Way::LogIn };
        let is_enabled = self.users[user].disabled_at.is_none();
        is_enabled.then_some(Task::SignIn { user, way, tried: 0 })
    }

    /// A click.
    pub(super) fn sign_in(&mut self, browser: usize, tab: usize, user: usize, way: Way) {
        // Another tab has a session by now.
        if self.browsers[browser].hint {
            return self.become_idle(browser, tab);
        }
        // Programs send no key.
        let is_keyed = self.rng.percent(90);
        let key = is_keyed.then(|| self.take_sign_in_key(browser, user, way));
        let task = Task::SignIn { user, way, tried: 0 };
        self.send_sign_in(browser, tab, task, key);
    }

    /// The pending key, if it is of the same sign-in, else a fresh one.
    fn take_sign_in_key(&mut self, browser: usize, user: usize, way: Way) -> String {
        let now = self.clock.now();
        let pending = self.browsers[browser].sign_ins.get(&way);
        let is_the_same = |pending: &&PendingSignIn| {
            pending.user == user && now.since(pending.since) < USABLE_FOR_SECONDS
        };
        if let Some(key) = pending.filter(is_the_same).map(|pending| pending.key.clone()) {
            self.counts.add("tab takes up a sign-in that got no answer");
            return key;
        }
        let key = self.fresh_key();
        let pending = PendingSignIn { user, key: key.clone(), since: now, is_uncertain: false };
        self.browsers[browser].sign_ins.insert(way, pending);
        key
    }

    pub(super) fn send_sign_in(
        &mut self,
        browser: usize,
        tab: usize,
        task: Task,
        key: Option<String>,
    ) {
        let Task::SignIn { user, way, .. } = task else { return };
        self.counts.add(match way {
            Way::Register => "registration",
            Way::LogIn => "login",
        });
        let email = self.users[user].email.clone();
        let call = Call::SignIn(SignIn { way, email, key: key.clone() });
        self.ask(browser, tab, task, key, call);
    }

    /// A sign-in got its answer, or none.
    pub(super) fn signed_in(
        &mut self,
        browser: usize,
        tab: usize,
        task: Task,
        key: Option<String>,
        outcome: Result<Answer, NoAnswer>,
    ) {
        let Task::SignIn { user, way, tried } = task else { return };
        let sign_ins = &mut self.browsers[browser].sign_ins;
        let pending = sign_ins.get_mut(&way).filter(|pending| Some(&pending.key) == key.as_ref());
        match retry::classify(outcome.map_err(TransientError::from), Answer::json::<SessionBody>) {
            Outcome::Done(body) => {
                if pending.is_some() {
                    sign_ins.remove(&way);
                }
                self.newcomers.remove(&user);
                self.adopt_and_broadcast(browser, tab, body);
                self.become_idle(browser, tab);
            }
            Outcome::Refused(answer) => {
                if pending.is_some_and(|pending| retry::settles(&answer, pending.is_uncertain)) {
                    sign_ins.remove(&way);
                }
                // Any refusal means that there is an account.
                self.newcomers.remove(&user);
                self.become_idle(browser, tab);
            }
            Outcome::Unanswered { .. } => {
                if let Some(pending) = pending {
                    pending.is_uncertain = true;
                }
                match key {
                    Some(key) if tried + 1 < TRIES => {
                        let task = Task::SignIn { user, way, tried: tried + 1 };
                        self.tab(browser, tab).state = TaskState::Retrying(task, key);
                    }
                    _ => self.become_idle(browser, tab),
                }
            }
        }
    }
}
