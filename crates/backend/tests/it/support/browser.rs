//! A browser: a cookie jar, an access token in memory, and the actions of its user.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::http::{Method, Request, request::Builder};
use backend::http::client_address::Peer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::path::{self, IDEMPOTENCY_KEY, REFRESH_COOKIE};

use super::{Answer, PASSWORD, TestApp};

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
    /// The `User-Agent`; absent unless a test sets it.
    agent: Option<&'static str>,
    /// The peer's address; unknown unless a test sets it.
    address: Option<IpAddr>,
    /// `X-Forwarded-For`, from a proxy or a client that pretends to be one.
    forwarded: Option<String>,
}

/// The `User-Agent` of two browsers.
pub(crate) const FIREFOX_ON_LINUX: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
pub(crate) const SAFARI_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

/// The same phone when it requests the desktop site.
pub(crate) const SAFARI_ON_MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15";

impl Browser {
    pub(crate) fn new(app: TestApp) -> Self {
        Self { app, state: Arc::default() }
    }

    /// Another browser with a copy of the cookies and memory: a thief, or a second machine.
    pub(crate) fn copied(&self) -> Self {
        let state = self.state().clone();
        Self { app: self.app.clone(), state: Arc::new(Mutex::new(state)) }
    }

    /// The same browser, talking to another instance.
    pub(crate) fn through(&self, app: &TestApp) -> Self {
        Self { app: app.clone(), state: Arc::clone(&self.state) }
    }

    /// The same browser, from now on with this `User-Agent`.
    pub(crate) fn calling_itself(self, agent: &'static str) -> Self {
        self.state().agent = Some(agent);
        self
    }

    /// The same browser, from now on at this address.
    pub(crate) fn at(self, address: &str) -> Self {
        self.state().address = Some(address.parse().expect("an address"));
        self
    }

    /// The same browser, from now on with this `X-Forwarded-For`.
    pub(crate) fn forwarded_for(self, said: &str) -> Self {
        self.state().forwarded = Some(said.to_owned());
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while holding it")
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.state().jar.get(name).cloned()
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.cookie(REFRESH_COOKIE).expect("a refresh cookie")
    }

    /// The device cookie, which lists the accounts that know this device: its name and value.
    pub(crate) fn device_cookie(&self) -> Option<(String, String)> {
        let value = self.cookie(path::DEVICES_COOKIE)?;
        Some((path::DEVICES_COOKIE.to_owned(), value))
    }

    pub(crate) fn cookie_names(&self) -> Vec<String> {
        self.state().jar.keys().cloned().collect()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.state().jar.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn access_token(&self) -> String {
        self.state().access_token.clone().expect("an access token")
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

    /// Refreshes without an idempotency key, as a plain client does.
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

    /// Refreshes, but the response is lost: neither cookie nor token changes.
    pub(crate) async fn refresh_and_lose_the_answer(&self, key: &str) -> Answer {
        self.copied().refresh_with(key).await
    }

    pub(crate) async fn logout(&self) -> Answer {
        self.send(self.request(Method::POST, path::LOGOUT), Body::empty()).await
    }

    pub(crate) async fn me(&self) -> Answer {
        self.call(Method::GET, path::ME, None).await
    }

    /// A refresh with the password (step-up).
    pub(crate) async fn confirm(&self, password: &str) -> Answer {
        self.post(path::CONFIRM, json!({"password": password})).await
    }

    pub(crate) async fn change_password(&self, current: &str, new: &str) -> Answer {
        let body = json!({"current_password": current, "new_password": new});
        self.call(Method::PUT, path::PASSWORD, Some(body)).await
    }

    pub(crate) async fn change_password_with(&self, current: &str, new: &str, key: &str) -> Answer {
        let body = json!({"current_password": current, "new_password": new});
        let request = self.request(Method::PUT, path::PASSWORD).header(IDEMPOTENCY_KEY, key);
        let request = request.header("authorization", format!("Bearer {}", self.access_token()));
        let request = request.header("content-type", "application/json");
        self.send(request, Body::from(body.to_string())).await
    }

    pub(crate) async fn confirm_with(&self, password: &str, key: &str) -> Answer {
        let request = self.request(Method::POST, path::CONFIRM).header(IDEMPOTENCY_KEY, key);
        let request = request.header("content-type", "application/json");
        self.send(request, Body::from(json!({"password": password}).to_string())).await
    }

    /// The claims of the access token.
    pub(crate) fn claims(&self) -> Value {
        let token = self.access_token();
        let claims = token.split('.').nth(1).expect("three parts");
        let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
        serde_json::from_slice(&claims).expect("JSON")
    }

    /// A call with the access token.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        let request = request.header("authorization", format!("Bearer {}", self.access_token()));
        match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.send(request, Body::from(body.to_string())).await
            }
            None => self.send(request, Body::empty()).await,
        }
    }

    /// The same with an `Idempotency-Key`.
    pub(crate) async fn call_with(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = self.request(method, path).header(IDEMPOTENCY_KEY, key);
        let request = request.header("authorization", format!("Bearer {}", self.access_token()));
        let request = request.header("content-type", "application/json");
        self.send(request, body.map_or_else(Body::empty, |it| Body::from(it.to_string()))).await
    }

    pub(crate) async fn post_with(&self, key: &str, path: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, path).header(IDEMPOTENCY_KEY, key);
        let request = request.header("content-type", "application/json");
        self.send(request, Body::from(body.to_string())).await
    }

    /// How often the session was refreshed, as its user sees it.
    pub(crate) async fn refreshes(&self) -> u64 {
        let me = self.me().await.assert_ok().json();
        me["session"]["refreshes"].as_u64().expect("a count")
    }

    /// The kinds of the user's security events, newest first.
    pub(crate) async fn events(&self) -> Vec<String> {
        let answer = self.call(Method::GET, path::EVENTS, None).await;
        let body = answer.assert_ok().json();
        let events = body["events"].as_array().expect("events").iter();
        events.map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request, Body::from(body.to_string())).await
    }

    /// A same-origin request, as our page makes it.
    pub(crate) fn request(&self, method: Method, path: &str) -> Builder {
        let origin = self.app.app.origin.as_str();
        let host = origin.trim_start_matches("http://");
        let request = Request::builder().method(method).uri(path).header("host", host);
        request.header("sec-fetch-site", "same-origin").header("origin", origin)
    }

    /// Sends with the jar's cookies, and stores new ones.
    pub(crate) async fn send(&self, request: Builder, body: Body) -> Answer {
        let State { jar, agent, address, forwarded, .. } = self.state().clone();
        let cookies: Vec<String> =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request =
            if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        if let Some(agent) = agent {
            request = request.header("user-agent", agent);
        }
        if let Some(said) = forwarded {
            request = request.header("x-forwarded-for", said);
        }
        if let Some(address) = address {
            request = request.extension(Peer(SocketAddr::new(address, 40_000)));
        }
        let answer = self.app.send(request.body(body).expect("a request")).await;
        self.keep(&answer);
        answer
    }

    fn keep(&self, answer: &Answer) {
        let mut state = self.state();
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
