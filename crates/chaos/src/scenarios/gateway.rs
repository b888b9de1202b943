//! Stories behind the gateway: the real Envoy in front of the program and of the notes service. What they
//! have in common is here.

pub(crate) mod addresses;
pub(crate) mod cookies;
pub(crate) mod ended;
pub(crate) mod forged;
pub(crate) mod headers;
pub(crate) mod keys;
pub(crate) mod outage;
pub(crate) mod share;

mod callers;

use std::sync::Arc;

use anyhow::Result;

use crate::edge;
use crate::http::Answer;
use crate::instance::{Instance, Launch};
use crate::stage::Stage;

/// How long services may keep the key set here; they keep it so long at least.
const JWKS_CACHE_SECONDS: u64 = 10;

/// How the program is started behind a gateway.
fn launch(stage: &Stage) -> Launch {
    let audiences = format!("{},{}", stage.origin, edge::audience(stage));
    let cache = JWKS_CACHE_SECONDS.to_string();
    stage.launch().with(&[
        "--audience",
        &audiences,
        "--trusted-proxies=127.0.0.1",
        "--jwks-cache-seconds",
        &cache,
    ])
}

async fn start(stage: &Stage) -> Result<Arc<Instance>> {
    Ok(Arc::new(Instance::start(launch(stage)).await?))
}

/// Whether the service refused, and not the edge: its refusals are problem documents.
fn is_of_the_service(answer: &Answer) -> bool {
    answer.header("content-type") == Some("application/problem+json")
}
