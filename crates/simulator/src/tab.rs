//! A tab: the client's side of the protocol (docs/design/rotation.md), step by step. What an answer
//! means and when a key is kept is the browser's own code (`frontend::session::{verdict, again, attempt}`); the
//! order of steps repeats `frontend/src/session/{refresh,call,settings,sign_in,once,tabs}.rs`, which cannot
//! run without a browser. It must not look at anything a page could not see.

mod channel;
mod memory;
mod sending;
mod sign_in;

use frontend::session::attempt::{self, Pending, Shelf as _};
use frontend::session::backoff;
use frontend::session::verdict::{Verdict, judge};
use frontend::transport::{Answer, NoAnswer};

pub(crate) use memory::{Message, Tab};

use crate::network::Party;
use crate::server::Way;
use crate::setting::{Bug, Tabs};
use crate::trace::record;
use crate::world::World;

/// What a tab is out to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Get a token other than the one with the serial number `stale`.
    Renew { stale: Option<u64>, era: u64, tried: u32 },
    /// Begin a session for a user.
    SignIn { user: usize, way: Way, tried: u32 },
    /// End the session.
    LogOut { era: u64 },
    /// Set another password, with the token that has this serial number.
    ChangePassword { serial: u64, era: u64 },
    /// Make a protected call with the token that has this serial number.
    Use { serial: u64 },
}

/// How far it has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Doing {
    #[default]
    Nothing,
    /// Wants the lock.
    Queueing(Errand),
    /// Has it, or goes on without.
    Ready(Errand),
    /// Where tabs race: has looked for a key, and will write down the one that it found or made.
    Keyed(Errand, String),
    /// Has got no answer to a sign-in with this key. It asks again, and keeps the lock.
    AskingAgain(Errand, String),
    /// Has sent a request, with this key.
    Waiting(Errand, Option<String>, u32),
    /// Will try again.
    BackingOff(Errand),
}

impl World {
    /// Whether a tab that is out to do something can take its next step now.
    pub(crate) fn can_go_on(&self, browser: usize, tab: usize) -> bool {
        let here = &self.browsers[browser];
        match &here.tabs[tab].doing {
            Doing::Nothing | Doing::Waiting(..) => false,
            Doing::BackingOff(_) | Doing::AskingAgain(..) => true,
            Doing::Queueing(_) => self.setting.tabs != Tabs::TakeTurns || here.holder.is_none(),
            Doing::Ready(Errand::Renew { .. } | Errand::ChangePassword { .. })
            | Doing::Keyed(..) => self.may_refresh(browser),
            Doing::Ready(_) => true,
        }
    }

    /// Takes a tab's next step.
    pub(crate) fn tab_goes_on(&mut self, browser: usize, tab: usize) {
        match self.tab(browser, tab).doing.clone() {
            Doing::Nothing | Doing::Waiting(..) => {}
            Doing::BackingOff(errand) => self.tab(browser, tab).doing = Doing::Queueing(errand),
            Doing::Queueing(errand) => {
                if self.setting.tabs == Tabs::TakeTurns {
                    self.counts.add("tab takes the lock");
                    self.browsers[browser].holder = Some(tab);
                } else {
                    self.counts.add("tab goes on without a lock");
                }
                self.tab(browser, tab).doing = Doing::Ready(errand);
            }
            Doing::Ready(Errand::Renew { stale, era, tried }) => {
                self.renew(browser, tab, (stale, era, tried));
            }
            Doing::Ready(Errand::SignIn { user, way, .. }) => {
                self.sign_in(browser, tab, user, way);
            }
            Doing::AskingAgain(errand, key) => {
                self.counts.add("tab sends its sign-in again");
                self.send_sign_in(browser, tab, errand, Some(key));
            }
            Doing::Ready(Errand::LogOut { era }) => self.log_out(browser, tab, era),
            Doing::Ready(Errand::ChangePassword { serial, era }) => {
                self.change_password(browser, tab, (serial, era));
            }
            Doing::Ready(Errand::Use { .. }) => self.rest(browser, tab),
            Doing::Keyed(errand, key) => {
                // Another tab may have written one since. The last one written stands.
                let pending = Pending { key: key.clone(), tab: String::new() };
                self.browsers[browser].shelf.write(&pending);
                self.send_refresh(browser, tab, errand, key);
            }
        }
    }

    /// One try to refresh, with the lock held where there is one.
    fn renew(&mut self, browser: usize, tab: usize, (stale, era, tried): (Option<u64>, u64, u32)) {
        let now = self.clock.now();
        // Whoever had the lock before may have broadcast a token; mostly that message has arrived.
        if self.chance.percent(75) {
            self.tab(browser, tab).hear_all();
        }
        if self.tab(browser, tab).token_newer_than(stale, now).is_some() {
            self.counts.add("tab looks again and finds a token");
            return self.rest(browser, tab);
        }
        if self.tab(browser, tab).era != era {
            return self.rest(browser, tab);
        }
        let pending = self.browsers[browser].shelf.key();
        if pending.is_some() {
            self.counts.add("tab retries with its key");
        }
        let errand = Errand::Renew { stale, era, tried };
        let fresh = if pending.is_none() { self.fresh_key() } else { String::new() };
        if self.setting.tabs == Tabs::Race {
            let key = pending.unwrap_or(fresh);
            self.tab(browser, tab).doing = Doing::Keyed(errand, key);
        } else {
            let key = attempt::take_or_create(&self.browsers[browser].shelf, &name(tab), || fresh);
            self.send_refresh(browser, tab, errand, key);
        }
    }

    /// A tab that waits gives its request up.
    pub(crate) fn tab_gives_up(&mut self, browser: usize, tab: usize) {
        self.counts.add("client gives up");
        record!(self, "{} gives its request up", self.name(Party::Tab(browser, tab)));
        self.tab_hears(browser, tab, Err(NoAnswer::Timeout));
    }

    /// An answer has reached the tab that waits for it, or will not any more.
    pub(crate) fn tab_hears(
        &mut self,
        browser: usize,
        tab: usize,
        outcome: Result<Answer, NoAnswer>,
    ) {
        let doing = std::mem::take(&mut self.tab(browser, tab).doing);
        let Doing::Waiting(errand, key, _) = doing else { return };
        match errand {
            Errand::Renew { stale, era, tried } => {
                let key = key.unwrap_or_default();
                let next = self.refreshed(browser, tab, (stale, era, &key), &outcome);
                self.rest(browser, tab);
                if next == Next::Again && tried + 1 < backoff::TRIES {
                    let errand = Errand::Renew { stale, era, tried: tried + 1 };
                    self.tab(browser, tab).doing = Doing::BackingOff(errand);
                }
            }
            Errand::SignIn { .. } => self.signed_in(browser, tab, (errand, key), outcome),
            Errand::LogOut { .. } => {
                if outcome.is_ok_and(|answer| answer.status == 204) {
                    self.end_and_tell(browser, tab);
                }
                self.rest(browser, tab);
            }
            Errand::ChangePassword { serial, era } => {
                self.rest(browser, tab);
                if outcome.is_ok_and(|answer| answer.status == 204) {
                    self.counts.add("password change");
                    let key = key.unwrap_or_default();
                    attempt::settle(&self.browsers[browser].shelf, &name(tab), &key);
                } else {
                    // Whatever became of it, refresh answers it: with the same key.
                    let errand = Errand::Renew { stale: Some(serial), era, tried: 0 };
                    self.tab(browser, tab).doing = Doing::Queueing(errand);
                }
            }
            Errand::Use { serial } => {
                self.rest(browser, tab);
                if outcome.is_ok_and(|answer| answer.refuses_the_token()) {
                    let era = self.tab(browser, tab).era;
                    let errand = Errand::Renew { stale: Some(serial), era, tried: 0 };
                    self.tab(browser, tab).doing = Doing::Queueing(errand);
                }
            }
        }
    }

    /// What an answer to a refresh leads to.
    fn refreshed(
        &mut self,
        browser: usize,
        tab: usize,
        (stale, era, key): (Option<u64>, u64, &str),
        outcome: &Result<Answer, NoAnswer>,
    ) -> Next {
        let judgement = judge(outcome);
        if judgement.settled {
            attempt::settle(&self.browsers[browser].shelf, &name(tab), key);
        }
        let now = self.clock.now();
        let here = self.tab(browser, tab);
        let same_era = here.era == era;
        let newer = here.token_newer_than(stale, now).is_some();
        match judgement.verdict {
            Verdict::Renewed(body) => {
                if same_era && !here.has_ended(body.session_id) {
                    self.adopt_and_tell(browser, tab, *body);
                }
                Next::Rest
            }
            Verdict::Ended => {
                if same_era && !newer {
                    self.end_and_tell(browser, tab);
                }
                Next::Rest
            }
            Verdict::Duplicate if newer => Next::Rest,
            Verdict::Duplicate => Next::Again,
            // No user of this world is at hand to give it; the session waits.
            Verdict::PasswordWanted => Next::Rest,
            Verdict::Transient { worth_retrying, .. } => {
                if self.setting.experiment.bug == Some(Bug::KeyDropped) {
                    attempt::settle(&self.browsers[browser].shelf, &name(tab), key);
                }
                if worth_retrying { Next::Again } else { Next::Rest }
            }
        }
    }

    /// Nothing more to do for now; lets the lock go.
    pub(crate) fn rest(&mut self, browser: usize, tab: usize) {
        let here = &mut self.browsers[browser];
        here.tabs[tab].doing = Doing::Nothing;
        if here.holder == Some(tab) {
            here.holder = None;
        }
    }

    pub(crate) fn tab(&mut self, browser: usize, tab: usize) -> &mut Tab {
        &mut self.browsers[browser].tabs[tab]
    }
}

/// What a tab is called where the attempt is kept.
fn name(tab: usize) -> String {
    format!("tab {}", tab + 1)
}

/// What a tab does after an answer to a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Rest,
    Again,
}
