//! Pages under another loopback name than the origin's, where they may not call: a redirect to the origin, and never
//! to another place.

use axum::body::Body;
use axum::http::{Method, Request};
use cookie::SameSite;
use shared::path;

use super::{app, built_app};
use crate::support::{Answer, Browser, ORIGIN, TestApp};

async fn ask(app: &TestApp, method: Method, host: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", host);
    app.browser().send(request, Body::empty()).await
}

#[tokio::test]
async fn a_page_under_another_loopback_name_is_redirected_to_the_same_page_of_the_origin() {
    let app = app().await;
    for host in ["127.0.0.1:3000", "[::1]:3000", "0.0.0.0:3000"] {
        for path in [
            path::HOME_PAGE,
            "/login?next=%2Faccount&x=a%20b",
            path::ACCOUNT_PAGE,
            "/no/such/page",
            // Still below the origin.
            "//evil.example/login",
            "/@evil.example",
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(&app, method, host, path).await;
                answer.assert_status(307);
                let there = format!("{ORIGIN}{path}");
                assert_eq!(answer.header("location"), Some(&*there), "{host}");
                assert!(answer.body.is_empty());
                assert_eq!(answer.header("cache-control"), Some("no-store"));
            }
        }
    }
}

#[tokio::test]
async fn the_origin_may_be_an_address_itself() {
    let app = built_app(&["--origin", "http://127.0.0.1:3000"]).await;
    let answer = ask(&app, Method::GET, "localhost:3000", path::LOGIN_PAGE).await;
    answer.assert_status(307);
    assert_eq!(answer.header("location"), Some("http://127.0.0.1:3000/login"));
    ask(&app, Method::GET, "127.0.0.1:3000", path::LOGIN_PAGE).await.assert_ok();
}

/// A proxy may write its upstream's address into `Host` and add nothing: to the browser the target is where it is.
#[tokio::test]
async fn a_browser_that_is_redirected_to_where_it_is_gets_the_page_the_second_time() {
    let app = app().await;
    let through_proxy = async |browser: &Browser| {
        let request = Request::get(path::LOGIN_PAGE).header("host", "127.0.0.1:3000");
        browser.send(request.header("sec-fetch-site", "none"), Body::empty()).await
    };
    let browser = app.browser();
    let first = through_proxy(&browser).await;
    first.assert_status(307);
    let cookies = first.set_cookies();
    let [mark] = &cookies[..] else { panic!("{first:?}") };
    // Kept over http, and sent after a link on another site.
    assert_eq!((mark.secure(), mark.same_site()), (None, Some(SameSite::Lax)));
    assert_eq!(mark.max_age().map(|age| age.whole_seconds()), Some(10));
    for _ in 0..2 {
        let page = through_proxy(&browser).await;
        page.assert_ok();
        assert!(page.set_cookies().is_empty(), "{page:?}");
    }
    through_proxy(&app.browser()).await.assert_status(307);
}

#[tokio::test]
async fn behind_a_proxy_that_shows_itself_a_page_is_a_page() {
    let app = app().await;
    for header in ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"] {
        let request = Request::get(path::LOGIN_PAGE).header("host", "127.0.0.1:3000");
        app.browser().send(request.header(header, "x"), Body::empty()).await.assert_ok();
    }
}

#[tokio::test]
async fn under_other_ports_and_names_a_page_is_a_page() {
    let app = app().await;
    for host in [
        "localhost:3000",
        "LOCALHOST:3000",
        "127.0.0.1:3001",
        "127.0.0.1",
        "app.localhost:3000",
        "evil.example:3000",
        "127.0.0.1.evil.example:3000",
    ] {
        ask(&app, Method::GET, host, path::LOGIN_PAGE).await.assert_ok();
    }
    let public = built_app(&["--origin", "https://login.example.com"]).await;
    for host in ["127.0.0.1:443", "localhost", "login.example.com"] {
        ask(&public, Method::GET, host, path::LOGIN_PAGE).await.assert_ok();
    }
}

#[tokio::test]
async fn what_is_no_page_is_served_by_any_name() {
    let app = app().await;
    for path in [path::JWKS, path::METADATA, path::HEALTH_LIVE, "/assets/baton-0123.css"] {
        ask(&app, Method::GET, "127.0.0.1:3000", path).await.assert_ok();
    }
    let posted = ask(&app, Method::POST, "127.0.0.1:3000", path::LOGIN_PAGE).await;
    posted.assert_problem(405, "method_not_allowed");
}
