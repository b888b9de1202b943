//! Names in a trace. A secret is named by its session, never by its text.

use crate::network::Party;
use crate::server::{Call, Outcome, SignIn, Way};
use crate::world::{USERS, World};

impl World {
    pub(crate) fn user_name(&self, user: usize) -> &'static str {
        USERS[user]
    }

    pub(crate) fn name(&self, party: Party) -> String {
        match party {
            Party::Tab(browser, tab) => format!("browser {}, tab {},", browser + 1, tab + 1),
            Party::Thief => "the thief".to_owned(),
            Party::Stranger => "a stranger".to_owned(),
        }
    }

    pub(crate) fn describe(&self, call: &Call) -> String {
        match call {
            Call::SignIn(SignIn { way, email, key }) => {
                let what = match way {
                    Way::Register => "registration",
                    Way::LogIn => "login",
                };
                let key = key.as_deref().unwrap_or("no key");
                format!("a {what} of {} with {key}", email.as_str())
            }
            Call::Refresh { ticket, key } => {
                let key = key.as_deref().unwrap_or("no key");
                format!("a refresh with {} and {key}", self.observer.ticket_name(ticket))
            }
            Call::Logout { ticket } => {
                format!("a logout with {}", self.observer.ticket_name(ticket))
            }
            Call::ChangePassword { token, key, .. } => {
                format!("another password with {} and {key}", self.observer.token_name(token))
            }
            Call::Protected { token } => {
                format!("a call with {}", self.observer.token_name(token))
            }
            Call::Revoke { session } => {
                format!("a revocation of {}", self.observer.session_name(*session))
            }
        }
    }

    pub(crate) fn describe_outcome(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Granted(tokens) => format!("tokens of {}", self.observer.grant_name(tokens)),
            Outcome::Authenticated(_) => "recognised".to_owned(),
            Outcome::Done => "done".to_owned(),
            Outcome::Failed(error) => error.to_string(),
        }
    }
}
