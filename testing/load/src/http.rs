//! HTTP/1.1 as far as a load generator needs it: requests are written into a buffer, answers are read from one, as
//! many bytes as have arrived. Written out because it must cost far less than the server.

use std::borrow::Cow;

use anyhow::{Context as _, Result, bail, ensure};

/// The origin that Baton is configured with. Servers listen on other ports, as behind a proxy.
pub(crate) const ORIGIN: &str = "http://localhost:3000";

/// Appends a request without a body.
pub(crate) fn write_get(out: &mut Vec<u8>, path: &str, headers: &[(&str, &str)]) {
    write_head(out, "GET", path, headers);
    out.extend_from_slice(b"\r\n");
}

/// Appends a request with a body, as a page of this origin sends it. An empty body has no type.
pub(crate) fn write_post(out: &mut Vec<u8>, path: &str, headers: &[(&str, &str)], body: &str) {
    write_head(out, "POST", path, headers);
    write_header(out, "origin", ORIGIN);
    write_header(out, "sec-fetch-site", "same-origin");
    if !body.is_empty() {
        write_header(out, "content-type", "application/json");
    }
    write_header(out, "content-length", &body.len().to_string());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body.as_bytes());
}

fn write_head(out: &mut Vec<u8>, method: &str, path: &str, headers: &[(&str, &str)]) {
    for part in [method, " ", path, " HTTP/1.1\r\nhost: localhost:3000\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    for (name, value) in headers {
        write_header(out, name, value);
    }
}

fn write_header(out: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    headers: &'a str,
    pub(crate) body: Cow<'a, [u8]>,
    /// How many bytes it takes on the connection.
    pub(crate) length: usize,
}

impl<'a> Answer<'a> {
    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        all(self.headers, name)
    }

    /// Whether the server closes the connection after it.
    pub(crate) fn closes(&self) -> bool {
        self.all("connection").any(|value| value.eq_ignore_ascii_case("close"))
    }

    /// Status and beginning of the body, for error messages.
    pub(crate) fn shown(&self) -> String {
        const SHOWN: usize = 400;
        let body = String::from_utf8_lossy(&self.body);
        format!("{}: {}", self.status, body.chars().take(SHOWN).collect::<String>())
    }
}

/// Reads an answer at the beginning of `received`. [`None`]: more bytes must come.
///
/// # Errors
/// If it is not HTTP/1.1, or ends only with the connection.
pub(crate) fn read(received: &[u8]) -> Result<Option<Answer<'_>>> {
    let Some(end) = find(received, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&received[..end]).context("a head that is not ASCII")?;
    let (first, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let status =
        first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse::<u16>().ok());
    let status = status.with_context(|| format!("{first:?} is no status line of HTTP/1.1"))?;
    let rest = &received[end + 4..];
    let body = if matches!(status, 204 | 304) {
        Some((Cow::Borrowed(&rest[..0]), 0))
    } else if let Some(length) = all(headers, "content-length").next() {
        let length = length.parse::<usize>().context("a content-length that is no number")?;
        rest.get(..length).map(|body| (Cow::Borrowed(body), length))
    } else if all(headers, "transfer-encoding").any(|it| it.eq_ignore_ascii_case("chunked")) {
        chunked(rest)?.map(|(body, length)| (Cow::Owned(body), length))
    } else {
        bail!("an answer that ends with the connection:\n{head}")
    };
    Ok(body.map(|(body, length)| Answer { status, headers, body, length: end + 4 + length }))
}

/// A body in chunks (RFC 9112 section 7.1), and how many bytes it takes. Neither server sends trailers.
fn chunked(rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let Some(line) = find(&rest[at..], b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(&rest[at..at + line]).context("a chunk without a size")?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).context("a chunk without a size")?;
        at += line + 2;
        let Some(chunk) = rest.get(at..at + size + 2) else { return Ok(None) };
        let (data, end) = chunk.split_at(size);
        ensure!(end == b"\r\n", "a chunk is longer than its size");
        body.extend_from_slice(data);
        at += size + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}

fn all<'a>(headers: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    headers.split("\r\n").filter_map(move |line| {
        let (its_name, value) = line.split_once(':')?;
        its_name.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_LENGTH: &str = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\n\
        Content-Length: 7\r\n\r\n{\"x\":1}";
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
        4\r\n{\"x\"\r\n3;note=1\r\n:1}\r\n0\r\n\r\n";

    #[test]
    fn a_body_ends_where_its_length_says() {
        let two = format!("{WITH_LENGTH}HTTP/1.1 500 no");
        let answer = read(two.as_bytes()).expect("HTTP").expect("it is whole");
        assert_eq!((answer.status, answer.length), (200, WITH_LENGTH.len()));
        assert_eq!(&*answer.body, b"{\"x\":1}");
        assert_eq!(answer.all("set-cookie").collect::<Vec<_>>(), ["a=1; Path=/", "b=2"]);
        assert!(!answer.closes());
    }

    #[test]
    fn chunks_are_joined() {
        let answer = read(CHUNKED.as_bytes()).expect("HTTP").expect("it is whole");
        assert_eq!((&*answer.body, answer.length), (&b"{\"x\":1}"[..], CHUNKED.len()));
    }

    #[test]
    fn a_part_of_an_answer_is_none_wherever_it_is_cut() {
        for whole in [WITH_LENGTH, CHUNKED] {
            for end in 0..whole.len() {
                let part = read(&whole.as_bytes()[..end]).expect("HTTP so far");
                assert!(part.is_none(), "cut after {end} bytes");
            }
        }
    }

    #[test]
    fn an_answer_may_have_no_body_and_may_close() {
        let text = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        let answer = read(text.as_bytes()).expect("HTTP").expect("it is whole");
        assert!(answer.body.is_empty() && answer.closes());
        assert_eq!(answer.shown(), "204: ");
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for text in [
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nuntil the end",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn requests_are_as_a_page_sends_them() {
        let mut out = Vec::new();
        write_get(&mut out, "/a", &[("cookie", "b=c")]);
        assert_eq!(out, b"GET /a HTTP/1.1\r\nhost: localhost:3000\r\ncookie: b=c\r\n\r\n");
        out.clear();
        write_post(&mut out, "/a", &[], "{}");
        let text = String::from_utf8(out).expect("ASCII");
        assert!(text.starts_with("POST /a HTTP/1.1\r\nhost: localhost:3000\r\norigin: http://"));
        assert!(text.ends_with("content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"));
    }
}
