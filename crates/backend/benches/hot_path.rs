//! The parts of a call and of a refresh, each alone: cookies, the decision, tickets, access tokens. `cargo bench -p
//! backend --bench hot_path`, or with a name after `--`. Figures of two machines do not compare.

use std::hint::black_box;
use std::sync::Arc;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use backend::auth::token::access_token::{AccessTokens, Statement};
use backend::entropy::Entropy;
use backend::http::cookie;
use backend::keys::{KeyPlan, KeyRing};
use divan::Bencher;
use rotation::{
    Attempt, Decision, Family, Generation, Policy, RefreshKey, Seed, Ticket, UnverifiedTicket,
    decide,
};
use shared::path::REFRESH_COOKIE;
use shared::{NumericDate, SessionId, UserId};

const NOW: NumericDate = NumericDate(1_800_000_000);
const ORIGIN: &str = "https://baton.example";
const POLICY: Policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };
const SESSION: SessionId = SessionId::from_bytes([7; 16]);
const GENERATION: Generation = Generation(40);

fn main() {
    divan::main();
}

/// Finding the refresh cookie among cookies of other programs on the same host.
#[divan::bench(args = [0, 2, 20])]
fn refresh_cookie(bencher: Bencher<'_, '_>, others: usize) {
    let other = "analytics=GA1.1.1234567890.1234567890; ";
    let line = format!("{}{REFRESH_COOKIE}={}", other.repeat(others), ticket().encode());
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, HeaderValue::from_str(&line).expect("ASCII"));
    bencher.bench_local(|| cookie::values(black_box(&headers), REFRESH_COOKIE).count());
}

/// The family of a session that has been refreshed 40 times.
fn family() -> Family {
    let family: Family = Family::begun(NOW);
    family.accepted(GENERATION, Some(attempt("a")), NOW)
}

fn attempt(name: &str) -> Attempt {
    Attempt::parse(&name.repeat(32)).expect("32 visible characters")
}

#[divan::bench]
fn decide_accept(bencher: Bencher<'_, '_>) {
    decision(bencher, Generation(41), Decision::Accept { generation: Generation(41) });
}

#[divan::bench]
fn decide_answer_again(bencher: Bencher<'_, '_>) {
    decision(bencher, GENERATION, Decision::AnswerAgain);
}

#[divan::bench]
fn decide_replay(bencher: Bencher<'_, '_>) {
    decision(bencher, Generation(1), Decision::Replay);
}

fn decision(bencher: Bencher<'_, '_>, presented: Generation, expected: Decision) {
    let (family, attempt) = (family(), attempt("a"));
    let decided = || decide(black_box(&family), black_box(presented), Some(&attempt), NOW, POLICY);
    assert_eq!(decided(), expected);
    bencher.bench_local(decided);
}

/// The attempt key's hash: SHA-256.
#[divan::bench]
fn attempt_key(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| Attempt::parse(black_box("4f1c3e0a9b8d7c6e5f4a3b2c1d0e9f8a")));
}

fn key() -> RefreshKey {
    RefreshKey::from_bytes([3; 32])
}

fn seed() -> Seed {
    Seed::from_bytes([5; 32])
}

fn ticket() -> Ticket {
    Ticket::issue(&key(), &seed(), SESSION, GENERATION)
}

/// A new refresh token: HMAC-SHA-256 and base64url.
#[divan::bench]
fn ticket_issue(bencher: Bencher<'_, '_>) {
    let (key, seed) = (key(), seed());
    let issue = || Ticket::issue(&key, &seed, black_box(SESSION), black_box(GENERATION)).encode();
    bencher.bench_local(issue);
}

/// A presented refresh token: the same, and a comparison in constant time.
#[divan::bench]
fn ticket_verify(bencher: Bencher<'_, '_>) {
    let (key, seed, presented) = (key(), seed(), ticket().encode());
    let verify = || {
        let unverified = UnverifiedTicket::parse(black_box(&presented))?;
        Some(unverified.verify(&key, &seed)?.generation())
    };
    assert_eq!(verify(), Some(GENERATION));
    bencher.bench_local(verify);
}

fn access_tokens() -> AccessTokens {
    let plan = KeyPlan {
        jwks_cache_seconds: 300,
        rotation_seconds: 2_592_000,
        access_token_seconds: 900,
        session_seconds: 2_592_000,
    };
    let keys = Arc::new(KeyRing::in_memory(&Entropy::system(), plan, NOW));
    AccessTokens::new(keys, ORIGIN, &[ORIGIN.to_owned()])
}

const STATEMENT: Statement<'static> = Statement {
    sub: UserId::from_bytes([9; 16]),
    sid: SESSION,
    client_id: "baton-web",
    auth_time: NOW,
    iat: NOW,
    exp: NumericDate(1_800_000_900),
    jti: [4; 16],
};

/// A new access token: JSON, base64url and an ES256 signature.
#[divan::bench]
fn access_token_issue(bencher: Bencher<'_, '_>) {
    let access_tokens = access_tokens();
    bencher.bench_local(|| access_tokens.issue(black_box(STATEMENT)).expect("a key in use"));
}

/// A presented access token: every rule of `verifier`, and the signature.
#[divan::bench]
fn access_token_verify(bencher: Bencher<'_, '_>) {
    let access_tokens = access_tokens();
    let token = access_tokens.issue(STATEMENT).expect("a key in use");
    let verify = || access_tokens.verify(black_box(token.expose()), NOW);
    assert_eq!(verify().expect("its own token").sid, SESSION);
    bencher.bench_local(verify);
}
