//! Accounts: registering, logging in, and proving again who one is. It must not know what becomes of the session it begins;
//! that is [`sessions`](super::sessions).

use std::sync::Arc;

use rotation::{Attempt, Decision, Generation};
use shared::body::{LoginRequest, RegisterRequest};
use shared::{EventKind, Secret};

use super::email::Email;
use super::journal::Journal;
use super::password::{Passwords, Verdict};
use super::sessions::Sessions;
use super::{AuthError, Grant, rules};
use crate::store::{Change, Event, User, Whence};

/// The accounts of this server.
#[derive(Clone)]
pub struct Accounts {
    /// Where a new session comes from, and the store, clock and entropy with it.
    pub sessions: Arc<Sessions>,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
}

impl Accounts {
    /// Creates an account and its first session, both or neither.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] with every field that breaks a rule, [`AuthError::EmailTaken`], or a
    /// failure of storage.
    pub async fn register(
        &self,
        request: &RegisterRequest,
        whence: &Whence,
    ) -> Result<Grant, AuthError> {
        let (email, name) = validated(request)?;
        let Journal { clock, entropy, .. } = &self.sessions.journal;
        let now = clock.now();
        let user = User {
            id: entropy.user_id(now),
            email,
            name,
            password_hash: self.passwords.hash(&request.password).await?,
            created_at: now,
            disabled_at: None,
        };
        let session = self.sessions.begin(&user, whence);
        let event = self.event(EventKind::Registered, &user, whence).in_session(session.id);
        let register = Change::Register(Box::new(user.clone()), Box::new(session.clone()));
        if self.sessions.journal.commit(register, vec![event]).await?.took_place() {
            self.sessions.grant(&session, user, Generation::FIRST)
        } else {
            Err(AuthError::EmailTaken)
        }
    }

    /// Begins a session for the right password; always a new one (ASVS 5.0.0 V7.2.4).
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] for an unknown user, a wrong password or a disabled user:
    /// the same, and after the same work.
    pub async fn login(&self, request: &LoginRequest, whence: &Whence) -> Result<Grant, AuthError> {
        let user = match Email::parse(&request.email) {
            Some(email) => self.sessions.journal.store.find_user(&email).await?,
            None => None,
        };
        let stored = user.as_ref().map(|user| user.password_hash.as_str());
        let verdict = self.passwords.verify(&request.password, stored).await?;
        let user = match user {
            Some(user) if verdict != Verdict::Wrong && user.disabled_at.is_none() => user,
            refused => {
                let user = refused.map(|user| user.id);
                let event = self.sessions.journal.event(EventKind::LoginFailed, user, whence);
                self.sessions.journal.note(vec![event]).await;
                return Err(AuthError::InvalidCredentials);
            }
        };
        let user = match verdict {
            Verdict::RightButWeak => self.strengthen(user, &request.password).await?,
            _ => user,
        };
        let session = self.sessions.begin(&user, whence);
        let event = self.event(EventKind::LoggedIn, &user, whence).in_session(session.id);
        let seen = user.password_hash.clone();
        let open = Change::OpenSession { session: Box::new(session.clone()), seen };
        // Disabled, or given another password, since the one that came along was verified.
        if !self.sessions.journal.commit(open, vec![event]).await?.took_place() {
            return Err(AuthError::InvalidCredentials);
        }
        self.sessions.grant(&session, user, Generation::FIRST)
    }

    /// A refresh with the password: the user proves again who they are, and where they are is no
    /// surprise from now on (RFC 9470).
    ///
    /// # Errors
    /// As [`Sessions::refresh`], and [`AuthError::InvalidCredentials`] for another password: then
    /// nothing was changed.
    pub async fn confirm(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        password: &Secret,
        whence: &Whence,
    ) -> Result<Grant, AuthError> {
        let (decision, found) = self.sessions.judge(presented, attempt).await?;
        if matches!(decision, Decision::Accept { .. } | Decision::AnswerAgain) {
            let (user, session) = (found.user, found.session.id);
            let event = |kind| self.event(kind, &user, whence).in_session(session);
            if self.passwords.verify(password, Some(&user.password_hash)).await? == Verdict::Wrong {
                self.sessions.journal.note(vec![event(EventKind::ConfirmFailed)]).await;
                return Err(AuthError::InvalidCredentials);
            }
            let at = self.sessions.journal.now();
            let confirm = Change::Confirm { session, at, whence: whence.clone() };
            self.sessions.journal.commit(confirm, vec![event(EventKind::Confirmed)]).await?;
        }
        // Whatever else the ticket means is answered there.
        self.sessions.refresh(presented, attempt, whence).await
    }

    /// Only now is the password at hand to be hashed with today's parameters.
    async fn strengthen(&self, user: User, password: &Secret) -> Result<User, AuthError> {
        let hash = self.passwords.hash(password).await?;
        let seen = user.password_hash.clone();
        let rehash = Change::Rehash { user: user.id, seen, hash: hash.clone() };
        // If it did not take place, there is another password meanwhile, and no session will open.
        self.sessions.journal.commit(rehash, Vec::new()).await?;
        Ok(User { password_hash: hash, ..user })
    }

    fn event(&self, kind: EventKind, user: &User, whence: &Whence) -> Event {
        self.sessions.journal.event(kind, Some(user.id), whence)
    }
}

/// Who is to have an account, if no field breaks a rule.
pub(super) fn validated(request: &RegisterRequest) -> Result<(Email, Option<String>), AuthError> {
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
