//! The real program under strace, and a plain client that records its responses.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use shared::path::{self, IDEMPOTENCY_KEY, REFRESH_COOKIE};

use super::trace;
use crate::support::PASSWORD;

const REMEDY: &str = "this test reconstructs a disk from what strace sees: install strace (on \
    Debian `apt-get install strace`), and let it trace (in a container: --cap-add=SYS_PTRACE)";
/// Longer than any single write of the program.
const WHOLE: &str = "1048576";

pub(super) struct Traced {
    strace: Child,
    trace: PathBuf,
    address: String,
}

impl Traced {
    /// Starts the server in `folder`; the trace is written outside of it.
    pub(super) fn start(folder: &Path, trace: &Path) -> Self {
        let mut strace = Command::new("strace")
            .args(["-f", "--seccomp-bpf", "-y", "-xx", "-s", WHOLE, "-o"])
            .arg(trace)
            .args(["-e", &format!("trace={}", trace::CALLS)])
            .arg(env!("CARGO_BIN_EXE_baton"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--limits", "off"])
            .env_clear()
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect(REMEDY);
        let mut line = String::new();
        let out = strace.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            let mut complaint = String::new();
            let mut error = strace.stderr.take().expect("its complaints");
            let _ = error.read_to_string(&mut complaint);
            panic!("{REMEDY}\n{line}{complaint}");
        };
        Self { trace: trace.to_owned(), address: address.to_owned(), strace }
    }

    /// A client without a session.
    pub(super) fn client(&self, name: &str) -> Client {
        Client { address: self.address.clone(), name: name.to_owned(), cookie: String::new() }
    }

    /// Stops the server and returns the complete trace.
    pub(super) fn stop(mut self) -> String {
        self.signal("-TERM");
        assert!(self.strace.wait().expect("an end").success());
        fs::read_to_string(&self.trace).expect("a trace")
    }

    /// strace does not forward signals; the server is its only child.
    fn signal(&self, signal: &str) {
        let id = self.strace.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        for child in children.unwrap_or_default().split_whitespace() {
            let _ = Command::new("kill").args([signal, child]).status();
        }
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.signal("-KILL");
        let _ = self.strace.wait();
    }
}

/// A client with one session at a time.
#[derive(Clone)]
pub(super) struct Client {
    address: String,
    name: String,
    cookie: String,
}

impl Client {
    /// The same user in another browser.
    pub(super) fn elsewhere(&self) -> Self {
        Self { cookie: String::new(), ..self.clone() }
    }
}

/// A response of the server.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// `X-Request-Id`: finds this response in the trace.
    pub(super) request_id: String,
    cookie: Option<String>,
    body: serde_json::Value,
}

impl Reply {
    /// The session whose tokens the response issued.
    pub(super) fn session(&self) -> shared::SessionId {
        serde_json::from_value(self.body["session_id"].clone()).expect("a session id")
    }
}

impl Client {
    /// The client's email address.
    pub(super) fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }

    /// The same client at another server.
    pub(super) fn at(&self, server: &Traced) -> Self {
        Self { address: server.address.clone(), ..self.clone() }
    }

    pub(super) fn register(&mut self) -> Reply {
        self.post(path::REGISTER, &self.credentials(), "")
    }

    pub(super) fn login(&mut self) -> Reply {
        self.post(path::LOGIN, &self.credentials(), "")
    }

    pub(super) fn refresh(&mut self, key: &str) -> Reply {
        self.post(path::REFRESH, "", &format!("{IDEMPOTENCY_KEY}: {key}\r\n"))
    }

    pub(super) fn refresh_without_a_key(&mut self) -> Reply {
        self.post(path::REFRESH, "", "")
    }

    pub(super) fn logout(&mut self) -> Reply {
        self.post(path::LOGOUT, "", "")
    }

    fn credentials(&self) -> String {
        format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, self.email())
    }

    fn post(&mut self, path: &str, body: &str, more: &str) -> Reply {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncookie: {REFRESH_COOKIE}={}\r\ncontent-length: {}\r\n{more}\r\n{body}",
            self.cookie,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let reply = Reply::read(&answer);
        if let Some(cookie) = reply.cookie.clone().filter(|cookie| !cookie.is_empty()) {
            self.cookie = cookie;
        }
        reply
    }
}

impl Reply {
    fn read(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let cookie = header(&format!("set-cookie: {REFRESH_COOKIE}="));
        Self {
            status: head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status"),
            request_id: header("x-request-id: ").expect("a request id").to_owned(),
            cookie: cookie.and_then(|it| it.split(';').next()).map(str::to_owned),
            body: serde_json::from_str(body).unwrap_or_default(),
        }
    }
}
