//! `baton`: reads the command line, starts logging, runs the command, and says in one line what
//! stopped it.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use backend::config::CommandLine;
use backend::{command, telemetry};
use clap::Parser as _;
use clap::error::ErrorKind;

fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return usage(&error),
    };
    if let Err(error) = telemetry::start(&line.log, line.log_json) {
        return failed(&format!("--log / BATON_LOG: {error}"));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime cannot be started: {error}")),
    };
    let outcome = runtime.block_on(command::run(line.command));
    // A name that nobody resolves would keep its thread, and the program, for as long as it takes.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("{error:#}")),
    }
}

/// Help goes out whole; a mistake is one line that says which setting is wrong.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => error.exit(),
        _ => {
            let text = error.to_string();
            let lines: Vec<&str> = text
                .lines()
                .map(str::trim)
                .take_while(|line| !line.starts_with("Usage"))
                .filter(|line| !line.is_empty())
                .collect();
            failed(&format!("{} (see `baton help`)", lines.join(" ").trim_start_matches("error: ")))
        }
    }
}

fn failed(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "baton: {}", message.replace('\n', " "));
    ExitCode::from(2)
}
