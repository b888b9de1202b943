//! Key rotation and key revocation under load. A scheduled rotation causes no failed call; in an emergency, tokens of
//! the revoked key are refused everywhere within the bound, and honest clients refresh and retry.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::callers::{self, TokenUse};
use super::setup::{JWKS_CACHE_SECONDS, is_of_the_service, start};
use crate::checker;
use crate::client::{self, Client};
use crate::edge::Edge;
use crate::instance;
use crate::route::route_to;
use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};

const CALLERS: usize = 20;
/// In a smoke run, which may be beside other tests.
const FEW_CALLERS: usize = 6;
/// A pending key signs a minute after it was requested, once all JWKS caches hold it.
const ROTATION_TIMEOUT: Duration = Duration::from_secs(100);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Where an access token of a revoked key is presented, with the promised bound.
#[derive(Debug, Clone, Copy)]
enum Place {
    Issuer,
    Service,
    Edge,
}

impl Place {
    const ALL: [Self; 3] = [Self::Issuer, Self::Service, Self::Edge];

    const fn bound(self) -> Duration {
        match self {
            Self::Issuer => Duration::from_secs(1),
            // The service's JWKS cache time, and a fetch of at most 3 s.
            Self::Service => Duration::from_secs(JWKS_CACHE_SECONDS + 3),
            // Envoy's `cache_duration`, and its fetch.
            Self::Edge => Duration::from_secs(30 + 3),
        }
    }
}

/// Scheduled rotation: half of the callers keep tokens from before all rotations, the others always use the newest.
pub(crate) async fn rotated(env: Arc<TestEnv>) -> Result<()> {
    let baton = start(&env).await?;
    let at = baton.address();
    let clients = Client::several(&env, at, callers_of(&env)).await?;
    let mut watcher = Client::register(&env, at, "watcher").await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&watcher.access_token).await?;
    let mut callers =
        callers::start(clients, edge.address, [TokenUse::Keep, TokenUse::RefreshFirst]);
    for _ in 0..env.rounds {
        let kid = kid(&watcher.access_token)?;
        command(&env, &["rotate"]).await?;
        let stopwatch = Stopwatch::start();
        while self::kid(&watcher.access_token)? == kid {
            if stopwatch.elapsed() > ROTATION_TIMEOUT {
                bail!("the next key does not sign {ROTATION_TIMEOUT:?} after it was asked to");
            }
            callers.ensure_running().await?;
            pause(BETWEEN_LOOKS).await;
            watcher.refresh(|| at).await?;
        }
        callers.run_for(Duration::from_secs(5)).await?;
    }
    let served = callers.steps();
    let mut clients = callers.finish().await?;
    env.remark(format!("{} rotations, {served} calls, 0 failed", env.rounds));
    clients.push(watcher);
    checker::check(&env, at, &mut clients).await
}

/// Emergency revocation of the signing key, of which a thief holds a token; the callers refresh on 401, as the page
/// does.
pub(crate) async fn revoked(env: Arc<TestEnv>) -> Result<()> {
    let baton = start(&env).await?;
    let at = baton.address();
    let clients = Client::several(&env, at, callers_of(&env)).await?;
    let mut owner = Client::register(&env, at, "owner").await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&owner.access_token).await?;
    let mut callers = callers::start(clients, edge.address, [TokenUse::RefreshOn401; 2]);
    for round in 0..env.rounds {
        if round > 0 {
            // The pending key was made in the last round; the edge has to fetch the JWKS first.
            callers.run_for(Place::Edge.bound()).await?;
        }
        owner.refresh(|| at).await?;
        let stolen = owner.copied();
        command(&env, &["revoke", &kid(&stolen.access_token)?, "--yes"]).await?;
        let lags = refused_everywhere(&edge, at, &stolen).await?;
        for (place, lag) in Place::ALL.into_iter().zip(lags) {
            env.check_bound(
                place.bound(),
                lag,
                &format!("{place:?}: a revoked key was accepted for"),
            );
        }
        let [issuer, service, edge_lag] = lags.map(|lag| lag.as_secs_f64());
        env.remark(format!(
            "a revoked key was accepted for {issuer:.2} s at Baton, {service:.2} s at the service, \
             {edge_lag:.2} s at the edge"
        ));
        callers.wait_for_progress().await?;
        owner.refresh(|| at).await?;
    }
    let served = callers.steps();
    let mut clients = callers.finish().await?;
    env.remark(format!("{served} calls beside it, 0 failed"));
    clients.push(owner);
    checker::check(&env, at, &mut clients).await
}

const fn callers_of(env: &TestEnv) -> usize {
    if env.measures { CALLERS } else { FEW_CALLERS }
}

/// For how long each place accepted the token.
async fn refused_everywhere(
    edge: &Edge,
    issuer: std::net::SocketAddr,
    stolen: &Client,
) -> Result<[Duration; 3]> {
    let stopwatch = Stopwatch::start();
    let mut lags = [None; 3];
    while lags.iter().any(Option::is_none) {
        if stopwatch.elapsed() > STEP_TIMEOUT * 2 {
            bail!("a token of a revoked key is accepted: {lags:?}");
        }
        for (place, lag) in Place::ALL.into_iter().zip(&mut lags) {
            let refused = lag.is_none() && is_refused(place, edge, issuer, stolen).await?;
            if refused {
                *lag = Some(stopwatch.elapsed());
            }
        }
        pause(BETWEEN_LOOKS).await;
    }
    Ok(lags.map(Option::unwrap_or_default))
}

async fn is_refused(
    place: Place,
    edge: &Edge,
    issuer: std::net::SocketAddr,
    stolen: &Client,
) -> Result<bool> {
    let at = match place {
        Place::Issuer => return Ok(stolen.me(issuer).await == Some(401)),
        Place::Service => edge.service.address(),
        Place::Edge => edge.address,
    };
    let answer = client::notes(at, &stolen.access_token).await;
    let answer = answer.map_err(|lost| anyhow::anyhow!("{place:?}: {}", lost.why))?;
    let is_its_own = matches!(place, Place::Service) == is_of_the_service(&answer);
    Ok(answer.status == 401 && is_its_own)
}

/// The `kid` of an access token.
fn kid(access_token: &str) -> Result<String> {
    let header = access_token.split('.').next().unwrap_or_default();
    let header: serde_json::Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header)?)?;
    Ok(header["kid"].as_str().context("a header without a kid")?.to_owned())
}

/// `baton keys …`, with the settings of the running instance.
async fn command(env: &TestEnv, words: &[&str]) -> Result<()> {
    let mut command = Command::new(&env.programs.binary);
    command.arg("keys").args(words).args(["--database", &env.database.url()]);
    command.args(["--jwks-cache-seconds", &JWKS_CACHE_SECONDS.to_string()]);
    command.arg("--keys").arg(env.folder().join("keys"));
    command.env_clear().env("PATH", instance::PATH).current_dir(env.folder());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if !output.status.success() {
        bail!("baton keys {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
