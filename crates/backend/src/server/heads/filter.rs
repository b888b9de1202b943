//! The part of a request's head that reaches the HTTP parser: all of it, unless a line is so long that the parser
//! would refuse the request. Then other programs' cookies are left out, and another line is cut. It never reads
//! ahead, and keeps only the beginning of a line.
//!
//! Where the next head begins follows from `Content-Length`, as for the parser (RFC 9112 section 6). On the first
//! sign of another framing all bytes pass until the connection closes: a filter that took a body for a head would
//! hide from the parser where the next request begins.

use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::framing::Framing;

/// So much of the cookies of one request passes, ours or not, and the rest of the one that begins there.
const COOKIE_BYTES: usize = 4 * 1024;
/// And so much of ours that come later: they take 1.2 KiB.
const OUR_COOKIE_BYTES: usize = 2 * 1024;
/// One cookie is cut after so much.
const PAIR_BYTES: usize = 2 * 1024;
/// Any other line is cut after so much: longer than what `http::timeout` accepts, which answers with a problem
/// document.
const LINE_BYTES: usize = 17 * 1024;
/// So much of one head is left out at most. A browser has 180 cookies of 4 KiB for a site.
const LEFT_OUT_BYTES: usize = 1024 * 1024;
/// So much padding follows then, however little is left of the head: more than the parser takes.
const TOO_MUCH: usize = 24 * 1024;
/// So much of a line is enough to recognise it.
const START_BYTES: usize = 64;
/// How long `cookie` is: the colon after it has to be seen.
const COOKIE_NAME: usize = 6;
/// The end of a request line that was cut.
const VERSION: &[u8] = b" HTTP/1.1\r";

/// The filter of one connection.
pub(super) struct HeadFilter {
    ours: Arc<[String]>,
    state: State,
    head: Head,
    line: Line,
}

enum State {
    Head,
    /// So many bytes are left of it.
    Body(u64),
    /// All bytes pass, until the connection closes with the answer.
    Open,
}

#[derive(Default)]
struct Head {
    has_request_line: bool,
    framing: Framing,
    cookie_bytes: usize,
    /// Of those of ours that passed by name.
    our_bytes: usize,
    left_out: usize,
}

#[derive(Default)]
struct Line {
    start: Vec<u8>,
    length: usize,
    /// The current cookie, in a line of cookies.
    pair: Option<Pair>,
}

/// What happens to one cookie.
enum Pair {
    /// It passes; so many bytes have.
    Passes(usize),
    /// The same for one of ours.
    Ours(usize),
    /// It passes if its name is one of ours.
    Named(Vec<u8>),
    LeftOut,
}

impl HeadFilter {
    pub(super) fn new(ours: Arc<[String]>) -> Self {
        Self { ours, state: State::Head, head: Head::default(), line: Line::default() }
    }

    /// Whether all bytes pass.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Appends to `passed` those of the next bytes that pass.
    pub(super) fn feed(&mut self, mut bytes: &[u8], passed: &mut Vec<u8>) {
        while let Some(byte) = bytes.first() {
            let done = match &mut self.state {
                State::Open => {
                    passed.extend(bytes);
                    bytes.len()
                }
                State::Body(left) => {
                    let part =
                        usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                    passed.extend(&bytes[..part]);
                    *left -= part as u64;
                    if *left == 0 {
                        self.state = State::Head;
                    }
                    part
                }
                State::Head => match self.run(bytes) {
                    0 => {
                        self.byte(*byte, passed);
                        1
                    }
                    run => {
                        self.take(&bytes[..run], passed);
                        run
                    }
                },
            };
            bytes = &bytes[done..];
        }
    }

    /// How many of the next bytes share one fate, so that none needs a look of its own: up to the end of the line, of a
    /// cookie, of what may be the name of a line of cookies, or of what has room.
    fn run(&self, bytes: &[u8]) -> usize {
        let line = &self.line;
        let room = match &line.pair {
            Some(Pair::Passes(length) | Pair::Ours(length)) => PAIR_BYTES.saturating_sub(*length),
            Some(Pair::Named(_)) => 0,
            None if line.length <= COOKIE_NAME => COOKIE_NAME - line.length,
            None if line.length < LINE_BYTES => LINE_BYTES - line.length,
            Some(Pair::LeftOut) | None => LEFT_OUT_BYTES.saturating_sub(self.head.left_out),
        };
        let bytes = &bytes[..room.min(bytes.len())];
        let end = match line.pair {
            // The parser has to see control characters.
            _ if self.leaves_out() => {
                bytes.iter().position(|byte| *byte == b';' || byte.is_ascii_control())
            }
            Some(_) => memchr2(b';', b'\n', bytes),
            None => memchr(b'\n', bytes),
        };
        end.unwrap_or(bytes.len())
    }

    /// Whether the next byte is left out, unless it ends something.
    fn leaves_out(&self) -> bool {
        match self.line.pair {
            Some(Pair::LeftOut) => true,
            Some(_) => false,
            None => self.line.length >= LINE_BYTES,
        }
    }

    /// Passes or leaves out bytes that need no look at each.
    fn take(&mut self, bytes: &[u8], passed: &mut Vec<u8>) {
        let leaves_out = self.leaves_out();
        let line = &mut self.line;
        line.length += bytes.len();
        let room = START_BYTES - line.start.len();
        line.start.extend(&bytes[..room.min(bytes.len())]);
        if leaves_out {
            self.head.left_out += bytes.len();
            return;
        }
        match &mut line.pair {
            Some(Pair::Passes(length)) => {
                *length += bytes.len();
                self.head.cookie_bytes += bytes.len();
            }
            Some(Pair::Ours(length)) => {
                *length += bytes.len();
                self.head.our_bytes += bytes.len();
            }
            _ => {}
        }
        passed.extend(bytes);
    }

    fn byte(&mut self, byte: u8, passed: &mut Vec<u8>) {
        if byte == b'\n' {
            return self.end_line(passed);
        }
        let line = &mut self.line;
        line.length += 1;
        if line.start.len() < START_BYTES {
            line.start.push(byte);
        }
        if line.pair.is_some() {
            self.cookie_byte(byte, passed);
        } else if line.length <= LINE_BYTES {
            passed.push(byte);
            let is_cookie = byte == b':' && line.start.eq_ignore_ascii_case(b"cookie:");
            if is_cookie && self.head.has_request_line {
                line.pair = Some(self.head.next_pair());
            }
        } else {
            self.leave_out(byte, passed);
        }
    }

    fn cookie_byte(&mut self, byte: u8, passed: &mut Vec<u8>) {
        let Some(pair) = &mut self.line.pair else { return };
        if byte == b';' {
            *pair = self.head.next_pair();
        }
        match pair {
            Pair::Passes(length) if *length < PAIR_BYTES => {
                *length += 1;
                self.head.cookie_bytes += 1;
                passed.push(byte);
                return;
            }
            Pair::Ours(length) if *length < PAIR_BYTES => {
                *length += 1;
                self.head.our_bytes += 1;
                passed.push(byte);
                return;
            }
            Pair::Named(name) if byte == b'=' => {
                let name = name.trim_ascii_start();
                let has_room = self.head.our_bytes < OUR_COOKIE_BYTES;
                if has_room && self.ours.iter().any(|ours| ours.as_bytes() == name) {
                    passed.extend([b"; ", name, b"="].concat());
                    self.head.our_bytes += name.len() + "; =".len();
                    *pair = Pair::Ours(0);
                    return;
                }
                *pair = Pair::LeftOut;
            }
            Pair::Named(_) if byte == b';' => {}
            Pair::Named(name) if name.len() < START_BYTES => name.push(byte),
            other => *other = Pair::LeftOut,
        }
        self.leave_out(byte, passed);
    }

    fn leave_out(&mut self, byte: u8, passed: &mut Vec<u8>) {
        self.head.left_out += 1;
        // The parser refuses control characters, and has to see them to do so. They include the end of the line.
        let is_refused = byte.is_ascii_control() && byte != b'\t';
        if is_refused && self.head.has_request_line {
            passed.push(byte);
        }
        if self.head.left_out > LEFT_OUT_BYTES {
            passed.resize(passed.len() + TOO_MUCH, b'y');
            self.state = State::Open;
        }
    }

    fn end_line(&mut self, passed: &mut Vec<u8>) {
        let Line { start, length, .. } = std::mem::take(&mut self.line);
        if length > LINE_BYTES && !self.head.has_request_line {
            passed.extend(VERSION);
        }
        passed.push(b'\n');
        let text = start.strip_suffix(b"\r").unwrap_or(&start);
        if text.is_empty() {
            // Before the request line an empty line is ignored (RFC 9112 section 2.2).
            if self.head.has_request_line {
                self.end_head();
            }
        } else if self.head.has_request_line {
            self.head.framing.read_field(text, length <= START_BYTES);
        } else {
            self.head.has_request_line = true;
            self.head.framing.read_request_line(text);
        }
    }

    fn end_head(&mut self) {
        self.state = match std::mem::take(&mut self.head).framing.body() {
            None => State::Open,
            Some(0) => State::Head,
            Some(length) => State::Body(length),
        };
    }
}

impl Head {
    fn next_pair(&self) -> Pair {
        if self.cookie_bytes < COOKIE_BYTES { Pair::Passes(0) } else { Pair::Named(Vec::new()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> HeadFilter {
        HeadFilter::new(Arc::new(["ours".to_owned(), "also-ours".to_owned()]))
    }

    /// What passes of this, in pieces of any size.
    fn passed(bytes: &[u8]) -> Vec<u8> {
        let in_pieces = |size| {
            let (mut filter, mut passed) = (filter(), Vec::new());
            for piece in bytes.chunks(size) {
                filter.feed(piece, &mut passed);
            }
            passed
        };
        let whole = in_pieces(usize::MAX);
        for size in [1, 2, 3, 7, 64, 1_000, 4_096] {
            assert!(in_pieces(size) == whole, "in pieces of {size}");
        }
        whole
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(&passed(bytes)).into_owned()
    }

    /// Cookies of others: so many, so long.
    fn others(number: usize, length: usize) -> String {
        (0..number).map(|at| format!("other{at:03}={}; ", "y".repeat(length))).collect()
    }

    const NEXT: &str = "GET /next HTTP/1.1\r\nhost: l\r\n\r\n";

    #[test]
    fn what_the_parser_would_take_passes_as_it_is() {
        let cookies = others(30, 100);
        assert!(cookies.len() < COOKIE_BYTES);
        let long = "y".repeat(LINE_BYTES - 100);
        for head in [
            NEXT.to_owned(),
            format!("\r\n\r\nGET / HTTP/1.1\r\nCookie: {cookies}ours=1\r\n\r\n"),
            format!("GET / HTTP/1.0\ncookie:{cookies}\ncookie: ours=é\n\n"),
            format!("GET /{long} HTTP/1.1\r\nx: {long}\r\n\r\n"),
            format!("POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nGET /{NEXT}"),
        ] {
            let stream = format!("{head}{NEXT}{head}");
            assert!(text(stream.as_bytes()) == stream, "{head:.200}");
        }
    }

    #[test]
    fn of_too_many_cookies_ours_are_kept_wherever_they_stand() {
        let (many, fewer) = (others(179, 4_000), others(80, 4_000));
        let ours = format!("ours={}", "1".repeat(1_000));
        for cookies in [
            format!("{ours}; {many}also-ours=2"),
            format!("{many}{ours}; also-ours=2"),
            format!("{fewer}{ours};also-ours=2; {fewer}"),
        ] {
            let stream = format!("GET / HTTP/1.1\r\nCookie: {cookies}\r\nhost: l\r\n\r\n{NEXT}");
            let passed = text(stream.as_bytes());
            assert!(passed.len() < 10 * 1024, "{}", passed.len());
            assert!(passed.contains(&format!("{ours};")), "{passed}");
            assert!(passed.contains("; also-ours=2"), "{passed}");
            assert!(passed.ends_with(&format!("\r\nhost: l\r\n\r\n{NEXT}")), "{passed}");
        }
    }

    /// The room for others may end within a cookie or between two.
    #[test]
    fn the_cookies_of_others_push_none_of_ours_out() {
        let (devices, ticket) = ("d".repeat(984), "t".repeat(71));
        let long = "y".repeat(3_000);
        for size in (1..PAIR_BYTES + 50).step_by(3) {
            let short = "y".repeat(size);
            for cookies in [
                format!("o={short}; "),
                format!("p={short}; o={long}; "),
                format!("p={short}; o={long}; q={long}; "),
            ] {
                let all = format!(
                    "{cookies}{}also-ours={devices}; ours={ticket}; also-ours=1",
                    others(1, 10)
                );
                let head = format!("GET / HTTP/1.1\r\ncookie: {all}\r\n\r\n");
                let (mut filter, mut passed) = (filter(), Vec::new());
                filter.feed(head.as_bytes(), &mut passed);
                let passed = String::from_utf8_lossy(&passed);
                for cookie in [
                    &format!("also-ours={devices};"),
                    &format!("ours={ticket};"),
                    "also-ours=1\r\n",
                ] {
                    assert!(passed.contains(cookie), "{size}: {cookie:.20} {}", cookies.len());
                }
                assert!(passed.len() < 10 * 1024);
            }
        }
    }

    #[test]
    fn a_name_that_only_resembles_ours_is_left_out() {
        let many = others(2, 4_000);
        let cookies = "xours=1; ours2=1; our=1; Ours=1; ours; =ours; ours =1;;; ours\t=1; ";
        let long = "z".repeat(100);
        let stream = format!("GET / HTTP/1.1\r\ncookie: {many}{many}{cookies}{long}=1\r\n\r\n");
        let passed = text(stream.as_bytes());
        assert!(!passed.to_ascii_lowercase().contains("our") && !passed.contains('z'), "{passed}");
        assert!(passed.ends_with("y\r\n\r\n"), "{passed}");
    }

    #[test]
    fn nothing_that_is_sent_makes_the_cookies_that_pass_too_many() {
        for cookies in [
            "ours=1;".repeat(20_000),
            "ours=;".repeat(20_000),
            ";".repeat(20_000),
            format!("ours={}", "1".repeat(20_000)),
            "a=b\r\ncookie: ours=1; ".repeat(2_000),
        ] {
            let stream = format!("GET / HTTP/1.1\r\ncookie: {cookies}\r\n\r\n");
            let passed = text(stream.as_bytes());
            let names = 2_000 * "\r\ncookie:".len();
            assert!(passed.len() < 9 * 1024 + names, "{} {cookies:.30}", passed.len());
        }
    }

    #[test]
    fn a_long_line_is_cut_after_more_than_the_size_limit_accepts() {
        let long = "y".repeat(200 * 1024);
        let stream = format!("GET / HTTP/1.1\r\nx: {long}\r\nhost: l\r\n\r\n{NEXT}");
        let passed = text(stream.as_bytes());
        assert!((17 * 1024..18 * 1024).contains(&passed.len()));
        assert!(passed.ends_with(&format!("y\r\nhost: l\r\n\r\n{NEXT}")));
        let stream = format!("GET /{long} HTTP/1.1\r\nhost: l\r\n\r\n{NEXT}");
        let passed = text(stream.as_bytes());
        assert!((17 * 1024..18 * 1024).contains(&passed.len()));
        assert!(passed.ends_with(&format!("y HTTP/1.1\r\nhost: l\r\n\r\n{NEXT}")));
    }

    #[test]
    fn a_body_passes_as_it_is_however_much_it_looks_like_a_head() {
        let many = others(100, 4_000);
        let body = format!("GET / HTTP/1.1\r\ncookie: {many}\r\n\r\n");
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len());
        let stream = format!("{head}{body}{NEXT}{head}{body}");
        assert!(text(stream.as_bytes()) == stream);
        // The next head is one again.
        let next = format!("GET / HTTP/1.1\r\ncookie: {many}\r\n\r\n");
        let passed = text(format!("{stream}{next}").as_bytes());
        assert!(passed.starts_with(&stream) && passed.len() < stream.len() + 9 * 1024);
    }

    /// A body's end that is not given by one plain length stops the filter.
    #[test]
    fn a_framing_that_is_not_understood_lets_everything_pass() {
        let many = others(100, 4_000);
        for framing in [
            "transfer-encoding: chunked",
            "Transfer-Encoding: identity",
            "content-length: 5\r\ncontent-length: 5",
            "content-length: +5",
            "content-length: 5, 5",
            "content-length: ",
            "content-length: 99999999999999999999",
            "content-length:                                                                   5",
            "content-length : 5",
            " content-length: 5",
            "content-length",
            "upgrade: h2c",
        ] {
            let rest = format!("GET / HTTP/1.1\r\ncookie: {many}\r\n\r\n");
            let stream = format!("POST / HTTP/1.1\r\n{framing}\r\n\r\n{rest}{rest}");
            assert!(text(stream.as_bytes()) == stream, "{framing}");
        }
        for line in ["CONNECT l:1 HTTP/1.1", "PRI * HTTP/2.0", "get / HTTP/1.1", "GET\t/ HTTP/1.1"]
        {
            let stream = format!("{line}\r\n\r\nGET / HTTP/1.1\r\ncookie: {many}\r\n\r\n");
            assert!(text(stream.as_bytes()) == stream, "{line}");
        }
    }

    /// The parser refuses them, as it did before.
    #[test]
    fn control_characters_pass_wherever_they_stand() {
        let many = others(100, 4_000);
        for byte in ["\0", "\r", "\x1b", "\x7f"] {
            let stream = format!("GET / HTTP/1.1\r\ncookie: {many}a={byte}b\r\n\r\n");
            assert!(text(stream.as_bytes()).contains(&format!("{byte}\r\n")), "{byte:?}");
        }
    }

    #[test]
    fn beyond_a_mebibyte_so_much_passes_that_the_parser_refuses_it() {
        // However little of the head is left by then.
        for more in [1, 1_000, 500_000] {
            let many = "y".repeat(COOKIE_BYTES + LEFT_OUT_BYTES + more);
            let stream = format!("GET / HTTP/1.1\r\ncookie: ours={many}\r\n\r\n");
            assert!(passed(stream.as_bytes()).len() > TOO_MUCH, "{more}");
        }
    }
}
