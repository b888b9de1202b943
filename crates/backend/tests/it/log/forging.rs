//! Nothing that a client sends makes a line of the log that the server has not written.

use std::fs;

use serde_json::json;
use shared::path;

use crate::support::PASSWORD;
use crate::support::program::{Serving, folder, request};

/// What begins a line of ours.
const LINE: &str = "2001-01-01T00:00:00.000000Z  INFO baton: event=\"logged_in\" user=forged";

/// A line break, as terminals, editors and programs know them, and what tells a terminal to move.
const BREAKS: [&str; 7] = ["\r\n", "\n", "\r", "\u{2028}", "\u{85}", "\u{b}", "\u{1b}[2K\u{1b}[1A"];

/// Requests that say something else than they should wherever a client may say something.
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

/// ASVS 5.0.0 V16.4.1.
#[test]
fn nothing_a_client_sends_forges_a_line() {
    let folder = folder();
    let log = folder.path().join("log");
    // Each request leaves a line of its own at this level, and the proxy is believed.
    let flags =
        ["--log", "info,backend=debug", "--trusted-proxies", "127.0.0.1", "--limits", "off"];
    let mut server = Serving::logging(folder.path(), &flags, &log);
    let mut answered = 0;
    for wedge in BREAKS {
        for request in requests(wedge) {
            let answer = server.ask(&request);
            assert!(answer.starts_with("HTTP/1.1 4"), "{request:?}: {answer}");
            // What is no request at all is refused before anybody writes of it.
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
    // Three of each kind are good HTTP, whatever they say.
    assert!(answered >= BREAKS.len() * 3, "{answered}");
}
