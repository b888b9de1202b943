//! The program: start, errors of settings, and shutdown.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use shared::path::NOTES;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream as AsyncStream};

use crate::support::{AUDIENCE, TestApp, TestIssuer, sign};

fn notes(folder: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_notes"));
    command.env_clear().current_dir(folder).arg("serve").args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A program that is killed with its test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts the service for this issuer; returns its address.
    pub(crate) fn start(folder: &std::path::Path, issuer: &str, more: &[&str]) -> (Self, String) {
        let arguments = ["--listen", "127.0.0.1:0", "--issuer", issuer, "--audience", AUDIENCE];
        let arguments = [&arguments[..], more].concat();
        let mut running = Self(notes(folder, &arguments).spawn().expect("it starts"));
        let mut out = BufReader::new(running.0.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").expect("the promised line");
        (running, address.to_owned())
    }

    pub(crate) fn terminate(&self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nhost: notes\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_it_listens_serves_and_stops_on_sigterm() {
    let issuer = TestIssuer::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["--listen", "127.0.0.1:0", "--issuer", &issuer.url, "--audience", AUDIENCE];
    let mut running = Running(notes(folder.path(), &arguments).spawn().expect("it starts"));
    let mut out = BufReader::new(running.0.stdout.take().expect("its output"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on http://").expect("the promised line");
    assert!(ask(address, "/health/ready").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(ask(address, "/api/notes").starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    assert!(folder.path().join("notes.db").exists());

    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    assert!(running.0.wait().expect("an end").success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("the rest");
    assert_eq!(rest, "", "nothing but one line on standard output");
    // The write-ahead log was folded back into the file.
    assert!(!folder.path().join("notes.db-wal").exists());
}

#[test]
fn a_setting_that_is_wrong_stops_the_start_with_one_line_that_names_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (arguments, names) in [
        (&["--issuer", "http://baton.example"][..], "--issuer / NOTES_ISSUER"),
        (&["--issuer", "baton"], "--issuer / NOTES_ISSUER"),
        (&["--database", "postgres://localhost"], "--database / NOTES_DATABASE"),
        (&["--database", "sqlite:nowhere/notes.db"], "--database / NOTES_DATABASE"),
        (&["--listen", "192.0.2.1:1"], "--listen / NOTES_LISTEN"),
    ] {
        let arguments = [&["--audience", AUDIENCE], arguments].concat();
        let Output { status, stderr, stdout } =
            notes(folder.path(), &arguments).output().expect("it runs");
        let printed = String::from_utf8(stderr).expect("UTF-8");
        assert_eq!((status.code(), stdout.len()), (Some(2), 0), "{printed}");
        assert!(printed.starts_with("notes: ") && printed.contains(names), "{printed}");
        assert_eq!(printed.lines().count(), 1, "{printed}");
    }
    let missing = notes(folder.path(), &[]).output().expect("it runs");
    let printed = String::from_utf8(missing.stderr).expect("UTF-8");
    assert!(!missing.status.success(), "{printed}");
    assert!(printed.starts_with("notes: --audience / NOTES_AUDIENCE: "), "{printed}");
}

/// See `crates/environment`.
#[test]
fn variables_are_cleaned() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let printed = |name: &str, value: &str| {
        let mut command = notes(folder.path(), &["--database", "sqlite:nowhere/notes.db"]);
        command.env("NOTES_AUDIENCE", AUDIENCE).env(name, value);
        String::from_utf8(command.output().expect("it runs").stderr).expect("UTF-8")
    };
    let database = printed("NOTES_LISTEN", "");
    assert!(database.starts_with("notes: --database / NOTES_DATABASE "), "{database}");
    assert_eq!(printed("NOTES_LISTEN", " 127.0.0.1:0\r"), database);
    for name in ["NOTES_LOG", "NOTES_LISTEN", "NOTES_ISSUER", "NOTES_AUDIENCE"] {
        let quoted = printed(name, "\"a\"");
        assert!(quoted.contains(name) && quoted.contains("quotation mark"), "{quoted}");
    }
}

#[tokio::test]
async fn a_request_under_way_is_finished_during_shutdown() {
    let app = TestApp::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = notes::server::serve(listener, app.app.clone(), async {
        stopped.await.expect("a signal to stop");
    });
    let serving = tokio::spawn(serving);
    let token = sign("at+jwt", &app.issuer.claims(1));
    let body = r#"{"title":"Milk","text":""}"#;
    let head = format!(
        "POST {NOTES} HTTP/1.1\r\nhost: notes\r\nauthorization: Bearer {token}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = AsyncStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("a head");
    // The service asks for the body: the request is in flight.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.expect("100 Continue");
    stop.send(()).expect("it listens");
    // New connections are refused.
    while AsyncStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // If serving ended now, the process and the request would end with it.
    assert!(!serving.is_finished());
    stream.write_all(body.as_bytes()).await.expect("the body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    serving.await.expect("no panic");
    assert_eq!(app.alice().titles("").await, ["Milk"]);
}
