//! Reads the unencrypted part of a refresh token: session and generation. The token is not verified; the layout is
//! repeated here on purpose (docs/design/rotation.md).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The readable part of a ticket: `version 1B | session id 16B | generation 4B | MAC 32B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) session: [u8; 16],
    pub(crate) generation: u32,
}

/// Reads a ticket as it stands in the cookie.
pub(crate) fn read(ticket: &str) -> Option<Reading> {
    let bytes = URL_SAFE_NO_PAD.decode(ticket).ok().filter(|bytes| bytes.len() == 53)?;
    Some(Reading {
        session: bytes[1..17].try_into().ok()?,
        generation: u32::from_be_bytes(bytes[17..21].try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_and_generation_stand_where_the_protocol_says() {
        let mut bytes = [0_u8; 53];
        bytes[1..17].copy_from_slice(&[7; 16]);
        bytes[20] = 9;
        let reading = read(&URL_SAFE_NO_PAD.encode(bytes));
        assert_eq!(reading, Some(Reading { session: [7; 16], generation: 9 }));
        assert_eq!(read("AQ"), None);
    }
}
