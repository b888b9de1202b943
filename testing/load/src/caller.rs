//! One connection that waits for each answer: to register users, log in and fill connections before a measurement.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::http::{self, Answer};

/// Far above what any answer takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A connection. It stays open until it is dropped.
pub(crate) struct Caller {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Caller {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).context("the server cannot be connected to")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends a request and hands its answer to `take`.
    ///
    /// # Errors
    /// If it is not a success.
    pub(crate) fn call<T>(
        &mut self,
        request: &[u8],
        take: impl FnOnce(&Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        self.stream.write_all(request)?;
        self.received.clear();
        let mut buffer = [0; 8 * 1024];
        loop {
            let count = self.stream.read(&mut buffer).context("no answer")?;
            ensure!(count > 0, "the server closed a connection");
            self.received.extend_from_slice(&buffer[..count]);
            if let Some(answer) = http::read(&self.received)? {
                ensure!((200..300).contains(&answer.status), "{}", answer.shown());
                return take(&answer);
            }
        }
    }
}
