//! The steps of the instances: verify the password, look up the idempotency key, then commit on the condition that
//! the key is unused. Any event can happen between two of them. What a copy means: `decide_sign_in`.

use rotation::{Family, SignIn, decide_sign_in};

use super::state::{
    Account, Answer, Call, NOW, Number, Operation, POLICY, Person, Progress, Session, State,
};
use super::step::{Next, drop_unawaited_answers};
use super::trace::Event;
use super::world::{Rule, World};

/// An instance's step for the call at `index`.
pub(crate) fn acts(world: &World, state: &State, index: usize) -> Option<Next> {
    let call = state.calls[index];
    let is_taken = state.tables.account.is_some();
    match (call.progress, call.operation) {
        (Progress::Sent, Operation::LogIn) => Some(verify(world, state, index, Progress::Verified)),
        (Progress::Sent, Operation::Register) if world.rule == Rule::AddressFirst && is_taken => {
            let after = answered(world, state.clone(), index, Answer::EmailTaken);
            Some((Event::FindsTheAddressFirst, after))
        }
        (Progress::Sent, Operation::Register) | (Progress::Verified | Progress::NotWritten, _) => {
            Some(look(world, state, index))
        }
        (Progress::Found(number), _) => Some(verify(world, state, index, Progress::Proved(number))),
        (Progress::Proved(number), _) => Some(decide(world, state, index, number)),
        (Progress::Vacant, _) => Some(commit(world, state, index)),
        (Progress::Begun(number), _) => {
            let mut after = state.clone();
            after.tables.used[call.key as usize] = Some(number);
            let after = answered(world, after, index, Answer::Issued(number));
            Some((Event::WritesTheKey { key: call.key }, after))
        }
        (Progress::Answered(_), _) => None,
    }
}

fn verify(world: &World, state: &State, index: usize, then: Progress) -> Next {
    let call = state.calls[index];
    let by_key = world.rule == Rule::ByKeyAlone && state.used(call.key).is_some();
    let passes = by_key || knows_the_password(state, call.by);
    let after = if passes {
        at(state, index, then)
    } else {
        answered(world, state.clone(), index, Answer::WrongPassword)
    };
    (Event::Verifies { by: call.by, passes }, after)
}

/// Looks up the key: for the first time, or after a commit that wrote no row.
fn look(world: &World, state: &State, index: usize) -> Next {
    let call = state.calls[index];
    let again = call.progress == Progress::NotWritten;
    let found = if world.rule == Rule::NoKeys { None } else { state.used(call.key) };
    let after = match (found, call.operation) {
        (None, _) if again => answered(world, state.clone(), index, refusal(call.operation)),
        (None, _) => at(state, index, Progress::Vacant),
        (Some(number), Operation::Register) => at(state, index, Progress::Found(number)),
        (Some(number), Operation::LogIn) => at(state, index, Progress::Proved(number)),
    };
    (Event::Looks { by: call.by, key: call.key, found, again }, after)
}

/// One transaction: the key, unless it is used, together with the session, and the account for a registration.
fn commit(world: &World, state: &State, index: usize) -> Next {
    let call = state.calls[index];
    let first = decide_sign_in(None::<&Family>, NOW, POLICY);
    assert_eq!(first, SignIn::Begin, "the first of all begins");
    let looks_aside = matches!(world.rule, Rule::NoKeys | Rule::KeyAfterwards | Rule::Unguarded);
    let is_free = state.used(call.key).is_none() || looks_aside;
    let fits = match call.operation {
        Operation::Register => state.tables.account.is_none(),
        Operation::LogIn => knows_the_password(state, call.by),
    };
    if is_free && fits {
        let (after, number) = begin(world, state, &call);
        let event = commits(world, &call, number);
        let after = if world.rule == Rule::KeyAfterwards {
            at(&after, index, Progress::Begun(number))
        } else {
            answered(world, after, index, Answer::Issued(number))
        };
        return (event, after);
    }
    let after = if world.rule == Rule::NoSecondLook {
        answered(world, state.clone(), index, refusal(call.operation))
    } else {
        at(state, index, Progress::NotWritten)
    };
    (Event::WritesNothing, after)
}

/// Reads the key's session and decides what the request means.
fn decide(world: &World, state: &State, index: usize, number: Number) -> Next {
    let call = state.calls[index];
    let session = state.session(number);
    let stands = session.is_some_and(|session| !session.revoked);
    // A session that no longer exists is over.
    let meant = session
        .map_or(SignIn::Duplicate, |session| decide_sign_in(Some(&session.family()), NOW, POLICY));
    match (meant, world.rule) {
        (SignIn::Duplicate, Rule::AnotherSession) => {
            let (after, number) = begin(world, state, &call);
            let after = answered(world, after, index, Answer::Issued(number));
            (commits(world, &call, number), after)
        }
        (SignIn::Duplicate, rule) if !(rule == Rule::AlwaysAgain && stands) => {
            (Event::IsDuplicate, answered(world, state.clone(), index, Answer::Duplicate))
        }
        _ => {
            let after = answered(world, state.clone(), index, Answer::Issued(number));
            (Event::AnswersAgain { number }, after)
        }
    }
}

/// A new session, with its key if the rule commits both together.
fn begin(world: &World, state: &State, call: &Call) -> (State, Number) {
    let mut after = state.committing(world);
    after.begun += 1;
    let number = after.begun;
    if call.operation == Operation::Register && after.tables.account.is_none() {
        let account = Account { password: call.by, made_by: Some(call.key) };
        after.tables.account = Some(account);
    }
    if !matches!(world.rule, Rule::NoKeys | Rule::KeyAfterwards) {
        after.tables.used[call.key as usize] = Some(number);
    }
    let (key, whose) = (call.key, call.by);
    after.tables.sessions.push(Session { number, key, whose, generation: 0, revoked: false });
    (after, number)
}

fn commits(world: &World, call: &Call, number: Number) -> Event {
    let with_key = !matches!(world.rule, Rule::NoKeys | Rule::KeyAfterwards);
    Event::Commits { operation: call.operation, number, key: with_key.then_some(call.key) }
}

/// Sends an answer, and records what it discloses.
fn answered(world: &World, mut after: State, index: usize, answer: Answer) -> State {
    let call = after.calls[index];
    after.calls[index].progress = Progress::Answered(answer);
    match answer {
        Answer::Issued(number) => {
            let whose = after.session(number).map(|session| session.whose);
            after.reissued |= after.presented & (1 << number) != 0;
            after.stolen |= call.by == Person::Other && whose == Some(Person::Client);
        }
        Answer::EmailTaken => {
            let made_by = after.tables.account.and_then(|account| account.made_by);
            after.email_taken_was_answered |= made_by == Some(call.key);
        }
        Answer::Duplicate | Answer::WrongPassword => {}
    }
    let is_refusal = matches!(answer, Answer::EmailTaken | Answer::WrongPassword);
    after.refused |= is_refusal && call.by == Person::Client && world.other.is_none();
    drop_unawaited_answers(after)
}

fn at(state: &State, index: usize, progress: Progress) -> State {
    let mut after = state.clone();
    after.calls[index].progress = progress;
    after
}

fn knows_the_password(state: &State, person: Person) -> bool {
    state.tables.account.is_some_and(|account| account.password == person)
}

const fn refusal(operation: Operation) -> Answer {
    match operation {
        Operation::Register => Answer::EmailTaken,
        Operation::LogIn => Answer::WrongPassword,
    }
}
