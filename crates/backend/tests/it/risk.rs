//! Risk signals of a refresh from an unusual client: three signals, and for each one of four actions by policy.

use axum::http::Method;
use backend::store::{Change, ClientInfo};
use serde_json::Value;
use shared::path;

use crate::device::{Named, user_agents};
use crate::support::{
    Browser, FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, SAFARI_ON_MAC, START, TestApp,
    on_every_store, on_every_store_with,
};

const HERE: &str = "203.0.113.9";
const THERE: &str = "198.51.100.7";

/// A risk signal: the flag of its policy, its event, and how it arises.
struct Signal {
    flag: &'static str,
    kind: &'static str,
    happens: fn(Browser) -> Browser,
}

static SIGNALS: [Signal; 3] = [
    Signal { flag: "--on-network-change", kind: "network_changed", happens: |it| it.at(THERE) },
    Signal {
        flag: "--on-device-change",
        kind: "device_changed",
        happens: |it| it.calling_itself(SAFARI_ON_IPHONE),
    },
    Signal {
        flag: "--on-impossible-gap",
        kind: "impossible_gap",
        happens: |it| it.at(THERE).calling_itself(SAFARI_ON_IPHONE),
    },
];

/// A user who has just registered here, and a second session on another device.
async fn alice(app: &TestApp) -> (Browser, Browser) {
    let alice = app.browser().calling_itself(FIREFOX_ON_LINUX).at(HERE);
    alice.register("alice").await.assert_status(201);
    (alice, app.logged_in("alice").await)
}

/// Runs a test for each signal on every engine; the other signals are off.
async fn for_each_signal<F: Future<Output = ()>>(
    answer: &str,
    scenario: impl Fn(TestApp, &'static Signal) -> F,
) {
    for signal in &SIGNALS {
        let own = |other: &Signal| if other.flag == signal.flag { answer } else { "off" };
        let flags: Vec<&str> = SIGNALS.iter().flat_map(|it| [it.flag, own(it)]).collect();
        on_every_store_with(&flags, |app| scenario(app, signal)).await;
    }
}

/// The risk events, newest first.
async fn recorded(browser: &Browser) -> Vec<Value> {
    let kinds = "network_changed,device_changed,desktop_site,impossible_gap,session_ended";
    let page = format!("{}?kind={kinds}", path::EVENTS);
    let body = browser.call(Method::GET, &page, None).await.assert_ok().json();
    body["events"].as_array().expect("events").clone()
}

async fn kinds(browser: &Browser) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for event in recorded(browser).await {
        kinds.push(event["kind"].as_str().expect("a kind").to_owned());
    }
    kinds.sort();
    kinds
}

#[tokio::test]
async fn off_accepts_the_refresh_and_records_nothing() {
    for_each_signal("off", async |app, signal| {
        let (alice, other) = alice(&app).await;
        let moved = (signal.happens)(alice);
        moved.refresh().await.assert_ok();
        moved.me().await.assert_ok();
        assert_eq!(kinds(&other).await, [""; 0], "{}", signal.flag);
    })
    .await;
}

#[tokio::test]
async fn log_accepts_the_refresh_and_records_it_once() {
    for_each_signal("log", async |app, signal| {
        let (alice, other) = alice(&app).await;
        let session = alice.claims()["sid"].clone();
        let moved = (signal.happens)(alice);
        for _ in 0..2 {
            moved.refresh().await.assert_ok();
            moved.me().await.assert_ok();
            // The last client becomes the expected one.
            let recorded = recorded(&other).await;
            assert_eq!(recorded.len(), 1, "{}: {recorded:?}", signal.flag);
            assert_eq!(
                (&recorded[0]["kind"], &recorded[0]["session_id"]),
                (&signal.kind.into(), &session)
            );
            assert_eq!(recorded[0]["cause"], Value::Null);
        }
    })
    .await;
}

#[tokio::test]
async fn an_event_names_the_new_client() {
    on_every_store(async |app| {
        let (alice, other) = alice(&app).await;
        alice.at(THERE).refresh().await.assert_ok();
        let recorded = recorded(&other).await;
        assert_eq!(
            (&recorded[0]["ip"], &recorded[0]["at"]),
            (&THERE.into(), &1_800_000_000.into())
        );
        assert_eq!(recorded[0]["device"]["browser"], "Firefox");
    })
    .await;
}

#[tokio::test]
async fn confirm_requires_a_step_up_before_any_token_is_issued() {
    for_each_signal("confirm", async |app, signal| {
        let (alice, other) = alice(&app).await;
        let before = alice.refresh_token();
        let moved = (signal.happens)(alice);
        for _ in 0..2 {
            let answer = moved.refresh().await;
            answer.assert_problem(401, "insufficient_user_authentication");
            assert!(answer.set_cookies().is_empty(), "{answer:?}");
        }
        assert_eq!(moved.refresh_token(), before);
        assert_eq!(kinds(&other).await, [signal.kind]);
        moved.confirm("a wrong password, mistyped").await.assert_status(401);
        moved.refresh().await.assert_problem(401, "insufficient_user_authentication");
        moved.confirm(PASSWORD).await.assert_ok();
        moved.refresh().await.assert_ok();
        assert_eq!(kinds(&other).await, [signal.kind]);
    })
    .await;
}

#[tokio::test]
async fn end_revokes_the_session_and_its_access_tokens_and_no_other() {
    for_each_signal("end", async |app, signal| {
        let (alice, other) = alice(&app).await;
        let (session, owner) = (alice.claims()["sid"].clone(), alice.copied());
        let moved = (signal.happens)(alice);
        let answer = moved.refresh().await;
        answer.assert_problem(401, "invalid_grant");
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
        for gone in [&moved, &owner] {
            let answer = gone.me().await;
            answer.assert_problem(401, "invalid_token");
            assert_eq!(answer.json()["ended_because"], "suspicion", "{}", signal.flag);
            gone.refresh().await.assert_problem(401, "invalid_grant");
            gone.confirm(PASSWORD).await.assert_problem(401, "invalid_grant");
        }
        let recorded = recorded(&other).await;
        assert_eq!(kinds(&other).await, [signal.kind, "session_ended"], "{recorded:?}");
        assert!(recorded.iter().all(|event| event["session_id"] == session), "{recorded:?}");
        let end = recorded.iter().find(|event| event["kind"] == "session_ended");
        assert_eq!(end.expect("a revocation")["cause"], "suspicion");
        other.me().await.assert_ok();
        other.refresh().await.assert_ok();
    })
    .await;
}

/// A retry of a lost response is assessed, too.
#[tokio::test]
async fn a_retry_from_another_client_is_assessed_too() {
    on_every_store_with(&["--on-network-change", "end"], async |app| {
        let (alice, other) = alice(&app).await;
        let key = "attempt-key-number-1";
        alice.refresh_and_lose_the_answer(key).await.assert_ok();
        alice.at(THERE).refresh_with(key).await.assert_problem(401, "invalid_grant");
        assert_eq!(kinds(&other).await, ["network_changed", "session_ended"]);
    })
    .await;
}

#[tokio::test]
async fn by_default_networks_are_recorded_and_devices_require_a_step_up() {
    on_every_store(async |app| {
        let (alice, other) = alice(&app).await;
        let alice = alice.at(THERE);
        alice.refresh().await.assert_ok();
        assert_eq!(kinds(&other).await, ["network_changed"]);
        // Another network and device within a minute: recorded, but the session is not revoked.
        let thief = alice.at(HERE).calling_itself(SAFARI_ON_IPHONE);
        thief.refresh().await.assert_problem(401, "insufficient_user_authentication");
        assert_eq!(
            kinds(&other).await,
            ["device_changed", "impossible_gap", "network_changed", "network_changed"]
        );
        thief.me().await.assert_ok();
        thief.confirm(PASSWORD).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn the_most_severe_of_what_policy_asks_for_is_done() {
    let flags = ["--on-network-change", "confirm", "--on-device-change", "end"];
    on_every_store_with(&flags, async |app| {
        let (alice, other) = alice(&app).await;
        let thief = alice.at(THERE).calling_itself(SAFARI_ON_IPHONE);
        thief.refresh().await.assert_problem(401, "invalid_grant");
        let all = ["device_changed", "impossible_gap", "network_changed", "session_ended"];
        assert_eq!(kinds(&other).await, all);
    })
    .await;
}

/// A phone or tablet that requests the desktop site claims to be a computer.
#[tokio::test]
async fn a_request_for_the_desktop_version_is_recorded_and_requires_no_step_up() {
    const CHROME_ON_ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Mobile Safari/537.36";
    const CHROME_ON_LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";
    const CHROME_ON_TABLET: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";
    const SAFARI_ON_IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
    for (policy, recorded) in [("off", 0), ("log", 2), ("confirm", 2), ("end", 2), ("revoke", 2)] {
        on_every_store_with(&["--on-device-change", policy], async |app| {
            for (number, [mobile, desktop, foreign]) in [
                [SAFARI_ON_IPHONE, SAFARI_ON_MAC, CHROME_ON_LINUX],
                [SAFARI_ON_IPAD, SAFARI_ON_MAC, CHROME_ON_LINUX],
                [CHROME_ON_ANDROID, CHROME_ON_LINUX, FIREFOX_ON_LINUX],
                [CHROME_ON_TABLET, CHROME_ON_LINUX, FIREFOX_ON_LINUX],
            ]
            .into_iter()
            .enumerate()
            {
                let name = format!("alice{number}");
                let alice = app.browser().calling_itself(mobile).at(HERE);
                alice.register(&name).await.assert_status(201);
                let other = app.logged_in(&name).await;
                for version in [desktop, mobile] {
                    alice.clone().calling_itself(version).refresh().await.assert_ok();
                }
                let kinds = kinds(&other).await;
                assert_eq!(kinds, vec!["desktop_site"; recorded], "{policy}");
                let thief = alice.calling_itself(foreign).refresh().await;
                let is_let_in = ["off", "log"].contains(&policy);
                assert_eq!(thief.status == 200, is_let_in, "{policy}: {thief:?}");
            }
        })
        .await;
    }
}

/// Device names stored by an earlier version compare equal to today's.
#[tokio::test]
async fn a_renaming_of_ours_requires_no_step_up() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let id = alice.me().await.json()["session"]["id"].clone();
    let session = serde_json::from_value(id).expect("an id");
    for Named { formerly, agent, .. } in user_agents() {
        let client = ClientInfo { address: None, device: formerly };
        let stored = Change::Confirm { session, at: START, client };
        assert!(app.store.commit(stored, Vec::new()).await.expect("a store").took_place());
        alice.clone().calling_itself(agent).refresh().await.assert_ok();
    }
    assert_eq!(kinds(&alice).await, [""; 0]);
}

#[tokio::test]
async fn a_browser_is_named_by_its_client_hints() {
    let app = TestApp::in_memory().await;
    app.registered("alice").await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";
    let browser = app.browser();
    let request = browser.request(Method::POST, path::LOGIN).header("user-agent", agent);
    let request = request.header("sec-ch-ua", "\"Brave\";v=\"153\", \"Chromium\";v=\"153\"");
    let request = request.header("sec-ch-ua-platform", "\"Windows\"");
    let request = request.header("content-type", "application/json");
    let body = serde_json::json!({"email": "alice@example.com", "password": PASSWORD}).to_string();
    browser.send(request, body.into()).await.assert_ok();
    let sessions = browser.call(Method::GET, path::SESSIONS, None).await.assert_ok().json();
    let here =
        sessions["sessions"].as_array().expect("sessions").iter().find(|it| it["current"] == true);
    let device = &here.expect("this one")["device"];
    let named = serde_json::json!({"browser": "Brave", "os": "Windows", "kind": "desktop"});
    assert_eq!(*device, named);
}

/// A machine changes the interface half of its IPv6 address by itself (RFC 8981).
#[tokio::test]
async fn an_ipv6_network_is_its_first_half() {
    on_every_store_with(&["--on-network-change", "end"], async |app| {
        let (_, other) = alice(&app).await;
        let alice = app.browser().at("2001:db8:1:1::1");
        alice.login("alice", PASSWORD).await.assert_ok();
        for same in ["2001:db8:1:1::2", "2001:db8:1:1:ffff:ffff:ffff:ffff", "2001:db8:1:1::1"] {
            alice.clone().at(same).refresh().await.assert_ok();
        }
        assert_eq!(kinds(&other).await, [""; 0]);
        alice.at("2001:db8:1:2::1").refresh().await.assert_problem(401, "invalid_grant");
        assert_eq!(kinds(&other).await, ["network_changed", "session_ended"]);
    })
    .await;
}

/// An IPv4-mapped IPv6 address is that IPv4 address, and a neighbour's is another network.
#[tokio::test]
async fn an_ipv4_network_is_one_address() {
    on_every_store_with(&["--on-network-change", "end"], async |app| {
        let (alice, _) = alice(&app).await;
        alice.clone().at("::ffff:203.0.113.9").refresh().await.assert_ok();
        alice.at("203.0.113.10").refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

/// Another network and another device within a minute is impossible; later, or on the same device, it is not.
#[tokio::test]
async fn a_gap_takes_both_and_less_than_a_minute() {
    let flags = ["--on-network-change", "off", "--on-device-change", "off", "--on-impossible-gap"];
    let flags = [&flags[..], &["end"]].concat();
    on_every_store_with(&flags, async |app| {
        let (alice, other) = alice(&app).await;
        let alice = alice.at(THERE);
        alice.refresh().await.assert_ok();
        let alice = alice.calling_itself(SAFARI_ON_IPHONE);
        alice.refresh().await.assert_ok();
        app.clock.advance(60);
        let alice = alice.at(HERE).calling_itself(FIREFOX_ON_LINUX);
        alice.refresh().await.assert_ok();
        assert_eq!(kinds(&other).await, [""; 0]);
        app.clock.advance(59);
        let alice = alice.at(THERE).calling_itself(SAFARI_ON_IPHONE);
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}
