//! What pages know about the session without a call.

use frontend::session::SignedIn;
use frontend::session::login_alerts::began_at;
use shared::body::User;
use shared::{NumericDate, SessionId, UserId};

#[test]
fn a_page_knows_when_the_session_began_and_was_refreshed_last() {
    // RFC 9562 appendix A.6: a UUID of version 7 of 2022-02-22, 19:22:22 UTC.
    let session_id: SessionId =
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f".parse().expect("a session id");
    let signed_in = SignedIn {
        user: User {
            id: UserId::from_bytes([1; 16]),
            email: "ada@example.org".to_owned(),
            name: None,
        },
        session_id,
        expires_at_ms: 1_800_000_900_250.0,
        lifetime_seconds: 900,
    };
    assert_eq!(began_at(signed_in.session_id), NumericDate(1_645_557_742));
    assert_eq!(signed_in.refreshed_at(), NumericDate(1_800_000_000));
}
