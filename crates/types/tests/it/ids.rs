//! Ids: their one spelling when written, and errors that a server can report.

use types::{SessionId, UserId};

const TEXT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[test]
fn an_id_is_written_with_hyphens_in_lower_case() {
    let id: UserId = TEXT.to_uppercase().parse().expect("a UUID");
    assert_eq!(id.to_string(), TEXT);
    assert_eq!(serde_json::to_string(&id).expect("text"), format!("\"{TEXT}\""));
    assert_eq!(UserId::from_bytes(*id.as_bytes()), id);
}

#[test]
fn a_text_that_is_no_uuid_is_an_error() {
    let error: Box<dyn std::error::Error> =
        "session-1".parse::<SessionId>().expect_err("no UUID").into();
    assert!(!error.to_string().is_empty());
}
