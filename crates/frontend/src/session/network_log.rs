//! Network log of the account page, which shows refreshes and retries. It has room for method, path and status, and
//! must not hold a credential, a key or a body.

/// Exchanges in the log.
const KEPT: usize = 9;

/// A request and the status of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Counts up, so that a list can tell entries apart.
    pub number: u32,
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
}

/// The last few exchanges, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkLog {
    exchanges: Vec<Exchange>,
    seen: u32,
}

impl NetworkLog {
    /// Adds an exchange; the oldest one makes room.
    pub fn push(&mut self, method: &str, path: &str, status: Option<u16>) {
        self.seen = self.seen.wrapping_add(1);
        if self.exchanges.len() == KEPT {
            self.exchanges.remove(0);
        }
        let path = path.split('?').next().unwrap_or(path).to_owned();
        let number = self.seen;
        self.exchanges.push(Exchange { number, method: method.to_owned(), path, status });
    }

    /// The exchanges, oldest first.
    #[must_use]
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }
}
