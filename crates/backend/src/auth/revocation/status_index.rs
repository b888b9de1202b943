//! The status list index of a session (draft-ietf-oauth-status-list section 6): the last three bytes of the session
//! id, which are random. So the list is as long for three sessions as for three million, an index reveals no fact,
//! and none has to be stored.

use shared::SessionId;

/// The number of indexes: one for each value of the last three bytes of a session id.
pub const PLACES: u64 = 1 << 24;

/// A session's status list index (Token Status List section 6).
#[must_use]
pub fn place(session: SessionId) -> u64 {
    let [.., a, b, c] = *session.as_bytes();
    u64::from_be_bytes([0, 0, 0, 0, 0, a, b, c])
}
