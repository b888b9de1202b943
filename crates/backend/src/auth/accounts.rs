//! Accounts: registering and logging in. It must not know what becomes of the session it begins;
//! that is [`sessions`](super::sessions).

use std::sync::Arc;

use rotation::Generation;
use shared::body::{LoginRequest, RegisterRequest};
use shared::password::{assess, context_of};
use shared::{FieldError, Secret};

use super::email::Email;
use super::password::{Passwords, Verdict, normalized};
use super::sessions::Sessions;
use super::text::deceives;
use super::{AuthError, Grant};
use crate::store::{Registered, User};

const MAX_NAME_CHARACTERS: usize = 100;

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
    pub async fn register(&self, request: &RegisterRequest) -> Result<Grant, AuthError> {
        let (email, name) = validated(request)?;
        let now = self.sessions.clock.now();
        let user = User {
            id: self.sessions.entropy.user_id(now),
            email,
            name,
            password_hash: self.passwords.hash(&request.password).await?,
            created_at: now,
            disabled_at: None,
        };
        let session = self.sessions.begin(&user);
        match self.sessions.store.register(&user, &session).await? {
            Registered::EmailTaken => Err(AuthError::EmailTaken),
            Registered::Yes => {
                tracing::info!(event = "user.registered", session = %session.id, user = %user.id);
                self.sessions.grant(&session, user, Generation::FIRST)
            }
        }
    }

    /// Begins a session for the right password; always a new one (ASVS 5.0.0 V7.2.4).
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] for an unknown user, a wrong password or a disabled user:
    /// the same, and after the same work.
    pub async fn login(&self, request: &LoginRequest) -> Result<Grant, AuthError> {
        let user = match Email::parse(&request.email) {
            Some(email) => self.sessions.store.find_user(&email).await?,
            None => None,
        };
        let stored = user.as_ref().map(|user| user.password_hash.as_str());
        let verdict = self.passwords.verify(&request.password, stored).await?;
        let user = match user {
            Some(user) if verdict != Verdict::Wrong && user.disabled_at.is_none() => user,
            refused => {
                let user = refused.map(|user| user.id.to_string());
                tracing::warn!(event = "login.failed", user = user.as_deref().unwrap_or("unknown"));
                return Err(AuthError::InvalidCredentials);
            }
        };
        if verdict == Verdict::RightButWeak {
            self.strengthen(&user, &request.password).await?;
        }
        let session = self.sessions.begin(&user);
        self.sessions.store.open_session(&session).await?;
        tracing::info!(event = "login.succeeded", session = %session.id, user = %user.id);
        self.sessions.grant(&session, user, Generation::FIRST)
    }

    /// Only now is the password at hand to be hashed with today's parameters.
    async fn strengthen(&self, user: &User, password: &Secret) -> Result<(), AuthError> {
        let hash = self.passwords.hash(password).await?;
        self.sessions.store.rehash_password(user.id, &user.password_hash, &hash).await?;
        Ok(())
    }
}

fn validated(request: &RegisterRequest) -> Result<(Email, Option<String>), AuthError> {
    let mut errors = Vec::new();
    let email = Email::parse(&request.email);
    if email.is_none() {
        let (code, message) = match request.email.trim() {
            "" => ("required", "Enter your email address."),
            _ => ("invalid", "This is not an email address: it looks like name@example.com."),
        };
        errors.push(field("email", code, message));
    }
    let name = request.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if name.is_some_and(|name| name.chars().count() > MAX_NAME_CHARACTERS) {
        errors.push(field("name", "too_long", "Use at most 100 characters."));
    } else if name.is_some_and(|name| name.contains(deceives)) {
        errors.push(field(
            "name",
            "invalid",
            "A name has no line breaks and no invisible characters.",
        ));
    }
    let context = context_of(&request.email, name.unwrap_or_default());
    if let Err(weakness) = assess(normalized(&request.password).expose(), &context) {
        errors.push(field("password", weakness.code(), &weakness.to_string()));
    }
    match (email, errors.is_empty()) {
        (Some(email), true) => Ok((email, name.map(str::to_owned))),
        _ => Err(AuthError::Invalid(errors)),
    }
}

fn field(field: &str, code: &str, message: &str) -> FieldError {
    FieldError { field: field.to_owned(), code: code.to_owned(), message: message.to_owned() }
}
