//! The server's steps: read the row; then decide, and write conditionally on the row that was read. Any event can
//! happen between the two. What a ticket means: [`super::rules`].

use rotation::Decision;

use super::rules::{Revocation, Row, Rule, decide};
use super::state::{Answer, Call, Caller, Operation, Progress, State, Ticket};
use super::step::{Next, drop_useless_calls};
use super::trace::Event;
use super::world::{World, Writes};

/// More siblings than this make no difference.
const MOST_SIBLINGS: u8 = 3;

/// The server's steps for the call at `index`.
pub(crate) fn acts(world: &World, state: &State, index: usize, next: &mut Vec<Next>) {
    let call = state.calls[index];
    match (call.progress, call.operation) {
        // A logout is one write, without a read before it.
        (Progress::Sent, Operation::Logout) => {
            let mut after = revoke(world, state, Revocation::Requested);
            after.calls[index].progress = Progress::Answered(Answer::LoggedOut);
            let event = Event::Revokes { was_revoked: state.row.revoked.is_some() };
            next.push((event, drop_useless_calls(world, after)));
        }
        (Progress::Sent, Operation::Refresh | Operation::Password) => {
            let mut after = state.clone();
            after.calls[index].progress = Progress::Read(state.row);
            let event = Event::Reads { caller: call.caller, ticket: call.ticket, row: state.row };
            next.push((event, after));
        }
        (Progress::Read(read), Operation::Password) => {
            next.push(act_on_password(world, state, index, read));
        }
        (Progress::Read(read), _) => next.push(act(world, state, index, read)),
        (Progress::Answered(_), _) => {}
    }
}

fn act(world: &World, state: &State, index: usize, read: Row) -> Next {
    let call = state.calls[index];
    let decision = decide(world.rule, &read, call.ticket, call.key);
    let stands = world.writes.allows(&read, &state.row);
    let event = |answer| Event::Acts { caller: call.caller, ticket: call.ticket, decision, answer };
    if matches!(decision, Decision::Accept { .. }) && !stands {
        // The conditional write affected no row: read again, decide again.
        let mut after = state.clone();
        after.calls[index].progress = Progress::Sent;
        return (event(None), after);
    }
    let mut after = state.clone();
    let answer = match decision {
        Decision::Accept { .. } => {
            // Only the latest rotation can be lost, or all since the last flush.
            let oldest = if world.deep_rollbacks { state.before } else { None };
            after.before = oldest.or(Some(state.row));
            after.row = Row { revoked: state.row.revoked, ..read.accepted(call.ticket, call.key) };
            after.issued_after_revocation |= state.row.revoked.is_some();
            if world.writes == Writes::OverRevocations {
                after.row.revoked = read.revoked;
            }
            issue(world, &mut after, &call)
        }
        Decision::AnswerAgain => {
            after.issued_after_revocation |= read.revoked.is_some();
            issue(world, &mut after, &call)
        }
        Decision::Duplicate => Answer::Duplicate,
        Decision::Replay if world.writes == Writes::ReplayRevokesNothing => Answer::Refused,
        Decision::Replay => {
            after = revoke(world, &after, Revocation::Replay);
            Answer::Refused
        }
        Decision::Refuse(_) => Answer::Refused,
    };
    after.calls[index].progress = Progress::Answered(answer);
    if !matches!(decision, Decision::Refuse(_)) {
        note_presented(&mut after, &call);
    }
    (event(Some(answer)), drop_useless_calls(world, after))
}

/// A password change rotates the ticket that its attempt holds, and sets the password in the same durable write.
fn act_on_password(world: &World, state: &State, index: usize, read: Row) -> Next {
    let held = Ticket { generation: read.held_by(state.calls[index].key), sibling: 0 };
    let call = Call { ticket: held, ..state.calls[index] };
    let decision = decide(world.rule, &read, held, call.key);
    let event = |answer| Event::Acts { caller: call.caller, ticket: held, decision, answer };
    let mut after = state.clone();
    let rotates = matches!(decision, Decision::Accept { .. });
    let sets = rotates || (decision == Decision::AnswerAgain && !state.password_is_set);
    if sets && !world.writes.allows(&read, &state.row) {
        after.calls[index].progress = Progress::Sent;
        return (event(None), after);
    }
    if rotates && state.password_is_set {
        // Another attempt has set it.
        after.calls[index].progress = Progress::Answered(Answer::WrongPassword);
        return (event(Some(Answer::WrongPassword)), drop_useless_calls(world, after));
    }
    if sets {
        after.password_is_set = true;
        after.before = None;
        if rotates {
            after.row = Row { revoked: state.row.revoked, ..read.accepted(held, call.key) };
        }
    }
    let answer = match decision {
        Decision::Accept { .. } | Decision::AnswerAgain => issue(world, &mut after, &call),
        Decision::Duplicate => Answer::Duplicate,
        Decision::Replay | Decision::Refuse(_) => Answer::Refused,
    };
    after.calls[index].progress = Progress::Answered(answer);
    if !matches!(decision, Decision::Refuse(_)) {
        note_presented(&mut after, &call);
    }
    (event(Some(answer)), drop_useless_calls(world, after))
}

impl Writes {
    /// Whether a rotation that was decided on `read` is written although the row is now `row`.
    fn allows(self, read: &Row, row: &Row) -> bool {
        let same_generation = read.generation == row.generation;
        match self {
            Self::Guarded | Self::RevocationsNotDurable | Self::ReplayRevokesNothing => {
                same_generation && row.revoked.is_none()
            }
            Self::WithoutGenerationGuard => row.revoked.is_none(),
            Self::WithoutRevocationGuard | Self::OverRevocations => same_generation,
        }
    }
}

/// Issues the next ticket, and records its recipient.
fn issue(world: &World, after: &mut State, call: &Call) -> Answer {
    let generation = call.ticket.generation + 1;
    let mut sibling = 0;
    if world.rule == Rule::Siblings {
        sibling = after.row.successors;
        after.row.successors = (sibling + 1).min(MOST_SIBLINGS);
    }
    after.issued = after.issued.max(generation);
    let books = match call.caller {
        Caller::Thief => &mut after.issued_to_thief,
        Caller::Tab(_) | Caller::GaveUp | Caller::Network => &mut after.issued_to_owner,
    };
    *books |= 1 << generation;
    Answer::Issued(Ticket { generation, sibling })
}

/// After a theft: records who has presented the stolen ticket or a later one. If the pending key was stolen too, the
/// stolen ticket itself is common to both.
fn note_presented(after: &mut State, call: &Call) {
    let common = after.copied + u8::from(after.loot.is_some());
    if after.thief.is_some() && call.ticket.generation >= common {
        match call.caller {
            Caller::Thief => after.thief_presented = true,
            Caller::Tab(_) | Caller::GaveUp | Caller::Network => after.owner_presented = true,
        }
    }
}

/// Revokes the session's row: the first reason stays, and since the write is durable, earlier rotations become
/// durable with it.
pub(crate) fn revoke(world: &World, state: &State, cause: Revocation) -> State {
    let mut after = state.clone();
    if after.row.revoked.is_none() {
        after.before = (world.writes == Writes::RevocationsNotDurable).then_some(state.row);
        after.row.revoked = Some(cause);
    }
    after
}
