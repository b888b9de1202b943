//! What a tab remembers: its access token, and which sessions are over. The rules repeat
//! `frontend/src/session.rs` and `session/tabs.rs`. It must not send anything.

use std::collections::VecDeque;

use shared::body::SessionBody;
use shared::{NumericDate, Secret, SessionId};

use super::TaskState;

/// From tab to tab.
#[derive(Clone)]
pub(crate) enum Message {
    /// A session has a new access token, which expires then.
    Token(Box<SessionBody>, NumericDate),
    /// A session is over.
    Ended(SessionId),
}

/// An access token in memory.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) serial: u64,
    pub(crate) session: SessionId,
    pub(crate) expires_at: NumericDate,
}

/// A tab.
#[derive(Default)]
pub(crate) struct Tab {
    pub(crate) token: Option<Token>,
    serial: u64,
    pub(crate) epoch: u64,
    ended: Vec<SessionId>,
    /// There may be a session; it is yet to be asked for.
    pub(crate) restoring: bool,
    pub(crate) inbox: VecDeque<Message>,
    pub(crate) state: TaskState,
}

impl Tab {
    /// A page just loaded, in a browser that may have a session.
    pub(crate) fn loaded(restoring: bool) -> Self {
        Self { restoring, ..Self::default() }
    }

    /// Whether it waits for the answer to this request.
    pub(crate) fn awaits(&self, request: u32) -> bool {
        matches!(self.state, TaskState::AwaitingAnswer(_, _, awaited) if awaited == request)
    }

    pub(crate) fn session(&self) -> Option<SessionId> {
        self.token.as_ref().map(|token| token.session)
    }

    pub(crate) fn has_ended(&self, session: SessionId) -> bool {
        self.ended.contains(&session)
    }

    /// The token another tab has broadcast, or a login has brought, since `stale` was in use.
    pub(crate) fn token_newer_than(&self, stale: Option<u64>, now: NumericDate) -> Option<&Token> {
        self.token.as_ref().filter(|token| Some(token.serial) != stale && token.expires_at > now)
    }

    /// From now on this is the session and its token.
    pub(crate) fn adopt(&mut self, body: SessionBody, expires_at: NumericDate) {
        self.serial += 1;
        if self.session() != Some(body.session_id) {
            self.epoch += 1;
        }
        self.restoring = false;
        self.token = Some(Token {
            secret: body.access_token,
            serial: self.serial,
            session: body.session_id,
            expires_at,
        });
    }

    /// From now on there is no session here.
    pub(crate) fn forget(&mut self) {
        self.ended.extend(self.token.take().map(|token| token.session));
        self.epoch += 1;
        self.restoring = false;
    }

    /// Reads what other tabs have said. Whether there was anything.
    pub(crate) fn read_message(&mut self) -> bool {
        let Some(message) = self.inbox.pop_front() else { return false };
        match message {
            Message::Token(body, expires_at) => {
                let outdated = self.token.as_ref().is_some_and(|token| {
                    token.session == body.session_id && token.expires_at > expires_at
                });
                if !outdated && !self.has_ended(body.session_id) {
                    self.adopt(*body, expires_at);
                }
            }
            Message::Ended(session) => {
                self.ended.push(session);
                if self.session() == Some(session) {
                    self.forget();
                }
            }
        }
        true
    }

    pub(crate) fn read_inbox(&mut self) {
        while self.read_message() {}
    }
}
