//! The broadcast channel between tabs: new tokens and revoked sessions reach the others sooner or later.

use shared::body::SessionBody;

use super::Message;
use crate::world::World;

impl World {
    pub(super) fn adopt_and_broadcast(&mut self, browser: usize, tab: usize, body: SessionBody) {
        let expires_at = self.clock.now().plus(body.expires_in);
        self.broadcast(browser, tab, &Message::Token(Box::new(body.clone()), expires_at));
        self.tab(browser, tab).adopt(body, expires_at);
    }

    pub(super) fn end_and_broadcast(&mut self, browser: usize, tab: usize) {
        let session = self.tab(browser, tab).session();
        self.browsers[browser].hint = false;
        self.tab(browser, tab).forget();
        if let Some(session) = session {
            self.broadcast(browser, tab, &Message::Ended(session));
        }
    }

    fn broadcast(&mut self, browser: usize, tab: usize, message: &Message) {
        for (place, other) in self.browsers[browser].tabs.iter_mut().enumerate() {
            if place != tab {
                other.inbox.push_back(message.clone());
            }
        }
    }
}
