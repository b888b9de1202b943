//! The service as a process: opens its dependencies, says so, bounds what connections may cost, and drains at the
//! end. It must not know any path.

use std::future::pending;
use std::io::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use verifier::remote::Issuer;

use crate::config::Settings;
use crate::dependencies::Dependencies;
use crate::router::{AppState, router};
use crate::store::Store;

/// How long requests under way may take to finish once the service is told to stop.
const DRAIN_TIME: Duration = Duration::from_secs(8);
/// How many connections there may be at a time; the next ones wait in the listener's queue. The gateway in
/// front needs a few.
const CONNECTIONS: usize = 512;
/// How long a client may take to send a request's headers, from the moment it connects or has its last
/// answer. `axum::serve` sets no such limit.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long a client may leave its answer unread.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// What is read before a request's headers are found too large: 512 connections take 12 MiB for it, where
/// hyper's default is 408 KiB for each.
const HEADER_BUFFER: usize = 24 * 1024;
/// How often idempotency keys that are too old are removed.
const PRUNE_PERIOD: Duration = Duration::from_secs(3_600);
/// How long accepting rests when the machine has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// What stopped it, and by which setting.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let issuer = Issuer::new(&settings.issuer, [&settings.audience])
        .with_context(|| format!("--issuer / NOTES_ISSUER {:?}", settings.issuer))?;
    let store = Store::open(&settings.database)
        .await
        .with_context(|| format!("--database / NOTES_DATABASE {:?}", settings.database))?;
    let app = AppState::new(store.clone(), issuer, Dependencies::system());
    let mut terminate = signal(SignalKind::terminate()).context("signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals")?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("--listen / NOTES_LISTEN {}", settings.listen))?;
    say(&format!("listening on http://{}", listener.local_addr()?))?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let pruning = tokio::spawn(prune_old_keys(store.clone(), Dependencies::system()));
    serve(listener, app, stop).await;
    pruning.abort();
    store.close().await;
    Ok(())
}

/// At the start and every hour: a key is kept for a day, also where no note is written.
async fn prune_old_keys(store: Store, dependencies: Dependencies) {
    loop {
        match store.prune_old_keys(dependencies.now()).await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(event = "keys.forgotten", keys),
            // In an hour it is tried again; nothing depends on it but space.
            Err(error) => tracing::warn!(event = "keys.kept", %error),
        }
        let _ = timeout(PRUNE_PERIOD, pending::<()>()).await;
    }
}

/// Serves until `stop`, then lets the requests under way finish.
pub async fn serve(listener: TcpListener, app: AppState, stop: impl Future<Output = ()>) {
    let router = router(app);
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, permit)) => spawn(&graceful, stream, router.clone(), permit),
            Err(error) => {
                tracing::warn!(event = "accept.failed", %error);
                let _ = timeout(ACCEPT_PAUSE, pending::<()>()).await;
            }
        }
    }
    drop(listener);
    tracing::info!(event = "server.draining");
    if timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!(event = "server.drained_partly");
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

fn spawn(
    graceful: &GracefulShutdown,
    stream: TcpStream,
    router: Router,
    permit: OwnedSemaphorePermit,
) {
    // An answer is small.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_read_timeout(Some(IDLE_TIME));
    stream.set_write_timeout(Some(IDLE_TIME));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        let _permit = permit;
        if let Err(error) = connection.await {
            tracing::debug!(event = "connection.failed", %error);
        }
    });
}

/// The one line on standard output.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
