//! A connection whose request heads pass [`HeadFilter`] on their way in, so that no browser is shut out for the
//! cookies that it has.

#[cfg(test)]
mod against_the_parser;
mod filter;
mod framing;

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::filter::HeadFilter;

const CHUNK_BYTES: usize = 4 * 1024;

pub(super) struct FilteredHeads<S> {
    stream: S,
    filter: HeadFilter,
    /// Whether the filter passes all bytes.
    is_open: Arc<AtomicBool>,
    /// What has passed, and how much of it was taken.
    passed: Vec<u8>,
    taken: usize,
}

impl<S> FilteredHeads<S> {
    /// `ours`: the names of the cookies that this server reads.
    pub(super) fn new(stream: S, ours: Arc<[String]>) -> Self {
        let is_open = Arc::new(AtomicBool::new(false));
        Self { stream, filter: HeadFilter::new(ours), is_open, passed: Vec::new(), taken: 0 }
    }

    /// Becomes true when the filter passes all bytes from now on. The connection has to close with the answer that
    /// is due then: behind a proxy the next request may be another user's.
    pub(super) fn is_open(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_open)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FilteredHeads<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // An empty read means the end of the stream: read on while no byte passes.
        while this.taken == this.passed.len() {
            let mut chunk = [MaybeUninit::uninit(); CHUNK_BYTES];
            let mut chunk = ReadBuf::uninit(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.passed.reserve(chunk.filled().len());
            this.filter.feed(chunk.filled(), &mut this.passed);
            this.is_open.store(this.filter.is_open(), Ordering::Relaxed);
        }
        let rest = &this.passed[this.taken..];
        let taken = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..taken]);
        this.taken += taken;
        if this.taken == this.passed.len() {
            // An idle connection keeps no memory.
            (this.passed, this.taken) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FilteredHeads<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
