//! Pages and their assets: server rendering, caching, CSP nonces, redirects.

mod observatory;
mod other_names;

use std::fs;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use backend::store::memory::Memory;
use shared::path::{self, SIGNED_IN_COOKIE, at_port};
use tempfile::TempDir;

use crate::support::{Answer, Browser, ORIGIN, Place, TestApp};

/// A site as `cargo xtask build` leaves it, with minimal content.
pub(crate) fn built() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let assets = folder.path().join("assets");
    fs::create_dir(&assets).expect("a folder");
    for (name, content) in [
        ("baton-0123.css", "a{}"),
        ("frontend-0123.js", "export {}"),
        ("frontend_bg-0123.wasm", "\0asm"),
        ("frontend_bg-0123.wasm.br", "brotli"),
        ("frontend_bg-0123.wasm.gz", "gzip"),
        ("favicon-0123.svg", "<svg/>"),
        ("favicon-4567.ico", "ico"),
    ] {
        fs::write(assets.join(name), content).expect("a file");
    }
    let manifest = r#"{"stylesheet":"/assets/baton-0123.css","script":"/assets/frontend-0123.js",
        "wasm":"/assets/frontend_bg-0123.wasm","icon":"/assets/favicon-0123.svg"}"#;
    fs::write(folder.path().join("site.json"), manifest).expect("a file");
    folder
}

async fn app() -> TestApp {
    built_app(&[]).await
}

/// A server of the site, with more flags.
async fn built_app(more: &[&str]) -> TestApp {
    let site = built();
    let flags = [&["--site", site.path().to_str().expect("UTF-8")][..], more].concat();
    TestApp::over(Arc::new(Memory::default()), Place::Memory, &flags).await
}

async fn with_encoding(browser: &Browser, path: &str, encoding: &str) -> Answer {
    browser
        .send(browser.request(Method::GET, path).header("accept-encoding", encoding), Body::empty())
        .await
}

#[tokio::test]
async fn public_pages_can_be_read_before_any_script_runs() {
    let browser = app().await.browser();
    for (path, words) in [
        (path::HOME_PAGE, "Baton"),
        (path::REGISTER_PAGE, "Create your account"),
        (path::LOGIN_PAGE, "Log in"),
    ] {
        let page = browser.get(path).await;
        page.assert_ok();
        assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
        assert!(
            page.body.starts_with("<!DOCTYPE html>")
                && page.body.contains("<h1")
                && page.body.contains(words),
            "{path}: {}",
            page.body
        );
    }
}

#[tokio::test]
async fn a_page_names_its_files_and_is_not_stored() {
    let page = app().await.browser().get(path::HOME_PAGE).await;
    for file in [
        "/assets/baton-0123.css",
        "/assets/frontend-0123.js",
        "/assets/frontend_bg-0123.wasm",
        "/assets/favicon-0123.svg",
    ] {
        assert!(page.body.contains(file), "{file}");
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn scripts_run_by_nonce_only() {
    let browser = app().await.browser();
    let (first, second) = (browser.get(path::HOME_PAGE).await, browser.get(path::HOME_PAGE).await);
    let nonce = |page: &Answer| {
        let policy = page.header("content-security-policy").expect("a policy").to_owned();
        for directive in [
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "'wasm-unsafe-eval'",
        ] {
            assert!(policy.contains(directive), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .expect("a nonce")
            .to_owned()
    };
    assert_ne!(nonce(&first), nonce(&second));
    for page in [first, second] {
        let nonce = format!("nonce=\"{}\"", nonce(&page));
        let scripts: Vec<&str> = page.body.split("<script").skip(1).collect();
        assert!(!scripts.is_empty());
        assert!(
            scripts
                .iter()
                .all(|script| script.split('>').next().is_some_and(|tag| tag.contains(&nonce))),
            "{}",
            page.body
        );
        assert!(
            !page.body.contains(" style=\"") && !page.body.contains(" onclick="),
            "nothing inline"
        );
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_is_404_and_still_a_page() {
    let page = app().await.browser().get("/no/such/page").await;
    page.assert_status(404);
    assert!(page.body.contains("Page not found"), "{}", page.body);
    let posted = app().await.browser().post("/no/such/page", serde_json::json!({})).await;
    posted.assert_problem(405, "method_not_allowed");
    assert_eq!(posted.header("allow"), Some("GET,HEAD"));
}

#[tokio::test]
async fn without_a_session_the_account_page_redirects_to_the_login_page_and_back() {
    let browser = app().await.browser();
    let page = browser.get(path::ACCOUNT_PAGE).await;
    page.assert_status(302);
    assert_eq!(page.header("location"), Some("/login?next=%2Faccount"));

    // Another server on this host has its own hint cookie.
    browser.set_cookie(&at_port(SIGNED_IN_COOKIE, 3001), "1");
    browser.get(path::ACCOUNT_PAGE).await.assert_status(302);
    for hint in [SIGNED_IN_COOKIE, &at_port(SIGNED_IN_COOKIE, 3000)] {
        let browser = app().await.browser();
        browser.set_cookie(hint, "1");
        let page = browser.get(path::ACCOUNT_PAGE).await;
        page.assert_ok();
        assert!(!page.body.contains("@example.com"), "a page never knows who asks");
    }
}

#[tokio::test]
async fn the_page_of_notes_is_there_where_access_tokens_are_for_the_service() {
    let service = format!("{ORIGIN}{}", path::NOTES);
    let both = format!("{ORIGIN},{service}");
    let with = built_app(&["--audience", &both]).await.browser().get(path::NOTES_PAGE).await;
    with.assert_status(302);
    assert_eq!(with.header("location"), Some("/login?next=%2Fnotes"));
    let other = format!("{service}-of-another");
    for audience in [ORIGIN, &other] {
        let without = built_app(&["--audience", audience]).await;
        without.browser().get(path::NOTES_PAGE).await.assert_status(404);
    }
}

/// RFC 3986 section 3.4: the query is part of the requested URL. (A fragment stays in the browser.)
#[tokio::test]
async fn a_redirect_to_the_login_page_leads_back_to_the_whole_address() {
    let browser = app().await.browser();
    let page = browser.get("/activity?kind=logins&q=a%20b%26c").await;
    page.assert_status(302);
    let to = page.header("location").expect("a location");
    let url = url::Url::parse("https://login.example.com").expect("an origin").join(to);
    let url = url.expect("a relative reference");
    let query: Vec<_> = url.query_pairs().collect();
    assert_eq!(url.path(), path::LOGIN_PAGE);
    assert_eq!(query, [("next".into(), "/activity?kind=logins&q=a%20b%26c".into())]);
}

/// The start script compares it with the document before it hydrates.
#[tokio::test]
async fn every_page_carries_the_shape_of_what_it_shows() {
    let browser = app().await.browser();
    let mut shapes = Vec::new();
    for path in [path::HOME_PAGE, path::LOGIN_PAGE, path::REGISTER_PAGE, "/no/such/page"] {
        let [first, second] = [browser.get(path).await, browser.get(path).await].map(|page| {
            let shape = page.body.split("data-shape=\"").nth(1).and_then(|it| it.split('"').next());
            shape.expect("a shape").to_owned()
        });
        assert_eq!(first, second, "{path}");
        assert!(first.len() == 8 && first.chars().all(|c| c.is_ascii_hexdigit()), "{first}");
        assert!(!shapes.contains(&first), "{path}");
        shapes.push(first);
    }
}

/// Browsers request it for pages without an icon; other programs request it always.
#[tokio::test]
async fn the_icon_is_found_where_browsers_look_for_it() {
    let browser = app().await.browser();
    let icon = browser.get("/favicon.ico").await;
    icon.assert_ok();
    assert_eq!((icon.header("content-type"), &*icon.body), (Some("image/x-icon"), "ico"));
    assert_eq!(icon.header("cache-control"), Some("public, max-age=86400"));
    let app = TestApp::in_memory().await;
    app.browser().get("/favicon.ico").await.assert_problem(404, "not_found");
}

#[tokio::test]
async fn files_are_immutable_and_compressed_beforehand() {
    let browser = app().await.browser();
    for (accepted, encoding, body) in [
        ("br, gzip", Some("br"), "brotli"),
        ("gzip", Some("gzip"), "gzip"),
        ("identity", None, "\0asm"),
    ] {
        let file = with_encoding(&browser, "/assets/frontend_bg-0123.wasm", accepted).await;
        file.assert_ok();
        assert_eq!((file.header("content-encoding"), &*file.body), (encoding, body));
        assert_eq!(file.header("content-type"), Some("application/wasm"));
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(file.header("vary"), Some("accept-encoding"));
    }
    let file = with_encoding(&browser, "/assets/baton-0123.css", "br").await;
    assert_eq!((file.header("content-encoding"), &*file.body), (None, "a{}"));
}

#[tokio::test]
async fn a_page_is_compressed_for_browsers_that_take_it_and_an_answer_of_the_api_is_not() {
    let browser = app().await.browser();
    let page = with_encoding(&browser, path::HOME_PAGE, "gzip, br").await;
    page.assert_ok();
    assert_eq!(page.header("content-encoding"), Some("gzip"));
    for refused in ["identity", "gzip;q=0", "br"] {
        let page = with_encoding(&browser, path::HOME_PAGE, refused).await;
        assert_eq!(page.header("content-encoding"), None, "{refused}");
        assert_eq!(page.header("vary"), Some("accept-encoding"), "{refused}");
        assert!(page.body.starts_with("<!DOCTYPE html>"), "{refused}");
    }
    let answer = with_encoding(&browser, path::METADATA, "gzip, br").await;
    answer.assert_ok();
    assert_eq!(answer.header("content-encoding"), None);
}

/// ASVS 5.0.0 V4.1.1: every text response names its charset.
#[tokio::test]
async fn every_text_says_how_it_is_encoded() {
    let browser = app().await.browser();
    browser.set_cookie(SIGNED_IN_COOKIE, "1");
    for (path, content_type) in [
        (path::HOME_PAGE, "text/html; charset=utf-8"),
        (path::LOGIN_PAGE, "text/html; charset=utf-8"),
        (path::ACCOUNT_PAGE, "text/html; charset=utf-8"),
        ("/no/such/page", "text/html; charset=utf-8"),
        ("/assets/baton-0123.css", "text/css; charset=utf-8"),
        ("/assets/frontend-0123.js", "text/javascript; charset=utf-8"),
        // Binary files have no charset; XML and JSON have rules of their own.
        ("/assets/frontend_bg-0123.wasm", "application/wasm"),
        ("/assets/favicon-0123.svg", "image/svg+xml"),
        ("/assets/nothing.css", "application/problem+json"),
        (path::JWKS, "application/jwk-set+json"),
    ] {
        let answer = browser.get(path).await;
        let said: Vec<_> = answer.headers.get_all("content-type").iter().collect();
        assert_eq!(said, [content_type], "{path}");
        let is_page = content_type.starts_with("text/html");
        let early = answer.body.get(..1024).unwrap_or(&answer.body);
        assert!(
            !is_page || early.to_ascii_lowercase().contains("<meta charset=\"utf-8\""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_404() {
    let browser = app().await.browser();
    for path in [
        "/assets/",
        "/assets/frontend_bg-0123.wasm.br",
        "/assets/site.json",
        "/assets/%2e%2e%2fsite.json",
        "/assets/../site.json",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
    }
}

/// RFC 8414 section 3.1, OpenID Connect Discovery section 4: clients look in several places, and parse what they get.
#[tokio::test]
async fn a_well_known_document_that_is_not_served_is_a_problem_for_every_method() {
    for app in [app().await, TestApp::in_memory().await] {
        let browser = app.browser();
        for path in [
            "/.well-known",
            "/.well-known/",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/tenant",
            "/.well-known/openid-configuration/tenant/of/another",
            "/tenant/.well-known/openid-configuration",
            "/.well-known/jwks.json/",
            "/.well-known/change-password?x=1",
        ] {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let request = browser.request(method, path).header("accept", "text/html,*/*");
                browser.send(request, Body::empty()).await.assert_problem(404, "not_found");
            }
            let head = browser.send(browser.request(Method::HEAD, path), Body::empty()).await;
            head.assert_status(404);
        }
        for path in [path::JWKS, path::METADATA] {
            browser.get(path).await.assert_ok();
        }
    }
}

#[tokio::test]
async fn no_page_answers_for_the_api() {
    let browser = app().await.browser();
    for path in ["/api", "/api/", "/api/nothing", "/api/auth/login/"] {
        browser.get(path).await.assert_problem(404, "not_found");
    }
}
