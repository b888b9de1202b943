//! A proxy whose upstream can be switched while it is in use: to a stub, or to an address that refuses connections.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;

use crate::fault_proxy::{Fault, FaultProxy};
use crate::route::Route;

/// No program listens on port 1 of this machine: connections are refused at once.
const UNREACHABLE: ([u8; 4], u16) = ([127, 0, 0, 1], 1);

pub(crate) struct SwitchableProxy {
    proxy: FaultProxy,
    replacement: Arc<Mutex<Option<SocketAddr>>>,
}

impl SwitchableProxy {
    /// Listens, and forwards to the upstream of `default`.
    pub(crate) async fn start(default: Route) -> Result<Self> {
        let replacement = Arc::new(Mutex::new(None));
        let route: Route = {
            let replacement = Arc::clone(&replacement);
            Arc::new(move || replacement.lock().expect(ROUTE).unwrap_or_else(|| default()))
        };
        Ok(Self { proxy: FaultProxy::start(route, Fault::None).await?, replacement })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// Sends new connections to `address`, and cuts open ones.
    pub(crate) fn redirect_to(&self, address: SocketAddr) {
        self.switch(Some(address));
    }

    /// Refuses new connections, and cuts open ones.
    pub(crate) fn refuse(&self) {
        self.switch(Some(UNREACHABLE.into()));
    }

    /// Switches back to the default upstream.
    pub(crate) fn restore(&self) {
        self.switch(None);
    }

    fn switch(&self, replacement: Option<SocketAddr>) {
        *self.replacement.lock().expect(ROUTE) = replacement;
        self.proxy.cut();
    }
}

const ROUTE: &str = "an address is replaced whole";
