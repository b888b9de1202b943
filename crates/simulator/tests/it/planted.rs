//! A simulation that finds nothing proves nothing: each of these faults is planted in the store or the
//! client, and one of the first thousand seeds must find it, by the promise it breaks.

use simulator::invariants::Invariant;
use simulator::{Bug, Simulator};

const SEEDS: u64 = 1_000;

/// The promises that the first thousand seeds see broken, and the first seed that sees one.
fn broken_by(bug: Bug) -> (Vec<Invariant>, Option<u64>) {
    let simulator = Simulator::new(Some(bug));
    let mut broken = Vec::new();
    let mut first = None;
    for seed in 0..SEEDS {
        if let Some(violation) = simulator.run(seed).violation {
            first = first.or(Some(seed));
            if !broken.contains(&violation.invariant) {
                broken.push(violation.invariant);
            }
        }
    }
    (broken, first)
}

#[test]
fn a_rotation_without_the_generation_guard_is_found() {
    let (broken, first) = broken_by(Bug::AcceptWithoutGuard);
    eprintln!("first seed {first:?}: {broken:?}");
    assert!(broken.contains(&Invariant::OneAttemptPerGeneration), "{broken:?}");
}

#[test]
fn a_rotation_that_overwrites_a_revocation_is_found() {
    let (broken, first) = broken_by(Bug::AcceptRevives);
    eprintln!("first seed {first:?}: {broken:?}");
    assert!(broken.contains(&Invariant::AnEndIsFinal), "{broken:?}");
}

#[test]
fn a_revocation_that_a_failover_forgets_is_found() {
    let (broken, first) = broken_by(Bug::RevocationForgotten);
    eprintln!("first seed {first:?}: {broken:?}");
    assert!(broken.contains(&Invariant::AnEndIsFinal), "{broken:?}");
}

#[test]
fn a_grace_period_is_found() {
    let (broken, first) = broken_by(Bug::Grace);
    eprintln!("first seed {first:?}: {broken:?}");
    assert!(broken.contains(&Invariant::NeverDoBothSucceed), "{broken:?}");
}

#[test]
fn a_client_that_drops_its_key_is_found() {
    let (broken, first) = broken_by(Bug::KeyDropped);
    eprintln!("first seed {first:?}: {broken:?}");
    assert!(broken.contains(&Invariant::TheHonestStaySignedIn), "{broken:?}");
}
