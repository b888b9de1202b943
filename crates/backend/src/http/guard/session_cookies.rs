//! The names of a session's cookies in this browser. Cookies know no ports (RFC 6265 section 8.5): two servers of one
//! host share the browser's cookies, and must leave each other's alone.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use rotation::UnverifiedTicket;
use shared::path::{REFRESH_COOKIE, at_port};
use shared::{Secret, SessionId};

use crate::auth::AuthError;
use crate::auth::session::tickets::{Accompanying, Tickets};
use crate::config::Origin;
use crate::http::cookie::{self, Names};

/// The cookies that decide about the names.
pub struct SessionCookies {
    tickets: Tickets,
    port: u16,
    /// Whether a cookie carries this server's port in its name.
    has_own: bool,
    /// The value of the cookie with the usual name.
    usual: Option<Secret>,
}

impl SessionCookies {
    /// The names that this server may write: the usual ones, unless they hold another server's cookies.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn free(&self) -> Result<Names, AuthError> {
        Ok(self.names(self.has_own || self.is_anothers().await?))
    }

    /// The same, if it is known whether the usual cookie holds a refresh token of no session here.
    pub fn free_unless(&self, is_anothers: bool) -> Names {
        self.names(self.has_own || is_anothers)
    }

    /// The sessions of the refresh tokens that came with a call which revokes `session`.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn accompanying(
        &self,
        refresh_tokens: &[Secret],
        session: SessionId,
    ) -> Result<Accompanying, AuthError> {
        self.tickets.whose(refresh_tokens, session).await
    }

    fn names(&self, with_port: bool) -> Names {
        if with_port { Names::at(self.port) } else { Names::usual() }
    }

    /// Whether the usual cookie holds a refresh token of no session here.
    async fn is_anothers(&self) -> Result<bool, AuthError> {
        match &self.usual {
            Some(usual) if UnverifiedTicket::parse(usual.expose()).is_some() => {
                Ok(!self.tickets.knows(usual).await?)
            }
            _ => Ok(false),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for SessionCookies
where
    Origin: FromRef<S>,
    Tickets: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let port = Origin::from_ref(state).port();
        let headers = &parts.headers;
        let has_own = cookie::values(headers, &at_port(REFRESH_COOKIE, port)).next().is_some();
        let usual = cookie::values(headers, REFRESH_COOKIE).next();
        let usual = usual.map(|value| Secret::new(value.to_owned()));
        Ok(Self { tickets: Tickets::from_ref(state), port, has_own, usual })
    }
}
