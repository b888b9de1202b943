//! Verifies a password that is given within a session.

use shared::{EventKind, Secret, SessionId};

use super::login_throttle::LoginThrottle;
use super::password_hasher::{PasswordHasher, Priority, Verification};
use crate::auth::deadline::within_deadline;
use crate::auth::error::AuthError;
use crate::auth::rate_limit::admission::Admission;
use crate::store::{AccountTag, ClientInfo, User};

/// Verifies passwords that are given within sessions.
#[derive(Clone)]
pub struct PasswordChecks {
    /// Counts failures.
    pub throttle: LoginThrottle,
    /// Verifies passwords.
    pub hasher: PasswordHasher,
    /// The rate limits.
    pub admission: Admission,
}

impl PasswordChecks {
    /// Whether `password` is the user's, given within a session. Throttled: a caller with a session, stolen or not,
    /// may guess no more often than a caller without.
    pub(in crate::auth) async fn is_password_of(
        &self,
        user: &User,
        session: SessionId,
        password: &Secret,
        client: &ClientInfo,
    ) -> Result<bool, AuthError> {
        let (tag, account) = (AccountTag::of_session(session), AccountTag::of(&user.email));
        // The session's own throttle comes first: a throttled session must not use up the rate limit that its account
        // shares.
        let permit = match self.throttle.throttled(tag).await? {
            Some(limited) => Err(limited),
            None => match self.admission.limits.password_check(user.id, session) {
                Ok(()) => self.throttle.permit(tag, Priority::KnownAccount(account)).await?,
                Err(limited) => Err(limited),
            },
        };
        let permit = match permit {
            Ok(permit) => permit,
            Err(limited) => {
                let event_log = &self.admission.event_log;
                let event = async || {
                    event_log.event(EventKind::Limited, Some(user.id), client).in_session(session)
                };
                return Err(self.admission.refuse(limited.in_session(), event).await);
            }
        };
        let verdict = self.hasher.verify(permit, password, Some(&user.password_hash)).await?;
        if verdict != Verification::Wrong {
            self.throttle.try_reset([tag, account]).await?;
        }
        Ok(verdict != Verification::Wrong)
    }

    /// Whether `password` is the user's, without counting: for a retry of a change that this password has been proved
    /// for. If it is, the session's count is reset.
    pub(in crate::auth) async fn knows(
        &self,
        password: &Secret,
        user: &User,
        session: SessionId,
    ) -> Result<bool, AuthError> {
        let priority = Priority::KnownAccount(AccountTag::of(&user.email));
        within_deadline(async {
            let permit = self.hasher.permit(priority).await?;
            let verdict = self.hasher.verify(permit, password, Some(&user.password_hash)).await?;
            if verdict != Verification::Wrong {
                self.throttle.try_reset([AccountTag::of_session(session)]).await?;
            }
            Ok(verdict != Verification::Wrong)
        })
        .await
    }
}
