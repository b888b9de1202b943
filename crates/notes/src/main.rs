//! `notes`: parses the command line, starts logging, serves, and prints an error as one line.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use notes::config::{Command, CommandLine};
use notes::log::Log;
use notes::server;

fn main() -> ExitCode {
    // Standard output has one line: the address. Dropping the log flushes its queue.
    let log = Log::on_standard_error();
    let done = environment::parse::<CommandLine>().and_then(|line| run(line, &log));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            log.say(&format!("notes: {message}"));
            ExitCode::from(2)
        }
    }
}

fn run(line: CommandLine, log: &Log) -> Result<(), String> {
    log.start(&line.log).map_err(|error| format!("--log / NOTES_LOG: {error}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime cannot be started: {error}"))?;
    runtime.spawn(log.dropped().keep_reporting());
    let Command::Serve(settings) = line.command;
    runtime.block_on(server::run(&settings)).map_err(|error| format!("{error:#}"))
}
