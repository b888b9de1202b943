//! Timeouts over real sockets: slow, mute and vanishing clients, request smuggling. Paused time advances to the next
//! deadline as soon as all tasks are idle.

mod large_heads;

use std::future::pending;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use shared::path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::support::{Browser, Log, TestApp};

struct Listener {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

async fn listening(app: &TestApp) -> Listener {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (stop, stopped) = oneshot::channel::<()>();
    let (router, limits) = (app.router.clone(), app.connection_limits());
    let server = tokio::spawn(async move {
        backend::server::serve(listener, router, limits, async {
            // A dropped sender does not stop the server.
            if stopped.await.is_err() {
                pending::<()>().await;
            }
        })
        .await;
    });
    Listener { address, stop, server }
}

async fn connected(listening: &Listener, said: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(listening.address).await.expect("a connection");
    stream.write_all(said).await.expect("a write");
    stream
}

/// All bytes until the server closes or resets the connection.
async fn heard(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn raw(path: &str, browser: &Browser) -> Vec<u8> {
    post(path, browser, "")
}

/// The same with `connection: close`.
fn last(path: &str, browser: &Browser) -> Vec<u8> {
    post(path, browser, "connection: close\r\n")
}

fn post(path: &str, browser: &Browser, more: &str) -> Vec<u8> {
    let cookie = format!("{}={}", path::REFRESH_COOKIE, browser.refresh_token());
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n{more}content-length: 0\r\n\r\n"
    )
    .into_bytes()
}

#[tokio::test(start_paused = true)]
async fn a_silent_or_slow_client_times_out() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    for said in [&b""[..], b"G", b"GET / HTTP/1.1\r\nhost: l", b"PRI * HTTP/2.0\r\n\r\n", b"POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"] {
        let stream = connected(&listening, said).await;
        // The timeout is ten seconds; a little to spare.
        let text = tokio::time::timeout(Duration::from_secs(15), heard(stream)).await.expect("it is closed");
        assert!(!text.contains("200 OK"), "{text}");
    }
    // A keep-alive connection that sends no second request.
    let stream =
        connected(&listening, b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let text =
        tokio::time::timeout(Duration::from_secs(15), heard(stream)).await.expect("it is closed");
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
}

#[tokio::test]
async fn a_thousand_mute_connections_leave_the_service_available() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    let mut mute = Vec::new();
    for _ in 0..1_000 {
        mute.push(connected(&listening, b"GET / HT").await);
    }
    let stream = connected(
        &listening,
        b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(heard(stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    // A refresh, which needs the store, succeeds as well as a static response.
    let alice = app.registered("alice").await;
    let text = heard(connected(&listening, &last(path::REFRESH, &alice)).await).await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(text.contains(path::REFRESH_COOKIE) && text.contains("access_token"), "{text}");
    assert_eq!(mute.len(), 1_000);
}

#[tokio::test]
async fn a_logout_takes_place_even_if_its_client_is_gone() {
    let app = TestApp::on_disk().await;
    let listening = listening(&app).await;
    for round in 0..10 {
        let alice = app.registered(&format!("alice{round}")).await;
        leave_rudely(&listening, &raw(path::LOGOUT, &alice)).await;
        until_revoked(&alice).await;
    }
}

#[tokio::test]
async fn a_replay_revokes_the_session_even_if_its_client_is_gone() {
    let app = TestApp::on_disk().await;
    let listening = listening(&app).await;
    for round in 0..10 {
        let alice = app.registered(&format!("alice{round}")).await;
        let stale = alice.copied();
        alice.refresh().await.assert_ok();
        leave_rudely(&listening, &raw(path::REFRESH, &stale)).await;
        until_revoked(&alice).await;
    }
}

/// The same below hyper, which by default drops a handler when its client has gone.
#[tokio::test]
async fn a_logout_takes_place_even_if_its_handler_is_dropped() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let cookie = format!("{}={}", path::REFRESH_COOKIE, alice.refresh_token());
    let request = Request::post(path::LOGOUT).header("host", "localhost").header("cookie", cookie);
    let mut handler =
        Box::pin(app.router.clone().oneshot(request.body(Body::empty()).expect("a request")));
    assert!(futures_util::poll!(&mut handler).is_pending(), "it waits for the database");
    drop(handler);
    until_revoked(&alice).await;
}

/// Sends a request on a working connection and resets it without reading.
async fn leave_rudely(listening: &Listener, said: &[u8]) {
    let mut stream =
        connected(listening, b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let answered = stream.read(&mut [0; 1024]).await.expect("an answer");
    assert!(answered > 0);
    stream.write_all(said).await.expect("a write");
    // With zero linger, closing sends a reset: the server's next read fails.
    stream.set_zero_linger().expect("a socket option");
}

/// Polls until the session is revoked, with a timeout that a busy disk does not reach.
async fn until_revoked(browser: &Browser) {
    let over = async {
        while browser.me().await.status != 401 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), over).await.expect("the session stays active");
}

#[tokio::test]
async fn a_client_that_has_closed_its_half_still_gets_its_answer() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    let mut stream =
        connected(&listening, b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    stream.shutdown().await.expect("half a close");
    assert!(heard(stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_does_not_keep_the_server_from_stopping() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    let hanging =
        connected(&listening, b"POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\n").await;
    listening.stop.send(()).expect("the server listens");
    tokio::time::timeout(Duration::from_secs(10), listening.server)
        .await
        .expect("in time")
        .expect("no panic");
    drop(hanging);
}

#[tokio::test]
async fn what_is_too_large_for_a_request_is_refused_over_the_wire() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    let many = "x: y\r\n".repeat(120);
    let request =
        format!("GET /api/me HTTP/1.1\r\nhost: localhost\r\n{many}connection: close\r\n\r\n");
    assert!(
        heard(connected(&listening, request.as_bytes()).await).await.starts_with("HTTP/1.1 401")
    );
    let too_many = many.repeat(2);
    let too_many = format!("GET /api/me HTTP/1.1\r\nhost: localhost\r\n{too_many}\r\n");
    let text = heard(connected(&listening, too_many.as_bytes()).await).await;
    assert!(text.starts_with("HTTP/1.1 431"), "{text}");
    // However long the header, the response names the problem.
    for kilobytes in [17, 22, 25, 200] {
        let long = "y".repeat(kilobytes * 1024);
        let long = format!(
            "GET /api/me HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx: {long}\r\n\r\n"
        );
        let text = heard(connected(&listening, long.as_bytes()).await).await;
        assert!(text.starts_with("HTTP/1.1 431"), "{kilobytes}: {text}");
        assert!(text.contains("header_fields_too_large"), "{kilobytes}: {text}");
    }
}

/// The peer's address, or the client address from a trusted proxy.
#[tokio::test]
async fn the_client_address_is_in_the_log_of_a_request_that_came_over_the_wire() {
    let body = r#"{"email":"nobody@example.com","password":"a wrong password, mistyped"}"#;
    let headers = "host: localhost\r\nx-forwarded-for: 198.51.100.1\r\nconnection: close\r\n";
    let request = format!(
        "POST {} HTTP/1.1\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        path::LOGIN,
        body.len()
    );
    for (flags, client) in
        [(&[][..], "127.0.0.1"), (&["--trusted-proxies", "::ffff:127.0.0.1"], "198.51.100.1")]
    {
        let (log, _listening) = Log::of_json();
        let listening = listening(&TestApp::with(flags).await).await;
        let answer = heard(connected(&listening, request.as_bytes()).await).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        let log = log.objects();
        let line = log.iter().find(|line| line["fields"]["event"] == "login_failed");
        let line = line.expect("a line");
        assert_eq!(
            (&line["span"]["client"], &line["fields"]["network"]),
            (&client.into(), &client.into())
        );
    }
}

/// RFC 9112 section 6, request smuggling: where proxy and server disagree on a length, the rest of a body passes as
/// another user's request. An ambiguous request is answered once, and the connection closes.
#[tokio::test]
async fn nothing_is_read_after_a_request_of_two_lengths() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let listening = listening(&app).await;
    let smuggled = format!("POST {} HTTP/1.1\r\nhost: localhost\r\n", path::LOGOUT);
    let cookie = format!("cookie: {}={}\r\n\r\n", path::REFRESH_COOKIE, alice.refresh_token());
    for (lengths, status) in [
        ("content-length: 5\r\ncontent-length: 0", 400),
        ("content-length: 0\r\ncontent-length: 5", 400),
        ("content-length: 5, 0", 400),
        ("content-length: +5", 400),
        ("transfer-encoding: identity\r\ncontent-length: 5", 400),
        ("transfer-encoding: chunked, identity", 400),
        // With chunks, the length is ignored, as the RFC allows, but no request may follow.
        ("content-length: 50\r\ntransfer-encoding: chunked", 401),
        ("transfer-encoding: chunked\r\ncontent-length: 50", 401),
    ] {
        let first = format!("POST {} HTTP/1.1\r\nhost: localhost\r\n{lengths}", path::REFRESH);
        let said = format!("{first}\r\n\r\n0\r\n\r\n{smuggled}{cookie}");
        let text = heard(connected(&listening, said.as_bytes()).await).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{lengths}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{lengths}: {text}");
    }
    // A smuggled logout would have revoked the session.
    alice.refresh().await.assert_ok();
    // After a chunked body the connection closes: bytes past it may be another user's next request.
    let both = async |framing: &str| {
        let first = format!("POST {} HTTP/1.1\r\nhost: localhost", path::REFRESH);
        let first = format!("{first}\r\n{framing}").into_bytes();
        let said = [first, last(path::LOGOUT, &alice)].concat();
        heard(connected(&listening, &said).await).await
    };
    let text = both("transfer-encoding: chunked\r\n\r\n0\r\n\r\n").await;
    assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
    assert!(text.contains("\r\nconnection: close\r\n"), "{text}");
    alice.refresh().await.assert_ok();
    // The control: after a body of one length the connection stays open.
    let text = both("content-length: 0\r\n\r\n").await;
    assert_eq!(text.matches("HTTP/1.1 ").count(), 2, "{text}");
    alice.refresh().await.assert_problem(401, "invalid_grant");
}
