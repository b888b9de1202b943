//! An answer reaches a browser, whole or only as far as its cookies, in time or late.

use crate::network::Reply;
use crate::server::Cookie;
use crate::trace::record;
use crate::world::World;

impl World {
    /// An answer reaches a browser: its cookies are applied first; if it is whole, the waiting tab gets it.
    pub(crate) fn browser_receives(
        &mut self,
        browser: usize,
        tab: usize,
        reply: Reply,
        whole: bool,
    ) {
        let awaited = self.browsers[browser].tabs[tab].awaits(reply.request);
        if !awaited {
            if !self.setting.late_cookies {
                // The request was aborted, and its answer with it.
                return;
            }
            self.counts.add("cookie arrives late");
        }
        if let (Cookie::Set(ticket), Some(jar)) = (&reply.cookie, &self.browsers[browser].jar)
            && self.setting.answers_are_in_time()
            && self.observer.is_older(ticket, jar)
        {
            // Stale: another tab has rotated since. It counts as lost.
            return;
        }
        let how = match (awaited, whole) {
            (true, true) => "arrives",
            (true, false) => "arrives as far as its cookie",
            (false, _) => "comes late, and its cookie is taken all the same",
        };
        record!(self, "the answer to request {} {how}", reply.request);
        let here = &mut self.browsers[browser];
        match reply.cookie {
            Cookie::Untouched => {}
            Cookie::Set(ticket) => (here.jar, here.hint) = (Some(ticket), true),
            Cookie::Cleared => (here.jar, here.hint) = (None, false),
        }
        if awaited && whole {
            self.tab_receives(browser, tab, Ok(reply.answer));
        }
    }
}
