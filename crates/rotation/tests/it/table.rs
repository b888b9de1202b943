//! The decision as a table, to be read beside `docs/design/rotation.md`.

use rotation::{Attempt, Decision, Family, Generation, Policy, Refusal, Standing, decide};
use types::NumericDate;

const POLICY: Policy = Policy { idle_seconds: 1_000, absolute_seconds: 5_000 };
const BEGUN: NumericDate = NumericDate(10_000);
const ACCEPTED: NumericDate = NumericDate(12_000);

const REPLAY: Decision = Decision::Replay;
const AGAIN: Decision = Decision::AnswerAgain;
const DUPLICATE: Decision = Decision::Duplicate;

fn accept(generation: u32) -> Decision {
    Decision::Accept { generation: Generation(generation) }
}

fn attempt(name: &str) -> Attempt {
    Attempt::parse(&format!("attempt-key-of-{name}")).expect("a key")
}

/// A family whose generation `g` was accepted with attempt `a`, the one before with `p`.
fn family(g: u32, a: Option<&str>, p: Option<&str>) -> Family {
    Family {
        generation: Generation(g),
        attempt: a.map(attempt),
        previous_attempt: p.map(attempt),
        accepted_at: ACCEPTED,
        created_at: BEGUN,
        standing: Standing::Live,
    }
}

#[test]
fn the_decision_table() {
    let (a, p, k) = (Some("a"), Some("p"), Some("k"));
    #[rustfmt::skip]
    let table = [
        //  row: g  a     p       presented: n  key     decision       why
        (family(0, None, None),              1, None,   accept(1),     "the first use of the ticket that sign-in issued"),
        (family(0, None, None),              1, k,      accept(1),     "the same with a key"),
        (family(5, a,    p   ),              6, k,      accept(6),     "the next ticket"),
        (family(5, a,    p   ),              6, None,   accept(6),     "the next ticket, from a plain client"),
        (family(5, a,    p   ),              6, a,      accept(6),     "an old key with a new ticket proves nothing and harms nothing"),
        (family(5, a,    p   ),              7, k,      accept(7),     "the database lost a write: recovered"),
        (family(5, a,    p   ),             99, None,   accept(99),    "the database lost many writes: recovered"),

        (family(5, a,    p   ),              5, a,      AGAIN,         "the same client asks again"),
        (family(1, a,    None),              1, a,      AGAIN,         "the same, for the first ticket"),
        (family(5, a,    None),              5, a,      AGAIN,         "the same, after a recovery"),

        (family(5, a,    p   ),              4, p,      DUPLICATE,     "a late copy of a request already answered"),

        (family(5, a,    p   ),              5, k,      REPLAY,        "same ticket, another key: two parties"),
        (family(5, a,    p   ),              5, None,   REPLAY,        "same ticket, no key"),
        (family(5, a,    p   ),              5, p,      REPLAY,        "same ticket, the key of the attempt before"),
        (family(5, None, p   ),              5, k,      REPLAY,        "accepted without a key: no second use can be proved"),
        (family(5, None, p   ),              5, None,   REPLAY,        "absent is not equal to absent"),
        (family(5, a,    p   ),              4, a,      REPLAY,        "the ticket before with today's key"),
        (family(5, a,    p   ),              4, k,      REPLAY,        "the ticket before with another key"),
        (family(5, a,    p   ),              4, None,   REPLAY,        "the ticket before without a key"),
        (family(5, a,    None),              4, p,      REPLAY,        "the ticket before, whose attempt is not known"),
        (family(5, a,    None),              4, None,   REPLAY,        "absent is not equal to absent, one generation back"),
        (family(5, a,    p   ),              3, p,      REPLAY,        "two generations back, whatever the key"),
        (family(5, a,    p   ),              3, a,      REPLAY,        "two generations back, today's key"),
        (family(5, a,    p   ),              1, None,   REPLAY,        "long ago"),

        (family(5, a,    p   ),       u32::MAX, k,      Decision::Refuse(Refusal::Expired), "the last number has no successor"),
        (family(5, a,    p   ),   u32::MAX - 1, k,      accept(u32::MAX - 1),               "the last but one has"),
    ];
    for (row, presented, key, expected, why) in table {
        let key = key.map(attempt);
        let decision = decide(&row, Generation(presented), key.as_ref(), ACCEPTED, POLICY);
        assert_eq!(decision, expected, "{why}");
    }
}

#[test]
fn a_revoked_family_refuses_everything() {
    let row = family(5, Some("a"), Some("p")).revoked(());
    for (presented, key) in [(6, "k"), (5, "a"), (5, "k"), (4, "p"), (1, "k")] {
        let decision = decide(&row, Generation(presented), Some(&attempt(key)), ACCEPTED, POLICY);
        assert_eq!(decision, Decision::Refuse(Refusal::Revoked));
        // Revocation takes precedence over expiry.
        let decision =
            decide(&row, Generation(presented), Some(&attempt(key)), ACCEPTED.plus(9_999), POLICY);
        assert_eq!(decision, Decision::Refuse(Refusal::Revoked));
    }
}

#[test]
fn a_revocation_and_its_first_reason_stand() {
    let row = Family::begun(BEGUN).revoked("replay");
    assert_eq!(row.standing, Standing::Revoked("replay"));
    assert_eq!(row.revoked("logout"), row);
    let late = row.accepted(Generation::FIRST, None, ACCEPTED);
    assert_eq!((late.generation, late.standing), (Generation::FIRST, row.standing));
}

#[test]
fn expiry_holds_from_its_first_second_on() {
    let row = family(5, Some("a"), Some("p"));
    let at = |now| decide(&row, Generation(6), None, now, POLICY);
    assert_eq!(at(ACCEPTED.plus(999)), accept(6));
    assert_eq!(at(ACCEPTED.plus(1_000)), Decision::Refuse(Refusal::Expired));

    let busy = Family { accepted_at: BEGUN.plus(4_900), ..row };
    let at = |now| decide(&busy, Generation(6), None, now, POLICY);
    assert_eq!(at(BEGUN.plus(4_999)), accept(6));
    assert_eq!(at(BEGUN.plus(5_000)), Decision::Refuse(Refusal::Expired));
}

#[test]
fn an_expired_family_does_not_even_answer_again_or_see_a_replay() {
    let row = family(5, Some("a"), Some("p"));
    for (presented, key) in [(5, "a"), (5, "k"), (4, "p"), (1, "k")] {
        let decision =
            decide(&row, Generation(presented), Some(&attempt(key)), ACCEPTED.plus(1_000), POLICY);
        assert_eq!(decision, Decision::Refuse(Refusal::Expired));
    }
}

#[test]
fn a_clock_that_went_back_signs_no_user_out() {
    let row = family(5, Some("a"), Some("p"));
    let decision = decide(&row, Generation(6), None, BEGUN.plus(-3_600), POLICY);
    assert_eq!(decision, accept(6));
}

#[test]
fn accepting_remembers_the_attempt_before_only_without_a_gap() {
    let row = family(5, Some("a"), Some("p"));
    let next = row.accepted(Generation(6), Some(attempt("k")), ACCEPTED.plus(7));
    let expected = Family { accepted_at: ACCEPTED.plus(7), ..family(6, Some("k"), Some("a")) };
    assert_eq!(next, expected);

    let recovered = row.accepted(Generation(8), Some(attempt("k")), ACCEPTED.plus(7));
    let expected = Family { accepted_at: ACCEPTED.plus(7), ..family(8, Some("k"), None) };
    assert_eq!(recovered, expected);
}

/// A rotation without a ticket: the caller has authenticated by password.
#[test]
fn the_table_of_what_is_held_by_whom_presents_nothing() {
    let (a, p, k) = (Some("a"), Some("p"), Some("k"));
    #[rustfmt::skip]
    let table = [
        //  row: g  a     p       key     held  decision       why
        (family(0, None, None),   k,      1,    accept(1),     "no refresh yet"),
        (family(5, a,    p   ),   k,      6,    accept(6),     "a new attempt holds the next ticket"),
        (family(5, a,    p   ),   None,   6,    accept(6),     "the same, from a plain client"),
        (family(5, None, None),   None,   6,    accept(6),     "absent is not equal to absent"),
        (family(5, a,    p   ),   a,      5,    AGAIN,         "this attempt was answered, by a refresh or by itself"),
        (family(5, a,    p   ),   p,      4,    DUPLICATE,     "this attempt was answered, and another one after it"),
    ];
    for (family, key, held, decision, why) in table {
        let key = key.map(attempt);
        let generation = family.held_by(key.as_ref());
        assert_eq!(generation, Generation(held), "{why}");
        assert_eq!(decide(&family, generation, key.as_ref(), ACCEPTED, POLICY), decision, "{why}");
    }
    let last = family(u32::MAX, a, p);
    let key = attempt("k");
    let held = last.held_by(Some(&key));
    let decision = decide(&last, held, Some(&key), ACCEPTED, POLICY);
    assert_eq!(decision, Decision::Refuse(Refusal::Expired), "there is no ticket after the last");
}
