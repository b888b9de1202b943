//! The service as a process: wires the dependencies, announces its address, bounds the cost of connections by
//! timeouts and limits, and drains on shutdown. It must not know any path.
//!
//! Not `axum::serve`: it bounds neither connections, headers and idle time nor the drain.

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
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_io_timeout::TimeoutStream;
use verifier::remote::Issuer;

use crate::app::AppState;
use crate::config::Settings;
use crate::dependencies::Dependencies;
use crate::router::router;
use crate::store::Store;

/// The deadline for requests in flight after a signal to stop.
const DRAIN_TIME: Duration = Duration::from_secs(8);
/// The most connections at once; further ones wait in the listener's queue. The gateway in front needs a few.
const CONNECTIONS: usize = 512;
/// The timeout for a request's headers, counted from the connection or from the last response. `axum::serve` sets
/// none.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// The read and write timeout of a socket: how long a client may leave its response unread.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// The read buffer, and so the limit for headers: 512 connections take 12 MiB, where hyper's default is 408 KiB for
/// each.
const HEADER_BUFFER: usize = 24 * 1024;
/// How often expired idempotency keys are pruned.
const PRUNE_PERIOD: Duration = Duration::from_secs(3_600);
/// The back-off when the machine has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// Why it stopped, and which setting is at fault.
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

/// Prunes at the start and every hour: writes prune too, but a service without writes must also forget a key after a
/// day.
async fn prune_old_keys(store: Store, dependencies: Dependencies) {
    let mut ticks = interval(PRUNE_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match store.prune_old_keys(dependencies.now()).await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(event = "keys.forgotten", keys),
            // Retried in an hour; only disk space depends on it.
            Err(error) => tracing::warn!(event = "keys.kept", %error),
        }
    }
}

/// Serves until `stop`, then drains the requests in flight.
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
                back_off().await;
            }
        }
    }
    drop(listener);
    tracing::info!(event = "server.draining");
    if timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!(event = "server.drained_partly");
    }
}

/// Sleeps here: the shared way, `pace`, is in the issuer's crate, which this service does not know.
#[expect(clippy::disallowed_methods, reason = "accepting again at once would only spin")]
async fn back_off() {
    tokio::time::sleep(ACCEPT_PAUSE).await;
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
    // Responses are small.
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
