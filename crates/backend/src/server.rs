//! The door to the network: accepts connections, bounds what each may cost, and drains them at the
//! end. It must not know any path.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::http::client::Peer;

/// How long a client may take to send a request's headers, from the moment it connects, or from the
/// end of its last answer.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long a client may leave its answer unread, or a body unsent that nobody is reading.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// What is read before a request's headers are found too large, in bytes and in number. Above the
/// caps of `http::fence`, which answers with a problem document; hyper's own answer is bare.
const HEADER_BUFFER: usize = 128 * 1024;
const HEADERS: usize = 512;
/// How long requests under way may take to finish once the server is told to stop.
const DRAIN_TIME: Duration = Duration::from_secs(7);
/// File descriptors that stay free for the database, the log and the standard streams.
const OTHER_FILES: u64 = 64;
/// How long accepting rests when the machine has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop`, then lets the requests under way finish.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let mut faulty = false;
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(most_connections()));
    loop {
        // Whoever finds no place waits in the listener's own queue.
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                faulty = false;
                spawn(&graceful, stream, Peer(peer), router.clone(), place);
            }
            Err(error) => {
                // Once a spell: a log that fills the disk helps nobody.
                if !std::mem::replace(&mut faulty, true) {
                    tracing::warn!(event = "accept.failed", %error);
                }
                pause().await;
            }
        }
    }
    // Nobody new gets in while the others finish.
    drop(listener);
    tracing::info!(event = "server.draining");
    if tokio::time::timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!(event = "server.drained_partly");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// As many connections as file descriptors allow, after asking for all that this process may have.
fn most_connections() -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    let places = files.saturating_sub(OTHER_FILES).clamp(1, Semaphore::MAX_PERMITS as u64);
    usize::try_from(places).unwrap_or(Semaphore::MAX_PERMITS)
}

fn spawn(
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: Peer,
    router: Router,
    place: OwnedSemaphorePermit,
) {
    // A token is small and somebody waits for it.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_read_timeout(Some(IDLE_TIME));
    stream.set_write_timeout(Some(IDLE_TIME));
    let service = router.map_request(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(axum::body::Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BUFFER)
        .max_headers(HEADERS)
        // A client that has said all it wanted to may still wait for the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        let _place = place;
        if let Err(error) = connection.await {
            tracing::debug!(event = "connection.failed", %error);
        }
    });
}

#[expect(
    clippy::disallowed_methods,
    reason = "out of file descriptors, trying again at once would only spin"
)]
async fn pause() {
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Resolves when the process is told to stop: SIGTERM or Ctrl-C.
///
/// # Errors
/// If the signals cannot be listened for.
pub fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
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
