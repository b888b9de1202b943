//! The server's own keys appear in no log, response or database, in any encoding.

use axum::http::Method;
use backend::config::MasterKeySource;
use backend::entropy::Entropy;
use backend::keys::MASTER_KEY_FILE;
use backend::keys::MasterKey;
use backend::store::KeyPurpose;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use shared::path;

use super::contains;
use crate::support::{Answer, Log, PASSWORD, TestApp, on_every_store};

/// The master key, and every private key unsealed.
async fn keys_of(app: &TestApp) -> Vec<Vec<u8>> {
    let folder = app.keys.path();
    let text = std::fs::read_to_string(folder.join(MASTER_KEY_FILE)).expect("the master key");
    let mut keys = vec![STANDARD.decode(text.trim()).expect("base64")];
    let source = MasterKeySource::Folder(folder.to_owned());
    let master = MasterKey::find(&source, true, &Entropy::system()).expect("a key");
    for key in app.store.keys().await.expect("a store") {
        let name = format!("baton {} key {}", key.purpose.as_str(), key.kid);
        let private = master.open(&name, &key.sealed).expect("it opens").to_vec();
        if key.purpose == KeyPurpose::Access {
            keys.push(scalar(&private).to_vec());
        }
        keys.push(private);
    }
    assert_eq!(keys.len(), 6, "the master key, two that sign, in two forms, and one for tickets");
    keys
}

/// The scalar of a private P-256 key (RFC 5915: version 1, an octet string of 32 bytes).
fn scalar(pkcs8: &[u8]) -> &[u8] {
    let before = [0x02, 0x01, 0x01, 0x04, 0x20];
    let at = pkcs8.windows(before.len()).position(|window| window == before);
    let at = at.expect("a private key") + before.len();
    &pkcs8[at..at + 32]
}

/// Encodings of a key: raw, hexadecimal, a list of numbers, and base64, also within longer data.
fn spellings(key: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers: Vec<String> = key.iter().map(ToString::to_string).collect();
    let texts = [hex.to_uppercase(), hex, numbers.join(", "), numbers.join(",")];
    let mut spellings: Vec<Vec<u8>> = texts.map(String::into_bytes).to_vec();
    spellings.push(key.to_vec());
    for engine in [&STANDARD, &URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let text = engine.encode([&[0; 2][..before], key].concat());
            // A base64 digit at either edge holds bits of its neighbour, too.
            let own = (before * 8).div_ceil(6)..(before + key.len()) * 8 / 6;
            spellings.push(text[own].as_bytes().to_vec());
        }
    }
    spellings
}

/// The response as it leaves the server.
fn sent(answer: &Answer) -> Vec<u8> {
    format!("{:?}\n{}", answer.headers, answer.body).into_bytes()
}

/// A response of each call that involves keys, and of some that fail.
async fn answers(app: &TestApp) -> Vec<Answer> {
    let alice = app.browser();
    let mut answers = vec![alice.register("alice").await, alice.refresh().await];
    for path in [path::JWKS, path::METADATA, path::WHOLE_STATUS_LIST, path::HEALTH_READY] {
        let answer = alice.get(path).await;
        answer.assert_ok();
        answers.push(answer);
    }
    for path in [path::ME, path::SESSIONS, path::EVENTS] {
        let answer = alice.call(Method::GET, path, None).await;
        answer.assert_ok();
        answers.push(answer);
    }
    answers.push(alice.login("alice", "a wrong password, mistyped").await);
    answers.push(app.browser().get(path::ME).await);
    answers.push(alice.confirm(PASSWORD).await);
    answers.push(alice.logout().await);
    answers
}

#[tokio::test]
async fn no_key_of_the_servers_is_logged_answered_or_stored() {
    let (log, _listening) = Log::of_text();
    on_every_store(async |app| {
        let answers: Vec<u8> = answers(&app).await.iter().flat_map(sent).collect();
        let keys = keys_of(&app).await;
        app.store.close().await;
        let (log, dump) = (log.text().into_bytes(), app.dump().await);
        for key in keys {
            for spelling in spellings(&key) {
                assert!(!contains(&log, &spelling), "logged");
                assert!(!contains(&dump, &spelling), "stored");
                assert!(!contains(&answers, &spelling), "answered");
            }
        }
    })
    .await;
}

/// The control: the search finds each encoding.
#[test]
fn a_key_is_found_in_any_spelling_and_anywhere() {
    let key: Vec<u8> = (100..132).collect();
    for before in ["", "x", "xy", "xyz"] {
        let longer = [before.as_bytes(), &key, b"more"].concat();
        for text in [
            longer.clone(),
            STANDARD.encode(&longer).into_bytes(),
            URL_SAFE_NO_PAD.encode(&longer).into_bytes(),
            format!("{longer:?}").into_bytes(),
            format!("{longer:02x?}").replace(", ", "").into_bytes(),
        ] {
            assert!(spellings(&key).iter().any(|spelling| contains(&text, spelling)), "{text:?}");
        }
    }
}
