//! A server of its own for the measurement, and one connection to it.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) const DATABASE: &str = "sqlite:timing.db";

/// The program, without the user's environment.
pub(crate) fn clean(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

/// A running server, stopped on drop.
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Without rate limits and throttling, which would prevent so many attempts.
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self> {
        let mut command = clean(program, folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--limits", "off"]);
        command.args(["--database", DATABASE]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut line = String::new();
        let output = child.stdout.take().context("the pipe was asked for")?;
        let mut server = Self { child, address: String::new() };
        BufReader::new(output).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            bail!("the server did not start; alone: `{} serve`", program.display());
        };
        address.clone_into(&mut server.address);
        Ok(server)
    }

    pub(crate) fn client(&self) -> Result<Client> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        Ok(Client { stream: BufReader::new(stream) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Sends credentials, reads the whole response, and returns its status.
    pub(crate) fn post(&mut self, path: &str, email: &str, password: &str) -> Result<u16> {
        let body = serde_json::json!({ "email": email, "password": password }).to_string();
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut status, mut length) = (String::new(), 0, 0);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let lower = line.trim().to_ascii_lowercase();
            if let Some(rest) = lower.strip_prefix("http/1.1 ") {
                status = rest.get(..3).unwrap_or_default().parse()?;
            } else if let Some(rest) = lower.strip_prefix("content-length:") {
                length = rest.trim().parse()?;
            } else if lower.is_empty() {
                break;
            }
        }
        self.stream.read_exact(&mut vec![0; length])?;
        Ok(status)
    }
}
