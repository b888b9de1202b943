//! Login: verifies a password within throttling and rate limits, and opens a session.

mod argon;
pub mod device_tokens;
pub mod known_device;
pub mod login_attempt;
pub mod login_throttle;
pub mod password_check;
pub mod password_hasher;
pub mod sign_in_again;
pub mod sign_ins;
pub mod signed_in;
pub mod step_up;

use std::sync::Arc;

use rotation::Generation;
use shared::EventKind;
use shared::body::LoginRequest;
use verifier::IdempotencyKey;

use self::known_device::list::KeptDevices;
use self::login_attempt::{LoginAttempt, LoginAttempts};
use self::sign_in_again::{Place, SignInRetries};
use self::signed_in::SignedIn;
use super::error::AuthError;
use super::idempotency::{IdempotencyKeys, KeyedRequest};
use super::request_context::{RequestContext, SignInContext};
use super::risk::network::network;
use super::security_event_log::SecurityEventLog;
use super::session::superseded::GivingWay;
use super::session::tickets::Tickets;
use super::token::issue_tokens::{IssuedTokens, TokenIssuer};
use crate::store::{AccountTag, Change, ClientInfo, Event, EventQuery, Session, UsedKey, User};

/// How many logins back a network is looked for.
const LOGINS_REMEMBERED: u32 = 50;

/// Logs users in.
pub struct Logins {
    /// Verifies passwords.
    pub attempts: LoginAttempts,
    /// Stores sessions, and logs each login.
    pub event_log: SecurityEventLog,
    /// Stores idempotency keys with the sessions that they open.
    pub idempotency: IdempotencyKeys,
    /// Finds the sessions that a login supersedes.
    pub tickets: Tickets,
    /// Issues the first tokens of a session.
    pub issuer: Arc<TokenIssuer>,
    /// Answers retries.
    pub retries: SignInRetries,
}

impl Logins {
    /// Opens a session for the right password; always a new one (ASVS 5.0.0 V7.2.4).
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] for an unknown user, a wrong password or a disabled user: the same, and
    /// after the same work. [`AuthError::RateLimited`] after too many attempts, whether or not the user exists.
    pub async fn login(
        &self,
        request: &LoginRequest,
        key: Option<&IdempotencyKey>,
        context: &SignInContext,
    ) -> Result<SignedIn, AuthError> {
        let mut login = self.attempts.begin(&request.email, context);
        let client_id = context.request.client_id.as_deref();
        let keyed = key.map(|key| keyed_login(key, login.account, client_id));
        let keyed = keyed.as_ref();
        let logged_in = async {
            let copy = self.attempts.sign_ins.look(keyed, &request.password);
            let user = self.attempts.verify(&mut login, &request.password, keyed, copy).await?;
            // Only after the password: the idempotency key must reveal no fact to a caller who does not know it.
            let outcome = self.open_once(user, keyed, &login).await;
            if matches!(outcome, Err(AuthError::IdempotencyKeyReused)) {
                self.attempts.throttle.reset(login.tags()).await;
            }
            outcome
        };
        self.idempotency.in_turn(keyed, Box::pin(logged_in)).await
    }

    async fn open_once(
        &self,
        user: User,
        keyed: Option<&KeyedRequest>,
        login: &LoginAttempt<'_>,
    ) -> Result<SignedIn, AuthError> {
        let idempotency = &self.idempotency;
        if let Some(earlier) = idempotency.earlier(keyed).await? {
            return self.log_in_again(login, &earlier, user).await;
        }
        let (tokens, is_anothers) = match self.open(&user, keyed, login).await? {
            Some(opened) => opened,
            // A retry of this request may have been faster, at another instance.
            None => match idempotency.faster(keyed).await? {
                Some(earlier) => return self.log_in_again(login, &earlier, user).await,
                None => return Err(AuthError::InvalidCredentials),
            },
        };
        self.attempts.throttle.reset(login.tags()).await;
        let devices = self.devices_kept(login);
        Ok(SignedIn { tokens, devices, is_anothers })
    }

    /// Answers a retry: the password is right, and the same request has opened a session before.
    pub(super) async fn log_in_again(
        &self,
        login: &LoginAttempt<'_>,
        earlier: &UsedKey,
        user: User,
    ) -> Result<SignedIn, AuthError> {
        let (tickets, event_log) = (&self.tickets, &self.event_log);
        let replaced = GivingWay::replaced_by_login(tickets, event_log, login.context).await?;
        self.attempts.throttle.try_reset(login.tags()).await?;
        let client = &login.context.request.client;
        let (tokens, place) = self.retries.answer(earlier, user, client).await?;
        // A thief who has copied the whole request must not get a known device.
        let is_known = place == Place::Same || login.device.is_some();
        let devices = is_known.then(|| self.devices_kept(login)).flatten();
        Ok(SignedIn { tokens, devices, is_anothers: replaced.is_anothers })
    }

    fn devices_kept(&self, login: &LoginAttempt<'_>) -> Option<KeptDevices> {
        let (presented, now) = (&login.context.devices, login.context.request.now);
        self.attempts.devices.kept(presented, login.device, &login.account, now)
    }

    /// The tokens, and whether the browser presented a refresh token of no session of this server. `None`: since the
    /// password was verified, the user was disabled or the password changed, the native client was removed, or the
    /// idempotency key was used.
    async fn open(
        &self,
        user: &User,
        keyed: Option<&KeyedRequest>,
        login: &LoginAttempt<'_>,
    ) -> Result<Option<(IssuedTokens, bool)>, AuthError> {
        let RequestContext { client, client_id, .. } = &login.context.request;
        let begun = self.issuer.begin(user, client).await?;
        let session = Session { client_id: client_id.clone(), ..begun };
        let event = |kind| self.event_log.event(kind, Some(user.id), client).in_session(session.id);
        let mut events: Vec<Event> = vec![event(EventKind::LoggedIn)];
        if login.device.is_none() {
            events.push(event(EventKind::NewDevice));
        }
        let sessions = self.event_log.store.sessions_of(user.id).await?;
        if self.is_new_network(user, &sessions, client).await? {
            events.push(event(EventKind::NewNetwork));
        }
        let (tickets, event_log, context) = (&self.tickets, &self.event_log, login.context);
        let mut giving_way = GivingWay::replaced_by_login(tickets, event_log, context).await?;
        giving_way.add_too_many(&session, &sessions, event_log, context);
        events.extend(giving_way.events);
        let open = Change::OpenSession {
            session: Box::new(session.clone()),
            seen: user.password_hash.clone(),
            superseded: giving_way.sessions,
        };
        let outcome =
            self.idempotency.commit_keyed(keyed, user.id, Some(session.id), open, events).await?;
        if !outcome.took_place() {
            return Ok(None);
        }
        let tokens = self.issuer.issue(&session, user.clone(), Generation::FIRST).await?;
        Ok(Some((tokens, giving_way.is_anothers)))
    }

    /// Whether neither a session of the user nor a recent login comes from this network. False if the network
    /// is unknown.
    async fn is_new_network(
        &self,
        user: &User,
        sessions: &[Session],
        client: &ClientInfo,
    ) -> Result<bool, AuthError> {
        let Some(here) = network(client.address) else { return Ok(false) };
        let is_here = |client: &ClientInfo| network(client.address) == Some(here);
        if sessions.iter().any(|session| is_here(&session.client)) {
            return Ok(false);
        }
        let kinds = vec![EventKind::Registered, EventKind::LoggedIn, EventKind::Confirmed];
        let query = EventQuery { user: user.id, before: None, kinds, limit: LOGINS_REMEMBERED };
        let logins = self.event_log.store.events(&query).await?;
        Ok(!logins.iter().any(|event| is_here(&event.client)))
    }
}

/// A login to an account by a client; `None` is the site's own.
fn keyed_login(key: &IdempotencyKey, account: AccountTag, client_id: Option<&str>) -> KeyedRequest {
    match client_id {
        None => KeyedRequest::new(key, &[b"login", &account.0]),
        Some(id) => KeyedRequest::new(key, &[b"native login", &account.0, id.as_bytes()]),
    }
}
