//! Properties of every path through the protocol: any ticket with any attempt key, at any time, with revocation and
//! expiry.

use proptest::prelude::*;
use rotation::{Attempt, Decision, Family, Generation, Policy, RefreshKey, Seed, Ticket, decide};
use types::{NumericDate, SessionId};

const POLICY: Policy = Policy { idle_seconds: 50, absolute_seconds: 300 };

/// One event in the life of a family.
#[derive(Debug, Clone)]
enum Event {
    Present { generation: u32, attempt: Option<u8> },
    Revoke,
    TimePasses(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (1..12_u32, prop::option::of(0..4_u8)).prop_map(|(generation, attempt)| Event::Present { generation, attempt }),
        1 => Just(Event::Revoke),
        2 => (-20..60_i64).prop_map(Event::TimePasses),
    ]
}

fn attempt(number: u8) -> Attempt {
    Attempt::parse(&format!("the-attempt-key-{number}")).expect("a key")
}

/// A minimal server: it executes each decision.
fn apply(
    family: &Family,
    decision: Decision,
    attempt: Option<&Attempt>,
    now: NumericDate,
) -> Family {
    match decision {
        Decision::Accept { generation } => family.accepted(generation, attempt.cloned(), now),
        Decision::Replay => family.revoked(()),
        Decision::AnswerAgain | Decision::Duplicate | Decision::Refuse(_) => family.clone(),
    }
}

/// Runs the events, and calls `check` for each presented ticket with the states before and after.
fn run(
    events: &[Event],
    mut check: impl FnMut(&Family, Generation, Option<&Attempt>, Decision, &Family),
) {
    let mut now = NumericDate(1_000);
    let mut family = Family::begun(now);
    for event in events {
        match event {
            Event::TimePasses(seconds) => now = now.plus(*seconds),
            Event::Revoke => family = family.revoked(()),
            Event::Present { generation, attempt: number } => {
                let (generation, key) = (Generation(*generation), number.map(attempt));
                let decision = decide(&family, generation, key.as_ref(), now, POLICY);
                let after = apply(&family, decision, key.as_ref(), now);
                check(&family, generation, key.as_ref(), decision, &after);
                family = after;
            }
        }
    }
}

/// The generation that a decision issues, if any.
fn issued(before: &Family, decision: Decision) -> Option<Generation> {
    match decision {
        Decision::Accept { generation } => generation.successor(),
        Decision::AnswerAgain => before.generation.successor(),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generations_never_go_back(events in prop::collection::vec(event(), 0..40)) {
        run(&events, |before, _, _, decision, after| {
            assert!(after.generation >= before.generation);
            if matches!(decision, Decision::Accept { .. }) {
                assert!(after.generation > before.generation);
            }
        });
    }

    #[test]
    fn a_revoked_family_stays_revoked(events in prop::collection::vec(event(), 0..40)) {
        run(&events, |before, _, _, decision, after| {
            if !before.is_live() {
                assert_eq!(issued(before, decision), None);
                assert_eq!(after, before);
            }
        });
    }

    #[test]
    fn a_refused_call_changes_nothing(events in prop::collection::vec(event(), 0..40)) {
        run(&events, |before, _, _, decision, after| match decision {
            Decision::Refuse(_) | Decision::Duplicate | Decision::AnswerAgain => assert_eq!(after, before),
            Decision::Accept { .. } => assert!(after.is_live()),
            Decision::Replay => assert!(!after.is_live()),
        });
    }

    #[test]
    fn the_same_attempt_is_answered_with_the_same_ticket(events in prop::collection::vec(event(), 0..40)) {
        let (key, seed, session) = (RefreshKey::from_bytes([1; 32]), Seed::from_bytes([2; 32]), SessionId::from_bytes([3; 16]));
        let answer = |generation| Ticket::issue(&key, &seed, session, generation).encode();
        run(&events, |before, presented, attempt, decision, after| {
            let Some(first) = issued(before, decision) else { return };
            assert_eq!(Some(first), presented.successor(), "a ticket is answered with its own successor");
            if attempt.is_some() {
                let again = decide(after, presented, attempt, after.accepted_at, POLICY);
                assert_eq!(again, Decision::AnswerAgain);
                assert_eq!(issued(after, again).map(answer), Some(answer(first)));
            }
        });
    }

    #[test]
    fn one_ticket_never_serves_two_attempts(events in prop::collection::vec(event(), 0..40)) {
        run(&events, |_, presented, attempt, decision, after| {
            if matches!(decision, Decision::Accept { .. } | Decision::AnswerAgain) {
                for other in (4..8).map(self::attempt).map(Some).chain([None]) {
                    if other.as_ref() != attempt || attempt.is_none() {
                        let second = decide(after, presented, other.as_ref(), after.accepted_at, POLICY);
                        assert_eq!(second, Decision::Replay);
                    }
                }
            }
        });
    }

    #[test]
    fn no_ticket_is_issued_past_the_absolute_limit(events in prop::collection::vec(event(), 0..60), late in 300..9_999_i64) {
        run(&events, |_, presented, attempt, _, after| {
            let decision = decide(after, presented, attempt, after.created_at.plus(late), POLICY);
            assert_eq!(issued(after, decision), None);
        });
    }

    #[test]
    fn anything_but_a_ticket_is_refused_without_a_panic(text in ".{0,90}") {
        let _ = rotation::UnverifiedTicket::parse(&text);
        let _ = Attempt::parse(&text);
    }
}
