//! Logging to a pipe that is read, and to one that is not.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::panic::catch_unwind;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::program::Running;
use crate::support::TestIssuer;

/// Each leaves two lines, of 400 bytes together: more than the queue and a pipe hold.
const REQUESTS: usize = 4_000;
const AT_ONCE: usize = 100;

/// Sends many requests on one connection, and reads all answers.
fn fill(address: &str) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket option");
    let requests = "GET /health/ready HTTP/1.1\r\nhost: notes\r\n\r\n".repeat(AT_ONCE);
    let mut bytes = vec![0; 64 * 1024];
    for _ in 0..REQUESTS / AT_ONCE {
        stream.write_all(requests.as_bytes()).expect("requests");
        let mut text = String::new();
        while text.matches("HTTP/1.1 200 OK\r\n").count() < AT_ONCE {
            let count = stream.read(&mut bytes).expect("answers, though the log is not read");
            assert!(count > 0, "the service closes no connection");
            text += &String::from_utf8_lossy(&bytes[..count]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_not_read_stops_neither_the_service_nor_its_end() {
    let issuer = TestIssuer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut running, address) = Running::start(folder.path(), &issuer.url, &["--log", "trace"]);
    fill(&address);
    running.terminate();
    assert!(running.0.wait().expect("an end").success());
    let mut log = String::new();
    let pipe = running.0.stderr.as_mut().expect("its log");
    pipe.read_to_string(&mut log).expect("UTF-8");
    assert!(!log.is_empty() && !log.contains("server.draining"), "the pipe was full");
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_log_is_read_again_a_line_says_how_many_others_were_dropped() {
    let issuer = TestIssuer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut running, address) = Running::start(folder.path(), &issuer.url, &["--log", "trace"]);
    fill(&address);
    let log = BufReader::new(running.0.stderr.take().expect("its log"));
    let (sender, receiver) = mpsc::channel();
    let reading = thread::spawn(move || {
        for line in log.lines().map_while(Result::ok).filter(|line| line.contains("log.dropped")) {
            let _ = sender.send(line);
        }
    });
    let line = receiver.recv_timeout(Duration::from_secs(20)).expect("a line that says so");
    let lines = line.rsplit_once("lines=").expect("how many").1;
    assert!(lines.parse::<u64>().expect("a number") > 100, "{line}");
    running.terminate();
    assert!(running.0.wait().expect("an end").success());
    reading.join().expect("no panic");
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), Vec::<String>::new(), "once a spell");
}

/// A log in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic while holding it").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The default hook would block the panicking thread while the pipe is full.
#[test]
fn a_panic_is_a_line_of_the_log() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    notes::log::log_panics();
    tracing::subscriber::with_default(subscriber, || {
        catch_unwind(|| panic!("of two\nlines")).expect_err("a panic");
    });
    let lines = lines.0.lock().expect("no panic while holding it").clone();
    let lines = String::from_utf8(lines).expect("UTF-8");
    assert!(lines.contains("panicked at ") && lines.contains("text=\"of two\\nlines\""), "{lines}");
    assert_eq!(lines.lines().count(), 1, "{lines}");
}
