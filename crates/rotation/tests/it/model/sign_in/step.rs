//! The transitions of a sign-in attempt. Here are the steps of client, network and database, in [`super::server`]
//! those of the instances.

use rotation::{Decision, Generation, decide};

use super::server;
use super::state::{
    Account, Answer, Call, Client, Jar, Key, NOW, Operation, POLICY, Person, Progress, State,
    Status, Tables,
};
use super::trace::Event;
use super::world::{Other, World};

/// A successor state, and the event that leads to it.
pub(crate) type Next = (Event, State);

/// How many requests another person sends.
const OTHERS: u8 = 2;
/// The last ticket that the client presents.
const LAST_TICKET: u8 = 2;

/// The initial state: a form is filled in.
pub(crate) fn first(world: &World) -> State {
    let account = match world.operation {
        Operation::Register => None,
        Operation::LogIn => Some(Account { password: Person::Client, made_by: None }),
    };
    State {
        tables: Tables { account, used: [None; 3], sessions: Vec::new() },
        before: None,
        begun: 0,
        client: Client {
            status: Status::Begins,
            key: Key::A,
            operation: world.operation,
            jar: None,
        },
        calls: Vec::new(),
        requests_left: world.requests,
        others_left: if world.other.is_some() { OTHERS } else { 0 },
        rollbacks_left: world.rollbacks,
        revocation_was_requested: false,
        keys_were_forgotten: false,
        presented: 0,
        email_taken_was_answered: false,
        refused: false,
        reissued: false,
        signed_out: false,
        stolen: false,
    }
}

/// All successors.
pub(crate) fn step(world: &World, state: &State) -> Vec<Next> {
    let mut next = Vec::new();
    client_acts(world, state, &mut next);
    other_acts(world, state, &mut next);
    for (index, call) in state.calls.iter().enumerate() {
        // Equal calls lead to the same states.
        if !state.calls[..index].contains(call) {
            network_acts(state, index, &mut next);
            next.extend(server::acts(world, state, index));
        }
    }
    accidents(world, state, &mut next);
    next
}

fn client_acts(world: &World, state: &State, next: &mut Vec<Next>) {
    let Client { status, key, operation, jar } = state.client;
    if matches!(status, Status::Begins | Status::GaveUp) && state.requests_left > 0 {
        let mut after = state.clone();
        after.requests_left -= 1;
        after.client.status = Status::Waits;
        let by = Person::Client;
        after.calls.push(Call { by, key, operation, progress: Progress::Sent, awaited: true });
        next.push((Event::Sends { operation, key, again: status == Status::GaveUp }, after));
    }
    if status == Status::Waits {
        let mut after = no_longer_waiting(state.clone());
        after.client.status = Status::GaveUp;
        next.push((Event::GivesUp, after));
    }
    // Once it has given up, another tab may find the cookie.
    if let (Status::SignedIn | Status::GaveUp, Some(jar)) = (status, jar)
        && jar.ticket <= LAST_TICKET
    {
        next.push(refresh(world, state, jar));
    }
}

/// A refresh, in one step: the rotation model explores its interleavings.
fn refresh(world: &World, state: &State, jar: Jar) -> Next {
    let presented = Generation(jar.ticket.into());
    let session = state.session(jar.session);
    let decision = session.map(|it| decide(&it.family(), presented, None, NOW, POLICY));
    if let Some(Decision::Accept { .. }) = decision {
        let mut after = state.committing(world);
        after.presented |= 1 << jar.session;
        after.client.jar = Some(Jar { ticket: jar.ticket + 1, ..jar });
        let row = after.session_mut(jar.session).expect("it was read");
        row.generation = jar.ticket;
        return (Event::Refreshes { jar }, after);
    }
    let is_replay = decision == Some(Decision::Replay);
    let mut after = state.clone();
    after.signed_out |= !was_revoked(state, jar.session);
    after.client = Client { status: Status::Over, jar: None, ..state.client };
    if let Some(row) = after.session_mut(jar.session).filter(|_| is_replay) {
        row.revoked = true;
    }
    (Event::RefreshIsRefused { jar, is_replay }, after)
}

/// Whether a session was revoked by request.
fn was_revoked(state: &State, number: u8) -> bool {
    state.revocation_was_requested && state.session(number).is_some_and(|session| session.revoked)
}

fn other_acts(world: &World, state: &State, next: &mut Vec<Next>) {
    let Some(other) = world.other.filter(|_| state.others_left > 0) else { return };
    let (key, operation) = match other {
        Other::Registers => (Key::C, Operation::Register),
        Other::HasTheKey => (Key::A, world.operation),
    };
    let mut after = state.clone();
    after.others_left -= 1;
    let by = Person::Other;
    after.calls.push(Call { by, key, operation, progress: Progress::Sent, awaited: false });
    next.push((Event::OtherSends { other, key }, after));
}

fn network_acts(state: &State, index: usize, next: &mut Vec<Next>) {
    let call = state.calls[index];
    let without = || {
        let mut after = state.clone();
        after.calls.remove(index);
        after
    };
    next.push((Event::Lost { progress: call.progress }, without()));
    let can_be_copied = call.progress == Progress::Sent && call.by == Person::Client;
    if can_be_copied && state.requests_left > 0 {
        let mut after = state.clone();
        after.requests_left -= 1;
        after.calls.push(call);
        next.push((Event::Copied, after));
    }
    if let Progress::Answered(answer) = call.progress {
        next.push(client_receives(without(), answer));
        if let Answer::Issued(session) = answer {
            // The connection breaks after the headers.
            let mut after = no_longer_waiting(without());
            after.client.status = Status::GaveUp;
            after.client.jar = Some(Jar { session, ticket: 1 });
            next.push((Event::ReceivesTheCookieAlone { number: session }, after));
        }
    }
}

fn client_receives(before: State, answer: Answer) -> Next {
    let mut after = no_longer_waiting(before);
    let Client { key, jar, .. } = after.client;
    match answer {
        Answer::Issued(session) => {
            let stands = after.session(session).is_some_and(|session| !session.revoked);
            after.signed_out |= !stands && !was_revoked(&after, session);
            after.client.jar = Some(Jar { session, ticket: 1 });
            after.client.status = Status::SignedIn;
        }
        // The cookie had arrived: the session continues with it.
        Answer::Duplicate if jar.is_some() => after.client.status = Status::SignedIn,
        Answer::Duplicate => {
            let mut sessions = after.tables.sessions.iter();
            let turned_away = sessions.any(|session| session.key == key && !session.revoked);
            after.signed_out |= turned_away;
            after.client = match key {
                Key::A => {
                    Client { status: Status::Begins, key: Key::B, operation: Operation::LogIn, jar }
                }
                Key::B | Key::C => Client { status: Status::Over, ..after.client },
            };
        }
        Answer::EmailTaken | Answer::WrongPassword => after.client.status = Status::Over,
    }
    (Event::Receives { answer }, after)
}

/// Discards the answers to earlier requests: the client has one, or has stopped waiting.
fn no_longer_waiting(mut state: State) -> State {
    for call in &mut state.calls {
        call.awaited = false;
    }
    drop_unawaited_answers(state)
}

/// Drops answers that reach no client.
pub(crate) fn drop_unawaited_answers(mut state: State) -> State {
    state.calls.retain(|call| call.awaited || !matches!(call.progress, Progress::Answered(_)));
    state
}

fn accidents(world: &World, state: &State, next: &mut Vec<Next>) {
    if world.revocations && !state.revocation_was_requested {
        for session in state.tables.sessions.iter().filter(|session| !session.revoked) {
            let mut after = state.clone();
            after.revocation_was_requested = true;
            // A revocation is durable, and makes earlier commits durable with it.
            after.before = None;
            let row = after.session_mut(session.number).expect("it was found");
            row.revoked = true;
            next.push((Event::RevokedElsewhere { number: session.number }, after));
        }
    }
    if let Some(before) = state.before.clone().filter(|_| state.rollbacks_left > 0) {
        let mut after = State { tables: before, before: None, ..state.clone() };
        after.rollbacks_left -= 1;
        next.push((Event::DatabaseRollsBack, after));
    }
    let are_used = state.tables.used.iter().any(Option::is_some);
    if world.forgets && are_used && !state.keys_were_forgotten {
        let mut after = state.clone();
        after.keys_were_forgotten = true;
        after.tables.used = [None; 3];
        next.push((Event::KeysAreForgotten, after));
    }
}
