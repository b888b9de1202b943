//! Each setting changes the rate limit that it names: the whole table, over HTTP, at two rates that are not the
//! standard.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use backend::auth::rate_limit::{Limit, Rate, TABLE};
use backend::http::client_address::Peer;
use serde_json::json;
use shared::path::{self, REFRESH_COOKIE};

use crate::services::{FORM, basic, service};
use crate::support::{Answer, Browser, Faulty, ORIGIN, PASSWORD, Place, TestApp};

const WRONG: &str = "a wrong password, mistyped";
/// The address of all calls that are counted by network.
const NETWORK: &str = "203.0.113.9";
/// More than twice as many sessions as the share of one requires.
const SESSIONS: usize = 3;

/// A server with the fixtures to reach any limit. No call from [`NETWORK`] has been counted yet.
struct Scenario {
    app: TestApp,
    store: Arc<Faulty>,
    /// Of one account, each with the cookie of a known device.
    sessions: Vec<Browser>,
    service: String,
    calls: Cell<u32>,
}

impl Scenario {
    async fn with(limit: Limit, rate: Rate) -> Self {
        let mut flags = vec![format!("--rate-limit={}={rate}", limit.row().name)];
        // Its parts may take half of it at most.
        let parts = TABLE.iter().filter(|row| row.part_of == Some(limit));
        flags.extend(parts.map(|row| format!("--rate-limit={}={}", row.name, row.least)));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let store = Faulty::new();
        let app = TestApp::over(store.clone() as _, Place::Memory, &flags).await;
        let browser = |number| app.browser().at(&format!("198.51.100.{number}"));
        let mut sessions = Vec::new();
        for number in 0..SESSIONS {
            let browser = browser(number);
            match number {
                0 => browser.register("alice").await.assert_status(201),
                _ => browser.login("alice", PASSWORD).await.assert_ok(),
            };
            sessions.push(browser.at(NETWORK));
        }
        let service = service(&app, "notes", ORIGIN).await;
        Self { app, store, sessions, service, calls: Cell::new(0) }
    }

    /// A call that this limit refuses before any other does.
    async fn call(&self, limit: Limit) -> Answer {
        let number = self.calls.replace(self.calls.get() + 1);
        let stranger = || self.app.browser().at(NETWORK);
        let first = &self.sessions[0];
        let in_turn = &self.sessions[number as usize % SESSIONS];
        match limit {
            Limit::LoginsPerNetworkAndAccount => stranger().login("alice", PASSWORD).await,
            Limit::LoginsPerNetwork => stranger().login(&format!("nobody{number}"), WRONG).await,
            Limit::LoginsPerKnownDevice => first.login("alice", PASSWORD).await,
            Limit::KnownDeviceLoginsPerNetworkAndAccount => in_turn.login("alice", PASSWORD).await,
            Limit::RegistrationsPerNetwork => stranger().register(&format!("bob{number}")).await,
            Limit::RefreshesPerNetwork => {
                let stranger = stranger();
                stranger.set_cookie(REFRESH_COOKIE, "nonsense");
                stranger.refresh().await
            }
            Limit::RefreshesPerSession => first.refresh().await,
            Limit::RefreshesPerAccount => in_turn.refresh().await,
            Limit::CallsPerSession => first.me().await,
            Limit::CallsPerAccount => in_turn.me().await,
            Limit::ChangesPerSession => rename(first).await,
            Limit::ChangesPerAccount => rename(in_turn).await,
            Limit::PasswordChecksPerSession => first.confirm(PASSWORD).await,
            Limit::PasswordChecksPerAccount => in_turn.confirm(PASSWORD).await,
            Limit::IntrospectionsPerService => self.ask(&self.service).await,
            Limit::WrongServiceCredentialsPerNetwork => {
                self.ask(&basic("notes", "a secret that was guessed")).await
            }
        }
    }

    async fn ask(&self, credentials: &str) -> Answer {
        let request = self.app.browser().request(Method::POST, path::INTROSPECT);
        let request = request.header(CONTENT_TYPE, FORM).header(AUTHORIZATION, credentials);
        let peer = SocketAddr::new(NETWORK.parse().expect("an address"), 40_000);
        let request = request.extension(Peer(peer)).body(Body::from("token=nothing"));
        self.app.send(request.expect("a request")).await
    }

    /// How many calls pass before the first 429.
    async fn until_limited(&self, limit: Limit) -> u128 {
        for number in 0..5_000 {
            let answer = self.call(limit).await;
            if answer.status == 429 {
                answer.assert_problem(429, "rate_limited");
                return number;
            }
            assert!(answer.status.as_u16() < 500, "{limit:?}: {answer:?}");
        }
        panic!("{limit:?} stops nothing");
    }
}

async fn rename(browser: &Browser) -> Answer {
    browser.call(Method::PUT, path::NAME, Some(json!({"name": "Alice"}))).await
}

/// The tightest rate, and another that differs from it and from the standard in burst and period.
fn two_rates(limit: Limit) -> [Rate; 2] {
    let row = limit.row();
    let other = Rate { at_once: row.least.at_once + 3, period: row.least.period * 3 / 4 };
    for rate in [row.least, other] {
        assert!(rate.at_once != row.standard.at_once && rate.period != row.standard.period);
    }
    [row.least, other]
}

#[tokio::test]
async fn every_setting_changes_the_limit_that_it_names() {
    for limit in TABLE.iter().map(|row| row.limit) {
        for rate in two_rates(limit) {
            let scenario = Scenario::with(limit, rate).await;
            let passed = scenario.until_limited(limit).await;
            assert_eq!(passed, u128::from(rate.at_once), "{limit:?} {rate}: at once");
            // A test's clock counts whole seconds.
            let seconds =
                u64::try_from(rate.period.as_millis().div_ceil(1_000)).expect("a short time");
            scenario.app.clock.advance(i64::try_from(seconds).expect("a short time"));
            let added = Duration::from_secs(seconds).as_nanos() / rate.period.as_nanos();
            assert_eq!(
                scenario.until_limited(limit).await,
                added,
                "{limit:?} {rate}: {seconds} s later"
            );
        }
    }
}

/// Over the limit no password is verified and no row written: the event was recorded at the first refusal.
#[tokio::test]
async fn what_is_refused_costs_no_hash_and_changes_nothing() {
    for limit in TABLE.iter().map(|row| row.limit) {
        let scenario = Scenario::with(limit, limit.row().least).await;
        scenario.until_limited(limit).await;
        let looked_at = || scenario.app.app.logins.attempts.hasher.looked_at();
        let before = (looked_at(), scenario.store.written());
        for _ in 0..5 {
            scenario.call(limit).await.assert_problem(429, "rate_limited");
        }
        assert_eq!((looked_at(), scenario.store.written()), before, "{limit:?}");
    }
}
