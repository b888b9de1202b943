//! Log injection: no input of a client forges a line.

use std::fs;

use serde_json::json;
use shared::path;

use crate::support::PASSWORD;
use crate::support::program::{Serving, folder, request};

/// The beginning of a genuine line.
const LINE: &str = "2001-01-01T00:00:00.000000Z  INFO baton: event=\"logged_in\" user=forged";

/// Line breaks for terminals, editors and programs, and escape sequences that move the cursor.
const BREAKS: [&str; 7] = ["\r\n", "\n", "\r", "\u{2028}", "\u{85}", "\u{b}", "\u{1b}[2K\u{1b}[1A"];

/// Requests with the forged line in every field that a client controls.
fn requests(wedge: &str) -> Vec<String> {
    let forged = format!("{wedge}{LINE}");
    let login = json!({"email": format!("a{forged}@example.com"), "password": PASSWORD});
    let named = json!({
        "email": "alice@example.com", "password": PASSWORD, "name": format!("Alice{forged}"),
    });
    let known = json!({"email": "nobody@example.com", "password": PASSWORD}).to_string();
    let post =
        |path: &str, headers: &[(&str, &str)], body: &str| request("POST", path, headers, body);
    let encoded: String = forged.bytes().map(|byte| format!("%{byte:02x}")).collect();
    vec![
        post(path::LOGIN, &[], &login.to_string()),
        post(path::REGISTER, &[], &named.to_string()),
        post(&format!("/api/{encoded}"), &[], ""),
        post(&format!("/api/{}", forged.replace(' ', "+")), &[], ""),
        post(path::LOGIN, &[("user-agent", &forged)], &known),
        post(path::LOGIN, &[("x-forwarded-for", &forged)], &known),
        post(path::LOGIN, &[("x-request-id", &forged)], &known),
        post(path::REFRESH, &[("cookie", &format!("{}={forged}", path::REFRESH_COOKIE))], ""),
        post(path::REFRESH, &[("idempotency-key", &forged)], ""),
        request("GET", path::ME, &[("authorization", &format!("Bearer {forged}"))], ""),
    ]
}

/// ASVS 5.0.0 V16.4.1: log injection.
#[test]
fn nothing_a_client_sends_forges_a_line() {
    let folder = folder();
    let log = folder.path().join("log");
    // At this level each request leaves a line, and the proxy is trusted.
    let flags =
        ["--log", "info,backend=debug", "--trusted-proxies", "127.0.0.1", "--limits", "off"];
    let mut server = Serving::logging(folder.path(), &flags, &log);
    let mut answered = 0;
    for wedge in BREAKS {
        for request in requests(wedge) {
            let answer = server.ask(&request);
            assert!(answer.starts_with("HTTP/1.1 4"), "{request:?}: {answer}");
            // Malformed HTTP is refused before a request is logged.
            answered += usize::from(answer.contains("\r\nx-request-id: "));
        }
    }
    server.terminate();
    assert!(server.child.wait().expect("an end").success());
    let text = fs::read_to_string(log).expect("the log");
    let hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let lines: Vec<&str> = text.split('\n').filter(|line| !line.is_empty()).collect();
    for line in &lines {
        assert!(line.starts_with("20") && !line.starts_with("2001"), "{line}");
        assert!(!line.contains(hidden), "{line:?}");
    }
    let count = |event: &str| lines.iter().filter(|line| line.contains(event)).count();
    assert_eq!(count("event=\"request.answered\""), answered);
    assert_eq!(count("event=\"logged_in\""), 0, "quoted within a line it is not the same");
    // Three of each kind are well-formed HTTP.
    assert!(answered >= BREAKS.len() * 3, "{answered}");
}
