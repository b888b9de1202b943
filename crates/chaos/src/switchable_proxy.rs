//! A way to a program that can be led elsewhere while it is in use: to somebody who stands in for it, or to
//! where nobody is. It must not know who that is.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;

use crate::fault_proxy::{Fault, FaultProxy};
use crate::load::Route;

/// Nobody listens on port 1 of this machine: connections are refused at once.
const UNREACHABLE: ([u8; 4], u16) = ([127, 0, 0, 1], 1);

/// A proxy whose route can be changed.
pub(crate) struct SwitchableProxy {
    proxy: FaultProxy,
    replacement: Arc<Mutex<Option<SocketAddr>>>,
}

impl SwitchableProxy {
    /// Listens, and passes on to where `default` leads.
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

    /// From now on everybody meets `address`; connections that are open are cut.
    pub(crate) fn redirect_to(&self, address: SocketAddr) {
        self.switch(Some(address));
    }

    /// From now on nobody is met.
    pub(crate) fn refuse(&self) {
        self.switch(Some(UNREACHABLE.into()));
    }

    /// As it was.
    pub(crate) fn restore(&self) {
        self.switch(None);
    }

    fn switch(&self, replacement: Option<SocketAddr>) {
        *self.replacement.lock().expect(ROUTE) = replacement;
        self.proxy.cut();
    }
}

const ROUTE: &str = "an address is replaced whole";
