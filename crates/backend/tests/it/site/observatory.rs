//! Security headers of the site over https: present on every response, and graded as MDN's HTTP Observatory does. Its
//! rules are in its repository, `src/grader/charts.js`.

use std::collections::BTreeMap;

use shared::path::{self, SIGNED_IN_COOKIE};

use super::built_app;
use crate::headers::{EVERYWHERE, OVER_TLS};
use crate::support::{Answer, TestApp};

const HTTPS: &str = "https://login.example.com";
/// With it the site has the page of notes.
const AUDIENCES: &str = "https://login.example.com,https://login.example.com/api/notes";

const BEHIND_LOGIN: [&str; 5] = [
    path::ACCOUNT_PAGE,
    path::NOTES_PAGE,
    path::SESSIONS_PAGE,
    path::ACTIVITY_PAGE,
    path::SETTINGS_PAGE,
];

async fn app() -> TestApp {
    built_app(&["--origin", HTTPS, "--audience", AUDIENCES]).await
}

/// Every page, a missing page, a redirect, and the assets.
async fn answers() -> Vec<(&'static str, Answer)> {
    let app = app().await;
    let (stranger, user) = (app.browser(), app.browser());
    user.set_cookie(SIGNED_IN_COOKIE, "1");
    let mut answers = Vec::new();
    for page in [path::HOME_PAGE, path::REGISTER_PAGE, path::LOGIN_PAGE, "/no/such/page"] {
        answers.push((page, stranger.get(page).await));
    }
    for page in BEHIND_LOGIN {
        answers.push((page, stranger.get(page).await));
        answers.push((page, user.get(page).await));
    }
    for file in ["/assets/baton-0123.css", "/assets/frontend-0123.js", "/assets/nothing.js"] {
        answers.push((file, stranger.get(file).await));
    }
    answers.push((path::HEALTH_LIVE, stranger.get(path::HEALTH_LIVE).await));
    answers
}

/// ASVS 5.0.0 V3.4.1, V3.4.3 to V3.4.6, V3.4.8: the security headers.
#[tokio::test]
async fn every_page_and_file_carries_the_security_headers() {
    for (path, answer) in answers().await {
        for (name, value) in EVERYWHERE.into_iter().chain([OVER_TLS]) {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
        let policy = policy(&answer);
        // A missing directive falls back to `default-src`; these three do not, or deserve a line.
        for directive in ["default-src", "base-uri", "frame-ancestors"] {
            assert_eq!(policy.get(directive), Some(&vec!["'none'"]), "{path} {directive}");
        }
        assert_eq!(sources(&policy, "object-src"), ["'none'"], "{path}");
    }
}

/// The directives of the response's CSP, with their sources. There is one policy, without repeated directives.
fn policy(answer: &Answer) -> BTreeMap<&str, Vec<&str>> {
    assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1);
    let text = answer.header("content-security-policy").expect("a policy");
    let directives = text.split(';').map(str::trim).filter(|directive| !directive.is_empty());
    let mut policy = BTreeMap::new();
    for directive in directives {
        let mut words = directive.split_ascii_whitespace();
        let name = words.next().expect("a name");
        assert!(policy.insert(name, words.collect()).is_none(), "{name} stands there twice");
    }
    policy
}

/// The sources for a directive that falls back to `default-src`.
fn sources<'a>(policy: &BTreeMap<&str, Vec<&'a str>>, directive: &str) -> Vec<&'a str> {
    policy.get(directive).or_else(|| policy.get("default-src")).cloned().unwrap_or_default()
}

/// A rule of the Observatory: its name, its check, and the modifier it must yield.
type Rule = (&'static str, fn(&Answer) -> i32, i32);

const RULES: [Rule; 9] = [
    ("Content-Security-Policy", content_security_policy, 10),
    ("Cookies", cookies, 0),
    ("Cross-Origin Resource Sharing", cross_origin_sharing, 0),
    ("Cross-Origin-Resource-Policy", cross_origin_resource_policy, 10),
    ("Referrer-Policy", referrer_policy, 5),
    ("Strict-Transport-Security", strict_transport_security, 0),
    ("Subresource Integrity", subresource_integrity, 0),
    ("X-Content-Type-Options", content_type_options, 0),
    ("X-Frame-Options", frame_options, 5),
];

fn content_security_policy(answer: &Answer) -> i32 {
    let policy = policy(answer);
    let scripts = sources(&policy, "script-src");
    let weak = ["'unsafe-inline'", "'unsafe-eval'", "data:", "http:", "https:", "*", "blob:"];
    let is_weak = |source: &&str| weak.contains(source) || source.starts_with("http:");
    if scripts.is_empty() || sources(&policy, "object-src").is_empty() {
        return -20;
    }
    if policy.values().flatten().any(is_weak) {
        return -20;
    }
    let forms = policy.get("form-action").is_some_and(|it| *it == ["'self'"] || *it == ["'none'"]);
    if forms && policy.get("default-src").is_some_and(|it| *it == ["'none'"]) { 10 } else { 5 }
}

/// A page sets none. (The cookies of a login have all attributes: `refresh::the_cookies_have_…`.)
fn cookies(answer: &Answer) -> i32 {
    if answer.set_cookies().is_empty() { 0 } else { -40 }
}

fn cross_origin_sharing(answer: &Answer) -> i32 {
    if answer.header("access-control-allow-origin").is_none() { 0 } else { -50 }
}

fn cross_origin_resource_policy(answer: &Answer) -> i32 {
    match answer.header("cross-origin-resource-policy") {
        Some("same-origin" | "same-site") => 10,
        None | Some("cross-origin") => 0,
        Some(_) => -5,
    }
}

fn referrer_policy(answer: &Answer) -> i32 {
    let private =
        ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
    match answer.header("referrer-policy") {
        Some(policy) if private.contains(&policy) => 5,
        Some(_) => -5,
        None => 0,
    }
}

/// HSTS of half a year at least.
fn strict_transport_security(answer: &Answer) -> i32 {
    let header = answer.header("strict-transport-security").unwrap_or_default();
    let age = header.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
    match age.and_then(|seconds| seconds.parse::<u64>().ok()) {
        Some(15_768_000..) => 0,
        Some(_) => -10,
        None => -20,
    }
}

/// Scripts of this origin need none.
fn subresource_integrity(answer: &Answer) -> i32 {
    let scripts = answer.body.split("<script").skip(1).filter_map(|rest| rest.split('>').next());
    let foreign = scripts.filter_map(|tag| tag.split("src=\"").nth(1));
    if foreign.clone().all(|source| source.starts_with('/') && !source.starts_with("//")) {
        0
    } else {
        -50
    }
}

fn content_type_options(answer: &Answer) -> i32 {
    if answer.header("x-content-type-options") == Some("nosniff") { 0 } else { -5 }
}

/// Directives known to all three browser engines: an unknown one is an error in the console of each page. WebKit does
/// not know `manifest-src`; there is no manifest, and `default-src` refuses one.
#[tokio::test]
async fn no_directive_is_unknown_to_a_browser() {
    const KNOWN: [&str; 10] = [
        "default-src",
        "script-src",
        "style-src",
        "img-src",
        "font-src",
        "connect-src",
        "base-uri",
        "form-action",
        "frame-ancestors",
        "object-src",
    ];
    for (path, answer) in answers().await {
        for directive in policy(&answer).keys() {
            assert!(KNOWN.contains(directive), "{path}: {directive}");
        }
    }
}

fn frame_options(answer: &Answer) -> i32 {
    let by_policy = policy(answer).get("frame-ancestors").is_some_and(|it| *it == ["'none'"]);
    match answer.header("x-frame-options") {
        _ if by_policy => 5,
        Some("DENY" | "SAMEORIGIN") => 0,
        _ => -20,
    }
}

/// A+ is 100 and more; points above 100 count once 90 are reached without them. The redirect from http to https on
/// the same host, worth 0 or −20, is the proxy's part.
#[tokio::test]
async fn the_observatory_has_nothing_to_take_away_and_grades_every_page_a_plus() {
    for (path, answer) in answers().await {
        let mut points = 100;
        for (rule, judge, expected) in RULES {
            let modifier = judge(&answer);
            assert_eq!(modifier, expected, "{path}: {rule}");
            points += modifier;
        }
        assert_eq!(points, 130, "{path}");
    }
}
