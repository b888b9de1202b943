//! How a session begins and how the user ends it. Both take the refresh lock: a refresh of the
//! former session that is still on its way would otherwise put its cookie over the new one, or
//! bring one back after logout. It must not know about forms.

use std::fmt;

use leptos::prelude::*;
use shared::body::{LoginRequest, RegisterRequest, SessionBody};
use shared::{ErrorCode, SessionId};

use super::channel::Reason;
use super::rejected::Rejected;
use super::verdict::Trouble;
use super::{EndReason, Phase, Session, browser, hint, lock};
use crate::api;
use crate::transport::Request;

impl Session {
    /// Creates an account and begins its first session.
    pub(crate) async fn register(self, body: &RegisterRequest) -> Result<(), Rejected> {
        self.begin(api::register(body)).await
    }

    /// Begins a session.
    pub(crate) async fn log_in(self, body: &LoginRequest) -> Result<(), Rejected> {
        self.begin(api::log_in(body)).await
    }

    async fn begin(self, request: Request) -> Result<(), Rejected> {
        let _held = lock::acquire().await;
        let answer = self.send(request).await?;
        if answer.succeeded() {
            let Some(body) = answer.json::<SessionBody>() else {
                return Err(Rejected::ForNow(Trouble::from(&answer)));
            };
            self.adopt_and_tell(body);
            return Ok(());
        }
        Err(Rejected::by(&answer))
    }

    /// Ends the session, here and in all tabs. If the server cannot be told, the user stays logged
    /// in and is told so: a logout that only looks like one is worse than none.
    pub(crate) async fn log_out(self) {
        let meant = self.session_id();
        let held = lock::acquire().await;
        // Whoever had the lock before may have told of a login or an end; let that message arrive.
        browser::pause(0).await;
        if !self.is_still(meant) {
            // Over already; another one was not meant.
            return self.tell_of_another();
        }
        // The cookie may be blocked, cleared or another's; the token names the session all the same.
        let bearer = self.token().map(|token| token.secret);
        let outcome = self.send(api::log_out(meant, bearer)).await;
        let trouble = match outcome {
            // 204 and nothing else: a proxy's page has ended no session.
            Ok(answer) if answer.status == 204 => {
                Self::tell_ended(meant, Reason::LoggedOut, None);
                browser::clear_stored().await;
                // The answer clears the hint, unless the cookie is of another session.
                if hint::is_there() {
                    drop(held);
                    return self.look_who_is_here(meant).await;
                }
                hint::forget();
                if self.is_still(meant) {
                    self.forget(match answer.session_ended {
                        Some(false) => EndReason::LoggedOutHereOnly,
                        _ => EndReason::LoggedOut,
                    });
                }
                return self.tell_of_another();
            }
            Ok(answer) if answer.is(ErrorCode::PreconditionFailed) => {
                drop(held);
                return self.look_who_is_here(meant).await;
            }
            Ok(answer) => Trouble::from(&answer),
            Err(no_answer) => no_answer.into(),
        };
        if self.is_still(meant) {
            self.stuck_logout.set(Some(StuckLogout::Trouble(trouble)));
        } else {
            self.tell_of_another();
        }
    }

    /// Somebody has logged in, and word of it has not arrived. The cookie tells who; until it does, nobody is
    /// shown.
    async fn look_who_is_here(self, gone: Option<SessionId>) {
        let stale = self.token().map(|token| token.serial);
        let _ = self.fresh_token(stale).await;
        if self.is_still(gone) {
            self.not_known_any_more();
        }
        self.tell_of_another();
    }

    /// Whether nobody has left or come since. While a session is still being restored it is not known which
    /// one it is.
    fn is_still(self, meant: Option<SessionId>) -> bool {
        match self.phase_untracked() {
            Phase::SignedOut(_) => false,
            Phase::Restoring => meant.is_none(),
            Phase::SignedIn(_) => meant.is_some() && self.session_id() == meant,
        }
    }

    fn tell_of_another(self) {
        if matches!(self.phase_untracked(), Phase::SignedIn(_)) {
            self.stuck_logout.set(Some(StuckLogout::Replaced));
        }
    }
}

/// Why the user is still logged in although they wanted out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StuckLogout {
    /// The server cannot be told for now.
    Trouble(Trouble),
    /// The session that was to be left is not the one that is here now.
    Replaced,
}

/// What the user reads; whole sentences.
impl fmt::Display for StuckLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(trouble) => {
                write!(f, "You are still logged in: {trouble} Try again before you leave this computer.")
            }
            Self::Replaced => f.write_str(
                "You are still logged in: another login has taken the place of the one you wanted to leave.",
            ),
        }
    }
}
