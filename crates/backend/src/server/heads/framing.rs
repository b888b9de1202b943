//! Where the body of a request ends, by its head (RFC 9112 section 6).

/// Methods after which a body is as long as `Content-Length` says.
const METHODS: [&[u8]; 7] = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"];

#[derive(Default)]
pub(super) struct Framing {
    content_length: Option<u64>,
    is_framed_otherwise: bool,
}

impl Framing {
    /// How long the body is. `None`: that follows from something other than a length.
    pub(super) fn body(&self) -> Option<u64> {
        (!self.is_framed_otherwise).then(|| self.content_length.unwrap_or(0))
    }

    pub(super) fn read_request_line(&mut self, text: &[u8]) {
        let method = text.split(|byte| *byte == b' ').next().unwrap_or_default();
        self.is_framed_otherwise = !METHODS.contains(&method);
    }

    /// Records what a header field says of where the body ends.
    pub(super) fn read_field(&mut self, start: &[u8], is_whole: bool) {
        let mut parts = start.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let value = parts.next().map(<[u8]>::trim_ascii);
        match (name.as_slice(), value) {
            (b"content-length", Some(value)) => {
                let length = digits(value).filter(|_| is_whole && self.content_length.is_none());
                self.content_length = length;
                self.is_framed_otherwise |= length.is_none();
            }
            (b"transfer-encoding" | b"upgrade", _) => self.is_framed_otherwise = true,
            // A folded line, white space before the colon, no colon at all: the parser takes none of them.
            (name, value) if name.iter().any(u8::is_ascii_whitespace) || value.is_none() => {
                self.is_framed_otherwise |=
                    is_whole || name.first().is_none_or(u8::is_ascii_whitespace);
            }
            _ => {}
        }
    }
}

/// A number of digits alone.
fn digits(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
