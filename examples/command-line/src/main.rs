//! The program: `login`, `me`, `logout`, with the session in a file.
//!
//! ```sh
//! cargo run -p command-line -- ~/.baton-session login http://localhost:3000 ada@example.com
//! cargo run -p command-line -- ~/.baton-session me
//! cargo run -p command-line -- ~/.baton-session logout
//! ```
#![forbid(unsafe_code)]

mod password;

use std::io::Write as _;
use std::process::ExitCode;

use command_line::{Client, ClientError, Origin, SessionFile};

const USAGE: &str = "usage: command-line FILE login ORIGIN EMAIL | me | logout";
/// As sysexits.h has it: a script may try the same again.
const TEMPORARY_FAILURE: u8 = 75;
const WRONG_USAGE: u8 = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [file, "login", origin, email] => match Origin::parse(origin) {
            Ok(origin) => log_in(file, &origin, email).await,
            Err(error) => return refuse(&error.to_string(), WRONG_USAGE),
        },
        [file, "me"] => client(file).get("/api/me").await,
        [file, "logout"] => client(file).log_out().await.map(|()| "Logged out.".to_owned()),
        _ => return refuse(USAGE, WRONG_USAGE),
    };
    match done {
        Ok(text) => {
            let written = writeln!(std::io::stdout(), "{text}");
            if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error @ ClientError::Transient { .. }) => refuse(&error.to_string(), TEMPORARY_FAILURE),
        Err(error) => refuse(&error.to_string(), 1),
    }
}

fn client(file: &str) -> Client {
    Client::new(SessionFile::new(file))
}

async fn log_in(file: &str, origin: &Origin, email: &str) -> Result<String, ClientError> {
    let password = password::read()?;
    client(file).log_in(origin, email, &password).await?;
    Ok(format!("Logged in at {}.", origin.as_str()))
}

fn refuse(message: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "command-line: {message}");
    ExitCode::from(code)
}
