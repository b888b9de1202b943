//! Brute-force and flood attacks: memory stays bounded by the rate limits' buckets, other users stay unaffected.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use backend::auth::login::login_throttle::{FREE, MOST_IN_A_ROW};
use backend::auth::login::password_hasher::Priority;
use backend::auth::rate_limit::{MOST_KEYS, SHARED};
use futures_util::future::join_all;

use crate::support::{Browser, PASSWORD, TestApp};

const WRONG: &str = "a wrong password, mistyped";
/// The most buckets of throttled strangers. A bucket that was used once lives for twice its refill time, 30 s per
/// account and network, 10 s per network, and until the next sweep, at most 10 s later. At a hundred strangers a
/// second that makes this many, with room for another second of them and for single buckets.
const STRANGERS_REMEMBERED: usize = (30 + 10) * 100 + (10 + 10) * 100 + 2 * 100;
const PROXY: &str = "10.0.0.1";

/// A client behind the proxy, in a network of its own.
fn stranger(app: &TestApp, number: u32) -> Browser {
    let address = Ipv4Addr::from_bits(0xc612_0000 + number);
    app.browser().at(PROXY).forwarded_for(&address.to_string())
}

#[tokio::test]
async fn ten_thousand_failed_logins_from_as_many_networks_fill_no_memory_and_lock_no_user_out() {
    let app = TestApp::with(&["--trusted-proxies", PROXY]).await;
    let owner = app.browser().at(PROXY).forwarded_for("203.0.113.9");
    owner.register("alice").await.assert_status(201);
    owner.logout().await.assert_status(204);
    let limits = &app.app.admission.limits;
    let (mut answered, mut most) = ([0, 0], 0);
    for number in 0..10_000 {
        // A hundred guesses a second.
        app.clock.advance(i64::from(number % 100 == 0));
        match stranger(&app, number).login("alice", WRONG).await.status.as_u16() {
            401 => answered[0] += 1,
            429 => answered[1] += 1,
            other => panic!("{other}"),
        }
        most = most.max(limits.keys());
        if number % 1_000 == 999 {
            // The owner logs in meantime on a known device, which the throttling of strangers does not delay.
            let known = owner.copied();
            known.login("alice", PASSWORD).await.assert_ok();
            known.logout().await.assert_status(204);
        }
    }
    let verified = app.app.logins.attempts.hasher.looked_at() - 10;
    assert_eq!((answered[0], answered[0] + answered[1]), (verified, 10_000));
    assert!(verified <= u64::from(MOST_IN_A_ROW), "{verified}");
    // Unbounded, each network and each pair would have a bucket.
    assert!((100..=STRANGERS_REMEMBERED).contains(&most), "{most}");
}

/// The clock stands still, so that no bucket refills and is evicted.
#[tokio::test]
async fn twelve_thousand_networks_at_once_have_no_more_buckets_than_there_is_room_for() {
    let app = TestApp::with(&["--trusted-proxies", PROXY]).await;
    for number in 0..12_000 {
        let answer = stranger(&app, number).login("alice", WRONG).await;
        assert!([401, 429].contains(&answer.status.as_u16()), "{answer:?}");
    }
    // Per network, per pair, and one that limits the account's `limited` events. Unbounded: 24,001.
    let limits = &app.app.admission.limits;
    let room = 2 * MOST_KEYS..=2 * (MOST_KEYS + SHARED) + 1;
    assert!(room.contains(&limits.keys()), "{}", limits.keys());
    assert!(limits.keys() <= limits.most_keys());
}

/// Argon2id runs under a bounded number of permits: other logins wait, with a timeout. Refreshes need no permit.
/// Tokio's paused time advances only when all tasks are idle.
#[tokio::test(start_paused = true)]
async fn refreshes_are_served_while_five_hundred_logins_wait_for_a_permit() {
    let app = TestApp::with(&["--trusted-proxies", PROXY]).await;
    app.registered("alice").await;
    let mut clients = Vec::new();
    for number in 0..50 {
        let client = stranger(&app, 100_000 + number);
        client.login("alice", PASSWORD).await.assert_ok();
        clients.push(client);
    }
    let hasher = &app.app.logins.attempts.hasher;
    let mut under_way = Vec::new();
    while let Ok(permit) = hasher.permit(Priority::Normal).await {
        under_way.push(permit);
    }
    let verified = hasher.looked_at();
    let answered = Arc::new(AtomicU32::new(0));
    let logins: Vec<_> = (0..500)
        .map(|number| {
            let (browser, answered) = (stranger(&app, number), Arc::clone(&answered));
            tokio::spawn(async move {
                let answer = browser.login(&format!("nobody{number}"), WRONG).await;
                answered.fetch_add(1, Ordering::SeqCst);
                answer
            })
        })
        .collect();
    let refreshing = clients.iter().map(async |client| {
        for _ in 0..20 {
            client.refresh().await.assert_ok();
        }
    });
    join_all(refreshing).await;
    assert_eq!(answered.load(Ordering::SeqCst), 0);
    // A login whose wait timed out is a 503, and no failure was recorded for throttling.
    for login in logins {
        login.await.expect("no panic").assert_problem(503, "temporarily_unavailable");
    }
    assert_eq!(hasher.looked_at(), verified);
    // Known devices have a permit queue of their own.
    clients[0].login("alice", PASSWORD).await.assert_ok();
    drop(under_way);
    let patient = stranger(&app, 0);
    for _ in 0..FREE {
        patient.login("nobody0", WRONG).await.assert_problem(401, "invalid_credentials");
    }
}
