//! Bulk revocation: revokes the sessions of all users, those whose refresh tokens one key authenticates, those of a
//! native client, or one user's, in parts of a thousand rows. A part is one guarded write together with its events;
//! other writers get their turn between two parts. A retry completes a revocation that stopped half way.
//!
//! To revoke 200,000 sessions in one write takes SQLite longer than a change's timeout (`store/sqlite/writer.rs`):
//! the write was rolled back, each time.

use std::time::Duration;

use shared::{RevocationReason, SessionId, UserId};
use tokio::time::Instant;

use crate::auth::security_event_log::SecurityEventLog;
use crate::pace::rest;
use crate::store::{Change, Part, PartScope, SessionScope, StoreError};
use crate::telemetry::causes;

/// How often a part is tried before the revocation stops: a running server may hold the lock, or the database
/// restart.
const TRIES: usize = 5;
/// The back-off after a failure.
const PAUSE: Duration = Duration::from_millis(250);
/// The shortest pause between two parts. A longer part is followed by a longer pause: other writers get half of the
/// time.
const REST: Duration = Duration::from_millis(10);
/// Sorts before every id.
const FIRST: SessionId = SessionId::from_bytes([0; 16]);

/// Called after each part with the count of sessions revoked so far.
pub type Progress<'p> = &'p mut (dyn FnMut(u64) + Send);

/// Revokes every session there is at this moment, as far as `scope` covers it. It stops at the largest id of this
/// moment, not at a clock's time: sessions created later may stay. Returns how many it revoked, without a part whose
/// answer was lost.
///
/// # Errors
/// If storage fails. Revocations made so far stay, and a retry revokes the rest.
pub async fn revoke_in_parts(
    event_log: &SecurityEventLog,
    scope: &PartScope,
    reason: RevocationReason,
    progress: Progress<'_>,
) -> Result<u64, StoreError> {
    let (mut after, mut sessions) = (FIRST, 0);
    let last = persistently(async || event_log.store.last_session().await).await?;
    let Some(last) = last else { return Ok(0) };
    while let Some(up_to) =
        persistently(async || event_log.store.end_of_part(after, last).await).await?
    {
        let begun = Instant::now();
        let whose = SessionScope::Part(Part { after, up_to, scope: scope.clone() });
        let revoked = persistently(async || revoke(event_log, whose.clone(), reason).await).await?;
        after = up_to;
        if revoked > 0 {
            sessions += revoked;
            progress(sessions);
            rest(begun.elapsed().max(REST)).await;
        }
    }
    Ok(sessions)
}

/// Revokes all of one user's sessions, a thousand at a time. Returns how many, without a part whose answer was
/// lost.
///
/// # Errors
/// If storage fails. Revocations made so far stay, and a retry revokes the rest.
pub async fn revoke_all_of(
    event_log: &SecurityEventLog,
    user: UserId,
    reason: RevocationReason,
    progress: Progress<'_>,
) -> Result<u64, StoreError> {
    let mut sessions = 0;
    loop {
        let begun = Instant::now();
        match persistently(async || revoke(event_log, SessionScope::User(user), reason).await)
            .await?
        {
            0 => return Ok(sessions),
            revoked => sessions += revoked,
        }
        progress(sessions);
        rest(begun.elapsed().max(REST)).await;
    }
}

/// Revokes these sessions. Returns how many.
///
/// # Errors
/// If storage fails.
pub async fn revoke(
    event_log: &SecurityEventLog,
    whose: SessionScope,
    reason: RevocationReason,
) -> Result<u64, StoreError> {
    let revoke = Change::RevokeSessions(whose, event_log.revocation(reason));
    Ok(event_log.commit(revoke, Vec::new()).await?.revoked.len() as u64)
}

/// Retries a call. A part is a guarded write, so a retry is safe even if the first answer was lost.
async fn persistently<T>(
    mut call: impl AsyncFnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 1..TRIES {
        match call().await {
            Err(error) => {
                tracing::warn!(event = "revocation.retried", %error, cause = causes(&error));
                rest(PAUSE).await;
            }
            done => return done,
        }
    }
    call().await
}
