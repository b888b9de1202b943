//! Where a client finds a service: an address that may change while the client runs, and ports that are free.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Result;

use crate::instance::Instance;

/// The address at which a client finds the service at this moment.
pub(crate) type Route = Arc<dyn Fn() -> SocketAddr + Send + Sync>;

/// The route to an instance, whose port changes with each restart.
pub(crate) fn route_to(instance: &Arc<Instance>) -> Route {
    let instance = Arc::clone(instance);
    Arc::new(move || instance.address())
}

/// A port that was free a moment ago: the origin is a setting, so it has to be known before the server binds.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
