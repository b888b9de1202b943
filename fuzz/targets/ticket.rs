//! Fuzz target: a presented refresh token. A text is a ticket in one spelling only, and verifies only if this key and
//! seed made it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rotation::ticket::TICKET_CHARACTERS;
use rotation::{RefreshKey, Seed, UnverifiedTicket};

/// Parses `input` and verifies what was parsed.
pub(crate) fn check(input: &[u8]) {
    let Ok(presented) = str::from_utf8(input) else { return };
    let Some(unverified) = UnverifiedTicket::parse(presented) else { return };
    assert_eq!(presented.len(), TICKET_CHARACTERS);
    let bytes = URL_SAFE_NO_PAD.decode(presented).expect("a ticket is base64url");
    assert_eq!(URL_SAFE_NO_PAD.encode(&bytes), presented, "a second spelling");
    assert_eq!(bytes[0], 1, "another version");
    assert_eq!(bytes[1..17], unverified.session().as_bytes()[..]);
    // The seeds were made with these.
    let (key, seed) = (RefreshKey::from_bytes([7; 32]), Seed::from_bytes([9; 32]));
    if let Some(ticket) = unverified.verify(&key, &seed) {
        assert_eq!(ticket.encode(), presented);
    }
    let other = RefreshKey::from_bytes([8; 32]);
    assert!(unverified.verify(&other, &seed).is_none(), "another key's ticket");
}
