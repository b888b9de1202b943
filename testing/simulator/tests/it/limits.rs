//! The known limits, each shown by a seed: an invariant is violated without its assumption. An assumption that no
//! seed needs would be an excuse.

use simulator::invariants::Invariant;
use simulator::{Assumption, Experiment, Simulator};

const SEEDS: u64 = 4_000;

/// The first seed that violates `promise` without `assumption`.
fn needed(assumption: Assumption, promise: Invariant) -> Option<u64> {
    let simulator =
        Simulator::with(Experiment { without: Some(assumption), ..Experiment::default() });
    (0..SEEDS).find(|seed| {
        simulator.run(*seed).violation.is_some_and(|violation| violation.invariant == promise)
    })
}

#[test]
fn tabs_that_race_for_a_key_may_sign_their_user_out() {
    let seed = needed(Assumption::TabsShareAKey, Invariant::TheHonestStaySignedIn);
    assert!(seed.is_some(), "two tabs with a key each look like two parties");
}

#[test]
fn an_answer_that_lands_after_another_tabs_rotation_may_sign_its_user_out() {
    let seed = needed(Assumption::AwaitedAnswersAreInTime, Invariant::TheHonestStaySignedIn);
    assert!(seed.is_some(), "the jar holds a ticket that was used with another key");
}

#[test]
fn a_request_delayed_past_two_rotations_may_sign_its_user_out() {
    let seed = needed(Assumption::RequestsAreInTime, Invariant::TheHonestStaySignedIn);
    assert!(seed.is_some(), "only the last two attempts are remembered");
}

#[test]
fn a_set_cookie_applied_late_may_sign_its_user_out() {
    let seed = needed(Assumption::CookiesAreInTime, Invariant::TheHonestStaySignedIn);
    assert!(seed.is_some(), "the jar holds a ticket that was used with another key");
}

#[test]
fn a_copy_that_outlives_a_lost_rotation_may_sign_its_user_out() {
    let seed = needed(Assumption::NoCopyOutlivesALoss, Invariant::TheHonestStaySignedIn);
    assert!(seed.is_some(), "after a gap the attempt before is not known");
}

#[test]
fn a_database_that_loses_a_rotation_may_let_owner_and_thief_in() {
    let seed = needed(Assumption::NothingIsLostAfterATheft, Invariant::NeverDoBothSucceed);
    assert!(seed.is_some(), "what was lost can be accepted again, from the other one");
}

#[test]
fn a_copied_key_is_good_for_more_if_only_the_cookie_arrives() {
    let seed = needed(Assumption::AnswersArriveWhole, Invariant::ACopiedKeySharesOneGeneration);
    assert!(
        seed.is_some(),
        "the client repeats its key with the next ticket, and so does the thief"
    );
}

#[test]
fn a_copy_of_a_sign_in_that_comes_after_a_day_may_begin_a_second_session() {
    let seed = needed(Assumption::KeysAreRemembered, Invariant::OneSessionPerAttempt);
    assert!(seed.is_some(), "the key was forgotten");
}
