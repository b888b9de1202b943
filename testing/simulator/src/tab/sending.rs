//! The requests a tab sends, and its state until the answer comes.

use super::*;
use crate::server::Call;

impl World {
    pub(super) fn send_refresh(&mut self, browser: usize, tab: usize, task: Task, key: String) {
        match self.browsers[browser].jar.clone() {
            Some(ticket) => {
                let call = Call::Refresh { ticket, key: Some(key.clone()) };
                self.ask(browser, tab, task, Some(key), call);
            }
            None => {
                // The server would refuse a refresh without a cookie.
                attempt::settle(&self.browsers[browser].shelf, &name(tab), &key);
                self.tab(browser, tab).forget();
                self.become_idle(browser, tab);
            }
        }
    }

    pub(super) fn log_out(&mut self, browser: usize, tab: usize, epoch: u64) {
        let jar = self.browsers[browser].jar.clone();
        match jar {
            // Unless that session is over already.
            Some(ticket) if self.tab(browser, tab).epoch == epoch => {
                self.counts.add("logout");
                let call = Call::Logout { ticket };
                self.ask(browser, tab, Task::LogOut { epoch }, None, call);
            }
            _ => self.become_idle(browser, tab),
        }
    }

    /// A password change is an attempt like a refresh: its idempotency key stays until it is answered. A pending
    /// attempt comes first, because there is room for one key only.
    pub(super) fn change_password(&mut self, browser: usize, tab: usize, serial: u64, epoch: u64) {
        let here = self.tab(browser, tab);
        let token = here.token.clone().filter(|token| token.serial == serial);
        let same_epoch = here.epoch == epoch;
        let jar = self.browsers[browser].jar.clone();
        match (token, jar) {
            (Some(_), Some(_)) if same_epoch && self.browsers[browser].shelf.read().is_some() => {
                self.counts.add("tab settles an attempt before a password change");
                let task = Task::Renew { stale: Some(serial), epoch, tried: 0 };
                self.tab(browser, tab).state = TaskState::Ready(task);
            }
            (Some(token), Some(ticket)) if same_epoch => {
                let key = self.fresh_key();
                attempt::begin(&self.browsers[browser].shelf, &name(tab), &key);
                let token = token.secret;
                let call = Call::ChangePassword { token, ticket, key: key.clone() };
                let task = Task::ChangePassword { serial, epoch };
                self.ask(browser, tab, task, Some(key), call);
            }
            _ => self.become_idle(browser, tab),
        }
    }

    /// Sends a request and waits for its answer.
    pub(crate) fn ask(
        &mut self,
        browser: usize,
        tab: usize,
        task: Task,
        key: Option<String>,
        call: Call,
    ) {
        let request = self.send(Party::Tab(browser, tab), call);
        self.tab(browser, tab).state = TaskState::AwaitingAnswer(task, key, request);
    }
}
