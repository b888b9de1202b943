//! A browser: a cookie jar, an access token in memory, and what its user can do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Method, Request, request::Builder};
use serde_json::{Value, json};
use shared::path::{self, IDEMPOTENCY_KEY, REFRESH_COOKIE};

use super::{Answer, ORIGIN, PASSWORD, TestApp};

/// A browser. Clones share the jar, as tabs do.
#[derive(Clone)]
pub(crate) struct Browser {
    app: TestApp,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Default)]
struct State {
    jar: BTreeMap<String, String>,
    access_token: Option<String>,
}

impl Browser {
    pub(crate) fn new(app: TestApp) -> Self {
        Self { app, state: Arc::default() }
    }

    /// Another browser with a copy of this one's cookies and memory: a thief, or a second machine.
    pub(crate) fn copied(&self) -> Self {
        let state = self.state.lock().expect("no test panics while holding it").clone();
        Self { app: self.app.clone(), state: Arc::new(Mutex::new(state)) }
    }

    /// The same browser, talking to another instance.
    pub(crate) fn through(&self, app: &TestApp) -> Self {
        Self { app: app.clone(), state: Arc::clone(&self.state) }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.state.lock().expect("no test panics while holding it").jar.get(name).cloned()
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.cookie(REFRESH_COOKIE).expect("a refresh cookie")
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.state
            .lock()
            .expect("no test panics while holding it")
            .jar
            .insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn access_token(&self) -> String {
        self.state
            .lock()
            .expect("no test panics while holding it")
            .access_token
            .clone()
            .expect("an access token")
    }

    pub(crate) async fn register(&self, name: &str) -> Answer {
        let body =
            json!({"email": format!("{name}@example.com"), "password": PASSWORD, "name": name});
        self.post(path::REGISTER, body).await
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> Answer {
        self.post(
            path::LOGIN,
            json!({"email": format!("{name}@example.com"), "password": password}),
        )
        .await
    }

    /// Refreshes without an attempt key, as a plain client does.
    pub(crate) async fn refresh(&self) -> Answer {
        self.send(self.request(Method::POST, path::REFRESH), Body::empty()).await
    }

    pub(crate) async fn refresh_with(&self, key: &str) -> Answer {
        self.send(
            self.request(Method::POST, path::REFRESH).header(IDEMPOTENCY_KEY, key),
            Body::empty(),
        )
        .await
    }

    /// Refreshes, but the answer never arrives: neither cookie nor token changes.
    pub(crate) async fn refresh_and_lose_the_answer(&self, key: &str) -> Answer {
        self.copied().refresh_with(key).await
    }

    pub(crate) async fn logout(&self) -> Answer {
        self.send(self.request(Method::POST, path::LOGOUT), Body::empty()).await
    }

    pub(crate) async fn me(&self) -> Answer {
        let request = self
            .request(Method::GET, path::ME)
            .header("authorization", format!("Bearer {}", self.access_token()));
        self.send(request, Body::empty()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request, Body::from(body.to_string())).await
    }

    /// A request as a page of ours makes it.
    pub(crate) fn request(&self, method: Method, path: &str) -> Builder {
        let request = Request::builder().method(method).uri(path).header("host", "localhost:3000");
        request.header("sec-fetch-site", "same-origin").header("origin", ORIGIN)
    }

    /// Sends with the jar's cookies, and keeps what comes back.
    pub(crate) async fn send(&self, request: Builder, body: Body) -> Answer {
        let cookies: Vec<String> = self
            .state
            .lock()
            .expect("no test panics while holding it")
            .jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request =
            if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let answer = self.app.send(request.body(body).expect("a request")).await;
        self.keep(&answer);
        answer
    }

    fn keep(&self, answer: &Answer) {
        let mut state = self.state.lock().expect("no test panics while holding it");
        for cookie in answer.set_cookies() {
            let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
            if cookie.max_age().is_some_and(|age| age.is_zero()) {
                state.jar.remove(&name);
            } else {
                state.jar.insert(name, value);
            }
        }
        if let Some(token) = answer.json().get("access_token").and_then(Value::as_str) {
            state.access_token = Some(token.to_owned());
        }
    }
}
