//! One keep-alive connection of the generator: it never blocks, and has one request under way at most.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::http::{self, Answer};

/// More than most answers have.
const READ_BYTES: usize = 8 * 1024;

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    request: Vec<u8>,
    written: usize,
}

impl Connection {
    /// Connects, and registers it for events with this token.
    pub(crate) fn open(address: SocketAddr, registry: &Registry, token: Token) -> Result<Self> {
        let stream =
            std::net::TcpStream::connect(address).context("the server cannot be connected to")?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, received: Vec::new(), request: Vec::new(), written: 0 })
    }

    /// The buffer for the next request, empty.
    pub(crate) fn request(&mut self) -> &mut Vec<u8> {
        self.request.clear();
        self.written = 0;
        &mut self.request
    }

    /// Writes as much of the request as the kernel takes; the rest at the next event.
    pub(crate) fn write(&mut self) -> Result<()> {
        while self.written < self.request.len() {
            match self.stream.write(&self.request[self.written..]) {
                Ok(0) => bail!("the server reads no more"),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("a request cannot be sent"),
            }
        }
        Ok(())
    }

    /// Reads what has arrived. `is_closed`: the server has said that it sends no more.
    pub(crate) fn read(&mut self, is_closed: bool) -> Result<()> {
        let mut buffer = [0; READ_BYTES];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(count) => {
                    self.received.extend_from_slice(&buffer[..count]);
                    // The kernel has no more, unless it is the end: the next bytes are another event.
                    if count < buffer.len() && !is_closed {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("an answer cannot be read"),
            }
        }
    }

    /// The answer, if it is whole.
    pub(crate) fn answer(&self) -> Result<Option<Answer<'_>>> {
        if self.received.is_empty() { Ok(None) } else { http::read(&self.received) }
    }

    /// Makes room for the next answer, after one of this length.
    pub(crate) fn finish(&mut self, length: usize) -> Result<()> {
        ensure!(self.received.len() == length, "more bytes than one answer has");
        self.received.clear();
        Ok(())
    }
}
