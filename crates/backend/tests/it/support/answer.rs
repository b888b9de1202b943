//! A whole response, with assertions.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Response, StatusCode};
use cookie::Cookie;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("visible ASCII"))
    }

    pub(crate) fn set_cookies(&self) -> Vec<Cookie<'static>> {
        let lines = self.headers.get_all("set-cookie").iter();
        lines
            .map(|line| {
                Cookie::parse(line.to_str().expect("visible ASCII").to_owned()).expect("a cookie")
            })
            .collect()
    }

    #[track_caller]
    pub(crate) fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn assert_ok(&self) -> &Self {
        self.assert_status(200)
    }

    /// Asserts a problem document (RFC 9457) with this status and code.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) -> &Self {
        self.assert_status(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{self:?}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:baton:problem:{code}"));
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        if status == 401 {
            self.assert_challenge();
        }
        self
    }

    /// RFC 9110 section 15.5.2: a 401 MUST have a challenge. RFC 6750 section 3, and RFC 7617 section 2: a scheme and
    /// at least one parameter.
    #[track_caller]
    fn assert_challenge(&self) {
        let challenge = self.header("www-authenticate").expect("a challenge");
        let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
        assert!(["Bearer", "Basic"].contains(&scheme), "{challenge}");
        let (name, value) = parameters.split_once('=').unwrap_or_default();
        assert!(["realm", "error"].contains(&name) && value.starts_with('"'), "{challenge}");
    }

    /// Status, every header and the body, without the request id, by which equal responses differ.
    pub(crate) fn but_for_its_id(&self) -> (StatusCode, Vec<(String, String)>, String) {
        let id = self.header("x-request-id").expect("an id");
        let others = self.headers.iter().filter(|(name, _)| *name != "x-request-id");
        let others = others.map(|(name, value)| {
            (name.to_string(), value.to_str().expect("visible ASCII").to_owned())
        });
        (self.status, others.collect(), self.body.replace(id, "[request_id]"))
    }

    /// Status, relevant headers and body for a snapshot; values that vary from run to run are masked.
    pub(crate) fn snapshot(&self) -> String {
        const MATTER: [&str; 8] = [
            "allow",
            "cache-control",
            "clear-site-data",
            "content-type",
            "retry-after",
            "session-ended",
            "set-cookie",
            "www-authenticate",
        ];
        let mut text = format!("{}\n", self.status);
        for name in MATTER {
            for value in self.headers.get_all(name) {
                text += &format!("{name}: {}\n", value.to_str().expect("visible ASCII"));
            }
        }
        let mut body = self.json();
        for volatile in ["/access_token", "/request_id", "/session_id", "/user/id"] {
            if let Some(value) = body.pointer_mut(volatile) {
                *value = Value::String(format!("[{}]", &volatile[1..]));
            }
        }
        if !body.is_null() {
            text += &serde_json::to_string_pretty(&body).expect("JSON");
        }
        let text = mask(&text, "__Host-Http-refresh=AQ", "__Host-Http-refresh=[ticket]");
        mask(&text, "__Host-Http-devices=A", "__Host-Http-devices=[tokens]")
    }
}

/// Masks a token: it differs from run to run only if the keys do, but no snapshot should hold one.
fn mask(text: &str, start: &str, shown: &str) -> String {
    match text.split_once(start) {
        Some((before, rest)) => {
            let after = rest.find(';').map_or("", |end| &rest[end..]);
            format!("{before}{shown}{after}")
        }
        None => text.to_owned(),
    }
}
