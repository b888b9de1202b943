//! Registration and login at an instance, idempotent by the real `IdempotencyKeys::{earlier, commit_keyed}` and
//! `SignInRetries::answer`. The order of steps repeats `backend::auth::{register, login}`, which need
//! tokio's threads for password hashing. Retries do not wait for each other here, as they do at one instance: the
//! database transaction alone has to keep the invariants. The planted bugs in this order are here, too.

use backend::auth::account::email::Email;
use backend::auth::idempotency::KeyedRequest;
use backend::auth::{AuthError, IssuedTokens};
use backend::store::{Change, ClientInfo, UsedKey, User};
use rotation::Generation;
use verifier::IdempotencyKey;

use super::Server;
use crate::setting::Bug;

/// The kind of sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// With a new account.
    Register,
    /// With an account's password.
    LogIn,
}

/// A sign-in request.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub(crate) way: Way,
    pub(crate) email: Email,
    /// The idempotency key. Programs may send none.
    pub(crate) key: Option<String>,
}

impl SignIn {
    fn keyed(&self) -> Option<KeyedRequest> {
        let key = self.key.as_deref().and_then(IdempotencyKey::parse)?;
        let call: &[u8] = match self.way {
            Way::Register => b"register",
            Way::LogIn => b"login",
        };
        Some(KeyedRequest::new(&key, &[call, self.email.as_str().as_bytes()]))
    }
}

/// Begins a session, or answers with the one that the same attempt has begun.
pub(super) async fn sign_in(
    server: &Server,
    request: &SignIn,
    bug: Option<Bug>,
) -> Result<IssuedTokens, AuthError> {
    match request.way {
        Way::Register => register(server, request, bug).await,
        Way::LogIn => log_in(server, request, bug).await,
    }
}

/// As `Logins::login`.
async fn log_in(
    server: &Server,
    request: &SignIn,
    bug: Option<Bug>,
) -> Result<IssuedTokens, AuthError> {
    let keyed = request.keyed();
    let user = proved(server, &request.email).await?;
    if let Some(earlier) = server.idempotency.earlier(keyed.as_ref()).await? {
        return again(server, &earlier, user, bug).await;
    }
    let session = server.issuer.begin(&user, &ClientInfo::unknown()).await?;
    let open = Change::OpenSession {
        session: Box::new(session.clone()),
        seen: user.password_hash.clone(),
        superseded: Vec::new(),
    };
    let (keyed, by) = (keyed.as_ref(), Some(session.id));
    let outcome = server.idempotency.commit_keyed(keyed, user.id, by, open, Vec::new()).await?;
    if outcome.took_place() {
        return server.issuer.issue(&session, user, Generation::FIRST).await;
    }
    match second_look(server, keyed, bug).await? {
        Some(earlier) => again(server, &earlier, user, bug).await,
        None => Err(AuthError::InvalidCredentials),
    }
}

/// As `Registrations::register`.
async fn register(
    server: &Server,
    request: &SignIn,
    bug: Option<Bug>,
) -> Result<IssuedTokens, AuthError> {
    let (event_log, keyed) = (&server.event_log, request.keyed());
    let address_first = bug == Some(Bug::AddressFirst);
    if address_first && event_log.store.find_user(&request.email).await?.is_some() {
        return Err(AuthError::EmailTaken);
    }
    if let Some(earlier) = server.idempotency.earlier(keyed.as_ref()).await? {
        let user = proved(server, &request.email).await?;
        return again(server, &earlier, user, bug).await;
    }
    let now = event_log.clock.now();
    let user = User {
        id: event_log.entropy.user_id(now),
        email: request.email.clone(),
        name: None,
        password_hash: String::new(),
        created_at: now,
        disabled_at: None,
    };
    let session = server.issuer.begin(&user, &ClientInfo::unknown()).await?;
    let (new_user, new_session) = (Box::new(user.clone()), Box::new(session.clone()));
    let register = Change::Register(new_user, new_session, Vec::new());
    let (keyed, by) = (keyed.as_ref(), Some(session.id));
    let outcome = server.idempotency.commit_keyed(keyed, user.id, by, register, Vec::new()).await?;
    if outcome.took_place() {
        return server.issuer.issue(&session, user, Generation::FIRST).await;
    }
    match second_look(server, keyed, bug).await? {
        Some(earlier) => {
            let user = proved(server, &request.email).await?;
            again(server, &earlier, user, bug).await
        }
        None => Err(AuthError::EmailTaken),
    }
}

/// The user, authenticated unless disabled: the password counts as right.
async fn proved(server: &Server, email: &Email) -> Result<User, AuthError> {
    let user = server.event_log.store.find_user(email).await?;
    user.filter(|user| user.disabled_at.is_none()).ok_or(AuthError::InvalidCredentials)
}

/// After a commit without effect: a retry may have committed first.
async fn second_look(
    server: &Server,
    keyed: Option<&KeyedRequest>,
    bug: Option<Bug>,
) -> Result<Option<UsedKey>, AuthError> {
    match bug {
        Some(Bug::SecondLookLeftOut) => Ok(None),
        _ => server.idempotency.faster(keyed).await,
    }
}

/// Answers a retry with the session of the first attempt.
async fn again(
    server: &Server,
    earlier: &UsedKey,
    user: User,
    bug: Option<Bug>,
) -> Result<IssuedTokens, AuthError> {
    let planted = earlier.session.filter(|_| bug == Some(Bug::TicketOneAgain));
    let Some(session) = planted else {
        let again = server.retries.answer(earlier, user, &ClientInfo::unknown()).await;
        return again.map(|(tokens, _)| tokens);
    };
    match server.event_log.store.find_session(session).await? {
        Some((session, _)) if session.is_live() => {
            server.issuer.issue(&session, user, Generation::FIRST).await
        }
        _ => Err(AuthError::DuplicateAttempt),
    }
}
