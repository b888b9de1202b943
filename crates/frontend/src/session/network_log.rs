//! What has lately been said on the wire, to show the relay at work. It must never hold a token, a
//! key or a body: method, path and status are all there is room for.

/// How many exchanges are kept.
const KEPT: usize = 9;

/// One request and what became of it.
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
    /// Adds an exchange and forgets the oldest if there are too many.
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
