//! Under attack: memory stays bounded, and those who have nothing to do with it go on.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use backend::auth::login_throttle::{FREE, MOST_IN_A_ROW};
use backend::auth::password_hasher::Priority;
use backend::auth::rate_limit::{MOST_KEYS, SHARED};
use futures_util::future::join_all;

use crate::support::{Browser, PASSWORD, TestApp};

const WRONG: &str = "a wrong password, mistyped";
/// A bucket that was used once is kept for 30 s by account and network, and for 10 s by network, twice as long
/// as it takes to be full again; and until the next sweep, 10 s later at most. At a hundred strangers a second
/// that makes so many of both, with room for another second of them and for what is counted once.
const STRANGERS_REMEMBERED: usize = (30 + 10) * 100 + (10 + 10) * 100 + 2 * 100;
const PROXY: &str = "10.0.0.1";

/// Somebody behind the proxy, in a network of their own.
fn stranger(app: &TestApp, number: u32) -> Browser {
    let address = Ipv4Addr::from_bits(0xc612_0000 + number);
    app.browser().at(PROXY).forwarded_for(&address.to_string())
}

#[tokio::test]
async fn ten_thousand_bad_logins_from_as_many_networks_fill_no_memory_and_keep_nobody_out() {
    let app = TestApp::with(&["--trusted-proxies", PROXY]).await;
    let owner = app.browser().at(PROXY).forwarded_for("203.0.113.9");
    owner.register("alice").await.assert_status(201);
    owner.logout().await.assert_status(204);
    let limits = &app.app.sessions.limits;
    let (mut answered, mut most) = ([0, 0], 0);
    for number in 0..10_000 {
        // One second in a hundred guesses: a burst, and then some patience.
        app.clock.advance(i64::from(number % 100 == 0));
        match stranger(&app, number).login("alice", WRONG).await.status.as_u16() {
            401 => answered[0] += 1,
            429 => answered[1] += 1,
            other => panic!("{other}"),
        }
        most = most.max(limits.keys());
        if number % 1_000 == 999 {
            // The owner, on the device they know, in the middle of it. Elsewhere they would have to wait.
            let known = owner.copied();
            known.login("alice", PASSWORD).await.assert_ok();
            known.logout().await.assert_status(204);
        }
    }
    let looked_at = app.app.accounts.hasher.looked_at() - 10;
    assert_eq!((answered[0], answered[0] + answered[1]), (looked_at, 10_000));
    assert!(looked_at <= u64::from(MOST_IN_A_ROW), "{looked_at}");
    // Without a bound it would be one bucket for each network and another for each pair.
    assert!((100..=STRANGERS_REMEMBERED).contains(&most), "{most}");
}

/// The clock stands still, so that no bucket is ever full again and thrown away.
#[tokio::test]
async fn twelve_thousand_networks_at_once_have_no_more_buckets_than_there_is_room_for() {
    let app = TestApp::with(&["--trusted-proxies", PROXY]).await;
    for number in 0..12_000 {
        let answer = stranger(&app, number).login("alice", WRONG).await;
        assert!([401, 429].contains(&answer.status.as_u16()), "{answer:?}");
    }
    // By network, by pair, and the one account of which it was told. Without a bound: 24,001.
    let limits = &app.app.sessions.limits;
    let room = 2 * MOST_KEYS..=2 * (MOST_KEYS + SHARED) + 1;
    assert!(room.contains(&limits.keys()), "{}", limits.keys());
    assert!(limits.keys() <= limits.most_keys());
}

/// Argon2 takes a bounded number at a time; everyone else waits, or is sent away. Refreshes need none. Time
/// is paused: it goes on only when there is nothing left to do.
#[tokio::test(start_paused = true)]
async fn refreshes_keep_flowing_while_five_hundred_logins_wait_for_their_turn() {
    let app = TestApp::with(&["--trusted-proxies", PROXY]).await;
    app.registered("alice").await;
    let mut clients = Vec::new();
    for number in 0..50 {
        let client = stranger(&app, 100_000 + number);
        client.login("alice", PASSWORD).await.assert_ok();
        clients.push(client);
    }
    let hasher = &app.app.accounts.hasher;
    let mut under_way = Vec::new();
    while let Ok(permit) = hasher.permit(Priority::Normal).await {
        under_way.push(permit);
    }
    let looked_at = hasher.looked_at();
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
    // Whoever has waited too long is told so, and nothing was counted against them.
    for login in logins {
        login.await.expect("no panic").assert_problem(503, "temporarily_unavailable");
    }
    assert_eq!(hasher.looked_at(), looked_at);
    // Those who are known have a lane of their own.
    clients[0].login("alice", PASSWORD).await.assert_ok();
    drop(under_way);
    let patient = stranger(&app, 0);
    for _ in 0..FREE {
        patient.login("nobody0", WRONG).await.assert_problem(401, "invalid_credentials");
    }
}
