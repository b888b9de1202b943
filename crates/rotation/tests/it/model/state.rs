//! The state of a world: the row, the browser, the thief, and the requests and answers in flight.

use super::rules::Row;

/// An attempt key, by number. Only equality matters.
pub(crate) type Key = u8;

/// A refresh token, by number. The sibling is always zero except under the rule with siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket {
    pub(crate) generation: u8,
    pub(crate) sibling: u8,
}

/// The caller of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Caller {
    /// A tab that waits for the answer.
    Tab(u8),
    /// A tab that has stopped waiting. The request may still arrive, and the answer's cookie may still land.
    GaveUp,
    /// A copy of a request, made by the network.
    Network,
    /// The thief.
    Thief,
}

/// The progress of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Progress {
    /// The request is in flight.
    Sent,
    /// The server has read the row and not yet decided.
    Read(Row),
    /// The answer is in flight.
    Answered(Answer),
}

/// The server's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Answer {
    /// 200 with the next ticket.
    Issued(Ticket),
    /// 401 `invalid_grant`.
    Refused,
    /// 409 `duplicate_attempt`.
    Duplicate,
    /// 204: logged out.
    LoggedOut,
    /// 401: the current password is wrong.
    WrongPassword,
}

/// The operation of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operation {
    Refresh,
    Logout,
    /// A password change. It presents no ticket; the one it carries here is ignored.
    Password,
}

/// One call, from its request to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Call {
    pub(crate) caller: Caller,
    pub(crate) operation: Operation,
    pub(crate) ticket: Ticket,
    pub(crate) key: Option<Key>,
    pub(crate) progress: Progress,
    /// How many rotations the browser has completed since this call was sent.
    pub(crate) outlived: u8,
}

/// A holder of a ticket that can refresh: the browser, or the thief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Jar {
    pub(crate) ticket: Ticket,
    /// The key of the attempt that is not answered yet.
    pub(crate) pending: Option<Key>,
    /// The previous ticket, as a crash may leave it on disk.
    pub(crate) on_disk: Ticket,
}

/// A whole state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    pub(crate) row: Row,
    /// The row without the rotations that may still be lost.
    pub(crate) before: Option<Row>,
    /// The highest generation that was ever issued.
    pub(crate) issued: u8,
    pub(crate) next_key: Key,
    /// The browser, shared by its tabs. `None` after logout.
    pub(crate) browser: Option<Jar>,
    /// Where tabs share a key: the tab that took it last.
    pub(crate) taken_by: Option<u8>,
    /// Where look-up and write are two steps: the result of a tab's look-up of the pending key.
    pub(crate) looked: [Option<Option<Key>>; 2],
    pub(crate) calls: Vec<Call>,
    pub(crate) thief: Option<Jar>,
    /// The stolen attempt key, if any.
    pub(crate) loot: Option<Key>,
    /// The stolen generation.
    pub(crate) copied: u8,
    /// The issued generations, as bits.
    pub(crate) issued_to_owner: u16,
    pub(crate) issued_to_thief: u16,
    /// Whether owner and thief have presented a ticket that only one of them should hold.
    pub(crate) owner_presented: bool,
    pub(crate) thief_presented: bool,
    /// Whether a tab has requested a password change, and whether the password is set.
    pub(crate) password_change_was_requested: bool,
    pub(crate) password_is_set: bool,
    /// Whether a party with the right to do so has requested the revocation.
    pub(crate) revocation_was_requested: bool,
    /// A tab was refused for a revoked session without such a request.
    pub(crate) signed_out: bool,
    /// A rotation was written into a revoked session, or answered from a revoked row.
    pub(crate) issued_after_revocation: bool,
    pub(crate) copies_left: u8,
    pub(crate) rollbacks_left: u8,
    pub(crate) lost_cookies_left: u8,
    pub(crate) lost_keys_left: u8,
}

impl State {
    /// Whether a tab of the browser waits for an answer.
    pub(crate) fn waits(&self, tab: u8) -> bool {
        self.calls.iter().any(|call| call.caller == Caller::Tab(tab))
    }

    /// The state under canonical names: keys are numbered in the order of their appearance, calls are sorted, and the
    /// two tabs are interchangeable.
    pub(crate) fn canonical(&self) -> Self {
        let one = self.renamed(false);
        if self.tabs_differ() { one.min(self.renamed(true)) } else { one }
    }

    fn tabs_differ(&self) -> bool {
        let looked = self.looked[0] != self.looked[1];
        looked || self.taken_by.is_some() || self.waits(0) || self.waits(1)
    }

    fn renamed(&self, swap: bool) -> Self {
        let mut state = self.clone();
        if swap {
            state.looked.swap(0, 1);
            state.taken_by = state.taken_by.map(|tab| 1 - tab);
            for call in &mut state.calls {
                if let Caller::Tab(tab) = &mut call.caller {
                    *tab = 1 - *tab;
                }
            }
        }
        // Sorted first by fields other than keys, so that the order of naming is fixed.
        state.calls.sort_by_key(|call| {
            (
                call.caller,
                call.operation,
                call.ticket,
                rank(&call.progress),
                call.outlived,
                call.key,
            )
        });
        let mut names = Names::default();
        state.each_key(|key| *key = names.name(*key));
        state.next_key = names.count;
        state.calls.sort_unstable();
        state
    }

    fn each_key(&mut self, mut rename: impl FnMut(&mut Key)) {
        let row = |row: &mut Row, rename: &mut dyn FnMut(&mut Key)| {
            row.attempt.iter_mut().chain(&mut row.previous).for_each(rename);
        };
        row(&mut self.row, &mut rename);
        if let Some(before) = &mut self.before {
            row(before, &mut rename);
        }
        for jar in self.browser.iter_mut().chain(&mut self.thief) {
            jar.pending.iter_mut().for_each(&mut rename);
        }
        self.loot.iter_mut().for_each(&mut rename);
        self.looked.iter_mut().flatten().flatten().for_each(&mut rename);
        for call in &mut self.calls {
            call.key.iter_mut().for_each(&mut rename);
            if let Progress::Read(read) = &mut call.progress {
                row(read, &mut rename);
            }
        }
    }
}

fn rank(progress: &Progress) -> u8 {
    match progress {
        Progress::Sent => 0,
        Progress::Read(_) => 1,
        Progress::Answered(_) => 2,
    }
}

#[derive(Default)]
struct Names {
    given: [Option<Key>; 32],
    count: Key,
}

impl Names {
    fn name(&mut self, key: Key) -> Key {
        let slot = &mut self.given[usize::from(key)];
        *slot.get_or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }
}
