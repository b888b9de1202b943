//! The client: login, calls with an access token, refresh, logout. Refresh is the client's half of the rotation
//! protocol (`docs/design/rotation.md`); read [`Client::get`] first, then `refresh`.

use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::request::Builder;
use serde::Deserialize;
use serde_json::json;

use crate::error::ClientError;
use crate::origin::Origin;
use crate::session_file::{LockedFile, Record, SessionFile};
use crate::transport::{Answer, Transport};

const LOGIN: &str = "/api/auth/login";
const REFRESH: &str = "/api/auth/refresh";
const LOGOUT: &str = "/api/auth/logout";
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A client with its session in a file. Any number of processes may have one for the same file.
pub struct Client {
    transport: Transport,
    file: SessionFile,
    /// In memory alone. A process begins without one, and so with a refresh.
    access: Option<Access>,
}

/// An access token, and the origin that issued it and alone gets it.
struct Access {
    origin: String,
    token: String,
}

/// The body of a login and of a refresh (RFC 6749 section 5.1).
#[derive(Deserialize)]
struct Issued {
    access_token: String,
}

impl Client {
    /// A client of the session in this file.
    #[must_use]
    pub fn new(file: SessionFile) -> Self {
        Self { transport: Transport::new(), file, access: None }
    }

    /// Logs in, and stores the session. It replaces the file's session: one at this origin is revoked by the server,
    /// because its cookie comes along, and one at another origin is forgotten.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with `invalid_credentials`, or [`ClientError::Transient`].
    pub async fn log_in(
        &mut self,
        origin: &Origin,
        email: &str,
        password: &str,
    ) -> Result<(), ClientError> {
        let locked = self.lock().await?;
        let kept = locked.read()?.filter(|record| record.origin == origin.as_str());
        let mut record = kept.unwrap_or_else(|| Record::at(origin.as_str()));
        let body = json!({ "email": email, "password": password }).to_string();
        let request = post(&record, LOGIN, &new_key()?);
        let request = request.header(CONTENT_TYPE, "application/json").body(body)?;
        let answer = self.transport.send(request).await?;
        if self.accept(&answer, &mut record, &locked)? {
            return Ok(());
        }
        Err(ClientError::of(&answer))
    }

    /// `GET` with an access token: on 401 `invalid_token`, refresh once and repeat once.
    ///
    /// # Errors
    /// [`ClientError::SignedOut`] or [`ClientError::NotLoggedIn`] if there is no session, [`ClientError::Transient`],
    /// [`ClientError::Refused`].
    pub async fn get(&mut self, path: &str) -> Result<String, ClientError> {
        let mut may_refresh = self.access.is_some();
        if !may_refresh {
            self.refresh().await?;
        }
        loop {
            let access = self.access.as_ref().ok_or(ClientError::NotLoggedIn)?;
            let answer = self.transport.send(access.request(path)?).await?;
            match answer.status {
                200..=299 => return Ok(answer.body),
                // The only 401 that another access token mends: a step-up (RFC 9470) asks for a password.
                401 if may_refresh && answer.is(401, "invalid_token") => self.refresh().await?,
                _ => return Err(ClientError::of(&answer)),
            }
            may_refresh = false;
        }
    }

    /// The access token, for a resource server that trusts this Baton; it may have expired.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn access_token(&mut self) -> Result<&str, ClientError> {
        if self.access.is_none() {
            self.refresh().await?;
        }
        self.access.as_ref().map(|access| access.token.as_str()).ok_or(ClientError::NotLoggedIn)
    }

    /// Ends the session, at the server first: a file without its refresh token could not end it any more.
    ///
    /// # Errors
    /// [`ClientError::NotLoggedIn`], or [`ClientError::Transient`], and then the session is kept.
    pub async fn log_out(&mut self) -> Result<(), ClientError> {
        let locked = self.lock().await?;
        let mut record = stored(&locked)?;
        // A ticket of any generation may log out: a refresh without an answer does not matter.
        let request = post(&record, LOGOUT, &new_key()?).body(String::new())?;
        let answer = self.transport.send(request).await?;
        if answer.status != 204 {
            return Err(ClientError::of(&answer));
        }
        record.end_session();
        self.access = None;
        Ok(locked.write(&record)?)
    }

    /// Exchanges the refresh token for its successor and an access token (RFC 6749 section 6).
    async fn refresh(&mut self) -> Result<(), ClientError> {
        self.access = None;
        // Across processes, one at a time: one token presented with two keys is a replay, and ends the session.
        let locked = self.lock().await?;
        // Read under the lock: another process may have rotated the token.
        let mut record = stored(&locked)?;
        // The key of an attempt without an answer is used again: then the server answers as it did, however late.
        let key = match record.attempt_key.clone() {
            Some(key) => key,
            None => {
                let key = new_key()?;
                record.attempt_key = Some(key.clone());
                // Before it is sent: a process that dies from here on leaves the key for the next one.
                locked.write(&record)?;
                key
            }
        };
        let request = post(&record, REFRESH, &key).body(String::new())?;
        let answer = self.transport.send(request).await?;
        if self.accept(&answer, &mut record, &locked)? {
            return Ok(());
        }
        if answer.is(401, "invalid_grant") {
            record.end_session();
            locked.write(&record)?;
            return Err(ClientError::SignedOut);
        }
        if answer.is(409, "duplicate_attempt") {
            return Err(ClientError::OldCopy);
        }
        // It does not tell whether an earlier try with this key was carried out: the key stays.
        Err(ClientError::of(&answer))
    }

    /// Stores a session that an answer brings, and removes the attempt key, in one write. False if it brings none: a
    /// 200 without token or cookie is a proxy's, and settles no attempt.
    fn accept(
        &mut self,
        answer: &Answer,
        record: &mut Record,
        locked: &LockedFile,
    ) -> Result<bool, ClientError> {
        let Ok(Issued { access_token }) = serde_json::from_str(&answer.body) else {
            return Ok(false);
        };
        if answer.status != 200 || !record.take_over(&answer.headers) {
            return Ok(false);
        }
        record.attempt_key = None;
        locked.write(record)?;
        self.access = Some(Access { origin: record.origin.clone(), token: access_token });
        Ok(true)
    }

    /// Waits for the lock on a thread of its own, which blocks no other task of this process.
    async fn lock(&self) -> Result<LockedFile, ClientError> {
        let file = self.file.clone();
        let locked = tokio::task::spawn_blocking(move || file.lock());
        Ok(locked.await.map_err(std::io::Error::other)??)
    }
}

impl Access {
    fn request(&self, path: &str) -> http::Result<Request<String>> {
        let request = Request::get(format!("{}{path}", self.origin));
        request.header(AUTHORIZATION, format!("Bearer {}", self.token)).body(String::new())
    }
}

/// A call with the file's cookies.
fn post(record: &Record, path: &str, key: &str) -> Builder {
    let request = Request::post(format!("{}{path}", record.origin)).header(IDEMPOTENCY_KEY, key);
    match record.cookie_header() {
        None => request,
        Some(cookies) => request.header(COOKIE, cookies),
    }
}

/// The record of a session.
fn stored(locked: &LockedFile) -> Result<Record, ClientError> {
    locked.read()?.filter(Record::has_session).ok_or(ClientError::NotLoggedIn)
}

/// 128 random bits: a thief who has the cookie must not guess the key.
#[expect(clippy::disallowed_methods, reason = "an example has no entropy to be seeded")]
fn new_key() -> Result<String, ClientError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
