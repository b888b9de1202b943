//! The zlib format (RFC 1950), with a limit against decompression bombs.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

/// Decompresses; `None` if the result has more than `most` bytes, or if `compressed` is not exactly one complete
/// stream with the right checksum.
pub(super) fn inflate(compressed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut stream = Decompress::new(true);
    // One byte more than the limit: a stream that fills it is too large.
    let mut bytes = vec![0; most + 1];
    let status = stream.decompress(compressed, &mut bytes, FlushDecompress::Finish).ok()?;
    let read = usize::try_from(stream.total_in()).ok()?;
    let written = usize::try_from(stream.total_out()).ok()?;
    if status != Status::StreamEnd || read != compressed.len() || written > most {
        return None;
    }
    bytes.truncate(written);
    bytes.shrink_to_fit();
    Some(bytes)
}

/// The compression level.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effort {
    /// The slowest: Token Status List section 4.1 recommends it, because a list is written once and read by every
    /// service.
    Best,
    /// A few milliseconds for each megabyte.
    Fast,
}

pub(super) fn deflate(bytes: &[u8], effort: Effort) -> Vec<u8> {
    let level = match effort {
        Effort::Best => Compression::best(),
        Effort::Fast => Compression::new(2),
    };
    let mut stream = ZlibEncoder::new(Vec::new(), level);
    stream
        .write_all(bytes)
        .and_then(|()| stream.finish())
        .expect("memory takes whatever is written")
}
