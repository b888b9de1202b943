//! Login: verifies a password within throttling and rate limits, and opens a session.

mod argon;
pub mod known_device;
pub mod login_throttle;
pub mod password_hasher;
pub mod sign_in_again;

use rotation::Generation;
use shared::body::LoginRequest;
use shared::{EventKind, Secret};
use verifier::IdempotencyKey;

use super::account::accounts::Accounts;
use super::account::email::Email;
use super::account::spelling;
use super::idempotency::KeyedRequest;
use super::idempotency::copies::Copy;
use super::rate_limit::RateLimited;
use super::risk::network::network;
use crate::auth::error::AuthError;
use crate::auth::request_context::SignInContext;
use crate::auth::token::issue_tokens::IssuedTokens;
use crate::store::{AccountTag, Change, ClientInfo, Event, EventQuery, Session, UsedKey, User};
use known_device::KnownDevice;
use password_hasher::{Priority, Verification};
use sign_in_again::Place;

/// How many logins back a network is looked for.
const LOGINS_REMEMBERED: u32 = 50;

/// A login in progress, before it is known whether the account exists.
pub(super) struct Login<'a> {
    typed: &'a str,
    email: Option<Email>,
    account: AccountTag,
    /// The known device, if the account is known on this one.
    device: Option<KnownDevice>,
    context: &'a SignInContext,
}

impl Accounts {
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
    ) -> Result<IssuedTokens, AuthError> {
        let mut login = self.under_way(&request.email, context);
        let keyed = key.map(|key| KeyedRequest::new(key, &[b"login", &login.account.0]));
        let idempotency = &self.sessions.idempotency;
        let _under_way = idempotency.under_way(keyed.as_ref()).await?;
        let copy = self.sign_ins.look(keyed.as_ref(), &request.password);
        let proved = self.proved(&mut login, &request.password, copy).await;
        let user = self.note_sign_in(proved, keyed.as_ref(), &request.password)?;
        // Only after the password: the idempotency key must reveal no fact to a caller who does not know it.
        let outcome = self.open_once(user, keyed.as_ref(), &login).await;
        if matches!(outcome, Err(AuthError::IdempotencyKeyReused)) {
            self.reset_failures(login.tags()).await;
        }
        outcome
    }

    async fn open_once(
        &self,
        user: User,
        keyed: Option<&KeyedRequest>,
        login: &Login<'_>,
    ) -> Result<IssuedTokens, AuthError> {
        let idempotency = &self.sessions.idempotency;
        if let Some(earlier) = idempotency.earlier(keyed).await? {
            return self.log_in_again(login, &earlier, user).await;
        }
        let tokens = match self.open(&user, keyed, login).await? {
            Some(tokens) => tokens,
            // A retry of this request may have been faster, at another instance.
            None => match idempotency.faster(keyed).await? {
                Some(earlier) => return self.log_in_again(login, &earlier, user).await,
                None => return Err(AuthError::InvalidCredentials),
            },
        };
        self.reset_failures(login.tags()).await;
        let devices = self.devices_kept(login.context, login.device, &login.account);
        Ok(IssuedTokens { devices, ..tokens })
    }

    /// Caches the result for retries of the request.
    pub(super) fn note_sign_in(
        &self,
        proved: Result<User, AuthError>,
        keyed: Option<&KeyedRequest>,
        password: &Secret,
    ) -> Result<User, AuthError> {
        match &proved {
            Ok(_) => self.sign_ins.note_right(keyed),
            Err(AuthError::InvalidCredentials) => self.sign_ins.note_wrong(keyed, password),
            Err(_) => {}
        }
        proved
    }

    /// Answers a retry: the password is right, and the same request has opened a session before.
    pub(super) async fn log_in_again(
        &self,
        login: &Login<'_>,
        earlier: &UsedKey,
        user: User,
    ) -> Result<IssuedTokens, AuthError> {
        self.reset_failures(login.tags()).await;
        let client = &login.context.client;
        let (tokens, place) = self.sessions.answer_sign_in_again(earlier, user, client).await?;
        // A thief who has copied the whole request must not get a known device.
        let is_known = place == Place::Same || login.device.is_some();
        let keep = || self.devices_kept(login.context, login.device, &login.account);
        Ok(IssuedTokens { devices: is_known.then(keep).flatten(), ..tokens })
    }

    pub(super) fn under_way<'a>(&self, typed: &'a str, context: &'a SignInContext) -> Login<'a> {
        let email = Email::parse(typed);
        let account =
            email.as_ref().map_or_else(|| AccountTag::of_no_address(typed), AccountTag::of);
        let device = self.recognise(context, &account);
        Login { typed, email, account, device, context }
    }

    /// Of two accounts that share an address, each is looked up and counted by its own spelling.
    async fn tell_apart(&self, login: &mut Login<'_>) -> Result<(), AuthError> {
        let meant = spelling::meant(&*self.sessions.event_log.store, login.typed).await?;
        if let Some(email) = meant.filter(|meant| login.email.as_ref() != Some(meant)) {
            login.account = AccountTag::of(&email);
            login.device = self.recognise(login.context, &login.account);
            login.email = Some(email);
        }
        Ok(())
    }

    /// The user, authenticated by their password. Limits come first, the look-up of the user after them, so that a
    /// refusal does not reveal whether the account exists.
    pub(super) async fn proved(
        &self,
        login: &mut Login<'_>,
        password: &Secret,
        copy: Copy,
    ) -> Result<User, AuthError> {
        let limits = &self.sessions.limits;
        let admitted = match login.device_tag() {
            _ if copy == Copy::Wrong => return Err(AuthError::InvalidCredentials),
            _ if copy == Copy::Free => Ok(()),
            Some(device) => limits.login_on(device, login.context.client.address, login.account),
            None => limits.login(login.context.client.address, login.account),
        };
        if let Err(limited) = admitted {
            return Err(self.limited(limited, login).await);
        }
        self.tell_apart(login).await?;
        // A known device that is locked out counts like an unknown one.
        let (tag, priority) = match login.device_tag() {
            Some(device) if !self.is_locked_out(device).await? => {
                (device, Priority::KnownAccount(login.account))
            }
            _ => (login.account, Priority::Normal),
        };
        let permit = match self.permit(tag, priority).await? {
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
                let event_log = &self.sessions.event_log;
                let event = event_log.event(EventKind::LoginFailed, user, &login.context.client);
                event_log.note(vec![event]).await;
                Err(AuthError::InvalidCredentials)
            }
        }
    }

    async fn find(&self, login: &Login<'_>) -> Result<Option<User>, AuthError> {
        match &login.email {
            Some(email) => Ok(self.sessions.event_log.store.find_user(email).await?),
            None => Ok(None),
        }
    }

    async fn limited(&self, limited: RateLimited, login: &Login<'_>) -> AuthError {
        let event_log = &self.sessions.event_log;
        let event = async || {
            // Best effort: a failed look-up must not turn a 429 into a 503.
            let user = self.find(login).await.ok().flatten().map(|user| user.id);
            event_log.event(EventKind::Limited, user, &login.context.client)
        };
        self.sessions.limits.refuse(limited, event_log, event).await
    }

    /// `None`: since the password was verified, the user was disabled or the password changed, or the idempotency key
    /// was used.
    async fn open(
        &self,
        user: &User,
        keyed: Option<&KeyedRequest>,
        login: &Login<'_>,
    ) -> Result<Option<IssuedTokens>, AuthError> {
        let client = &login.context.client;
        let session = self.sessions.begin(user, client).await?;
        let event = |kind| self.event(kind, user, client).in_session(session.id);
        let mut events: Vec<Event> = vec![event(EventKind::LoggedIn)];
        if login.device.is_none() {
            events.push(event(EventKind::NewDevice));
        }
        let sessions = self.sessions.event_log.store.sessions_of(user.id).await?;
        if self.is_new_network(user, &sessions, client).await? {
            events.push(event(EventKind::NewNetwork));
        }
        let replaced = self.sessions.replaced_by_login(login.context).await?;
        let giving_way = self.sessions.too_many(replaced, &sessions, login.context);
        events.extend(giving_way.events);
        let open = Change::OpenSession {
            session: Box::new(session.clone()),
            seen: user.password_hash.clone(),
            superseded: giving_way.sessions,
        };
        let outcome = (self.sessions.idempotency)
            .commit_keyed(keyed, user.id, Some(session.id), open, events)
            .await?;
        if !outcome.took_place() {
            return Ok(None);
        }
        self.sessions.issue_tokens(&session, user.clone(), Generation::FIRST).await.map(Some)
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
        let logins = self.sessions.event_log.store.events(&query).await?;
        Ok(!logins.iter().any(|event| is_here(&event.client)))
    }

    /// Rehashes the password with today's parameters: it is in clear only now.
    async fn strengthen(
        &self,
        user: User,
        password: &Secret,
        priority: Priority,
    ) -> Result<User, AuthError> {
        let hash = self.hasher.hash(password, priority).await?;
        let seen = user.password_hash.clone();
        let rehash = Change::Rehash { user: user.id, seen, hash: hash.clone() };
        if self.sessions.event_log.commit(rehash, Vec::new()).await?.took_place() {
            Ok(User { password_hash: hash, ..user })
        } else {
            // A concurrent login has rehashed it, or the password has changed: a retry will tell.
            Err(AuthError::Contended)
        }
    }
}

impl Login<'_> {
    fn device_tag(&self) -> Option<AccountTag> {
        self.device.map(|device| self.account.of_device(device.id))
    }

    /// All tags that failures of this login are counted by.
    fn tags(&self) -> impl Iterator<Item = AccountTag> {
        std::iter::once(self.account).chain(self.device_tag())
    }
}
