//! Connection timeouts and limits: over real sockets, with paused time, so that a deadline passes as soon as no other
//! task can run.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::TestApp;

/// The header timeout of ten seconds, and a margin.
const LET_GO: Duration = Duration::from_secs(15);

async fn serving() -> SocketAddr {
    let app = TestApp::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        notes::server::serve(listener, app.app.clone(), std::future::pending()).await;
    });
    address
}

/// Sends `said`, and reads until the service closes the connection.
async fn heard(address: SocketAddr, said: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The service may refuse before it has received all of it.
    let _ = stream.write_all(said.as_bytes()).await;
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(LET_GO, stream.read_to_end(&mut bytes)).await;
    // A reset closes the connection, too.
    let _ = read.expect("it is closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_silent_or_slow_client_times_out() {
    let address = serving().await;
    tokio::time::pause();
    for said in ["", "G", "GET /health/live HTTP/1.1\r\nhost: n", "PRI * HTTP/2.0\r\n\r\n"] {
        let text = heard(address, said).await;
        assert!(!text.contains("200 OK"), "{said:?}: {text}");
    }
    // A client that was answered and then idles is disconnected, too.
    let text = heard(address, "GET /health/live HTTP/1.1\r\nhost: notes\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
}

#[tokio::test]
async fn headers_are_read_up_to_a_bound() {
    let address = serving().await;
    for (kilobytes, status) in [(16, "200 OK"), (112, "431 ")] {
        let long = "y".repeat(kilobytes * 1024);
        let request = "GET /health/live HTTP/1.1\r\nhost: notes\r\nconnection: close\r\nx: ";
        let text = heard(address, &format!("{request}{long}\r\n\r\n")).await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{kilobytes}: {text}");
    }
}
