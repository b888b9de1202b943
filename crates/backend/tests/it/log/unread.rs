//! Full pipes whose reader does not read: neither a request nor the stop waits for them, and once the log is read
//! again it reports how many lines were dropped.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, PipeReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use shared::path;

use crate::support::program::{Serving, baton, folder, request};

/// Requests that fill the queue and the pipe: each leaves one line, at level debug, of more than 500 bytes.
const REQUESTS: usize = 4_000;
const AT_ONCE: usize = 100;
/// A timeout: a server that is not blocked answers within a millisecond.
const PATIENCE: Duration = Duration::from_secs(20);
/// The contract: SIGTERM stops the server within this time.
const STOP_TIME: Duration = Duration::from_secs(10);

/// A server that logs into a pipe, a line for each request.
fn serving(folder: &std::path::Path) -> (Serving, PipeReader) {
    let (reader, writer) = io::pipe().expect("a pipe");
    let flags = ["--log-json", "--log", "info,backend=debug"];
    (Serving::logging_to(folder, &flags, writer), reader)
}

/// Sends many requests on one connection and reads all responses.
fn fill(server: &Serving) {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    let mut requests = String::new();
    for _ in 0..AT_ONCE {
        let long = "x".repeat(300);
        write!(requests, "GET /api/{long} HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("a string");
    }
    let mut bytes = vec![0; 64 * 1024];
    for _ in 0..REQUESTS / AT_ONCE {
        stream.write_all(requests.as_bytes()).expect("requests");
        let mut text = String::new();
        while text.matches("HTTP/1.1 404").count() < AT_ONCE {
            let count = stream.read(&mut bytes).expect("answers, though the log is not read");
            assert!(count > 0, "the server closes no connection");
            text += &String::from_utf8_lossy(&bytes[..count]);
        }
    }
}

fn answers(server: &Serving, request: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer in time");
    answer
}

/// Sends SIGTERM and asserts that the program stops in time.
fn stop(mut server: Serving) {
    let id = server.child.id().to_string();
    server.terminate();
    let (ended, has_ended) = mpsc::channel();
    thread::spawn(move || ended.send(server.child.wait().expect("an end")));
    let status = has_ended.recv_timeout(STOP_TIME).unwrap_or_else(|_| {
        let killed = Command::new("kill").args(["-KILL", &id]).status();
        panic!("the program did not stop in time, and was killed: {killed:?}")
    });
    assert!(status.success(), "{status}");
}

fn count(log: &[Value], event: &str) -> usize {
    log.iter().filter(|line| line["fields"]["event"] == event).count()
}

#[test]
fn a_log_that_is_not_read_hinders_neither_requests_nor_the_stop() {
    let folder = folder();
    let (server, unread) = serving(folder.path());
    fill(&server);
    let live = answers(&server, &request("GET", path::HEALTH_LIVE, &[], ""));
    assert!(live.starts_with("HTTP/1.1 200 "), "{live}");
    let cookie = format!("{}=garbage", path::REFRESH_COOKIE);
    for _ in 0..400 {
        let refused = answers(&server, &request("POST", path::REFRESH, &[("cookie", &cookie)], ""));
        assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    }
    stop(server);
    drop(unread);
}

#[test]
fn a_log_that_is_read_again_says_how_many_lines_were_dropped() {
    let folder = folder();
    let (server, mut reader) = serving(folder.path());
    fill(&server);
    let reading = thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    answers(&server, &request("GET", path::HEALTH_LIVE, &[], ""));
    stop(server);
    let text = reading.join().expect("no panic").expect("UTF-8");
    let log: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("whole lines")).collect();
    let dropped = log.iter().filter(|line| line["fields"]["event"] == "log.dropped");
    let dropped: u64 = dropped.map(|line| line["fields"]["lines"].as_u64().expect("a count")).sum();
    assert!(dropped > 0, "{text}");
    let written = u64::try_from(count(&log, "request.answered")).expect("a few");
    assert_eq!(written + dropped, REQUESTS as u64 + 1, "each line is written or counted");
    assert_eq!(count(&log, "server.draining"), 1, "and the log continues");
}

/// The two lines on standard output may meet a full pipe, too.
#[test]
fn an_unread_standard_output_delays_no_request() {
    let folder = folder();
    let (unread, mut full) = io::pipe().expect("a pipe");
    let (log, for_log) = io::pipe().expect("a pipe");
    let child = baton(folder.path())
        .args(["serve", "--log-json", "--listen", "127.0.0.1:0"])
        .stdout(full.try_clone().expect("a pipe"))
        .stderr(Stdio::from(for_log))
        .spawn();
    // Keeps the pipe full until its reader is gone.
    thread::spawn(move || while full.write_all(&[b'.'; 4096]).is_ok() {});
    let server = Serving {
        child: child.expect("the program starts"),
        address: served_at(log),
        out: Box::new(io::empty()),
    };
    let live = answers(&server, &request("GET", path::HEALTH_LIVE, &[], ""));
    assert!(live.starts_with("HTTP/1.1 200 "), "{live}");
    stop(server);
    drop(unread);
}

/// The address of the server, from its log.
fn served_at(log: PipeReader) -> String {
    let (found, address) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines() {
            let line: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
            if line["fields"]["event"] == "stdout.unread" {
                let address = line["fields"]["address"].as_str().expect("an address").to_owned();
                let _ = found.send(address);
            }
        }
    });
    address.recv_timeout(PATIENCE).expect("the server says in its log where it listens")
}
