//! A client's password calls: login and password change.

use super::*;

impl Client {
    /// Logs in once, without a retry; the status, if there was an answer. A success replaces the session.
    pub(crate) async fn try_login(&mut self, at: SocketAddr) -> Result<Option<u16>> {
        let request = self.on_our_page(Request::post(path::LOGIN)).json(&self.registration());
        let outcome = http::call(at, &request).await;
        self.env.inspect("login", &outcome);
        let Ok(answer) = outcome else { return Ok(None) };
        if answer.status == 200 {
            (self.previous, self.pending, self.revoked) = (None, None, false);
            self.take(&answer)?;
        }
        Ok(Some(answer.status))
    }

    /// Changes the password, with a client-side timeout. The change rotates the refresh token, so it is an attempt
    /// like a refresh: its idempotency key stays until it is answered. Whether it was answered.
    pub(crate) async fn change_password(
        &mut self,
        at: SocketAddr,
        timeout: Duration,
    ) -> Result<bool> {
        let (old, new) = (self.password, self.other_password());
        let rng = &self.env.rng;
        let key = self.pending.get_or_insert_with(|| rng.attempt_key()).clone();
        let request = self
            .on_our_page(Request::put(path::PASSWORD))
            .header("authorization", format!("Bearer {}", self.access_token))
            .header(path::IDEMPOTENCY_KEY, key)
            .json(&json!({ "current_password": old, "new_password": new }));
        let outcome = match tokio::time::timeout(timeout, http::call(at, &request)).await {
            Ok(outcome) => outcome,
            // The client has given up; the server may still carry the change out.
            Err(_) => return Ok(false),
        };
        self.env.inspect("password", &outcome);
        match outcome {
            Ok(answer) if answer.status == 204 => {
                let ticket = refresh_cookie(&answer).context("no refresh cookie with the 204")?;
                self.previous = Some(std::mem::replace(&mut self.ticket, ticket.to_owned()));
                (self.pending, self.password) = (None, new);
                Ok(true)
            }
            Ok(Answer { status: 503, .. }) => Ok(false),
            Ok(answer) => bail!("password: {} {:?}", answer.status, answer.text("code")),
            Err(lost) => {
                if let Some(ticket) = lost.head.as_ref().and_then(refresh_cookie) {
                    self.previous = Some(std::mem::replace(&mut self.ticket, ticket.to_owned()));
                }
                Ok(false)
            }
        }
    }

    /// The password that is not in use.
    pub(crate) fn other_password(&self) -> &'static str {
        if self.password == PASSWORD { OTHER_PASSWORD } else { PASSWORD }
    }

    /// A call that needs the bearer token and no cookie; the status, if there was an answer.
    pub(crate) async fn events(&self, at: SocketAddr) -> Option<u16> {
        let token = format!("Bearer {}", self.access_token);
        let request = Request::get(path::EVENTS).header("authorization", token);
        let outcome = http::call(at, &request).await;
        self.env.inspect("events", &outcome);
        outcome.ok().map(|answer| answer.status)
    }
}
