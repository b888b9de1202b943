//! A way to a program that can be led elsewhere while it is in use: to somebody who stands in for it, or to
//! where nobody is. It must not know who that is.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;

use crate::load::Road;
use crate::proxy::{Manner, Proxy};

/// Nobody listens on port 1 of this machine: connections are refused at once.
const NOBODY: ([u8; 4], u16) = ([127, 0, 0, 1], 1);

/// A proxy whose road can be changed.
pub(crate) struct Detour {
    proxy: Proxy,
    instead: Arc<Mutex<Option<SocketAddr>>>,
}

impl Detour {
    /// Listens, and passes on to where `usual` leads.
    pub(crate) async fn start(usual: Road) -> Result<Self> {
        let instead = Arc::new(Mutex::new(None));
        let road: Road = {
            let instead = Arc::clone(&instead);
            Arc::new(move || instead.lock().expect(ROAD).unwrap_or_else(|| usual()))
        };
        Ok(Self { proxy: Proxy::start(road, Manner::Honest).await?, instead })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// From now on everybody meets `address`; connections that are open are cut.
    pub(crate) fn lead_to(&self, address: SocketAddr) {
        self.lead(Some(address));
    }

    /// From now on nobody is met.
    pub(crate) fn lead_nowhere(&self) {
        self.lead(Some(NOBODY.into()));
    }

    /// As it was.
    pub(crate) fn lead_back(&self) {
        self.lead(None);
    }

    fn lead(&self, instead: Option<SocketAddr>) {
        *self.instead.lock().expect(ROAD) = instead;
        self.proxy.cut();
    }
}

const ROAD: &str = "an address is replaced whole";
