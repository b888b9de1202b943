//! Names of sessions, tickets and access tokens in a trace.

use backend::auth::IssuedTokens;
use shared::{Secret, SessionId};

use super::Observer;

impl Observer {
    pub(crate) fn session_name(&self, session: SessionId) -> String {
        match self.sessions.get(&session) {
            Some(watched) => format!("session {}", watched.number),
            None => "an unknown session".to_owned(),
        }
    }

    pub(crate) fn ticket_name(&self, ticket: &str) -> String {
        match self.tickets.get(ticket) {
            Some((session, number)) => {
                format!("ticket {number} of {}", self.session_name(*session))
            }
            None => "a forged ticket".to_owned(),
        }
    }

    pub(crate) fn token_name(&self, token: &Secret) -> String {
        match self.tokens.iter().find(|issued| issued.secret == *token) {
            Some(issued) => format!("an access token of {}", self.session_name(issued.session)),
            None => "an unknown access token".to_owned(),
        }
    }

    /// The number of a new ticket is not known yet.
    pub(crate) fn grant_name(&self, tokens: &IssuedTokens) -> String {
        match self.tickets.get(tokens.refresh_token.expose()) {
            Some((session, number)) => {
                format!("{}, ticket {number} again", self.session_name(*session))
            }
            None if self.sessions.contains_key(&tokens.session_id) => {
                format!("{}, the next ticket", self.session_name(tokens.session_id))
            }
            None => format!("session {}, ticket 1", self.sessions.len() + 1),
        }
    }
}
