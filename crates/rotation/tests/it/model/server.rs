//! The server's steps: read the row; then decide and write, guarded by what was read. Between the two
//! anything can happen. It must not know what a ticket means; that is [`super::rules`].

use rotation::Decision;

use super::rules::{End, Row, Rule, decide};
use super::state::{Answer, Ask, Call, Caller, Stage, State, Ticket};
use super::step::{Next, forget_the_useless};
use super::story::Event;
use super::world::{World, Writes};

/// More than this change nothing any more.
const MOST_SIBLINGS: u8 = 3;

/// What the server can do with the call at `index`.
pub(crate) fn acts(world: &World, state: &State, index: usize, next: &mut Vec<Next>) {
    let call = state.calls[index];
    match (call.stage, call.ask) {
        // Logging out is one write; it reads nothing first.
        (Stage::Asked, Ask::Logout) => {
            let mut after = end(world, state, End::Asked);
            after.calls[index].stage = Stage::Answered(Answer::LoggedOut);
            let event = Event::Ends { had_ended: state.row.ended.is_some() };
            next.push((event, forget_the_useless(world, after)));
        }
        (Stage::Asked, Ask::Refresh | Ask::Password) => {
            let mut after = state.clone();
            after.calls[index].stage = Stage::Read(state.row);
            let event = Event::Reads { caller: call.caller, ticket: call.ticket, row: state.row };
            next.push((event, after));
        }
        (Stage::Read(read), Ask::Password) => {
            next.push(act_on_password(world, state, index, read));
        }
        (Stage::Read(read), _) => next.push(act(world, state, index, read)),
        (Stage::Answered(_), _) => {}
    }
}

fn act(world: &World, state: &State, index: usize, read: Row) -> Next {
    let call = state.calls[index];
    let decision = decide(world.rule, &read, call.ticket, call.key);
    let stands = world.writes.lets_through(&read, &state.row);
    let event = |answer| Event::Acts { caller: call.caller, ticket: call.ticket, decision, answer };
    if matches!(decision, Decision::Accept { .. }) && !stands {
        // Zero rows affected: read again, decide again.
        let mut after = state.clone();
        after.calls[index].stage = Stage::Asked;
        return (event(None), after);
    }
    let mut after = state.clone();
    let answer = match decision {
        Decision::Accept { .. } => {
            // Only the latest rotation can be lost, or all since the last flush.
            let oldest = if world.deep_rollbacks { state.before } else { None };
            after.before = oldest.or(Some(state.row));
            after.row = Row { ended: state.row.ended, ..read.accepted(call.ticket, call.key) };
            after.granted_after_end |= state.row.ended.is_some();
            if world.writes == Writes::OverEnds {
                after.row.ended = read.ended;
            }
            grant(world, &mut after, &call)
        }
        Decision::AnswerAgain => {
            after.granted_after_end |= read.ended.is_some();
            grant(world, &mut after, &call)
        }
        Decision::Duplicate => Answer::Duplicate,
        Decision::Replay if world.writes == Writes::ReplayEndsNothing => Answer::Refused,
        Decision::Replay => {
            after = end(world, &after, End::Replay);
            Answer::Refused
        }
        Decision::Refuse(_) => Answer::Refused,
    };
    after.calls[index].stage = Stage::Answered(answer);
    if !matches!(decision, Decision::Refuse(_)) {
        note_presented(&mut after, &call);
    }
    (event(Some(answer)), forget_the_useless(world, after))
}

/// A password change is a rotation of the ticket that its attempt holds, with the password in the same
/// write, which is durable.
fn act_on_password(world: &World, state: &State, index: usize, read: Row) -> Next {
    let held = Ticket { generation: read.held_by(state.calls[index].key), sibling: 0 };
    let call = Call { ticket: held, ..state.calls[index] };
    let decision = decide(world.rule, &read, held, call.key);
    let event = |answer| Event::Acts { caller: call.caller, ticket: held, decision, answer };
    let mut after = state.clone();
    let rotates = matches!(decision, Decision::Accept { .. });
    let sets = rotates || (decision == Decision::AnswerAgain && !state.password_is_set);
    if sets && !world.writes.lets_through(&read, &state.row) {
        after.calls[index].stage = Stage::Asked;
        return (event(None), after);
    }
    if rotates && state.password_is_set {
        // Somebody has set it, and it was not this attempt.
        after.calls[index].stage = Stage::Answered(Answer::WrongPassword);
        return (event(Some(Answer::WrongPassword)), forget_the_useless(world, after));
    }
    if sets {
        after.password_is_set = true;
        after.before = None;
        if rotates {
            after.row = Row { ended: state.row.ended, ..read.accepted(held, call.key) };
        }
    }
    let answer = match decision {
        Decision::Accept { .. } | Decision::AnswerAgain => grant(world, &mut after, &call),
        Decision::Duplicate => Answer::Duplicate,
        Decision::Replay | Decision::Refuse(_) => Answer::Refused,
    };
    after.calls[index].stage = Stage::Answered(answer);
    if !matches!(decision, Decision::Refuse(_)) {
        note_presented(&mut after, &call);
    }
    (event(Some(answer)), forget_the_useless(world, after))
}

impl Writes {
    /// Whether a rotation that was decided on `read` is written although the row is now `row`.
    fn lets_through(self, read: &Row, row: &Row) -> bool {
        let same_generation = read.generation == row.generation;
        match self {
            Self::Guarded | Self::EndsNotDurable | Self::ReplayEndsNothing => {
                same_generation && row.ended.is_none()
            }
            Self::WithoutGenerationGuard => row.ended.is_none(),
            Self::WithoutEndGuard | Self::OverEnds => same_generation,
        }
    }
}

/// The next ticket, noted in the books of whoever gets it.
fn grant(world: &World, after: &mut State, call: &Call) -> Answer {
    let generation = call.ticket.generation + 1;
    let mut sibling = 0;
    if world.rule == Rule::Siblings {
        sibling = after.row.successors;
        after.row.successors = (sibling + 1).min(MOST_SIBLINGS);
    }
    after.issued = after.issued.max(generation);
    let books = match call.caller {
        Caller::Thief => &mut after.granted_to_thief,
        Caller::Tab(_) | Caller::GaveUp | Caller::Network => &mut after.granted_to_owner,
    };
    *books |= 1 << generation;
    Answer::Granted(Ticket { generation, sibling })
}

/// After a copy was made: who has presented the copied ticket or a later one. With the pending key the
/// copied ticket itself is common to both.
fn note_presented(after: &mut State, call: &Call) {
    let common = after.copied + u8::from(after.loot.is_some());
    if after.thief.is_some() && call.ticket.generation >= common {
        match call.caller {
            Caller::Thief => after.thief_presented = true,
            Caller::Tab(_) | Caller::GaveUp | Caller::Network => after.owner_presented = true,
        }
    }
}

/// The row once its session has ended: the first cause stands, and what is durable takes earlier
/// rotations with it to the disk.
pub(crate) fn end(world: &World, state: &State, cause: End) -> State {
    let mut after = state.clone();
    if after.row.ended.is_none() {
        after.before = (world.writes == Writes::EndsNotDurable).then_some(state.row);
        after.row.ended = Some(cause);
    }
    after
}
