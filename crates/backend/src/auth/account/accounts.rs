//! Accounts, and step-up: a user reauthenticates within a session. Registration is in [`register`](super::register),
//! login in [`login`](crate::auth::login), the life of a session in [`session`](crate::auth::session).

use std::sync::Arc;

use rotation::{Attempt, Decision};
use shared::body::RegisterRequest;
use shared::{EventKind, Secret, SessionId};

use super::email::Email;
use crate::auth::account::rules;
use crate::auth::error::AuthError;
use crate::auth::idempotency::KeyedRequest;
use crate::auth::idempotency::copies::SignIns;
use crate::auth::login::known_device::KnownDevice;
use crate::auth::login::known_device::list::KeptDevices;
use crate::auth::login::password_hasher::{PasswordHasher, Priority, Verification};
use crate::auth::request_context::SignInContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::refresh::{Found, Sessions};
use crate::auth::token::issue_tokens::IssuedTokens;
use crate::store::{AccountTag, Change, ClientInfo, Event, User};

/// The accounts of this server.
#[derive(Clone)]
pub struct Accounts {
    /// Creates sessions; holds the store, the clock and the entropy.
    pub sessions: Arc<Sessions>,
    /// Hashes and verifies passwords.
    pub hasher: PasswordHasher,
    /// A cache of this instance's answers to sign-ins with an idempotency key.
    pub sign_ins: Arc<SignIns>,
}

impl Accounts {
    /// Step-up (RFC 9470): a refresh with the password. The user reauthenticates, and the client's address and device
    /// count as usual from now on.
    ///
    /// # Errors
    /// As [`Sessions::refresh`], and [`AuthError::InvalidCredentials`] for a wrong password: then no state changed.
    pub async fn confirm(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        password: &Secret,
        context: &SignInContext,
    ) -> Result<IssuedTokens, AuthError> {
        let client = &context.client;
        // Checked before the password costs a hash, and before any state changes.
        let (decision, found) =
            self.sessions.judge_within_limits(presented, attempt, client).await?;
        let mut devices = None;
        if matches!(decision, Decision::Accept { .. } | Decision::AnswerAgain) {
            let account = AccountTag::of(&found.user.email);
            self.confirm_password(found, password, attempt, client).await?;
            devices = self.devices_kept(context, self.recognise(context, &account), &account);
        }
        // Every other decision about the ticket is answered there.
        let judged = self.sessions.judge(presented, attempt).await?;
        let tokens = self.sessions.answer(judged, presented, attempt, client).await?;
        Ok(IssuedTokens { devices, ..tokens })
    }

    async fn confirm_password(
        &self,
        Found { user, session, .. }: Found,
        password: &Secret,
        attempt: Option<&Attempt>,
        client: &ClientInfo,
    ) -> Result<(), AuthError> {
        let session = session.id;
        let event = |kind| self.event(kind, &user, client).in_session(session);
        if !self.is_password_of(&user, session, password, client).await? {
            self.sessions.event_log.note(vec![event(EventKind::ConfirmFailed)]).await;
            return Err(AuthError::InvalidCredentials);
        }
        let event_log = &self.sessions.event_log;
        let confirm = Change::Confirm { session, at: event_log.now(), client: client.clone() };
        // A retry confirms no second time.
        let keyed = attempt.map(|attempt| KeyedRequest::of_confirmation(attempt, session));
        let events = vec![event(EventKind::Confirmed)];
        let (keyed, change) = (keyed.as_ref(), confirm.clone());
        let outcome = (self.sessions.idempotency)
            .commit_keyed(keyed, user.id, Some(session), change, events.clone())
            .await?;
        // Unless the session has come to require step-up again since.
        if !outcome.took_place() && keyed.is_some() && self.is_wanted(session).await? {
            event_log.commit(confirm, events).await?;
        }
        Ok(())
    }

    /// Whether this session requires step-up: to continue, or for a call that wants a recent login (RFC 9470).
    async fn is_wanted(&self, session: SessionId) -> Result<bool, AuthError> {
        let Sessions { event_log, recent_login_seconds, .. } = &*self.sessions;
        let found = event_log.store.find_session(session).await?;
        Ok(found.is_some_and(|(session, _)| {
            let age = event_log.now().since(session.authenticated_at);
            session.step_up_required_at.is_some() || age > *recent_login_seconds
        }))
    }

    /// Whether `password` is the user's, given within a session. Throttled: a caller with a session, stolen or not,
    /// may guess no more often than a caller without.
    pub(in crate::auth) async fn is_password_of(
        &self,
        user: &User,
        session: SessionId,
        password: &Secret,
        client: &ClientInfo,
    ) -> Result<bool, AuthError> {
        let Sessions { limits, event_log, .. } = &*self.sessions;
        let (tag, account) = (AccountTag::of_session(session), AccountTag::of(&user.email));
        // The session's own throttle comes first: a throttled session must not use up the rate limit that its account
        // shares.
        let permit = match self.throttled(tag).await? {
            Some(limited) => Err(limited),
            None => match limits.password_check(user.id, session) {
                Ok(()) => self.permit(tag, Priority::KnownAccount(account)).await?,
                Err(limited) => Err(limited),
            },
        };
        let permit = match permit {
            Ok(permit) => permit,
            Err(limited) => {
                let event =
                    async || self.event(EventKind::Limited, user, client).in_session(session);
                return Err(limits.refuse(limited.in_session(), event_log, event).await);
            }
        };
        let verdict = self.hasher.verify(permit, password, Some(&user.password_hash)).await?;
        if verdict != Verification::Wrong {
            self.reset_failures([tag, account]).await;
        }
        Ok(verdict != Verification::Wrong)
    }

    /// The known device, if a presented token proves that this account has logged in there.
    pub(in crate::auth) fn recognise(
        &self,
        context: &SignInContext,
        account: &AccountTag,
    ) -> Option<KnownDevice> {
        let (key, now) = (self.sessions.keys.device_key(), self.sessions.event_log.now());
        KnownDevice::recognise(key, context.devices.tokens(), account, now)
    }

    /// The browser's new list of known devices, if it changes.
    pub(in crate::auth) fn devices_kept(
        &self,
        context: &SignInContext,
        known: Option<KnownDevice>,
        account: &AccountTag,
    ) -> Option<KeptDevices> {
        let SecurityEventLog { clock, entropy, .. } = &self.sessions.event_log;
        let (key, now) = (self.sessions.keys.device_key(), clock.now());
        let device = match known {
            Some(device) => device.renewed(now),
            None => KnownDevice::new(entropy.bytes(), now),
        };
        context.devices.keeping(device.token(key, account))
    }

    pub(in crate::auth) fn event(
        &self,
        kind: EventKind,
        user: &User,
        client: &ClientInfo,
    ) -> Event {
        self.sessions.event_log.event(kind, Some(user.id), client)
    }
}

/// The canonical email address and the name of a new account, if all fields are valid.
pub(in crate::auth) fn validated(
    request: &RegisterRequest,
) -> Result<(Email, Option<String>), AuthError> {
    let mut errors = Vec::new();
    let email = rules::email(&request.email).map_err(|error| errors.push(error));
    let name = rules::name(request.name.as_deref()).map_err(|error| errors.push(error));
    let shown = request.name.as_deref().unwrap_or_default();
    let password = rules::new_password("password", &request.password, &request.email, shown);
    errors.extend(password.err());
    match (email, name) {
        (Ok(email), Ok(name)) if errors.is_empty() => Ok((email, name)),
        _ => Err(AuthError::Invalid(errors)),
    }
}
