//! The program as users start it, without the tester's environment.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

pub(crate) fn baton(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.env_clear().current_dir(folder);
    command
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    baton(folder).args(arguments).output().expect("the program runs")
}

/// Runs a `serve` that must refuse to start; one that starts is killed, and the test fails with its line.
pub(crate) fn run_refused(mut command: Command) -> Output {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut line = String::new();
    let out = child.stdout.as_mut().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line, or none");
    if !line.is_empty() {
        let _ = child.kill();
    }
    let output = child.wait_with_output().expect("an end");
    assert_eq!(line, "", "it was to be refused");
    output
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A running server, killed with the test.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) out: Box<dyn BufRead + Send>,
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::with(baton(folder), &[], Stdio::null())
    }

    /// The same with these flags, and with its log in this file.
    pub(crate) fn logging(folder: &Path, flags: &[&str], log: &Path) -> Self {
        Self::logging_to(folder, flags, File::create(log).expect("a file"))
    }

    /// The same with its log to any destination.
    pub(crate) fn logging_to(folder: &Path, flags: &[&str], log: impl Into<Stdio>) -> Self {
        Self::with(baton(folder), flags, log.into())
    }

    /// The same with this environment variable.
    pub(crate) fn in_environment(
        folder: &Path,
        name: &str,
        value: &str,
        flags: &[&str],
        log: &Path,
    ) -> Self {
        let mut command = baton(folder);
        command.env(name, value);
        Self::with(command, flags, File::create(log).expect("a file").into())
    }

    fn with(mut command: Command, flags: &[&str], log: Stdio) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .unwrap_or_else(|| panic!("not the promised line: {line:?}"));
        Self { child, address: address.to_owned(), out: Box::new(out) }
    }

    pub(crate) fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    pub(crate) fn terminate(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program with this text on its standard input.
pub(crate) fn run_with_input(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = baton(folder);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    child.wait_with_output().expect("an end")
}

/// A request without a browser's headers, on a connection of its own.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    if !body.is_empty() {
        text += "content-type: application/json\r\n";
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text + &format!("content-length: {}\r\n\r\n{body}", body.len())
}

/// Runs SQL like an operator at a console, while no server runs.
pub(crate) fn run_sql(database: &Path, statements: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let options = SqliteConnectOptions::new().filename(database);
        let mut connection = SqliteConnection::connect_with(&options).await.expect("a connection");
        sqlx::raw_sql(statements).execute(&mut connection).await.expect("the statements");
    });
}
