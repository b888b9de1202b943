//! Consent of the operator before a command does what cannot be undone.
//!
//! A command asks by the harm of a mistake. One that revokes all users' sessions, invalidates what a key has made,
//! or throws a secret away, asks. One that can be taken back, or concerns one user, where seconds count in an
//! emergency (`users disable`, `sessions revoke --user`), does not. `prune` does by hand what a server does once an
//! hour, and schedulers run it: it asks only if the clock may be wrong.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;

use crate::config::ConsentArgs;

/// Asks at the terminal, unless `--yes` was given.
///
/// # Errors
/// If there is no terminal, or the answer is not yes.
pub(super) fn ask(consent: &ConsentArgs, what: &str) -> anyhow::Result<()> {
    if consent.yes {
        return Ok(());
    }
    let stdin = io::stdin();
    anyhow::ensure!(
        stdin.is_terminal(),
        "this {what}. It cannot be undone, and standard input is no terminal to ask at: pass --yes. Nothing was changed"
    );
    write!(io::stderr(), "This {what}. It cannot be undone. Type yes to go on: ")?;
    io::stderr().flush()?;
    let mut answer = String::new();
    stdin.read_line(&mut answer).context("the answer on standard input")?;
    anyhow::ensure!(
        answer.trim().eq_ignore_ascii_case("yes"),
        "the answer was not yes: nothing was changed"
    );
    Ok(())
}
