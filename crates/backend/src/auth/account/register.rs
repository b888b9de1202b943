//! Registration: creates an account and its first session in one transaction. A retry, by its idempotency key, is
//! answered with that session.

use std::sync::Arc;

use rotation::Generation;
use shared::EventKind;
use shared::body::RegisterRequest;
use verifier::IdempotencyKey;

use super::email::Email;
use super::rules::validated;
use super::spelling::is_taken_as_typed;
use crate::auth::deadline::within_deadline;
use crate::auth::error::AuthError;
use crate::auth::idempotency::{IdempotencyKeys, KeyedRequest};
use crate::auth::login::Logins;
use crate::auth::login::login_attempt::LoginAttempts;
use crate::auth::login::password_hasher::Priority;
use crate::auth::login::sign_ins::Copy;
use crate::auth::login::signed_in::SignedIn;
use crate::auth::request_context::{RequestContext, SignInContext};
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::superseded::GivingWay;
use crate::auth::session::tickets::Tickets;
use crate::auth::token::issue_tokens::TokenIssuer;
use crate::store::{AccountTag, Change, UsedKey, User};

/// Registers accounts.
pub struct Registrations {
    /// Stores accounts, and logs each.
    pub event_log: SecurityEventLog,
    /// Stores idempotency keys with the accounts that they create.
    pub idempotency: IdempotencyKeys,
    /// Finds the sessions that a registration supersedes.
    pub tickets: Tickets,
    /// Issues the first tokens.
    pub issuer: Arc<TokenIssuer>,
    /// Hashes a new password, and verifies that of a retry.
    pub attempts: LoginAttempts,
    /// Answers a retry.
    pub logins: Arc<Logins>,
}

impl Registrations {
    /// Creates an account and its first session, both or neither.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] with every field that breaks a rule, [`AuthError::EmailTaken`],
    /// [`AuthError::RateLimited`], or a failure of storage. For a retry, by its idempotency key, the password is
    /// verified as at a login: [`AuthError::InvalidCredentials`]; [`AuthError::DuplicateAttempt`] if its session was
    /// refreshed or is no longer active.
    pub async fn register(
        &self,
        request: &RegisterRequest,
        key: Option<&IdempotencyKey>,
        context: &SignInContext,
    ) -> Result<SignedIn, AuthError> {
        let (email, name) = validated(request)?;
        let parts = [email.as_str(), name.as_deref().unwrap_or_default()].map(str::as_bytes);
        let keyed = key.map(|key| KeyedRequest::new(key, &[b"register", parts[0], parts[1]]));
        let (keyed, idempotency) = (keyed.as_ref(), &self.idempotency);
        let registered = async {
            let copy = self.attempts.sign_ins.look(keyed, &request.password);
            if copy == Copy::Charged {
                self.attempts.admission.admit_registration(&context.request.client).await?;
            }
            if let Some(earlier) = idempotency.earlier(keyed).await? {
                return self.register_again(&earlier, keyed, copy, request, context).await;
            }
            // The queue for a hash, behind logins that wait for storage, and storage have one deadline.
            let registered = self.try_to_register(request, email, name, keyed, context);
            match within_deadline(registered).await {
                // Perhaps taken by a retry of this request, at another instance.
                Err(AuthError::EmailTaken) => match idempotency.faster(keyed).await? {
                    Some(earlier) => {
                        self.register_again(&earlier, keyed, copy, request, context).await
                    }
                    None => Err(AuthError::EmailTaken),
                },
                outcome => outcome,
            }
        };
        idempotency.in_turn(keyed, Box::pin(registered)).await
    }

    async fn try_to_register(
        &self,
        request: &RegisterRequest,
        email: Email,
        name: Option<String>,
        keyed: Option<&KeyedRequest>,
        context: &SignInContext,
    ) -> Result<SignedIn, AuthError> {
        let RequestContext { now, client, .. } = &context.request;
        if is_taken_as_typed(&*self.event_log.store, &request.email).await? {
            return Err(AuthError::EmailTaken);
        }
        let account = AccountTag::of(&email);
        let user = User {
            id: self.event_log.entropy.user_id(*now),
            email,
            name,
            password_hash: self.attempts.hasher.hash(&request.password, Priority::Normal).await?,
            created_at: *now,
            disabled_at: None,
        };
        let session = self.issuer.begin(&user, client).await?;
        let event = self.event_log.event(EventKind::Registered, Some(user.id), client);
        let replaced = GivingWay::replaced_by_login(&self.tickets, &self.event_log, context);
        let GivingWay { sessions, mut events, is_anothers } = replaced.await?;
        events.push(event.in_session(session.id));
        let (new_user, new_session) = (Box::new(user.clone()), Box::new(session.clone()));
        let register = Change::Register(new_user, new_session, sessions);
        let outcome = self
            .idempotency
            .commit_keyed(keyed, user.id, Some(session.id), register, events)
            .await?;
        if outcome.took_place() {
            self.attempts.sign_ins.note_right(keyed);
            let tokens = self.issuer.issue(&session, user, Generation::FIRST).await?;
            let presented = &context.devices;
            let known = self.attempts.devices.recognise(presented, &account, *now);
            let devices = self.attempts.devices.kept(presented, known, &account, *now);
            Ok(SignedIn { tokens, devices, is_anothers })
        } else {
            Err(AuthError::EmailTaken)
        }
    }

    /// Answers a retry: this request has created the account before. It must have the right password.
    async fn register_again(
        &self,
        earlier: &UsedKey,
        keyed: Option<&KeyedRequest>,
        copy: Copy,
        request: &RegisterRequest,
        context: &SignInContext,
    ) -> Result<SignedIn, AuthError> {
        let mut login = self.attempts.begin(&request.email, context);
        let user = self.attempts.verify(&mut login, &request.password, keyed, copy).await?;
        self.logins.log_in_again(&login, earlier, user).await
    }
}
