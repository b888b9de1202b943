//! A tab: the client's side of rotation (docs/design/rotation.md), step by step. The meaning of an answer and the
//! life of a key are the browser's own code (`frontend::session::{refresh_outcome, retry, attempt}`); the order of
//! steps repeats `frontend/src/session/{refresh,call,settings,sign_in,idempotent_action,broadcast,tabs}.rs`, which
//! need a browser.

mod channel;
pub(crate) mod memory;
mod sending;
mod sign_in;
mod task;

use frontend::session::attempt::{self, KeyStore as _, PendingAttempt};
use frontend::session::back_off;
use frontend::session::refresh_outcome::{RefreshOutcome, classify};
use frontend::transport::{Answer, NoAnswer};

pub(crate) use memory::{Message, Tab};
pub(crate) use task::{Task, TaskState};

use crate::network::Party;
use crate::setting::{Bug, Tabs};
use crate::trace::record;
use crate::world::World;

impl World {
    /// Whether a tab with a task can take its next step now.
    pub(crate) fn can_advance(&self, browser: usize, tab: usize) -> bool {
        let here = &self.browsers[browser];
        match &here.tabs[tab].state {
            TaskState::Idle | TaskState::AwaitingAnswer(..) => false,
            TaskState::BackingOff(_) | TaskState::Retrying(..) => true,
            TaskState::WaitingForLock(_) => {
                self.setting.tabs != Tabs::TakeTurns || here.holder.is_none()
            }
            TaskState::Ready(Task::Renew { .. } | Task::ChangePassword { .. })
            | TaskState::KeyChosen(..) => self.may_refresh(browser),
            TaskState::Ready(_) => true,
        }
    }

    /// Takes a tab's next step.
    pub(crate) fn tab_advances(&mut self, browser: usize, tab: usize) {
        match self.tab(browser, tab).state.clone() {
            TaskState::Idle | TaskState::AwaitingAnswer(..) => {}
            TaskState::BackingOff(task) => {
                self.tab(browser, tab).state = TaskState::WaitingForLock(task);
            }
            TaskState::WaitingForLock(task) => {
                if self.setting.tabs == Tabs::TakeTurns {
                    self.counts.add("tab takes the lock");
                    self.browsers[browser].holder = Some(tab);
                } else {
                    self.counts.add("tab continues without a lock");
                }
                self.tab(browser, tab).state = TaskState::Ready(task);
            }
            TaskState::Ready(Task::Renew { stale, epoch, tried }) => {
                self.renew(browser, tab, stale, epoch, tried);
            }
            TaskState::Ready(Task::SignIn { user, way, .. }) => {
                self.sign_in(browser, tab, user, way);
            }
            TaskState::Retrying(task, key) => {
                self.counts.add("tab sends its sign-in again");
                self.send_sign_in(browser, tab, task, Some(key));
            }
            TaskState::Ready(Task::LogOut { epoch }) => self.log_out(browser, tab, epoch),
            TaskState::Ready(Task::ChangePassword { serial, epoch }) => {
                self.change_password(browser, tab, serial, epoch);
            }
            TaskState::Ready(Task::Use { .. }) => self.become_idle(browser, tab),
            TaskState::KeyChosen(task, key) => {
                // Another tab may have stored one since. The last write wins.
                let pending = PendingAttempt { key: key.clone(), tab: String::new() };
                self.browsers[browser].shelf.write(&pending);
                self.send_refresh(browser, tab, task, key);
            }
        }
    }

    /// One refresh request, with the lock held where there is one.
    fn renew(&mut self, browser: usize, tab: usize, stale: Option<u64>, epoch: u64, tried: u32) {
        let now = self.clock.now();
        // The last holder of the lock may have broadcast a token; mostly that message has arrived.
        if self.rng.percent(75) {
            self.tab(browser, tab).read_inbox();
        }
        if self.tab(browser, tab).token_newer_than(stale, now).is_some() {
            self.counts.add("tab looks again and finds a token");
            return self.become_idle(browser, tab);
        }
        if self.tab(browser, tab).epoch != epoch {
            return self.become_idle(browser, tab);
        }
        let pending = self.browsers[browser].shelf.key();
        if pending.is_some() {
            self.counts.add("tab retries with its key");
        }
        let task = Task::Renew { stale, epoch, tried };
        let fresh = if pending.is_none() { self.fresh_key() } else { String::new() };
        if self.setting.tabs == Tabs::Race {
            let key = pending.unwrap_or(fresh);
            self.tab(browser, tab).state = TaskState::KeyChosen(task, key);
        } else {
            let key = attempt::take_or_create(&self.browsers[browser].shelf, &name(tab), || fresh);
            self.send_refresh(browser, tab, task, key);
        }
    }

    /// A request's timeout.
    pub(crate) fn tab_gives_up(&mut self, browser: usize, tab: usize) {
        self.counts.add("client gives up");
        record!(self, "{} gives its request up", self.name(Party::Tab(browser, tab)));
        self.tab_receives(browser, tab, Err(NoAnswer::Timeout));
    }

    /// The waiting tab gets its answer, or none.
    pub(crate) fn tab_receives(
        &mut self,
        browser: usize,
        tab: usize,
        outcome: Result<Answer, NoAnswer>,
    ) {
        let state = std::mem::take(&mut self.tab(browser, tab).state);
        let TaskState::AwaitingAnswer(task, key, _) = state else { return };
        match task {
            Task::Renew { stale, epoch, tried } => {
                let key = key.unwrap_or_default();
                let next = self.refreshed(browser, tab, stale, epoch, &key, &outcome);
                self.become_idle(browser, tab);
                if next == Next::Retry && tried + 1 < back_off::TRIES {
                    let task = Task::Renew { stale, epoch, tried: tried + 1 };
                    self.tab(browser, tab).state = TaskState::BackingOff(task);
                }
            }
            Task::SignIn { .. } => self.signed_in(browser, tab, task, key, outcome),
            Task::LogOut { .. } => {
                if outcome.is_ok_and(|answer| answer.status == 204) {
                    self.end_and_broadcast(browser, tab);
                }
                self.become_idle(browser, tab);
            }
            Task::ChangePassword { serial, epoch } => {
                self.become_idle(browser, tab);
                if outcome.is_ok_and(|answer| answer.status == 204) {
                    self.counts.add("password change");
                    let key = key.unwrap_or_default();
                    attempt::settle(&self.browsers[browser].shelf, &name(tab), &key);
                } else {
                    // The outcome is unknown: a refresh with the same idempotency key settles it.
                    let task = Task::Renew { stale: Some(serial), epoch, tried: 0 };
                    self.tab(browser, tab).state = TaskState::WaitingForLock(task);
                }
            }
            Task::Use { serial } => {
                self.become_idle(browser, tab);
                if outcome.is_ok_and(|answer| answer.refuses_the_token()) {
                    let epoch = self.tab(browser, tab).epoch;
                    let task = Task::Renew { stale: Some(serial), epoch, tried: 0 };
                    self.tab(browser, tab).state = TaskState::WaitingForLock(task);
                }
            }
        }
    }

    /// The tab's next state after an answer to a refresh.
    fn refreshed(
        &mut self,
        browser: usize,
        tab: usize,
        stale: Option<u64>,
        epoch: u64,
        key: &str,
        outcome: &Result<Answer, NoAnswer>,
    ) -> Next {
        let classified = classify(outcome);
        if classified.settled {
            attempt::settle(&self.browsers[browser].shelf, &name(tab), key);
        }
        let now = self.clock.now();
        let here = self.tab(browser, tab);
        let same_epoch = here.epoch == epoch;
        let newer = here.token_newer_than(stale, now).is_some();
        match classified.outcome {
            RefreshOutcome::Renewed(body) => {
                if same_epoch && !here.has_ended(body.session_id) {
                    self.adopt_and_broadcast(browser, tab, *body);
                }
                Next::Idle
            }
            RefreshOutcome::SignedOut => {
                if same_epoch && !newer {
                    self.end_and_broadcast(browser, tab);
                }
                Next::Idle
            }
            RefreshOutcome::Duplicate if newer => Next::Idle,
            RefreshOutcome::Duplicate => Next::Retry,
            // Step-up: no user is at hand to reauthenticate; the session waits.
            RefreshOutcome::StepUpRequired => Next::Idle,
            RefreshOutcome::Transient { worth_retrying, .. } => {
                if self.setting.experiment.bug == Some(Bug::KeyDropped) {
                    attempt::settle(&self.browsers[browser].shelf, &name(tab), key);
                }
                if worth_retrying { Next::Retry } else { Next::Idle }
            }
        }
    }

    /// Ends the task and releases the lock.
    pub(crate) fn become_idle(&mut self, browser: usize, tab: usize) {
        let here = &mut self.browsers[browser];
        here.tabs[tab].state = TaskState::Idle;
        if here.holder == Some(tab) {
            here.holder = None;
        }
    }

    pub(crate) fn tab(&mut self, browser: usize, tab: usize) -> &mut Tab {
        &mut self.browsers[browser].tabs[tab]
    }
}

/// A tab's name in the storage of attempts.
fn name(tab: usize) -> String {
    format!("tab {}", tab + 1)
}

/// What a tab does after an answer to a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Idle,
    Retry,
}
