//! A tab's memory: its access token, and which sessions are over. The rules repeat
//! `frontend/src/session/{handle,tabs}.rs`.

use std::collections::VecDeque;

use shared::body::SessionBody;
use shared::{NumericDate, Secret, SessionId};

use super::task::TaskState;

/// A message between tabs.
#[derive(Clone)]
pub(crate) enum Message {
    /// A session's new access token, with its expiry.
    Token(Box<SessionBody>, NumericDate),
    /// A session is over.
    Ended(SessionId),
}

#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) serial: u64,
    pub(crate) session: SessionId,
    pub(crate) expires_at: NumericDate,
}

#[derive(Default)]
pub(crate) struct Tab {
    pub(crate) token: Option<Token>,
    serial: u64,
    pub(crate) epoch: u64,
    ended: Vec<SessionId>,
    /// Whether the page was loaded with the hint of a session, and has no access token yet.
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

    /// An unexpired token other than the stale one: from another tab, or from a login.
    pub(crate) fn token_newer_than(&self, stale: Option<u64>, now: NumericDate) -> Option<&Token> {
        self.token.as_ref().filter(|token| Some(token.serial) != stale && token.expires_at > now)
    }

    /// Adopts a session and its access token.
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

    /// Drops the session.
    pub(crate) fn forget(&mut self) {
        self.ended.extend(self.token.take().map(|token| token.session));
        self.epoch += 1;
        self.restoring = false;
    }

    /// Reads one message of another tab, if there is one.
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
