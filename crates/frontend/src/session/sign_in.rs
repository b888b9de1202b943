//! How a session begins and how the user ends it. Both take the refresh lock: a refresh of the
//! former session that is still on its way would otherwise put its cookie over the new one, or
//! bring one back after logout. It must not know about forms.

use leptos::prelude::*;
use shared::body::{LoginRequest, RegisterRequest, SessionBody};

use super::channel::Reason;
use super::rejected::Rejected;
use super::verdict::{Trouble, Verdict};
use super::{EndReason, Session, browser, lock};
use crate::api;
use crate::transport::Request;

/// A ticket may be an old one, once.
const TRIES: u32 = 2;

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
        let era = self.era();
        let held = lock::acquire().await;
        if !held.was_free()
            && let Err(trouble) = self.learn_whose_cookie_it_is(&held, era).await
        {
            return self.stuck_logout.set(Some(trouble));
        }
        if self.era() != era {
            // The session that was to be left is over already; another one was not meant.
            return;
        }
        let trouble = match self.send(api::log_out()).await {
            // 204 and nothing else: a proxy's page has ended no session.
            Ok(answer) if answer.status == 204 => {
                let session_id = self.token().map(|token| token.session_id);
                browser::drop_hint();
                self.forget(EndReason::LoggedOut);
                Self::tell_ended(session_id, Reason::LoggedOut, None);
                return;
            }
            Ok(answer) => Trouble::from(&answer),
            Err(no_answer) => no_answer.into(),
        };
        self.stuck_logout.set(Some(trouble));
    }
    /// Whoever had the lock before may have logged in, as anybody. Only the server can tell: the cookie is out
    /// of sight, and the other tab's message may come later than the lock.
    async fn learn_whose_cookie_it_is(self, held: &lock::Held, era: u64) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            match self.send_attempt(held, api::refresh).await.1 {
                Verdict::Renewed(body) => {
                    // If it is another session's, this is another era.
                    let _ = self.accept(*body, era);
                    return Ok(());
                }
                // Nobody's, or one that waits for its password: whoever has just logged in has given it.
                Verdict::Ended | Verdict::PasswordWanted => return Ok(()),
                Verdict::Duplicate => {}
                Verdict::Transient { trouble, .. } => return Err(trouble),
            }
        }
        Err(Trouble::Unavailable)
    }
}
