//! Mutation tests of the simulation: each of these bugs is planted in the store, an instance or the client, and one
//! of the first thousand seeds must violate the invariant that it breaks.

use simulator::invariants::Invariant;
use simulator::{Bug, Experiment, Simulator};

const SEEDS: u64 = 1_000;

/// The first seed in which `bug` violates `promise`.
fn found(bug: Bug, promise: Invariant) -> Option<u64> {
    let simulator = Simulator::with(Experiment { bug: Some(bug), ..Experiment::default() });
    (0..SEEDS).find(|seed| {
        simulator.run(*seed).violation.is_some_and(|violation| violation.invariant == promise)
    })
}

#[test]
fn a_rotation_without_the_generation_guard_is_found() {
    let seed = found(Bug::AcceptWithoutGuard, Invariant::OneAttemptPerGeneration);
    assert!(seed.is_some(), "read-then-write gives a generation to two attempts");
    let seed = found(Bug::AcceptWithoutGuard, Invariant::GenerationsNeverGoBack);
    assert!(seed.is_some(), "read-then-write puts an older generation over a newer one");
}

#[test]
fn a_rotation_that_overwrites_a_revocation_is_found() {
    let seed = found(Bug::AcceptRevives, Invariant::RevocationIsFinal);
    assert!(seed.is_some(), "a late write makes a revoked session active");
}

#[test]
fn a_revocation_that_a_failover_forgets_is_found() {
    let seed = found(Bug::RevocationForgotten, Invariant::RevocationIsFinal);
    assert!(seed.is_some(), "a revocation that was answered before it was durable is lost");
}

#[test]
fn a_password_change_that_leaves_other_sessions_alone_is_found() {
    let seed = found(Bug::OthersStay, Invariant::APasswordChangeRevokesTheOthers);
    assert!(seed.is_some(), "a session from before the password change is active");
}

#[test]
fn a_grace_period_is_found() {
    let seed = found(Bug::Grace, Invariant::NeverDoBothSucceed);
    assert!(seed.is_some(), "within the grace the thief is answered as well as the owner");
    let seed = found(Bug::Grace, Invariant::OneAttemptPerGeneration);
    assert!(seed.is_some(), "within the grace a generation goes to two attempts");
}

#[test]
fn a_client_that_drops_its_key_is_found() {
    let seed = found(Bug::KeyDropped, Invariant::TheHonestStaySignedIn);
    assert!(seed.is_some(), "without its key a retry looks like a theft");
}

#[test]
fn a_sign_in_that_is_committed_without_its_key_is_found() {
    let seed = found(Bug::KeyNotStored, Invariant::OneSessionPerAttempt);
    assert!(seed.is_some(), "a copy begins another session");
    let seed = found(Bug::KeyNotStored, Invariant::NeverTakenFromItsMaker);
    assert!(seed.is_some(), "a copy of a registration finds the account that it has made");
}

#[test]
fn a_sign_in_that_is_committed_although_its_key_is_there_is_found() {
    let seed = found(Bug::KeyNotGuarded, Invariant::OneSessionPerAttempt);
    assert!(seed.is_some(), "two instances look for the key before either has committed");
}

#[test]
fn a_sign_in_that_does_not_look_for_its_key_again_is_found() {
    let seed = found(Bug::SecondLookLeftOut, Invariant::SignInsAreAnswered);
    assert!(seed.is_some(), "the slower copy of a login gets invalid_credentials");
    let seed = found(Bug::SecondLookLeftOut, Invariant::NeverTakenFromItsMaker);
    assert!(seed.is_some(), "the slower copy of a registration gets email_taken");
}

#[test]
fn a_registration_that_looks_for_the_address_first_is_found() {
    let seed = found(Bug::AddressFirst, Invariant::NeverTakenFromItsMaker);
    assert!(seed.is_some(), "a copy finds the account that it has made");
}

#[test]
fn a_first_ticket_that_is_given_out_after_it_was_presented_is_found() {
    let seed = found(Bug::TicketOneAgain, Invariant::TicketOneIsUnused);
    assert!(
        seed.is_some(),
        "a late copy of a login gets the ticket of a session that was refreshed"
    );
}

#[test]
fn a_revocation_that_is_written_behind_is_found() {
    let seed = found(Bug::RevocationWrittenBehind, Invariant::RevocationIsFinal);
    assert!(seed.is_some(), "a crash loses a revocation that was answered");
}

#[test]
fn a_revocation_that_leaves_its_session_in_memory_is_found() {
    let seed = found(Bug::RevokedRowStays, Invariant::RevocationIsFinal);
    assert!(seed.is_some(), "a revoked session is refreshed in memory");
}

#[test]
fn another_process_that_is_not_noticed_is_found() {
    let seed = found(Bug::OthersUnnoticed, Invariant::RevocationIsFinal);
    assert!(seed.is_some(), "what an administrator's process has revoked is refreshed in memory");
}

#[test]
fn an_old_row_that_comes_back_into_memory_is_found() {
    let bug = Bug::HoldReleasedEarly;
    let refreshed = found(bug, Invariant::RevocationIsFinal);
    // Or its rotation is lost, because the revocation comes before it is written.
    let seed = refreshed.or_else(|| found(bug, Invariant::GenerationsNeverGoBack));
    assert!(seed.is_some(), "a dropped caller's revocation comes after its row was read again");
}

#[test]
fn a_rotation_of_a_remembered_row_that_was_revoked_is_found() {
    let seed = found(Bug::GenerationAlone, Invariant::RevocationIsFinal);
    assert!(seed.is_some(), "an instance refreshes what another one has revoked");
}
