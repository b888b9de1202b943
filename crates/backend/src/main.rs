//! `baton`: reads the command line, starts logging, runs the command, and says in one line what
//! stopped it.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use backend::command;
use backend::config::CommandLine;
use backend::telemetry::Log;
use clap::Parser as _;
use clap::error::ErrorKind;

fn main() -> ExitCode {
    // It writes its last lines when it is dropped, a panic included.
    let log = match Log::on_standard_error() {
        Ok(log) => log,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "baton: the log cannot be started: {error}");
            return ExitCode::from(2);
        }
    };
    let outcome = match CommandLine::try_parse() {
        Ok(line) => run(line, &log),
        Err(error) => Err(usage(&error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log.say(&format!("baton: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run(line: CommandLine, log: &Log) -> Result<(), String> {
    log.start(&line.log, line.log_json).map_err(|error| format!("--log / BATON_LOG: {error}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime cannot be started: {error}"))?;
    let outcome = runtime.block_on(command::run(line.command));
    // A name that nobody resolves would keep its thread, and the program, for as long as it takes.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    outcome.map_err(|error| format!("{error:#}"))
}

/// Help goes out whole; a mistake is one line that says which setting is wrong.
fn usage(error: &clap::Error) -> String {
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
            format!("{} (see `baton help`)", lines.join(" ").trim_start_matches("error: "))
        }
    }
}
