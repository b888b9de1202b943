//! The service as a process: opens its doors, says so, and drains at the end. It must not know any path.

use std::future::IntoFuture as _;
use std::io::Write as _;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use verifier::remote::Issuer;

use crate::config::Settings;
use crate::doors::Doors;
use crate::router::{App, router};
use crate::store::Store;

/// How long requests under way may take to finish once the service is told to stop.
const DRAIN_TIME: Duration = Duration::from_secs(8);

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
    let app = App::new(store.clone(), issuer, Doors::system());
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
    serve(listener, app, stop).await?;
    store.close().await;
    Ok(())
}

/// Serves until `stop`, then lets the requests under way finish.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let (drain, drained) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, router(app)).with_graceful_shutdown(async {
        let _ = drained.await;
    });
    let mut serving = pin!(serving.into_future());
    tokio::select! {
        ended = &mut serving => return ended,
        () = stop => {}
    }
    tracing::info!(event = "server.draining");
    drop(drain);
    if tokio::time::timeout(DRAIN_TIME, serving).await.is_err() {
        tracing::warn!(event = "server.drained_partly");
    }
    Ok(())
}

/// The one line on standard output.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
