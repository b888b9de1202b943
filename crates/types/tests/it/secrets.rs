//! Secrets: text on the wire, exposed by name alone.

use types::Secret;

#[test]
fn a_secret_is_plain_text_on_the_wire() {
    let secret: Secret = serde_json::from_str("\"correct horse\"").expect("text");
    assert_eq!(secret.expose(), "correct horse");
    assert_eq!(serde_json::to_string(&secret).expect("text"), "\"correct horse\"");
}
