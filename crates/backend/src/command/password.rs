//! A password from the operator: typed without echo at a terminal, or the first line of standard input. It must
//! never be an argument, which other users of the machine can see, and is not shown again.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use shared::Secret;

/// Fails if there is none.
pub(super) fn read() -> anyhow::Result<Secret> {
    let stdin = io::stdin();
    let unseen = stdin.is_terminal().then(Unseen::begin).transpose()?;
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line).context("the password on standard input")?;
    drop(unseen);
    if read == 0 {
        anyhow::bail!("the password is missing: type it, or pipe it into standard input");
    }
    let password = Secret::new(line.trim_end_matches(['\r', '\n']).to_owned());
    zeroize::Zeroize::zeroize(&mut line);
    Ok(password)
}

/// Turns the terminal's echo off, until this is dropped.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> anyhow::Result<Self> {
        let before = tcgetattr(io::stdin()).context("the terminal")?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen).context("the terminal")?;
        let _ = write!(io::stderr(), "Password: ");
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
        let _ = writeln!(io::stderr());
    }
}
