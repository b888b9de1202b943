//! Connection limits over real sockets: one client cannot exhaust the connections, slow clients are evicted for new
//! ones, a request in progress is not cut. Clients differ by their loopback address (127.0.0.0/8).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use backend::server::ConnectionLimits;
use backend::telemetry::{AT_ONCE, Due};
use governor::clock::FakeRelativeClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::support::{Log, settings};

/// A timeout shorter than the server's for an unread response.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than the socket buffers hold.
const LARGE: usize = 32 * 1024 * 1024;
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
/// A request whose headers are incomplete.
const SLOW_HEADERS: &[u8] = b"GET / HTTP/1.1\r\nhost: loc";
/// A request whose body is incomplete.
const SLOW_BODY: &[u8] = b"POST /read HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";

/// A server with four paths.
struct Server {
    address: SocketAddr,
    /// A handler runs at `/work`.
    at_work: Arc<Notify>,
    /// Lets that handler return.
    done: Arc<Notify>,
}

/// A server with a limit on connections, an eighth of it per address.
async fn serving(connections: usize, flags: &[&str]) -> Server {
    let (at_work, done) = (Arc::<Notify>::default(), Arc::<Notify>::default());
    let (working, until) = (Arc::clone(&at_work), Arc::clone(&done));
    let work = get(async move || {
        working.notify_one();
        until.notified().await;
    });
    let read = post(async |body: Bytes| body.len().to_string());
    let large = get(async || vec![0_u8; LARGE]);
    let router = Router::new().route("/", get(async || "here")).route("/large", large);
    let router = router.route("/work", work).route("/read", read);
    let connections = format!("--max-connections={connections}");
    let flags: Vec<&str> = flags.iter().copied().chain([connections.as_str()]).collect();
    let limits = ConnectionLimits::of(&settings(&flags).expect("valid settings"));
    let listener = backend::server::listen(([127, 0, 0, 1], 0).into()).expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(backend::server::serve(listener, router, limits, std::future::pending()));
    Server { address, at_work, done }
}

impl Server {
    /// A connection from this client, with these bytes sent.
    async fn dial(&self, client: u8, said: &[u8]) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        let from = Ipv4Addr::new(127, 0, 7, client);
        socket.bind((from, 0).into()).expect("an address of this machine");
        let mut stream = socket.connect(self.address).await.expect("a connection");
        stream.write_all(said).await.expect("a write");
        stream
    }

    /// Whether a new connection of this client is served.
    async fn answers(&self, client: u8) -> bool {
        let mut stream = self.dial(client, GET).await;
        first_bytes(&mut stream).await.starts_with(b"HTTP/1.1 200 ")
    }
}

/// The next bytes from the server; empty if it closes.
async fn first_bytes(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; 1_024];
    let read = timeout(PATIENCE, stream.read(&mut bytes)).await.expect("the server does something");
    // A reset counts as closed.
    bytes.truncate(read.unwrap_or(0));
    bytes
}

/// Whether a connection without a pending response is still open.
fn is_open(stream: &TcpStream) -> bool {
    let read = stream.try_read(&mut [0; 16]);
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// The accept queue is long enough for a burst of connections.
#[tokio::test]
async fn a_burst_of_connections_waits_to_be_accepted() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = backend::server::listen(any).expect("a port");
    let address = listener.local_addr().expect("its address");
    let mut burst = Vec::new();
    for _ in 0..500 {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await;
        burst.push(stream.expect("it need not wait").expect("a connection"));
    }
    assert_eq!(burst.len(), 500);
}

#[tokio::test]
async fn one_client_has_an_eighth_of_all_connections_and_loses_its_own_slowest() {
    let server = serving(32, &[]).await;
    let others = [server.dial(2, SLOW_HEADERS).await, server.dial(3, SLOW_HEADERS).await];
    let mut slow = Vec::new();
    for _ in 0..12 {
        slow.push(server.dial(1, SLOW_HEADERS).await);
    }
    // Accepted after the others, so they are counted by now. It is one of the client's four.
    assert!(server.answers(1).await);
    for stream in &mut slow[..8] {
        assert_eq!(first_bytes(stream).await, b"", "the first ones are evicted");
    }
    assert!(slow[9..].iter().all(is_open), "the last ones stay");
    assert!(others.iter().all(is_open), "no other client does");
}

#[tokio::test]
async fn when_all_connections_are_taken_the_one_that_has_waited_longest_is_closed() {
    for (name, slow) in [("headers", SLOW_HEADERS), ("a body", SLOW_BODY), ("nothing", b"")] {
        let server = serving(8, &[]).await;
        let mut streams = Vec::new();
        for client in 1..=8 {
            let mut stream = server.dial(client, GET).await;
            // A keep-alive connection that had a response is no longer new.
            assert!(first_bytes(&mut stream).await.starts_with(b"HTTP/1.1 200 "), "{name}");
            stream.write_all(slow).await.expect("a write");
            streams.push(stream);
        }
        assert!(server.answers(9).await, "{name}: a new client is served");
        assert_eq!(first_bytes(&mut streams[0]).await, b"", "{name}: the first one is evicted");
        assert!(
            server.answers(10).await,
            "{name}: the next client takes the place of the one before"
        );
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_evicted() {
    let server = serving(8, &[]).await;
    let mut streams = Vec::new();
    for client in 1..=8 {
        let mut stream =
            server.dial(client, b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(stream.read_u8().await.is_ok(), "the answer begins");
        streams.push(stream);
    }
    assert!(server.answers(9).await);
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, streams[0].read_to_end(&mut rest)).await.expect("it is closed");
    assert!(rest.len() < LARGE, "the answer is cut");
}

#[tokio::test]
async fn a_request_that_the_server_works_on_is_not_cut() {
    let server = serving(8, &[]).await;
    let mut working = server.dial(1, b"GET /work HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    timeout(PATIENCE, server.at_work.notified()).await.expect("it arrives");
    // The client has its share, and none of its connections can be evicted.
    let mut refused = server.dial(1, GET).await;
    assert_eq!(first_bytes(&mut refused).await, b"");
    for client in 2..=12 {
        assert!(server.answers(client).await, "others are served");
    }
    server.done.notify_one();
    assert!(first_bytes(&mut working).await.starts_with(b"HTTP/1.1 200 "));
    // Idle on keep-alive, it is evicted by the client's next connection.
    assert!(server.answers(1).await);
    assert_eq!(first_bytes(&mut working).await, b"");
}

#[tokio::test]
async fn a_trusted_proxy_has_all_connections_and_without_limits_so_has_any_client() {
    for flags in [&["--trusted-proxies=127.0.7.1"][..], &["--limits=off"]] {
        let server = serving(16, flags).await;
        let mut streams = Vec::new();
        for _ in 0..16 {
            streams.push(server.dial(1, SLOW_HEADERS).await);
        }
        assert!(server.answers(2).await);
        assert_eq!(first_bytes(&mut streams[0]).await, b"");
        assert!(streams[2..].iter().all(is_open));
    }
}

/// The log lines are rate-limited: a client causes one with each connection.
#[tokio::test]
async fn lines_about_connections_that_are_refused_or_evicted_are_counted() {
    const MANY: u32 = AT_ONCE + 10;
    let (log, limit, _listening) = Log::of_the_program_by(FakeRelativeClock::default());
    let server = serving(8, &[]).await;
    let mut working = server.dial(1, b"GET /work HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    timeout(PATIENCE, server.at_work.notified()).await.expect("it arrives");
    for _ in 0..MANY {
        let mut refused = server.dial(1, GET).await;
        assert_eq!(first_bytes(&mut refused).await, b"");
    }
    server.done.notify_one();
    assert!(first_bytes(&mut working).await.starts_with(b"HTTP/1.1 200 "));
    // Each evicts the one before; the last is evicted by a request, whose response comes after all of them.
    let mut slow = Vec::new();
    for _ in 0..MANY {
        slow.push(server.dial(2, SLOW_HEADERS).await);
    }
    assert!(server.answers(2).await);
    limit.summarise(Due::Now);
    for kind in ["connection.refused", "connection.evicted"] {
        let counted = vec![u64::from(MANY - AT_ONCE)];
        assert_eq!(log.whole_and_counted(kind), (AT_ONCE as usize, counted), "{kind}");
    }
}
