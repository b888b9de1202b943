//! The client as a program: a session file in a folder of its own, and what the program prints.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use command_line::{Client, Origin, SessionFile};
use tempfile::TempDir;

use super::{EMAIL, PASSWORD};

/// A session file in a folder of its own.
pub(crate) struct Place(TempDir);

/// Exit code, standard output and standard error.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("session")
    }

    /// A second path in the same folder.
    pub(crate) fn another_path(&self) -> PathBuf {
        self.0.path().join("copy")
    }

    /// A client with the file, in this process.
    pub(crate) fn client(&self) -> Client {
        Client::new(SessionFile::new(self.path()))
    }

    /// A client whose user has just logged in.
    pub(crate) async fn logged_in(&self, origin: &Origin) -> Client {
        let mut client = self.client();
        client.log_in(origin, EMAIL, PASSWORD).await.expect("a session");
        client
    }

    /// The file's text.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(self.path()).expect("a session file")
    }

    /// The program with the file.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        start(&self.path(), arguments, "")
    }

    /// The program's login.
    pub(crate) fn start_login(&self, origin: &Origin, password: &str) -> Child {
        start(&self.path(), &["login", origin.as_str(), EMAIL], password)
    }

    /// The program with the other file.
    pub(crate) fn start_on_the_copy(&self, arguments: &[&str]) -> Child {
        start(&self.another_path(), arguments, "")
    }
}

/// Waits for the end of a program.
pub(crate) async fn printed(child: Child) -> Printed {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    let Output { status, stdout, stderr } = output.await.expect("a thread").expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Printed { code: status.code().expect("no signal"), out: text(stdout), err: text(stderr) }
}

fn start(file: &std::path::Path, arguments: &[&str], input: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_command-line"));
    command.env_clear().arg(file).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input");
    // A program that needs no input may be gone.
    let _ = writeln!(stdin, "{input}");
    child
}
