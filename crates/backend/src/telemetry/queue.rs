//! The log queue: bounded memory between the program and standard error, written by a thread of its own. A pipe
//! that is not read, or a disk that does not answer, blocks that thread alone; lines that do not fit are dropped
//! and counted.
//!
//! Why not tracing-appender's `non_blocking`: it bounds lines, not bytes; it has no moment at which the count of
//! dropped lines could be written; and its guard prints to standard output, synchronously, when it cannot flush in
//! time. Seen in its version 0.2.

use std::cell::Cell;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tracing_subscriber::fmt::MakeWriter;

use super::rate_limit::Due;
use super::target::SUMMARY;

/// Bytes of queued lines: some 4,000 lines.
pub const QUEUE_BYTES: usize = 1024 * 1024;
/// The capacity that a written buffer keeps.
const RETAINED_BYTES: usize = 64 * 1024;
/// How often the thread checks whether a summary is due.
const TICK: Duration = Duration::from_secs(1);
/// Pause before a retry while standard error is non-blocking and full.
const RETRY: Duration = Duration::from_millis(10);

thread_local! {
    /// Whether this is the thread that writes. Its own lines are few and never dropped: they report dropped ones.
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// A queue of lines. Clones share it.
#[derive(Clone)]
pub struct LogQueue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whole lines.
    lines: Vec<u8>,
    /// Bytes that the thread is writing.
    writing: usize,
    /// Lines that found no room, or could not be written, since the last report.
    dropped: u64,
    closing: bool,
    closed: bool,
}

impl LogQueue {
    /// Starts the thread that writes to `output`. Between writes, and at the end, it calls `summarise`.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(
        output: impl Write + Send + 'static,
        summarise: impl FnMut(Due) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Self(Arc::default());
        let shared = Arc::clone(&queue.0);
        let run = move || shared.run(LineWriter { output, is_torn: false }, summarise);
        thread::Builder::new().name("log".to_owned()).spawn(run)?;
        Ok(queue)
    }

    /// Queues one line, which ends in a line feed; drops and counts it if there is no room. Never blocks.
    pub fn push(&self, line: &[u8]) {
        let mut state = self.0.state();
        if state.lines.len() + state.writing + line.len() > QUEUE_BYTES && !IS_WRITER.get() {
            state.dropped = state.dropped.saturating_add(1);
            return;
        }
        state.lines.extend_from_slice(line);
        drop(state);
        self.0.changed.notify_all();
    }

    /// Writes what is queued, for `within` at most. Returns whether all of it was written.
    pub fn close(&self, within: Duration) -> bool {
        let mut state = self.0.state();
        state.closing = true;
        self.0.changed.notify_all();
        self.0.changed.wait_while_for(&mut state, |state| !state.closed, within);
        state.closed
    }
}

impl Shared {
    fn run<W: Write>(&self, mut writer: LineWriter<W>, mut summarise: impl FnMut(Due)) {
        IS_WRITER.set(true);
        let mut batch = Vec::new();
        loop {
            let closing = self.take(&mut batch);
            let lost = writer.write(&batch);
            let dropped = self.settle(lost, !batch.is_empty());
            if dropped > 0 {
                tracing::warn!(
                    target: SUMMARY,
                    event = "log.dropped",
                    lines = dropped,
                    "the log was not read fast enough, or could not be written"
                );
            }
            summarise(if closing { Due::Now } else { Due::Elapsed });
            if closing && self.is_closed() {
                return;
            }
        }
    }

    /// Waits for lines, and takes all of them. Returns whether the queue is being closed.
    fn take(&self, batch: &mut Vec<u8>) -> bool {
        let is_idle = |state: &mut State| state.lines.is_empty() && !state.closing;
        let mut state = self.state();
        self.changed.wait_while_for(&mut state, is_idle, TICK);
        batch.clear();
        batch.shrink_to(RETAINED_BYTES);
        std::mem::swap(batch, &mut state.lines);
        state.writing = batch.len();
        state.closing
    }

    /// The count of dropped lines, once writing works again.
    fn settle(&self, lost: u64, has_written: bool) -> u64 {
        let mut state = self.state();
        state.writing = 0;
        state.dropped = state.dropped.saturating_add(lost);
        if lost == 0 && has_written { std::mem::take(&mut state.dropped) } else { 0 }
    }

    fn is_closed(&self) -> bool {
        let mut state = self.state();
        state.closed = state.lines.is_empty();
        self.changed.notify_all();
        state.closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl io::Write for &LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `tracing-subscriber` writes each event with one call.
impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

struct LineWriter<W> {
    output: W,
    /// Whether the last write failed within a line.
    is_torn: bool,
}

impl<W: Write> LineWriter<W> {
    /// Writes whole lines. Returns how many were lost.
    fn write(&mut self, batch: &[u8]) -> u64 {
        if batch.is_empty() {
            return 0;
        }
        if self.is_torn && self.written(b"\n") == 0 {
            return lines(batch);
        }
        let written = self.written(batch);
        // A full disk takes part of a line; the next one must not continue it.
        self.is_torn = !matches!(batch[..written].last(), None | Some(b'\n'));
        lines(&batch[written..])
    }

    /// How many bytes were written before the output failed.
    fn written(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        while written < bytes.len() {
            match self.output.write(&bytes[written..]) {
                Ok(0) => break,
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Another process that shares the pipe may have made it non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::park_timeout(RETRY),
                Err(_) => break,
            }
        }
        written
    }
}

fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::mpsc;

    use super::*;

    const LINE: &[u8] = b"a line of the log\n";
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn an_unread_log_blocks_no_caller_and_is_bounded_and_counted() {
        let (mut reader, output) = io::pipe().expect("a pipe");
        let queue = LogQueue::start(output, |_| {}).expect("a thread");
        // The pipe's own buffer holds 64 KiB.
        let sent = (QUEUE_BYTES + 256 * 1024) / LINE.len();
        for _ in 0..sent {
            queue.push(LINE);
        }
        let dropped = queue.0.state().dropped;
        assert!(dropped > 0 && queue.0.state().lines.len() <= QUEUE_BYTES);
        assert!(!queue.close(Duration::ZERO), "it is still full");
        let (read, all_read) = mpsc::channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            let outcome = reader.read_to_end(&mut text);
            read.send(outcome.map(|_| text)).expect("the test waits");
        });
        assert!(queue.close(PATIENCE), "what is read in the end is written in the end");
        let text = all_read.recv_timeout(PATIENCE).expect("the end").expect("no error");
        assert_eq!(lines(&text) + dropped, sent as u64);
        assert!(text.chunks(LINE.len()).all(|line| line == LINE), "lines are written whole");
    }

    /// Takes so many bytes, then fails until it has room for more.
    struct Disk {
        room: Arc<Mutex<usize>>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut room = self.room.lock();
            let count = bytes.len().min(*room);
            if count == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            *room -= count;
            self.written.lock().extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_a_full_disk_refuses_are_counted_and_the_next_one_begins_a_line() {
        let (room, written) = (Arc::new(Mutex::new(LINE.len() + 3)), Arc::default());
        let output = Disk { room: Arc::clone(&room), written: Arc::clone(&written) };
        let mut writer = LineWriter { output, is_torn: false };
        assert_eq!(writer.write(&LINE.repeat(3)), 2);
        assert_eq!(writer.write(LINE), 1, "it is still full");
        *room.lock() = 1_000;
        assert_eq!(writer.write(LINE), 0);
        let expected = [LINE, &LINE[..3], b"\n", LINE].concat();
        assert_eq!(*written.lock(), expected);
    }

    #[test]
    fn closing_writes_the_last_summaries() {
        let (mut reader, output) = io::pipe().expect("a pipe");
        let (sender, receiver) = mpsc::channel::<LogQueue>();
        let mut queue_of_thread = None;
        let queue = LogQueue::start(output, move |due| {
            if due == Due::Now && queue_of_thread.is_none() {
                let queue = receiver.recv().expect("the queue");
                queue.push(b"a summary\n");
                queue_of_thread = Some(queue);
            }
        });
        let queue = queue.expect("a thread");
        sender.send(queue.clone()).expect("the thread listens");
        queue.push(LINE);
        assert!(queue.close(PATIENCE));
        let mut text = [0; 64];
        let count = reader.read(&mut text).expect("a read");
        let rest = reader.read(&mut text[count..]).unwrap_or(0);
        assert_eq!(&text[..count + rest], [LINE, b"a summary\n"].concat());
    }
}
