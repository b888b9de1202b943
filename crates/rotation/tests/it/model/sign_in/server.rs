//! The steps of the instances: verify the password, look for the key, then commit on the condition that it is not used.
//! Between any two of them anything can happen. They must not decide what a copy means; that is `decide_sign_in`.

use rotation::{SignIn, decide_sign_in};

use super::state::{
    Account, Answer, Call, NOW, Number, POLICY, Person, Session, Stage, State, Way,
};
use super::step::{Next, without_the_unawaited};
use super::story::Event;
use super::world::{Rule, World};

/// What an instance can do with the call at `index`.
pub(crate) fn acts(world: &World, state: &State, index: usize) -> Option<Next> {
    let call = state.calls[index];
    let is_taken = state.tables.account.is_some();
    match (call.stage, call.way) {
        (Stage::Asked, Way::LogIn) => Some(verify(world, state, index, Stage::Verified)),
        (Stage::Asked, Way::Register) if world.rule == Rule::AddressFirst && is_taken => {
            let after = answered(world, state.clone(), index, Answer::EmailTaken);
            Some((Event::FindsTheAddressFirst, after))
        }
        (Stage::Asked, Way::Register) | (Stage::Verified | Stage::NotWritten, _) => {
            Some(look(world, state, index))
        }
        (Stage::Found(number), _) => Some(verify(world, state, index, Stage::Proved(number))),
        (Stage::Proved(number), _) => Some(decide(world, state, index, number)),
        (Stage::Vacant, _) => Some(commit(world, state, index)),
        (Stage::Begun(number), _) => {
            let mut after = state.clone();
            after.tables.used[call.key as usize] = Some(number);
            let after = answered(world, after, index, Answer::Granted(number));
            Some((Event::WritesTheKey { key: call.key }, after))
        }
        (Stage::Answered(_), _) => None,
    }
}

fn verify(world: &World, state: &State, index: usize, then: Stage) -> Next {
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

/// Looks for the key: for the first time, or after a commit that wrote nothing.
fn look(world: &World, state: &State, index: usize) -> Next {
    let call = state.calls[index];
    let again = call.stage == Stage::NotWritten;
    let found = if world.rule == Rule::NoKeys { None } else { state.used(call.key) };
    let after = match (found, call.way) {
        (None, _) if again => answered(world, state.clone(), index, refusal(call.way)),
        (None, _) => at(state, index, Stage::Vacant),
        (Some(number), Way::Register) => at(state, index, Stage::Found(number)),
        (Some(number), Way::LogIn) => at(state, index, Stage::Proved(number)),
    };
    (Event::Looks { by: call.by, key: call.key, found, again }, after)
}

/// One transaction: the key, unless it is used, and with it the session, and the account if it is a registration.
fn commit(world: &World, state: &State, index: usize) -> Next {
    let call = state.calls[index];
    assert_eq!(decide_sign_in(None, NOW, POLICY), SignIn::Begin, "the first of all begins");
    let looks_aside = matches!(world.rule, Rule::NoKeys | Rule::KeyAfterwards | Rule::Unguarded);
    let is_free = state.used(call.key).is_none() || looks_aside;
    let fits = match call.way {
        Way::Register => state.tables.account.is_none(),
        Way::LogIn => knows_the_password(state, call.by),
    };
    if is_free && fits {
        let (after, number) = begin(world, state, &call);
        let event = commits(world, &call, number);
        let after = if world.rule == Rule::KeyAfterwards {
            at(&after, index, Stage::Begun(number))
        } else {
            answered(world, after, index, Answer::Granted(number))
        };
        return (event, after);
    }
    let after = if world.rule == Rule::NoSecondLook {
        answered(world, state.clone(), index, refusal(call.way))
    } else {
        at(state, index, Stage::NotWritten)
    };
    (Event::WritesNothing, after)
}

/// Reads the session that the key has begun, and says what that means.
fn decide(world: &World, state: &State, index: usize, number: Number) -> Next {
    let call = state.calls[index];
    let session = state.session(number);
    let stands = session.is_some_and(|session| !session.ended);
    // A session that is gone is over.
    let meant = session
        .map_or(SignIn::Duplicate, |session| decide_sign_in(Some(&session.family()), NOW, POLICY));
    match (meant, world.rule) {
        (SignIn::Duplicate, Rule::AnotherSession) => {
            let (after, number) = begin(world, state, &call);
            let after = answered(world, after, index, Answer::Granted(number));
            (commits(world, &call, number), after)
        }
        (SignIn::Duplicate, rule) if !(rule == Rule::AlwaysAgain && stands) => {
            (Event::IsDuplicate, answered(world, state.clone(), index, Answer::Duplicate))
        }
        _ => {
            let after = answered(world, state.clone(), index, Answer::Granted(number));
            (Event::AnswersAgain { number }, after)
        }
    }
}

/// A new session, with its key where the rule has it so.
fn begin(world: &World, state: &State, call: &Call) -> (State, Number) {
    let mut after = state.committing(world);
    after.begun += 1;
    let number = after.begun;
    if call.way == Way::Register && after.tables.account.is_none() {
        let account = Account { password: call.by, made_by: Some(call.key) };
        after.tables.account = Some(account);
    }
    if !matches!(world.rule, Rule::NoKeys | Rule::KeyAfterwards) {
        after.tables.used[call.key as usize] = Some(number);
    }
    let (key, whose) = (call.key, call.by);
    after.tables.sessions.push(Session { number, key, whose, generation: 0, ended: false });
    (after, number)
}

fn commits(world: &World, call: &Call, number: Number) -> Event {
    let with_key = !matches!(world.rule, Rule::NoKeys | Rule::KeyAfterwards);
    Event::Commits { way: call.way, number, key: with_key.then_some(call.key) }
}

/// An answer on its way, with what is to be said of it in the books.
fn answered(world: &World, mut after: State, index: usize, answer: Answer) -> State {
    let call = after.calls[index];
    after.calls[index].stage = Stage::Answered(answer);
    match answer {
        Answer::Granted(number) => {
            let whose = after.session(number).map(|session| session.whose);
            after.given_again |= after.presented & (1 << number) != 0;
            after.stolen |= call.by == Person::Other && whose == Some(Person::Client);
        }
        Answer::EmailTaken => {
            let made_by = after.tables.account.and_then(|account| account.made_by);
            after.told_taken |= made_by == Some(call.key);
        }
        Answer::Duplicate | Answer::WrongPassword => {}
    }
    let is_refusal = matches!(answer, Answer::EmailTaken | Answer::WrongPassword);
    after.refused |= is_refusal && call.by == Person::Client && world.other.is_none();
    without_the_unawaited(after)
}

fn at(state: &State, index: usize, stage: Stage) -> State {
    let mut after = state.clone();
    after.calls[index].stage = stage;
    after
}

fn knows_the_password(state: &State, person: Person) -> bool {
    state.tables.account.is_some_and(|account| account.password == person)
}

const fn refusal(way: Way) -> Answer {
    match way {
        Way::Register => Answer::EmailTaken,
        Way::LogIn => Answer::WrongPassword,
    }
}
