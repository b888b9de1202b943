//! Every kind of log line that callers can cause at will is rate-limited: the first are written, the rest of a spell
//! is one line with a count. The kinds are read from the source: a new one fails here until it is listed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use backend::auth::account::email::Email;
use backend::auth::login::login_throttle::FREE;
use backend::store::{AccountTag, Change, ClientInfo};
use backend::telemetry::{AT_ONCE, Due};
use governor::clock::FakeRelativeClock;
use serde_json::{Value, json};
use shared::EventKind;
use shared::path::{self, REFRESH_COOKIE};

use super::WRONG;
use crate::native::log_in;
use crate::services::{form, service};
use crate::support::{Answer, Browser, Faulty, Log, ORIGIN, PASSWORD, Place, TestApp};

/// Kinds that callers can cause at will, with a credential or without one; [`LogSources::cause`] causes each.
const BY_CALLERS: [&str; 15] = [
    "access_token_refused",
    "browser_refused",
    "client_refused",
    "cross_site_refused",
    "foreign_session_refused",
    "idempotency_key_reused",
    "introspected",
    "limited",
    "login_failed",
    "logout_refused",
    "refresh_refused",
    "request.failed",
    "request.refused",
    "service_refused",
    "step_up_required",
];

/// Kinds that connections cause; `connections.rs` tests them.
const BY_CONNECTIONS: [&str; 2] = ["connection.evicted", "connection.refused"];

/// Kinds that callers cannot cause, or not often: by start and stop, by operators, once per spell of a failure, or,
/// as `service.limited` and `keys.unread`, limited on their own.
const OTHERS: [&str; 48] = [
    "accept.failed",
    "address.shared",
    "addresses.rewritten",
    "client.added",
    "client.removed",
    "clock.agrees",
    "clock.not_compared",
    "clock.skewed",
    "clock.trusted",
    "clock.unsettled",
    "clock.untrusted",
    "database.not_new",
    "database.opened",
    "database.unreachable",
    "database.unverified",
    "endings.fresh",
    "endings.stale",
    "failures.kept",
    "journal.failed",
    "key.closed",
    "key.hastened",
    "key.published",
    "key.removed",
    "key.retired",
    "keys.unread",
    "keys.untended",
    "lifetimes.not_renewed",
    "limit.set",
    "limits.off",
    "master_key.beside",
    "origin.mismatch",
    "panicked",
    "prune.failed",
    "pruned",
    "revocation.retried",
    "server.drained_partly",
    "server.draining",
    "service.added",
    "service.limited",
    "service.removed",
    "site.missing",
    "stdout.unread",
    "store.close_failed",
    "store.no_lock_files",
    "store.rotations_lost",
    "store.rotation_overtaken",
    "store.rotations_unwritten",
    "store.writer_failed",
];

/// More than are written at once.
const MANY: u32 = AT_ONCE + 10;
const A_FEW: u32 = 5;

#[tokio::test]
async fn of_many_lines_of_a_kind_the_first_are_whole_and_each_spell_leaves_one_count() {
    let sources = LogSources::new().await;
    for kind in BY_CALLERS {
        let (log, limit, _listening) = Log::of_the_program_by(FakeRelativeClock::default());
        let mut counted = Vec::new();
        for (calls, suppressed) in [(0..MANY, MANY - AT_ONCE), (MANY..MANY + A_FEW, A_FEW)] {
            for number in calls {
                sources.cause(kind, number).await;
            }
            limit.summarise(Due::Now);
            counted.push(u64::from(suppressed));
            let logged = log.whole_and_counted(kind);
            assert_eq!(logged, (AT_ONCE as usize, counted.clone()), "{kind}");
        }
    }
}

/// Events of an account that need a genuine credential are a line each.
#[tokio::test]
async fn of_security_events_those_are_counted_that_need_no_credential() {
    let (log, limit, _listening) = Log::of_the_program_by(FakeRelativeClock::default());
    let app = TestApp::in_memory().await;
    let event_log = &app.app.event_log;
    for kind in EventKind::ALL {
        let events = (0..MANY).map(|_| event_log.event(*kind, None, &ClientInfo::unknown()));
        event_log.note(events.collect()).await;
    }
    limit.summarise(Due::Now);
    for kind in EventKind::ALL {
        let counted = match kind {
            EventKind::LoginFailed | EventKind::Limited => {
                (AT_ONCE as usize, vec![u64::from(MANY - AT_ONCE)])
            }
            _ => (MANY as usize, Vec::new()),
        };
        assert_eq!(log.whole_and_counted(kind.as_str()), counted, "{kind}");
    }
}

#[test]
fn every_kind_of_line_in_the_programs_text_is_one_of_these() {
    let mut kinds = BTreeSet::from([EventKind::LoginFailed, EventKind::Limited].map(named));
    collect_kinds(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut kinds);
    let known = BY_CALLERS.iter().chain(&BY_CONNECTIONS).chain(&OTHERS);
    let known: BTreeSet<String> = known.map(|kind| (*kind).to_owned()).collect();
    assert_eq!(kinds, known, "can callers cause it at will?");
}

fn named(kind: EventKind) -> String {
    kind.as_str().to_owned()
}

fn collect_kinds(folder: &Path, kinds: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect_kinds(&path, kinds);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            kinds.extend(kinds_in(&fs::read_to_string(&path).expect("a text")));
        }
    }
}

/// The kinds of rate-limited lines: neither those of level debug nor those that are always written.
fn kinds_in(text: &str) -> Vec<String> {
    const UNLIMITED: [&str; 3] = ["tracing::debug!", "target: AUDIT", "target: SUMMARY"];
    let kinds = text.match_indices("event = \"").filter_map(|(at, found)| {
        let call = &text[text[..at].rfind("tracing::")?..at];
        let kind = text[at + found.len()..].split('"').next()?;
        let is_limited = UNLIMITED.iter().all(|unlimited| !call.contains(unlimited));
        is_limited.then(|| kind.to_owned())
    });
    kinds.collect()
}

/// The fixtures to cause each kind of line.
struct LogSources {
    /// A server without rate limits, so that each call leaves its line.
    app: TestApp,
    alice: Browser,
    /// A browser whose login is too old for calls that require step-up.
    late: Browser,
    /// The id of another user's session.
    foreign: Value,
    /// Client credentials of a service.
    notes: String,
    /// A browser whose server has lost its database.
    unlucky: Browser,
    /// A server with rate limits.
    limiting: TestApp,
    /// The idempotency key and body of alice's registration.
    registration: (&'static str, Value),
}

impl LogSources {
    async fn new() -> Self {
        let app = TestApp::with(&["--limits", "off"]).await;
        let late = app.registered("late").await;
        app.clock.advance(901);
        late.refresh().await.assert_ok();
        let body = json!({"email": "alice@example.com", "password": PASSWORD});
        let registration = ("registration-of-alice", body);
        let (alice, bob) = (app.browser(), app.registered("bob").await);
        let (key, body) = registration.clone();
        alice.post_with(key, path::REGISTER, body).await.assert_status(201);
        let foreign = bob.claims()["sid"].clone();
        let notes = service(&app, "notes", ORIGIN).await;
        let store = Faulty::new();
        let failing = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let unlucky = failing.registered("unlucky").await;
        store.set_broken(true);
        let limiting = TestApp::in_memory().await;
        Self { app, alice, late, foreign, notes, unlucky, limiting, registration }
    }

    /// Causes one line of this kind.
    async fn cause(&self, kind: &str, number: u32) {
        let app = &self.app;
        let token = format!("token={}", self.alice.access_token());
        let garbage = app.browser();
        garbage.set_cookie(REFRESH_COOKIE, "garbage");
        let (answer, status) = match kind {
            "access_token_refused" => (app.call_me("a.b.c").await, 401),
            "browser_refused" => (app.browser().post(path::NATIVE_LOGIN, json!({})).await, 403),
            "client_refused" => (log_in(app, "unknown", "alice", PASSWORD).await, 401),
            "cross_site_refused" => (foreign_logout(&garbage).await, 403),
            "foreign_session_refused" => (end(&self.alice, &self.foreign).await, 404),
            "idempotency_key_reused" => {
                let (key, name) = (self.registration.0, Some(json!({"name": "Alice"})));
                (self.alice.call_with(key, Method::PUT, path::NAME, name).await, 422)
            }
            "introspected" => (form(app, path::INTROSPECT, Some(&self.notes), &token).await, 200),
            "limited" => (self.limited(number).await, 429),
            "login_failed" => (app.browser().login("mallory", WRONG).await, 401),
            "logout_refused" => (garbage.logout().await, 204),
            "refresh_refused" => (garbage.refresh().await, 401),
            "request.failed" => (self.unlucky.refresh().await, 503),
            "request.refused" => (app.browser().post(path::LOGIN, json!({})).await, 400),
            "service_refused" => (form(app, path::INTROSPECT, None, &token).await, 401),
            "step_up_required" => (end(&self.late, &self.late.claims()["sid"]).await, 401),
            other => panic!("nothing here causes {other}"),
        };
        answer.assert_status(status);
    }

    /// The first throttled login to an account: a line once an hour per account, and a caller can name any number of
    /// accounts.
    async fn limited(&self, number: u32) -> Answer {
        let TestApp { clock, store, .. } = &self.limiting;
        let name = format!("number{number}");
        let email = Email::parse(&format!("{name}@example.com")).expect("an address");
        for seen in 0..FREE {
            let (account, at) = (AccountTag::of(&email), clock.now());
            let count = Change::CountFailure { account, seen, at };
            assert!(store.commit(count, Vec::new()).await.expect("a store").took_place());
        }
        self.limiting.browser().login(&name, WRONG).await
    }
}

async fn foreign_logout(browser: &Browser) -> Answer {
    let request = browser.request(Method::POST, path::LOGOUT);
    browser.send(request.header("origin", "https://evil.example"), Body::empty()).await
}

async fn end(browser: &Browser, session: &Value) -> Answer {
    let path = format!("{}/{}", path::SESSIONS, session.as_str().expect("an id"));
    browser.call(Method::DELETE, &path, None).await
}
