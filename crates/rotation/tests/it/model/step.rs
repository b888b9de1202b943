//! The transitions. Each event is one step of one party, and all interleavings are explored. Here are the steps of
//! clients and network, in [`super::server`] the server's.

use super::rules::{Revocation, Row};
use super::server;
use super::state::{Answer, Call, Caller, Jar, Key, Operation, Progress, State, Ticket};
use super::trace::Event;
use super::world::{Loot, Tabs, World};

/// A successor state, and the event that leads to it.
pub(crate) type Next = (Event, State);

/// The initial state: a user has logged in and holds ticket 1.
pub(crate) fn first(world: &World) -> State {
    let ticket = Ticket { generation: 1, sibling: 0 };
    State {
        row: Row::begun(),
        before: None,
        issued: 1,
        next_key: 0,
        browser: Some(Jar { ticket, pending: None, on_disk: ticket }),
        taken_by: None,
        looked: [None; 2],
        calls: Vec::new(),
        thief: None,
        loot: None,
        copied: 0,
        issued_to_owner: 0,
        issued_to_thief: 0,
        owner_presented: false,
        thief_presented: false,
        password_change_was_requested: false,
        password_is_set: false,
        revocation_was_requested: false,
        signed_out: false,
        issued_after_revocation: false,
        copies_left: world.copies,
        rollbacks_left: world.rollbacks,
        lost_cookies_left: world.lost_cookies,
        lost_keys_left: world.lost_keys,
    }
}

/// All successors.
pub(crate) fn step(world: &World, state: &State) -> Vec<Next> {
    let mut next = Vec::new();
    for tab in 0..2 {
        tab_acts(world, state, tab, &mut next);
    }
    for index in 0..state.calls.len() {
        network_acts(world, state, index, &mut next);
        server::acts(world, state, index, &mut next);
    }
    thief_acts(world, state, &mut next);
    accidents(world, state, &mut next);
    next
}

fn tab_acts(world: &World, state: &State, tab: u8, next: &mut Vec<Next>) {
    let Some(jar) = state.browser else { return };
    let free = match world.tabs {
        Tabs::Locked => !(state.waits(0) || state.waits(1)),
        Tabs::ShareAKey | Tabs::Race => !state.waits(tab),
    };
    let room = state.calls.len() < world.calls && jar.ticket.generation <= world.rotations;
    if !free || !room || state.signed_out {
        return;
    }
    match state.looked[usize::from(tab)] {
        None if world.tabs != Tabs::Race || !world.keys => {
            next.push(present(world, state, tab, jar.pending))
        }
        None => {
            let mut after = state.clone();
            after.looked[usize::from(tab)] = Some(jar.pending);
            next.push((Event::Looks { tab, found: jar.pending }, after));
        }
        Some(found) => next.push(present(world, state, tab, found)),
    }
    if world.revocations
        && !state.revocation_was_requested
        && state.looked[usize::from(tab)].is_none()
    {
        let mut after = state.clone();
        after.revocation_was_requested = true;
        after.calls.push(call(Caller::Tab(tab), Operation::Logout, jar.ticket, None));
        next.push((Event::RequestsLogout { tab }, after));
    }
    // A tab finishes the pending attempt before it requests a password change.
    let settled = jar.pending.is_none() && state.looked[usize::from(tab)].is_none();
    if world.password && settled && !state.password_change_was_requested {
        let mut after = state.clone();
        after.password_change_was_requested = true;
        let key = Some(fresh_key(&mut after));
        after.browser = Some(Jar { pending: key, ..jar });
        after.taken_by = (world.tabs == Tabs::ShareAKey).then_some(tab);
        after.calls.push(call(Caller::Tab(tab), Operation::Password, jar.ticket, key));
        next.push((Event::RequestsPasswordChange { tab, key }, after));
    }
}

fn present(world: &World, state: &State, tab: u8, found: Option<Key>) -> Next {
    let mut after = state.clone();
    let key = world.keys.then(|| found.unwrap_or_else(|| fresh_key(&mut after)));
    let jar = after.browser.as_mut().expect("only who is logged in presents a ticket");
    jar.pending = key;
    let ticket = jar.ticket;
    after.looked[usize::from(tab)] = None;
    after.taken_by = (world.tabs == Tabs::ShareAKey).then_some(tab);
    after.calls.push(call(Caller::Tab(tab), Operation::Refresh, ticket, key));
    (Event::Presents { caller: Caller::Tab(tab), ticket, key, again: found.is_some() }, after)
}

fn thief_acts(world: &World, state: &State, next: &mut Vec<Next>) {
    let Some(loot) = world.thief else { return };
    let room = state.calls.len() < world.calls;
    match (state.thief, state.browser) {
        (None, Some(jar)) => {
            let pending = if loot == Loot::JarAndKey { jar.pending } else { None };
            let mut after = state.clone();
            after.thief = Some(Jar { pending, ..jar });
            after.loot = pending;
            after.copied = jar.ticket.generation;
            next.push((Event::Copies { ticket: jar.ticket, key: pending }, after));
        }
        (Some(jar), _) if room && jar.ticket.generation <= world.rotations => {
            if state.calls.iter().any(|call| call.caller == Caller::Thief) {
                return;
            }
            // A retry, or a new attempt; with the stolen key; or without a key.
            let own = |state: &mut State| Some(jar.pending.unwrap_or_else(|| fresh_key(state)));
            let mut after = state.clone();
            let key = own(&mut after);
            if world.keys {
                next.push(thief_presents(after, jar, key));
            }
            if state.loot.is_some() && state.loot != jar.pending {
                next.push(thief_presents(state.clone(), jar, state.loot));
            }
            next.push(thief_presents(state.clone(), jar, None));
        }
        _ => {}
    }
}

fn thief_presents(mut after: State, jar: Jar, key: Option<Key>) -> Next {
    let again = key.is_some() && key == jar.pending;
    after.thief = Some(Jar { pending: key, ..jar });
    after.calls.push(call(Caller::Thief, Operation::Refresh, jar.ticket, key));
    (Event::Presents { caller: Caller::Thief, ticket: jar.ticket, key, again }, after)
}

fn network_acts(world: &World, state: &State, index: usize, next: &mut Vec<Next>) {
    let call = state.calls[index];
    let without = || {
        let mut after = state.clone();
        after.calls.remove(index);
        after
    };
    let answered = matches!(call.progress, Progress::Answered(_));
    next.push((Event::Lost { caller: call.caller, answered }, without()));
    if matches!(call.caller, Caller::Tab(_)) {
        let mut after = state.clone();
        after.calls[index].caller = Caller::GaveUp;
        next.push((Event::GivesUp { caller: call.caller }, drop_useless_calls(world, after)));
    }
    // The thief's requests are not copied: the records could not attribute the copy.
    let copied = call.progress == Progress::Sent && call.caller != Caller::Thief;
    if copied && state.copies_left > 0 && state.calls.len() < world.calls {
        let mut after = state.clone();
        after.copies_left -= 1;
        after.calls.push(Call { caller: Caller::Network, ..call });
        next.push((Event::Copied { caller: call.caller }, after));
    }
    if let Progress::Answered(answer) = call.progress {
        match call.caller {
            Caller::Tab(_) => next.push(tab_receives(world, without(), &call, answer)),
            Caller::Thief => next.push(thief_receives(without(), answer)),
            Caller::GaveUp => {
                if let Answer::Issued(ticket) = answer
                    && state.browser.is_some()
                {
                    let after = cookie_lands(world, without(), ticket);
                    next.push((Event::CookieLandsLate { ticket }, after));
                }
            }
            Caller::Network => {}
        }
    }
}

fn tab_receives(world: &World, mut after: State, call: &Call, answer: Answer) -> Next {
    // Where tabs share a key, the tab that took it last clears it.
    let is_ours = after.taken_by.is_none_or(|tab| call.caller == Caller::Tab(tab));
    let settled = |jar: &mut Jar| {
        if is_ours && jar.pending == call.key {
            jar.pending = None;
        }
    };
    match answer {
        Answer::Issued(ticket) => {
            after = cookie_lands(world, after, ticket);
            after.browser.iter_mut().for_each(settled);
        }
        Answer::Duplicate | Answer::WrongPassword => after.browser.iter_mut().for_each(settled),
        Answer::Refused => {
            after.signed_out = !after.revocation_was_requested && after.thief.is_none()
        }
        Answer::LoggedOut => after.browser = None,
    }
    if answer == Answer::Refused {
        after.browser = None;
    }
    if after.browser.is_none_or(|jar| jar.pending.is_none()) {
        after.taken_by = None;
    }
    (Event::Receives { caller: call.caller, answer }, after)
}

/// A ticket lands in the cookie jar. If it is a later one, each call in flight is late by one more rotation.
fn cookie_lands(world: &World, mut after: State, ticket: Ticket) -> State {
    let mut completed = 0;
    if let Some(jar) = &mut after.browser {
        completed = u8::from(ticket.generation > jar.ticket.generation);
        jar.on_disk = jar.ticket;
        jar.ticket = ticket;
    }
    for call in &mut after.calls {
        call.outlived = call.outlived.saturating_add(completed).min(world.patience());
    }
    drop_useless_calls(world, after)
}

fn thief_receives(mut after: State, answer: Answer) -> Next {
    if let Some(jar) = &mut after.thief {
        jar.pending = None;
        if let Answer::Issued(ticket) = answer {
            jar.ticket = ticket;
        }
    }
    (Event::Receives { caller: Caller::Thief, answer }, after)
}

/// Prunes calls without a waiting caller that can have no further effect, or are later than this world allows.
pub(crate) fn drop_useless_calls(world: &World, mut state: State) -> State {
    state.calls.retain(|call| match (call.caller, call.progress) {
        (Caller::GaveUp, Progress::Answered(Answer::Issued(_))) => {
            world.late_cookies.is_some_and(|most| call.outlived <= most)
        }
        (Caller::GaveUp | Caller::Network, Progress::Answered(_)) => false,
        (Caller::GaveUp | Caller::Network, Progress::Sent | Progress::Read(_)) => {
            call.outlived <= world.late_requests
        }
        // A tab without the lock may wait while another refreshes. It is late within bounds, too.
        (Caller::Tab(_), progress) if world.tabs == Tabs::ShareAKey => match progress {
            Progress::Answered(_) => call.outlived <= world.late_answers,
            Progress::Sent | Progress::Read(_) => call.outlived <= world.late_requests,
        },
        (Caller::Tab(_) | Caller::Thief, _) => true,
    });
    state
}

fn accidents(world: &World, state: &State, next: &mut Vec<Next>) {
    if state.calls.iter().any(|call| call.progress != Progress::Sent) {
        let mut after = state.clone();
        after.calls.retain(|call| call.progress == Progress::Sent);
        next.push((Event::ServerCrashes, after));
    }
    if let Some(before) = state.before {
        if state.rollbacks_left > 0 {
            let mut after = state.clone();
            (after.row, after.before) = (before, None);
            after.rollbacks_left -= 1;
            next.push((Event::DatabaseRollsBack { to: before.generation }, after));
        }
        if world.deep_rollbacks {
            next.push((Event::DatabaseFlushes, State { before: None, ..state.clone() }));
        }
    }
    if let Some(jar) = state.browser {
        browser_crashes(state, jar, next);
    }
    if world.revocations && state.row.revoked.is_none() {
        let mut after = server::revoke(world, state, Revocation::Requested);
        after.revocation_was_requested = true;
        next.push((Event::RevokedElsewhere, after));
    }
    if world.time && !state.row.long_ago && state.row.generation > 0 {
        let mut after = state.clone();
        after.row.long_ago = true;
        next.push((Event::TimePasses, after));
    }
}

/// A crash, or a user who clears site data. No tab waits for an answer after it.
fn browser_crashes(state: &State, jar: Jar, next: &mut Vec<Next>) {
    let with = |jar| {
        let mut after = State { browser: Some(jar), looked: [None; 2], ..state.clone() };
        for call in &mut after.calls {
            if matches!(call.caller, Caller::Tab(_)) {
                call.caller = Caller::GaveUp;
            }
        }
        after
    };
    if state.lost_cookies_left > 0 && jar.on_disk != jar.ticket {
        let mut after = with(Jar { ticket: jar.on_disk, ..jar });
        after.lost_cookies_left -= 1;
        next.push((Event::CookieIsLost { ticket: jar.on_disk }, after));
    }
    if state.lost_keys_left > 0 && jar.pending.is_some() {
        let mut after = with(Jar { pending: None, ..jar });
        after.lost_keys_left -= 1;
        next.push((Event::KeyIsLost, after));
    }
}

fn fresh_key(state: &mut State) -> Key {
    state.next_key += 1;
    state.next_key - 1
}

const fn call(caller: Caller, operation: Operation, ticket: Ticket, key: Option<Key>) -> Call {
    Call { caller, operation, ticket, key, progress: Progress::Sent, outlived: 0 }
}
