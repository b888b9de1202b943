//! The network: accepts connections, bounds what each may cost and how many there are, and drains them: graceful
//! shutdown. It must not know any path.
//!
//! Not `axum::serve`, which bounds neither connections, headers and idle time nor the drain, and has no place for the
//! filter of request heads ([`heads`]).

mod heads;
mod slots;
mod watched;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use self::heads::FilteredHeads;
use self::slots::{Slot, Slots};
use self::watched::WatchedBody;
use crate::http::client_address::Peer;
use crate::pace::rest;

pub use self::slots::ConnectionLimits;

/// Timeout of a request's headers, from the moment a client connects, or from the end of its last answer.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// Timeout of a client that leaves its answer unread, or unsent a body that no handler is reading.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// What is read before a request's headers are refused as too large, in bytes and in number: with the slots, the
/// bound on memory. Above the caps of `http::timeout`, which answers with a problem document; hyper's own answer is
/// bare.
const HEADER_BUFFER: usize = 24 * 1024;
const HEADERS: usize = 128;
/// Timeout of requests under way once the server has to stop.
const DRAIN_TIME: Duration = Duration::from_secs(7);
/// How many connections may wait to be accepted, if the system allows as many.
const BACKLOG: u32 = 4_096;
/// Back-off of accepting when the machine has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Listens on this address. `TcpListener::bind` has a backlog of 128: one client that opens as many at once would
/// make all others wait a second until their kernels retry.
///
/// # Errors
/// If the address cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As `bind` does: a restart does not wait for connections of the run before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop`, then drains the requests under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    let graceful = GracefulShutdown::new();
    let slots = Slots::new(limits);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok(Some((stream, peer, slot))) => {
                spawn(&graceful, stream, Peer(peer), router.clone(), slot);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(event = "accept.failed", %error);
                rest(ACCEPT_PAUSE).await;
            }
        }
    }
    // No new connection gets in while the others finish.
    drop(listener);
    tracing::info!(event = "server.draining");
    if tokio::time::timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!(event = "server.drained_partly");
    }
}

/// The next connection that may be served. `None`: one was refused, and is closed.
async fn accept(
    listener: &TcpListener,
    slots: &Slots,
) -> io::Result<Option<(TcpStream, SocketAddr, Slot)>> {
    let (stream, peer) = listener.accept().await?;
    // Further connections wait in the listener's own queue.
    let slot = slots.acquire(peer.ip()).await;
    Ok(slot.map(|slot| (stream, peer, slot)))
}

fn spawn(graceful: &GracefulShutdown, stream: TcpStream, peer: Peer, router: Router, slot: Slot) {
    // A token is small, and its client waits for it.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_read_timeout(Some(IDLE_TIME));
    stream.set_write_timeout(Some(IDLE_TIME));
    let stream = FilteredHeads::new(Box::pin(stream), slot.cookies());
    let (state, is_open) = (Arc::clone(&slot.connection), stream.is_open());
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, connection) = (router.clone(), Arc::clone(&state));
        let is_last = is_open.load(Ordering::Relaxed);
        connection.work();
        async move {
            let mut request = request.map(|body| match body.is_end_stream() {
                true => Body::empty(),
                false => Body::new(WatchedBody { body, connection: Arc::clone(&connection) }),
            });
            request.extensions_mut().insert(peer);
            let response = router.oneshot(request).await.map(|response| closing(response, is_last));
            // What is left now depends on how fast the client reads.
            connection.wait();
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BUFFER)
        .max_headers(HEADERS)
        // A client that has sent all may still wait for the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            outcome = connection => if let Err(error) = outcome {
                tracing::debug!(event = "connection.failed", %error);
            },
            () = slot.connection.evicted() => {}
        }
    });
}

/// The answer, with `Connection: close` if it is the last.
fn closing(mut response: Response, is_last: bool) -> Response {
    if is_last {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Resolves when the process has to stop: SIGTERM or Ctrl-C.
///
/// # Errors
/// If the signals cannot be listened for.
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
