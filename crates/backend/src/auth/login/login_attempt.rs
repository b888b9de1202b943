//! A login attempt, before it is known whether the account exists: verifies its password within throttling and rate
//! limits.

use std::sync::Arc;

use shared::{EventKind, Secret};

use super::device_tokens::DeviceTokens;
use super::known_device::KnownDevice;
use super::login_throttle::LoginThrottle;
use super::password_hasher::{PasswordHasher, Priority, Verification};
use super::sign_ins::{Copy, SignIns};
use crate::auth::account::email::Email;
use crate::auth::account::spelling;
use crate::auth::deadline::within_deadline;
use crate::auth::error::AuthError;
use crate::auth::idempotency::KeyedRequest;
use crate::auth::native_clients;
use crate::auth::rate_limit::RateLimited;
use crate::auth::rate_limit::admission::Admission;
use crate::auth::request_context::SignInContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{AccountTag, Change, User};

/// A login in progress, before it is known whether the account exists.
pub(in crate::auth) struct LoginAttempt<'a> {
    typed: &'a str,
    email: Option<Email>,
    pub(in crate::auth) account: AccountTag,
    /// The known device, if the account is known on this one.
    pub(in crate::auth) device: Option<KnownDevice>,
    pub(in crate::auth) context: &'a SignInContext,
}

/// Verifies the passwords of logins.
#[derive(Clone)]
pub struct LoginAttempts {
    /// Looks users up, and logs failures.
    pub event_log: SecurityEventLog,
    /// The rate limits.
    pub admission: Admission,
    /// Counts failures.
    pub throttle: LoginThrottle,
    /// Verifies passwords.
    pub hasher: PasswordHasher,
    /// Recognises known devices.
    pub devices: DeviceTokens,
    /// A cache of this instance's answers to sign-ins with an idempotency key.
    pub sign_ins: Arc<SignIns>,
}

impl LoginAttempts {
    /// An attempt with the address as `typed`.
    pub(in crate::auth) fn begin<'a>(
        &self,
        typed: &'a str,
        context: &'a SignInContext,
    ) -> LoginAttempt<'a> {
        let email = Email::parse(typed);
        let account =
            email.as_ref().map_or_else(|| AccountTag::of_no_address(typed), AccountTag::of);
        let device = self.devices.recognise(&context.devices, &account, context.request.now);
        LoginAttempt { typed, email, account, device, context }
    }

    /// The user, authenticated by their password; `copy` says whether the request is a retry. The result is cached for
    /// its retries.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`], [`AuthError::RateLimited`], or a failure of storage.
    pub(in crate::auth) async fn verify(
        &self,
        login: &mut LoginAttempt<'_>,
        password: &Secret,
        keyed: Option<&KeyedRequest>,
        copy: Copy,
    ) -> Result<User, AuthError> {
        let proved = self.proved(login, password, copy).await;
        match &proved {
            Ok(_) => self.sign_ins.note_right(keyed),
            Err(AuthError::InvalidCredentials) => self.sign_ins.note_wrong(keyed, password),
            Err(_) => {}
        }
        proved
    }

    /// Of two accounts that share an address, each is looked up and counted by its own spelling.
    async fn tell_apart(&self, login: &mut LoginAttempt<'_>) -> Result<(), AuthError> {
        let meant = spelling::meant(&*self.event_log.store, login.typed).await?;
        if let Some(email) = meant.filter(|meant| login.email.as_ref() != Some(meant)) {
            login.account = AccountTag::of(&email);
            let (presented, now) = (&login.context.devices, login.context.request.now);
            login.device = self.devices.recognise(presented, &login.account, now);
            login.email = Some(email);
        }
        Ok(())
    }

    /// The user, authenticated by their password. Limits come first, the look-ups of the native client and of the user
    /// after them, so that a refusal does not reveal whether the account exists.
    async fn proved(
        &self,
        login: &mut LoginAttempt<'_>,
        password: &Secret,
        copy: Copy,
    ) -> Result<User, AuthError> {
        let limits = &self.admission.limits;
        let admitted = match login.device_tag() {
            _ if copy == Copy::Wrong => return Err(AuthError::InvalidCredentials),
            _ if copy == Copy::Free => Ok(()),
            Some(device) => {
                limits.login_on(device, login.context.request.client.address, login.account)
            }
            None => limits.login(login.context.request.client.address, login.account),
        };
        if let Err(limited) = admitted {
            return Err(self.limited(limited, login).await);
        }
        if let Some(client_id) = &login.context.request.client_id {
            native_clients::known(&*self.event_log.store, client_id).await?;
        }
        self.tell_apart(login).await?;
        // A known device that is locked out counts like an unknown one.
        let (tag, priority) = match login.device_tag() {
            Some(device) if !self.throttle.is_locked_out(device).await? => {
                (device, Priority::KnownAccount(login.account))
            }
            _ => (login.account, Priority::Normal),
        };
        let permit = match self.throttle.permit(tag, priority).await? {
            Ok(permit) => permit,
            Err(limited) => return Err(self.limited(limited, login).await),
        };
        let user = self.find(login).await?;
        let stored = user.as_ref().map(|user| user.password_hash.as_str());
        let verdict = self.hasher.verify(permit, password, stored).await?;
        match user {
            Some(user) if verdict == Verification::RightButWeak && user.disabled_at.is_none() => {
                self.strengthen(user, password, priority).await
            }
            Some(user) if verdict == Verification::Right && user.disabled_at.is_none() => Ok(user),
            refused => {
                let user = refused.map(|user| user.id);
                let event_log = &self.event_log;
                let event =
                    event_log.event(EventKind::LoginFailed, user, &login.context.request.client);
                event_log.note(vec![event]).await;
                Err(AuthError::InvalidCredentials)
            }
        }
    }

    async fn find(&self, login: &LoginAttempt<'_>) -> Result<Option<User>, AuthError> {
        match &login.email {
            Some(email) => Ok(self.event_log.store.find_user(email).await?),
            None => Ok(None),
        }
    }

    async fn limited(&self, limited: RateLimited, login: &LoginAttempt<'_>) -> AuthError {
        let event_log = &self.event_log;
        let event = async || {
            // Best effort: a failed look-up must not turn a 429 into a 503.
            let user = self.find(login).await.ok().flatten().map(|user| user.id);
            event_log.event(EventKind::Limited, user, &login.context.request.client)
        };
        self.admission.refuse(limited, event).await
    }

    /// Rehashes the password with today's parameters: it is in clear only now.
    async fn strengthen(
        &self,
        user: User,
        password: &Secret,
        priority: Priority,
    ) -> Result<User, AuthError> {
        let rehashed = within_deadline(async {
            let hash = self.hasher.hash(password, priority).await?;
            let seen = user.password_hash.clone();
            let rehash = Change::Rehash { user: user.id, seen, hash: hash.clone() };
            let outcome = self.event_log.commit(rehash, Vec::new()).await?;
            Ok(outcome.took_place().then_some(hash))
        })
        .await?;
        match rehashed {
            Some(password_hash) => Ok(User { password_hash, ..user }),
            // A concurrent login has rehashed it, or the password has changed: a retry will tell.
            None => Err(AuthError::Contended),
        }
    }
}

impl LoginAttempt<'_> {
    fn device_tag(&self) -> Option<AccountTag> {
        self.device.map(|device| self.account.of_device(device.id))
    }

    /// All tags that failures of this login are counted by. The device's comes first: unless it is locked out, this
    /// attempt is recorded under it, and a reset stops at its first failure.
    pub(in crate::auth) fn tags(&self) -> impl Iterator<Item = AccountTag> {
        self.device_tag().into_iter().chain(std::iter::once(self.account))
    }
}
