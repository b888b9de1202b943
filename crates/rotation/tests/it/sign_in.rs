//! The decision about a retried sign-in, as a table.

use rotation::{Family, Generation, Policy, SignIn, decide_sign_in};
use types::NumericDate;

const POLICY: Policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };
const BEGUN: NumericDate = NumericDate(1_800_000_000);

fn meant(family: &Family, seconds: i64) -> SignIn {
    decide_sign_in(Some(family), BEGUN.plus(seconds), POLICY)
}

#[test]
fn an_attempt_that_has_begun_no_session_begins_one() {
    assert_eq!(decide_sign_in(None::<&Family>, BEGUN, POLICY), SignIn::Begin);
}

#[test]
fn a_copy_is_answered_again_until_ticket_1_is_presented() {
    let family = Family::begun(BEGUN);
    assert_eq!(meant(&family, 0), SignIn::AnswerAgain);
    assert_eq!(meant(&family, 86_400), SignIn::AnswerAgain);
    let refreshed = family.accepted(Generation::FIRST, None, BEGUN);
    assert_eq!(meant(&refreshed, 0), SignIn::Duplicate);
}

#[test]
fn a_copy_of_a_sign_in_whose_session_is_revoked_is_a_duplicate() {
    assert_eq!(meant(&Family::begun(BEGUN).revoked(()), 0), SignIn::Duplicate);
}

#[test]
fn a_copy_of_a_sign_in_whose_session_has_expired_is_a_duplicate() {
    let family = Family::begun(BEGUN);
    assert_eq!(meant(&family, POLICY.idle_seconds - 1), SignIn::AnswerAgain);
    assert_eq!(meant(&family, POLICY.idle_seconds), SignIn::Duplicate);
}
