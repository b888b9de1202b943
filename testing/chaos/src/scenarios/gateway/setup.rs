//! How the programs behind a gateway are started, and how their answers differ from the edge's.

use std::sync::Arc;

use anyhow::Result;

use crate::edge;
use crate::http::Answer;
use crate::instance::{Instance, Launch};
use crate::test_env::TestEnv;

/// The JWKS cache time here; services cache the key set at least so long.
pub(super) const JWKS_CACHE_SECONDS: u64 = 10;

/// How to start the program behind a gateway.
pub(super) fn launch(env: &TestEnv) -> Launch {
    let audiences = format!("{},{}", env.origin, edge::audience(env));
    let cache = JWKS_CACHE_SECONDS.to_string();
    env.launch().with(&[
        "--audience",
        &audiences,
        "--trusted-proxies=127.0.0.1",
        "--jwks-cache-seconds",
        &cache,
    ])
}

/// Starts the program behind a gateway.
pub(super) async fn start(env: &TestEnv) -> Result<Arc<Instance>> {
    Ok(Arc::new(Instance::start(launch(env)).await?))
}

/// Whether the resource server refused, and not the edge: its refusals are problem documents.
pub(super) fn is_of_the_service(answer: &Answer) -> bool {
    answer.header("content-type") == Some("application/problem+json")
}
