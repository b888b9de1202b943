//! The password: typed without echo at a terminal, or the first line of standard input. It is no argument, because
//! every user of the machine can read those.

use std::io::{self, IsTerminal as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

pub(crate) fn read() -> io::Result<String> {
    let silence = io::stdin().is_terminal().then(Silence::begin).transpose()?;
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line);
    drop(silence);
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The terminal without echo, until this is dropped.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        let _ = write!(io::stderr(), "Password: ");
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
        let _ = writeln!(io::stderr());
    }
}
