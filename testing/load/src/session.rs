//! A browser's session: its cookies, rotated by each refresh, and its access token. It keeps the client's rules of
//! rotation: one refresh at a time, a new attempt key (`Idempotency-Key`) for each.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use shared::path;

use crate::http::{self, Answer};

/// The password of every account.
pub(crate) const PASSWORD: &str = "copper heron above winter";
/// As long, and wrong.
pub(crate) const WRONG_PASSWORD: &str = "copper heron below winter";

/// A session, or a browser without one yet.
pub(crate) struct Session {
    number: usize,
    email: String,
    cookies: Vec<(String, String)>,
    refreshes: u64,
    /// The header `Cookie`, ready to be sent.
    cookie: String,
    /// The header `Authorization`, ready to be sent.
    authorization: String,
}

/// Of the answer to register, login and refresh: what a client keeps of the body.
#[derive(Deserialize)]
struct Tokens<'a> {
    access_token: &'a str,
}

impl Session {
    /// A browser of this user, without a session. Two of one run have two numbers.
    pub(crate) fn new(number: usize, user: usize) -> Self {
        Self {
            number,
            email: email(user),
            cookies: Vec::new(),
            refreshes: 0,
            cookie: String::new(),
            authorization: String::new(),
        }
    }

    /// Appends the request that registers its user, or logs the user in.
    pub(crate) fn write_sign_in(&self, out: &mut Vec<u8>, path: &str) {
        write_sign_in(out, path, &self.email, PASSWORD);
    }

    /// Appends `GET /api/me` with its access token.
    pub(crate) fn write_me(&self, out: &mut Vec<u8>) {
        write_me(out, &self.authorization, &self.cookie);
    }

    /// Appends a refresh, with a new attempt key.
    pub(crate) fn write_refresh(&mut self, out: &mut Vec<u8>) {
        self.refreshes += 1;
        let key = format!("load-{:08}-{:010}", self.number, self.refreshes);
        let headers = [("cookie", self.cookie.as_str()), (path::IDEMPOTENCY_KEY, key.as_str())];
        http::write_post(out, path::REFRESH, &headers, "");
    }

    /// The header `Authorization`.
    pub(crate) fn authorization(&self) -> &str {
        &self.authorization
    }

    /// The header `Cookie`.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Takes cookies and access token from the answer to register, login or refresh.
    ///
    /// # Errors
    /// If there is no new refresh token, or no access token.
    pub(crate) fn take(&mut self, answer: &Answer<'_>) -> Result<()> {
        let before = self.refresh_token().map(str::to_owned);
        for line in answer.all("set-cookie") {
            let pair = line.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie without a value")?;
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let after = self.refresh_token();
        ensure!(after.is_some() && after != before.as_deref(), "no new refresh token");
        let tokens: Tokens<'_> =
            serde_json::from_slice(&answer.body).context("no access token in the answer")?;
        self.authorization = format!("Bearer {}", tokens.access_token);
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        self.cookie = pairs.collect::<Vec<_>>().join("; ");
        Ok(())
    }

    fn refresh_token(&self) -> Option<&str> {
        let mut cookies = self.cookies.iter();
        let (_, value) = cookies.find(|(name, _)| name == path::REFRESH_COOKIE)?;
        Some(value)
    }
}

/// The address of a user.
pub(crate) fn email(user: usize) -> String {
    format!("load-{user}@example.com")
}

/// Appends a registration or a login by a browser without cookies.
pub(crate) fn write_sign_in(out: &mut Vec<u8>, path: &str, email: &str, password: &str) {
    let body = json!({ "email": email, "password": password }).to_string();
    http::write_post(out, path, &[], &body);
}

/// Appends `GET /api/me` with these headers.
pub(crate) fn write_me(out: &mut Vec<u8>, authorization: &str, cookie: &str) {
    http::write_get(out, path::ME, &[("authorization", authorization), ("cookie", cookie)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(refresh_token: &str) -> String {
        let body = r#"{"access_token":"abc.def.ghi","expires_in":900}"#;
        let (refresh, length) = (path::REFRESH_COOKIE, body.len());
        format!(
            "HTTP/1.1 200 OK\r\nset-cookie: {refresh}={refresh_token}; Path=/; HttpOnly\r\n\
             set-cookie: hint=1; Path=/\r\nset-cookie: old=; Max-Age=0\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
    }

    fn take(session: &mut Session, refresh_token: &str) -> Result<()> {
        let text = answer(refresh_token);
        session.take(&http::read(text.as_bytes())?.context("it is whole")?)
    }

    #[test]
    fn the_rotated_cookie_and_the_access_token_are_sent_next() {
        let mut session = Session::new(7, 1);
        take(&mut session, "first").expect("a session");
        take(&mut session, "second").expect("a refresh");
        assert_eq!(session.cookie(), format!("{}=second; hint=1", path::REFRESH_COOKIE));
        assert_eq!(session.authorization(), "Bearer abc.def.ghi");
        let mut out = Vec::new();
        session.write_me(&mut out);
        let text = String::from_utf8(out).expect("ASCII");
        assert!(text.contains("\r\nauthorization: Bearer abc.def.ghi\r\ncookie: "), "{text}");
    }

    #[test]
    fn each_refresh_has_an_attempt_key_of_its_own() {
        let mut session = Session::new(7, 1);
        take(&mut session, "first").expect("a session");
        let mut text = |_| {
            let mut out = Vec::new();
            session.write_refresh(&mut out);
            String::from_utf8(out).expect("ASCII")
        };
        let [first, second] = [0, 1].map(&mut text);
        assert!(first.contains("idempotency-key: load-00000007-0000000001\r\n"), "{first}");
        assert_ne!(first, second);
        assert!(first.ends_with("content-length: 0\r\n\r\n"));
    }

    #[test]
    fn a_refresh_that_rotates_no_cookie_is_an_error() {
        let mut session = Session::new(7, 1);
        take(&mut session, "first").expect("a session");
        assert!(take(&mut session, "first").is_err());
    }
}
