//! Which tab acts next, and which task an idle tab begins. A tab's steps: [`tab`](crate::tab).

use crate::server::Call;
use crate::tab::{Tab, Task, TaskState};
use crate::trace::record;
use crate::world::World;

impl World {
    /// An idle tab begins a task.
    pub(super) fn tab_begins(&mut self, browser: usize, tab: usize) {
        let now = self.clock.now();
        let here = &self.browsers[browser].tabs[tab];
        let epoch = here.epoch;
        let task = match &here.token {
            Some(token) if token.expires_at > now => {
                let serial = token.serial;
                let renew = Task::Renew { stale: Some(serial), epoch, tried: 0 };
                let change = Task::ChangePassword { serial, epoch };
                let out = Task::LogOut { epoch };
                let choices = [(8, Task::Use { serial }), (16, renew), (2, out), (1, change)];
                self.rng.weighted(&choices)
            }
            Some(token) => Some(Task::Renew { stale: Some(token.serial), epoch, tried: 0 }),
            // A page that is opened where there is a session refreshes.
            None if here.restoring || self.browsers[browser].hint => {
                Some(Task::Renew { stale: None, epoch, tried: 0 })
            }
            None => self.wants_to_sign_in(browser),
        };
        match task {
            Some(Task::Use { serial }) => self.tab_calls(browser, tab, serial),
            Some(task) => self.tab(browser, tab).state = TaskState::WaitingForLock(task),
            None => {}
        }
    }

    fn tab_calls(&mut self, browser: usize, tab: usize, serial: u64) {
        if let Some(token) = self.tab(browser, tab).token.clone() {
            self.counts.add("call with an access token");
            let call = Call::Protected { token: token.secret };
            self.ask(browser, tab, Task::Use { serial }, None, call);
        }
    }

    pub(super) fn tab_reloads(&mut self, browser: usize, tab: usize) {
        self.counts.add("tab is reloaded");
        self.become_idle(browser, tab);
        let restoring = self.browsers[browser].hint;
        *self.tab(browser, tab) = Tab::loaded(restoring);
        record!(self, "browser {} reloads tab {}", browser + 1, tab + 1);
    }

    fn a_password_is_being_changed(&self, browser: usize) -> bool {
        let is_changing = |tab: &Tab| {
            matches!(tab.state, TaskState::AwaitingAnswer(Task::ChangePassword { .. }, ..))
        };
        self.browsers[browser].tabs.iter().any(is_changing)
    }

    /// Whether the jar's refresh token may be sent: in worlds of bounded delay, not while an old request is in flight
    /// that the rotation would leave too stale.
    pub(crate) fn may_refresh(&self, browser: usize) -> bool {
        let Some(ticket) = &self.browsers[browser].jar else { return true };
        if self.setting.password_changes_are_alone() && self.a_password_is_being_changed(browser) {
            return false;
        }
        let Some(behind) = self.setting.behind() else { return true };
        let calls = self.in_flight.iter().map(|call| &call.request);
        let mut older = self.wire.requests.iter().chain(calls);
        !older.any(|request| self.observer.leaves_behind(ticket, &request.call, behind))
    }

    pub(super) fn is_idle(&self, browser: usize, tab: usize) -> bool {
        self.browsers[browser].tabs[tab].state == TaskState::Idle
    }

    pub(super) fn is_waiting(&self, browser: usize, tab: usize) -> bool {
        matches!(self.browsers[browser].tabs[tab].state, TaskState::AwaitingAnswer(..))
    }

    pub(super) fn has_mail(&self, browser: usize, tab: usize) -> bool {
        !self.browsers[browser].tabs[tab].inbox.is_empty()
    }

    fn tabs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let browsers = self.browsers.iter().enumerate();
        browsers.flat_map(|(browser, here)| (0..here.tabs.len()).map(move |tab| (browser, tab)))
    }

    pub(super) fn any_tab(&self, fits: impl Fn(&Self, usize, usize) -> bool) -> bool {
        self.tabs().any(|(browser, tab)| fits(self, browser, tab))
    }

    pub(super) fn with_a_tab(
        &mut self,
        fits: impl Fn(&Self, usize, usize) -> bool,
        act: impl Fn(&mut Self, usize, usize),
    ) {
        let fitting: Vec<_> = self.tabs().filter(|(b, t)| fits(self, *b, *t)).collect();
        let (browser, tab) = fitting[self.rng.below(fitting.len())];
        act(self, browser, tab);
    }
}
