//! A listener on loopback, to detect server-side request forgery: forged tokens name its URL. It never answers: a
//! request is the failure.

use std::net::TcpListener;

/// A listener that must get no connection.
#[derive(Debug)]
pub struct Lure(TcpListener);

impl Lure {
    /// Starts to listen.
    ///
    /// # Panics
    /// If this machine has no free port.
    #[must_use]
    pub fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener that does not wait");
        Self(listener)
    }

    /// Its URL: plain http on loopback, which a careless client would accept.
    ///
    /// # Panics
    /// If the listener has no address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("its address"))
    }

    /// Whether a connection has arrived since the last call. The system accepts connections by itself, so none is
    /// missed.
    #[must_use]
    pub fn was_visited(&self) -> bool {
        self.0.accept().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Lure;

    #[test]
    fn a_visit_is_noticed_once() {
        let lure = Lure::set();
        assert!(!lure.was_visited());
        let address = lure.url().strip_prefix("http://").expect("its scheme").to_owned();
        let visitor = std::net::TcpStream::connect(address).expect("a connection");
        drop(visitor);
        assert!(lure.was_visited());
        assert!(!lure.was_visited());
    }
}
