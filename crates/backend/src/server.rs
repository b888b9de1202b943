//! The door to the network: accepts connections, bounds what each may cost, and drains them at the
//! end. It must not know any path.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use crate::http::client::Peer;

/// How long a client may take to send a request's headers; an idle connection is closed as well.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// What is read before a request's headers are found too large, in bytes. Above the caps of
/// `http::fence`, so that those answer first and with a problem document.
const HEADER_BUFFER: usize = 128 * 1024;
/// How long requests under way may take to finish once the server is told to stop.
const DRAIN_TIME: Duration = Duration::from_secs(8);
/// How long accepting rests when the machine has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop`, then lets the requests under way finish.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let graceful = GracefulShutdown::new();
    let builder = connection_builder();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => spawn(&builder, &graceful, stream, peer, router.clone()),
            Err(error) => {
                tracing::warn!(event = "accept.failed", %error);
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

fn connection_builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADER_TIME)
        .max_header_list_size(HEADER_BUFFER as u32);
    builder
}

fn spawn(
    builder: &Builder<TokioExecutor>,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) {
    // A token is small and somebody waits for it.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.map(axum::body::Body::new)
    });
    let connection = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
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
