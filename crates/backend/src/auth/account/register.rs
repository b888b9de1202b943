//! Registration: creates an account and its first session in one transaction. A retry, by its idempotency key, is
//! answered with that session.

use rotation::Generation;
use shared::EventKind;
use shared::body::RegisterRequest;
use verifier::IdempotencyKey;

use super::accounts::{Accounts, validated};
use super::email::Email;
use super::spelling::is_taken_as_typed;
use crate::auth::error::AuthError;
use crate::auth::idempotency::KeyedRequest;
use crate::auth::idempotency::copies::Copy;
use crate::auth::login::password_hasher::Priority;
use crate::auth::request_context::SignInContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::refresh::Sessions;
use crate::auth::session::superseded::GivingWay;
use crate::auth::token::issue_tokens::IssuedTokens;
use crate::store::{AccountTag, Change, ClientInfo, UsedKey, User};

impl Accounts {
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
    ) -> Result<IssuedTokens, AuthError> {
        let (email, name) = validated(request)?;
        let parts = [email.as_str(), name.as_deref().unwrap_or_default()].map(str::as_bytes);
        let keyed = key.map(|key| KeyedRequest::new(key, &[b"register", parts[0], parts[1]]));
        let idempotency = &self.sessions.idempotency;
        let _under_way = idempotency.under_way(keyed.as_ref()).await?;
        let copy = self.sign_ins.look(keyed.as_ref(), &request.password);
        if copy == Copy::Charged {
            self.admit_registration(&context.client).await?;
        }
        if let Some(earlier) = idempotency.earlier(keyed.as_ref()).await? {
            return self.register_again((&earlier, keyed.as_ref(), copy), request, context).await;
        }
        match self.try_to_register(request, (email, name), keyed.as_ref(), context).await {
            // Perhaps taken by a retry of this request, at another instance.
            Err(AuthError::EmailTaken) => match idempotency.faster(keyed.as_ref()).await? {
                Some(earlier) => {
                    self.register_again((&earlier, keyed.as_ref(), copy), request, context).await
                }
                None => Err(AuthError::EmailTaken),
            },
            outcome => outcome,
        }
    }

    async fn try_to_register(
        &self,
        request: &RegisterRequest,
        (email, name): (Email, Option<String>),
        keyed: Option<&KeyedRequest>,
        context: &SignInContext,
    ) -> Result<IssuedTokens, AuthError> {
        let client = &context.client;
        if is_taken_as_typed(&*self.sessions.event_log.store, &request.email).await? {
            return Err(AuthError::EmailTaken);
        }
        let account = AccountTag::of(&email);
        let SecurityEventLog { clock, entropy, .. } = &self.sessions.event_log;
        let now = clock.now();
        let user = User {
            id: entropy.user_id(now),
            email,
            name,
            password_hash: self.hasher.hash(&request.password, Priority::Normal).await?,
            created_at: now,
            disabled_at: None,
        };
        let session = self.sessions.begin(&user, client).await?;
        let event = self.event(EventKind::Registered, &user, client).in_session(session.id);
        let GivingWay { sessions, mut events } = self.sessions.replaced_by_login(context).await?;
        events.push(event);
        let (new_user, new_session) = (Box::new(user.clone()), Box::new(session.clone()));
        let register = Change::Register(new_user, new_session, sessions);
        let outcome = (self.sessions.idempotency)
            .commit_keyed(keyed, user.id, Some(session.id), register, events)
            .await?;
        if outcome.took_place() {
            self.sign_ins.note_right(keyed);
            let tokens = self.sessions.issue_tokens(&session, user, Generation::FIRST).await?;
            let known = self.recognise(context, &account);
            Ok(IssuedTokens { devices: self.devices_kept(context, known, &account), ..tokens })
        } else {
            Err(AuthError::EmailTaken)
        }
    }

    /// Answers a retry: this request has created the account before. It must have the right password.
    async fn register_again(
        &self,
        (earlier, keyed, copy): (&UsedKey, Option<&KeyedRequest>, Copy),
        request: &RegisterRequest,
        context: &SignInContext,
    ) -> Result<IssuedTokens, AuthError> {
        let mut login = self.under_way(&request.email, context);
        let proved = self.proved(&mut login, &request.password, copy).await;
        let user = self.note_sign_in(proved, keyed, &request.password)?;
        self.log_in_again(&login, earlier, user).await
    }

    async fn admit_registration(&self, client: &ClientInfo) -> Result<(), AuthError> {
        let Sessions { limits, event_log, .. } = &*self.sessions;
        let Err(limited) = limits.registration(client.address) else { return Ok(()) };
        let event = async || event_log.event(EventKind::Limited, None, client);
        Err(limits.refuse(limited, event_log, event).await)
    }
}
