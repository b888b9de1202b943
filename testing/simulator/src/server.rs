//! A server instance: the real owners of sessions, and a model of the HTTP layer around a call. Passwords are left
//! out: a user who logs in here is authenticated.

mod owners;
mod sign_in;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use backend::auth::session::callers::Authenticated;
use backend::auth::session::logout::Presented;
use backend::auth::{AuthError, IssuedTokens, RequestContext};
use backend::store::{Change, ClientInfo};
use frontend::transport::Answer;
use rotation::Attempt;
use shared::body::SessionBody;
use shared::{ErrorCode, Problem, RevocationReason, Secret, SessionId};

use crate::setting::Bug;
pub(crate) use owners::{POLICY, Server};
pub(crate) use sign_in::{SignIn, Way};

/// A request's call.
#[derive(Clone)]
pub(crate) enum Call {
    /// A new session, for an authenticated user or a new account.
    SignIn(SignIn),
    /// The refresh grant: ticket and attempt key.
    Refresh { ticket: String, key: Option<String> },
    /// Revokes the session of this ticket.
    Logout { ticket: String },
    /// A password change, with the bearer token and the current password. The server does not look at the browser's
    /// ticket: it says how stale the request is.
    ChangePassword { token: Secret, ticket: String, key: String },
    /// A protected call with a bearer token.
    Protected { token: Secret },
    /// An administrator revokes a session by its id.
    Revoke { session: SessionId },
}

/// The outcome of a call at the server.
pub(crate) enum Outcome {
    /// Tokens were issued.
    Granted(Box<IssuedTokens>),
    /// The access token was accepted.
    Authenticated(Box<Authenticated>),
    /// Done, without a body.
    Done,
    Failed(AuthError),
}

/// What an answer does to the refresh cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cookie {
    Untouched,
    Set(String),
    Cleared,
}

/// A running call.
pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome>>>;

/// Creates a call, which runs only when polled. `bug` is the planted fault.
pub(crate) fn begin(server: Arc<Server>, call: Call, bug: Option<Bug>) -> Running {
    Box::pin(async move {
        match carry_out(&server, call, bug).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error),
        }
    })
}

async fn carry_out(server: &Server, call: Call, bug: Option<Bug>) -> Result<Outcome, AuthError> {
    match call {
        Call::SignIn(request) => {
            let tokens = sign_in::sign_in(server, &request, bug).await?;
            Ok(Outcome::Granted(Box::new(tokens)))
        }
        Call::Refresh { ticket, key } => {
            let attempt = key.and_then(|key| Attempt::parse(&key).ok());
            let (ticket, context) = (Secret::new(ticket), context(server)?);
            let tokens = server.sessions.refresh(&ticket, attempt.as_ref(), &context).await?;
            Ok(Outcome::Granted(Box::new(tokens)))
        }
        Call::Logout { ticket } => {
            let refresh_tokens = &[Secret::new(ticket)];
            let presented =
                Presented { refresh_tokens, access_token: None, expected: None, key: None };
            server.logouts.logout(&presented, &context(server)?).await?;
            Ok(Outcome::Done)
        }
        Call::ChangePassword { token, key, .. } => {
            let caller = server.callers.authenticate(token.expose()).await?;
            let Authenticated { user, .. } = server.callers.look_up(&caller).await?;
            // As `AccountSettings::change_password`, without the passwords; each new one has a hash of its own.
            let (hash, attempt) = (format!("hash of {key}"), Attempt::parse(&key).ok());
            let (seen, context) = (&user.password_hash, context(server)?);
            let attempt = attempt.as_ref();
            let changed = server.changes.change_password(&caller, seen, &hash, attempt, &context);
            Ok(Outcome::Granted(Box::new(changed.await?)))
        }
        Call::Protected { token } => {
            let caller = server.callers.authenticate(token.expose()).await?;
            let authenticated = server.callers.look_up(&caller).await?;
            Ok(Outcome::Authenticated(Box::new(authenticated)))
        }
        Call::Revoke { session } => {
            let revocation = server.event_log.revocation(RevocationReason::Administrator);
            server.event_log.commit(Change::RevokeSession(session, revocation), Vec::new()).await?;
            Ok(Outcome::Done)
        }
    }
}

/// The context of a call that is admitted now.
fn context(server: &Server) -> Result<RequestContext, AuthError> {
    let now = server.event_log.trusted_now()?;
    Ok(RequestContext { now, client: ClientInfo::unknown(), client_id: None })
}

/// The answer on the wire, and its effect on the cookie. The table of errors and codes is
/// `backend::http::error`; this repeats the rows that can occur.
pub(crate) fn on_the_wire(call: &Call, outcome: &Outcome) -> (Answer, Cookie) {
    match outcome {
        Outcome::Granted(tokens) if matches!(call, Call::ChangePassword { .. }) => {
            (empty(204), Cookie::Set(tokens.refresh_token.expose().to_owned()))
        }
        Outcome::Granted(tokens) => {
            let body = SessionBody {
                access_token: tokens.access_token.clone(),
                token_type: "Bearer".to_owned(),
                expires_in: tokens.expires_in,
                session_id: tokens.session_id,
                user: backend::http::session_answer::shown(&tokens.user),
            };
            let is_new = matches!(call, Call::SignIn(SignIn { way: Way::Register, .. }));
            let status = if is_new { 201 } else { 200 };
            (answer(status, &body), Cookie::Set(tokens.refresh_token.expose().to_owned()))
        }
        Outcome::Authenticated(_) => (empty(200), Cookie::Untouched),
        Outcome::Done if matches!(call, Call::Logout { .. }) => (empty(204), Cookie::Cleared),
        Outcome::Done => (empty(204), Cookie::Untouched),
        Outcome::Failed(error) => {
            let code = match error {
                AuthError::InvalidGrant => ErrorCode::InvalidGrant,
                AuthError::InvalidCredentials => ErrorCode::InvalidCredentials,
                AuthError::InvalidToken | AuthError::SessionRevoked(_) => ErrorCode::InvalidToken,
                AuthError::DuplicateAttempt => ErrorCode::DuplicateAttempt,
                AuthError::EmailTaken => ErrorCode::EmailTaken,
                AuthError::IdempotencyKeyReused => ErrorCode::IdempotencyKeyReused,
                _ => ErrorCode::TemporarilyUnavailable,
            };
            let problem = Problem { title: error.to_string(), ..Problem::new(code) };
            (answer(problem.status, &problem), Cookie::Untouched)
        }
    }
}

fn answer(status: u16, body: &impl serde::Serialize) -> Answer {
    let body = serde_json::to_string(body).expect("bodies of ours are JSON");
    Answer { body, ..empty(status) }
}

fn empty(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}
