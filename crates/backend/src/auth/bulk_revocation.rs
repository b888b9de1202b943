//! Bulk revocation: ends everyone's sessions, those whose refresh tokens one key authenticates, or one user's, in parts of
//! a thousand rows. A part is one guarded write together with its events; between two parts others write. What stops
//! half way is finished by a repeat. It must not know who asks.
//!
//! In one write, 200,000 sessions take SQLite longer than a change may wait for its answer
//! (`store/sqlite/writer.rs`): it was given up and rolled back, each time.

use std::future::pending;
use std::time::Duration;

use shared::{RevocationReason, SessionId, UserId};
use tokio::time::{Instant, timeout};

use super::security_event_log::SecurityEventLog;
use crate::store::{Change, Part, SessionScope, StoreError};
use crate::telemetry::causes;

/// How often a part is tried before the revocation stops: a running server may hold the lock, or the database be
/// restarted.
const TRIES: usize = 5;
/// How long to rest after a failure.
const PAUSE: Duration = Duration::from_millis(250);
/// The shortest rest between two parts. A longer part is followed by a longer rest: others get half of the time.
const REST: Duration = Duration::from_millis(10);
/// Before every id.
const FIRST: SessionId = SessionId::from_bytes([0; 16]);

/// Is told after each part how many sessions have ended so far.
pub type Progress<'p> = &'p mut (dyn FnMut(u64) + Send);

impl SecurityEventLog {
    /// Ends every session there is at this moment, or of these only the ones whose refresh tokens `refresh_key_id`
    /// authenticates. Sessions that begin later need not end: what ends it is the largest id there is now, not a
    /// clock. How many have ended; a part whose answer was lost is not counted.
    ///
    /// # Errors
    /// If storage fails. What has ended stays so, and a repeat ends the rest.
    pub async fn revoke_in_parts(
        &self,
        refresh_key_id: Option<&str>,
        cause: RevocationReason,
        progress: Progress<'_>,
    ) -> Result<u64, StoreError> {
        let (mut after, mut sessions) = (FIRST, 0);
        let last = persistently(async || self.store.last_session().await).await?;
        let Some(last) = last else { return Ok(0) };
        while let Some(up_to) =
            persistently(async || self.store.end_of_part(after, last).await).await?
        {
            let begun = Instant::now();
            let refresh_key_id = refresh_key_id.map(str::to_owned);
            let whose = SessionScope::Part(Part { after, up_to, refresh_key_id });
            let revoked = persistently(async || self.revoke(whose.clone(), cause).await).await?;
            after = up_to;
            if revoked > 0 {
                sessions += revoked;
                progress(sessions);
                rest(begun.elapsed().max(REST)).await;
            }
        }
        Ok(sessions)
    }

    /// Ends all of one user's sessions, a thousand at a time. How many that were; a part whose answer was lost is
    /// not counted.
    ///
    /// # Errors
    /// If storage fails. What has ended stays so, and a repeat ends the rest.
    pub async fn revoke_all_of(
        &self,
        user: UserId,
        cause: RevocationReason,
    ) -> Result<u64, StoreError> {
        let mut sessions = 0;
        loop {
            let begun = Instant::now();
            match persistently(async || self.revoke(SessionScope::User(user), cause).await).await? {
                0 => return Ok(sessions),
                revoked => sessions += revoked,
            }
            rest(begun.elapsed().max(REST)).await;
        }
    }

    /// Ends these sessions. How many that were.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn revoke(
        &self,
        whose: SessionScope,
        cause: RevocationReason,
    ) -> Result<u64, StoreError> {
        let revoke = Change::RevokeSessions(whose, self.revocation(cause));
        Ok(self.commit(revoke, Vec::new()).await?.revoked.len() as u64)
    }
}

/// A part is written with a guard, so it may be tried again although its first answer was lost.
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

async fn rest(time: Duration) {
    let _ = timeout(time, pending::<()>()).await;
}
