//! Where secrets appear, and where they must not.

use std::io;
use std::sync::{Arc, Mutex};

use shared::path;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Browser, PASSWORD, TestApp};

#[tokio::test]
async fn the_refresh_token_appears_in_set_cookie_only() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let refreshed = alice.refresh().await;
    let ticket = alice.refresh_token();
    let answers =
        [refreshed, alice.me().await, alice.refresh_with("bad").await, alice.logout().await];
    assert!(answers[0].set_cookies().iter().any(|cookie| cookie.value() == ticket));
    for answer in answers {
        assert!(!answer.body.contains(&ticket), "{}", answer.body);
        for (name, value) in &answer.headers {
            let text = value.to_str().expect("visible ASCII");
            assert!(name == "set-cookie" || !text.contains(&ticket), "{name}: {text}");
        }
    }
}

#[tokio::test]
async fn the_access_token_appears_in_the_body_only() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let answer = alice.refresh().await;
    assert!(answer.body.contains(&alice.access_token()));
    assert!(
        answer
            .headers
            .values()
            .all(|value| !value.to_str().expect("visible ASCII").contains("eyJ"))
    );
}

/// A dump of the database contains no usable token and no password.
#[tokio::test]
async fn the_database_holds_nothing_that_opens_anything() {
    let app = TestApp::on_disk().await;
    let database = app.database().expect("a file");
    let alice = app.registered("alice").await;
    let mut secrets = secrets_of(&alice);
    alice.refresh_with("attempt-key-number-1").await.assert_ok();
    secrets.extend(secrets_of(&alice));
    secrets.extend(["attempt-key-number-1".to_owned(), PASSWORD.to_owned()]);
    app.store.close().await;

    let dump: Vec<u8> = std::fs::read_dir(database.parent().expect("a folder"))
        .expect("the folder")
        .flat_map(|file| std::fs::read(file.expect("a file").path()).expect("its content"))
        .collect();
    assert!(contains(&dump, b"alice@example.com"), "the dump is of the right database");
    for secret in secrets {
        assert!(!contains(&dump, secret.as_bytes()), "{secret}");
    }
}

fn secrets_of(browser: &Browser) -> Vec<String> {
    let (access, refresh) = (browser.access_token(), browser.refresh_token());
    // The MAC alone would do, too: what is public of a ticket are its first 21 bytes.
    vec![
        access.rsplit('.').next().expect("a signature").to_owned(),
        refresh[28..].to_owned(),
        access,
        refresh,
    ]
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_log_line_holds_a_secret_and_every_event_has_one() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let mut secrets = vec![PASSWORD.to_owned(), "attempt-key-number-1".to_owned()];
    secrets.extend(secrets_of(&alice));
    let thief = alice.copied();
    alice.refresh_with("attempt-key-number-1").await.assert_ok();
    secrets.extend(secrets_of(&alice));
    alice.get(&format!("{}?access_token={}", path::ME, alice.access_token())).await;
    app.logged_in("alice").await.logout().await;
    app.browser().login("alice", "a wrong password, mistyped").await;
    secrets.push("a wrong password, mistyped".to_owned());
    thief.refresh().await;

    let text = String::from_utf8(log.0.lock().expect("no writer panics").clone()).expect("UTF-8");
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret}");
    }
    for event in ["registered", "refreshed", "logged_in", "logged_out", "login_failed", "replayed"]
    {
        let line = text
            .lines()
            .find(|line| line.contains(&format!("event=\"{event}\"")))
            .unwrap_or_else(|| panic!("no {event} in {text}"));
        assert!(line.contains("request{id=") && line.contains("user="), "{line}");
    }
}
