//! One click, one effect: the one way in which an action is sent. It takes its key before it is sent, asks again with the same
//! key while there is no answer, and gives the key up when there is one. What an answer means is said in
//! [`super::again`], which key is taken in [`super::pending`]; nothing here decides that.

use serde::de::DeserializeOwned;
use shared::ErrorCode;

use super::again::{self, Outcome};
use super::pending::{self, Taken};
use super::rejected::Rejected;
use super::verdict::Trouble;
use super::{NotCalled, Session, Token, browser, shelf};
use crate::action::Action;
use crate::transport::{Answer, Request};

/// An action that was carried out.
pub(super) struct Done<T> {
    /// What the server says of it.
    pub(super) said: T,
    /// Whether the key was that of an earlier click: then the effect may be that one's, and things may have changed since.
    pub(super) resumed: bool,
}

/// Why an action is not known to be done.
pub(super) enum NotDone {
    /// The server says no.
    Refused(Answer),
    /// It was sent, and it is not known what became of it. Its key stays.
    Uncertain(Trouble),
    /// It was not sent.
    NotSent(NotCalled),
}

impl From<NotDone> for Rejected {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Refused(answer) => Self::by(&answer),
            NotDone::Uncertain(trouble) => Self::Uncertain(trouble),
            NotDone::NotSent(not_called) => not_called.into(),
        }
    }
}

/// How an action is sent.
pub(super) enum Way {
    /// As it is.
    AsItIs,
    /// With an access token, if need be after a refresh or the password. A copy is sent with the token of the try before:
    /// the server answers it even if the action has ended the session, or the token has expired.
    WithToken(Option<Token>),
}

impl Session {
    /// Carries out an action that is answered with 204, or says why it was not done.
    pub(crate) async fn carry_out(self, action: &Action) -> Result<(), Rejected> {
        self.once(action, no_content).await.map(|done| done.said)
    }

    /// Carries out an action that is answered with what it has made, or says why it was not done.
    pub(crate) async fn make<T: DeserializeOwned>(self, action: &Action) -> Result<T, Rejected> {
        self.once(action, Answer::json::<T>).await.map(|done| done.said)
    }

    /// Carries out a protected action. `read` takes from a successful answer what the server says; `None` if the answer is
    /// not our server's.
    pub(super) async fn once<T>(
        self,
        action: &Action,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Done<T>, Rejected> {
        let way = Way::WithToken(None);
        self.ask(action, way, read).await.map_err(Rejected::from)
    }

    /// Sends an action until it is answered. If the server knows the key from another request, such as one of a former
    /// session, nothing has happened, and the action takes a fresh one.
    pub(super) async fn ask<T>(
        self,
        action: &Action,
        mut way: Way,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Done<T>, NotDone> {
        let asked = self.ask_with_one_key(action, &mut way, &read).await;
        if !is_refused(&asked, ErrorCode::IdempotencyKeyReused) {
            return asked;
        }
        give_up(action).await;
        self.ask_with_one_key(action, &mut way, &read).await
    }

    /// The same; a key that the server knows from another request is kept.
    pub(super) async fn ask_with_one_key<T>(
        self,
        action: &Action,
        way: &mut Way,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Done<T>, NotDone> {
        let begun_ms = browser::now_ms();
        let Taken { key, resumed } = take(action).await;
        let mut is_uncertain = resumed;
        let mut tried = 0;
        loop {
            let sent = match self.send_by(way, action.keyed(&key)).await {
                Ok(answer) => Ok(answer),
                Err(NotCalled::Unanswered(trouble)) => Err(trouble),
                Err(not_called) => {
                    return Err(not_sent(action, &key, not_called, is_uncertain).await);
                }
            };
            match again::judge(sent, &read) {
                Outcome::Done(said) => {
                    settle(action, &key).await;
                    return Ok(Done { said, resumed });
                }
                Outcome::Refused(answer) => {
                    return Err(refused(action, &key, answer, is_uncertain).await);
                }
                Outcome::Unanswered { trouble, retry_after_seconds } => {
                    is_uncertain = true;
                    let spent_ms = browser::now_ms() - begun_ms;
                    let wait =
                        again::wait_ms(tried, retry_after_seconds, spent_ms, browser::jitter());
                    let Some(wait) = wait else { return Err(NotDone::Uncertain(trouble)) };
                    browser::pause(wait).await;
                    tried += 1;
                }
            }
        }
    }

    async fn send_by(self, way: &mut Way, request: Request) -> Result<Answer, NotCalled> {
        match way {
            Way::AsItIs => self.send(request).await.map_err(NotCalled::from),
            Way::WithToken(last) => self.call_with(request, last).await.answer,
        }
    }
}

/// An answer of 204 and nothing else: a proxy's page has done nothing.
pub(super) fn no_content(answer: &Answer) -> Option<()> {
    (answer.status == 204).then_some(())
}

/// Whether the server has refused, and this is why.
pub(super) fn is_refused<T>(asked: &Result<T, NotDone>, code: ErrorCode) -> bool {
    matches!(asked, Err(NotDone::Refused(answer)) if answer.is(code))
}

async fn not_sent(
    action: &Action,
    key: &str,
    not_called: NotCalled,
    is_uncertain: bool,
) -> NotDone {
    match not_called {
        NotCalled::ForNow(trouble) if is_uncertain => NotDone::Uncertain(trouble),
        not_called => {
            if !is_uncertain {
                settle(action, key).await;
            }
            NotDone::NotSent(not_called)
        }
    }
}

async fn refused(action: &Action, key: &str, answer: Answer, is_uncertain: bool) -> NotDone {
    if again::settles(&answer, is_uncertain) {
        settle(action, key).await;
    }
    match answer.problem() {
        None if is_uncertain => NotDone::Uncertain(Trouble::from(&answer)),
        _ => NotDone::Refused(answer),
    }
}

/// The key to send: the pending one, if the action is the same, else a new one.
async fn take(action: &Action) -> Taken {
    let (now, fresh) = (browser::unix_ms(), browser::fresh_key());
    shelf::step_of_action(action.name(), |shelf| pending::take_or_create(shelf, action, now, fresh))
        .await
}

async fn settle(action: &Action, key: &str) {
    shelf::step_of_action(action.name(), |shelf| pending::settle(shelf, key)).await;
}

/// The next action of this kind takes a fresh key.
pub(super) async fn give_up(action: &Action) {
    shelf::step_of_action(action.name(), |shelf| shelf.clear()).await;
}

/// Removes the keys that are too old to be used again.
pub(super) async fn give_up_outdated() {
    let now = browser::unix_ms();
    for name in browser::names_of_pending_actions() {
        shelf::step_of_action(&name, |shelf| pending::remove_outdated(shelf, now)).await;
    }
}
