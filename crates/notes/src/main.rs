//! `notes`: reads the command line, starts logging, serves, and says in one line what stopped it.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use notes::config::{Command, CommandLine};
use notes::server;
use tracing_appender::non_blocking::NonBlockingBuilder;
use tracing_subscriber::EnvFilter;

/// How many lines of the log may wait to be written: about 1 MiB.
const LOG_LINES: usize = 4_096;

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let filter = match EnvFilter::try_new(&line.log) {
        Ok(filter) => filter,
        Err(error) => return failed(&format!("--log / NOTES_LOG: {error}")),
    };
    // Standard output is for the one line that says where the service listens.
    // A pipe that is not read must not stop the service: lines that find no room are dropped.
    let (writer, _flushed_at_exit) = NonBlockingBuilder::default()
        .buffered_lines_limit(LOG_LINES)
        .lossy(true)
        .finish(std::io::stderr());
    tracing_subscriber::fmt().with_writer(writer).with_env_filter(filter).with_ansi(false).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime cannot be started: {error}")),
    };
    let Command::Serve(settings) = line.command;
    match runtime.block_on(server::run(&settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("{error:#}")),
    }
}

fn failed(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "notes: {}", message.replace('\n', " "));
    ExitCode::from(2)
}
