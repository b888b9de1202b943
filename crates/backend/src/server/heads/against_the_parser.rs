//! The filter against the parser behind it: for any input, the parser finds the same requests with the same bodies,
//! whether it reads through the filter or not.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::COOKIE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};

use super::FilteredHeads;

/// As much of a line as the filter leaves as it is.
const KEPT: usize = 16 * 1024;
/// The only cookie that the server reads.
const OURS: &str = "ours=1";

/// A request as the parser saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    method: String,
    target: String,
    /// Without cookies.
    headers: Vec<(String, Vec<u8>)>,
    has_ours: bool,
    /// `None` if it broke off.
    body: Option<Bytes>,
}

async fn see(request: Request<Incoming>) -> Seen {
    let (parts, body) = request.into_parts();
    let cut = |value: &[u8]| value[..value.len().min(KEPT)].to_vec();
    let headers = parts.headers.iter().filter(|(name, _)| *name != COOKIE);
    let mut cookies =
        parts.headers.get_all(COOKIE).iter().flat_map(|it| it.as_bytes().split(|it| *it == b';'));
    Seen {
        method: parts.method.to_string(),
        target: String::from_utf8_lossy(&cut(parts.uri.to_string().as_bytes())).into_owned(),
        headers: headers.map(|(name, value)| (name.to_string(), cut(value.as_bytes()))).collect(),
        has_ours: cookies.any(|cookie| cookie.trim_ascii() == OURS.as_bytes()),
        body: body.collect().await.ok().map(http_body_util::Collected::to_bytes),
    }
}

/// The requests that the parser finds in what comes over `connection`.
async fn parsed<S>(connection: S) -> Vec<Seen>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let all = Arc::new(Mutex::new(Vec::new()));
    let service = service_fn(async |request| {
        let seen = see(request).await;
        all.lock().expect("pushing does not panic").push(seen);
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let mut parser = http1::Builder::new();
    // Room for what the filter would leave out.
    parser.max_buf_size(64 * 1024 * 1024).half_close(true);
    let _ = parser.serve_connection(TokioIo::new(connection), service).await;
    let all = all.lock().expect("pushing does not panic");
    all.clone()
}

/// Sends all of it in pieces of this size, and reads the answers.
async fn say(connection: DuplexStream, stream: &[u8], piece: usize) {
    let (mut hearing, mut saying) = tokio::io::split(connection);
    let say = async {
        for piece in stream.chunks(piece) {
            if saying.write_all(piece).await.is_err() {
                return;
            }
        }
        let _ = saying.shutdown().await;
    };
    let mut heard = Vec::new();
    let (_, ()) = tokio::join!(hearing.read_to_end(&mut heard), say);
}

/// The requests that the parser finds in it without the filter and with it.
async fn both(stream: &[u8], piece: usize) -> [Vec<Seen>; 2] {
    let connection = || tokio::io::duplex(64 * 1024);
    let ((client, server), (filtered_client, filtered_server)) = (connection(), connection());
    let filtered = FilteredHeads::new(filtered_server, Arc::new(["ours".to_owned()]));
    let (without, with, (), ()) = tokio::join!(
        parsed(server),
        parsed(filtered),
        say(client, stream, piece),
        say(filtered_client, stream, piece)
    );
    [without, with]
}

fn any_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_owned)
}

/// Cookies of others, and ours among them or not.
fn cookies() -> impl Strategy<Value = String> {
    let others = (0_usize..40, select(&[1_usize, 50, 1_000, 4_000][..]))
        .prop_map(|(number, length)| format!("other={}; ", "y".repeat(length)).repeat(number));
    (others.clone(), any_of(&["", "ours=1; ", "ours=1;", "xours=1; ", "Ours=1; "]), others)
        .prop_map(|(before, ours, after)| format!("{before}{ours}{after}last=1"))
}

fn header() -> impl Strategy<Value = String> {
    let usual = any_of(&[
        "host: l",
        "x: y",
        "x:",
        "x:  y ",
        "accept: */*",
        "connection: keep-alive",
        "X-Cookie: ours=1",
    ]);
    let unusual = any_of(&[
        "connection: close",
        "connection: upgrade",
        "upgrade: h2c",
        "expect: 100-continue",
        " folded",
        "\tcookie: ours=1",
        "x : y",
        "no colon",
        "cookie",
        ":",
        "content-length: 3",
        "content-length: 03",
        "content-length: +3",
        "content-length: 3, 3",
        "content-length:",
        "content-length: x",
        "content-length: 99999999999999999999",
        "Content-Length:\t4\t",
        "transfer-encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "transfer-encoding: identity",
        "x: \x7f",
        "x: a\rb",
    ]);
    let cookies = (any_of(&["cookie: ", "Cookie:", "COOKIE:\t", "cookie : "]), cookies())
        .prop_map(|(name, cookies)| name + &cookies);
    prop_oneof![4 => usual, 2 => cookies, 1 => unusual]
}

/// A body, and the header that says how long it is.
fn body() -> impl Strategy<Value = (String, String)> {
    let text = any_of(&["", "abc", "\r\n\r\n", "\n", "0\r\n\r\n"]);
    // A text that would be shortened in a head.
    let head = cookies().prop_map(|it| format!("GET /inner HTTP/1.1\r\ncookie: {it}\r\n\r\n"));
    let text = prop_oneof![text, head];
    let number = prop_oneof![8 => Just(0_i64), 1 => -2_i64..3];
    let counted = (text.clone(), number).prop_map(|(text, off)| {
        let length = i64::try_from(text.len()).expect("a short text").saturating_add(off).max(0);
        (format!("content-length: {length}"), text)
    });
    let chunked = text.clone().prop_map(|text| {
        let chunk = format!("4\r\nGET \r\n{:x};x=y\r\n/\r\n\r\n{text}\r\n", text.len() + 5);
        ("transfer-encoding: chunked".to_owned(), format!("{chunk}0\r\ntrailer: 1\r\n\r\n"))
    });
    prop_oneof![4 => Just(("x: none".to_owned(), String::new())), 4 => counted, 2 => chunked]
}

fn request() -> impl Strategy<Value = String> {
    let line = (
        any_of(&["", "", "", "", "\r\n", "\n", "\r\n\r\n"]),
        prop_oneof![
            8 => any_of(&["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
            1 => any_of(&["get", "CONNECT", "PRI", "FOO", "GET\t", " GET", ""]),
        ],
        any_of(&["/a", "/b?c=d", "/", "*", "http://l/e", "/GET / HTTP/1.1"]),
        prop_oneof![8 => Just("HTTP/1.1".to_owned()), 1 => any_of(&["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "", "http/1.1"])],
    )
        .prop_map(|(before, method, target, version)| format!("{before}{method} {target} {version}"));
    let end = prop_oneof![8 => Just("\r\n"), 1 => Just("\n")];
    (line, vec(header(), 0..5), body(), vec(header(), 0..2), end).prop_map(
        |(line, headers, (length, body), more, end)| {
            let lines = [vec![line], headers, vec![length], more].concat();
            format!("{}{end}{end}{body}", lines.join(end))
        },
    )
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_parser_finds_the_same_requests(
        requests in vec(request(), 1..5),
        piece in select(&[1_usize, 7, 64, 4_096, 1_000_000][..]),
    ) {
        let stream = requests.concat();
        // Beyond that the filter stops leaving cookies out.
        prop_assume!(stream.len() < 900 * 1024);
        let [without, with] = runtime().block_on(both(stream.as_bytes(), piece));
        prop_assert_eq!(without, with);
    }

    /// A cut line may be refused, or accepted although the whole one would not be: but no request becomes another.
    #[test]
    fn of_what_is_cut_no_request_becomes_another(
        before in request(),
        line in any_of(&["GET /", "x: ", "x", "content-length: 0000", "transfer-encoding: ", "\tx", "GET / HTTP/1.1 "]),
        length in 16_000_usize..40_000,
        after in vec(request(), 1..4),
    ) {
        let stream = format!("{before}{line}{}\r\n\r\n{}", "0".repeat(length), after.concat());
        let [without, with] = runtime().block_on(both(stream.as_bytes(), 4_096));
        for (number, (without, with)) in without.iter().zip(&with).enumerate() {
            prop_assert_eq!(without, with, "the {}th", number);
        }
    }
}
