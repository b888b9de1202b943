//! `baton`: parses the command line, starts logging, runs the command, and reports in one line the error that
//! stopped it.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use backend::command;
use backend::config::CommandLine;
use backend::telemetry::Log;
use mimalloc::MiMalloc;

/// A request allocates a hundred times: with glibc's allocator that took a fifth of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Dropping it writes the last lines, also after a panic.
    let log = match Log::on_standard_error() {
        Ok(log) => log,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "baton: the log cannot be started: {error}");
            return ExitCode::from(2);
        }
    };
    match environment::parse::<CommandLine>().and_then(|line| run(line, &log)) {
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
    // Timeout: a DNS look-up without an answer would keep its thread, and the process, for as long as it takes.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    outcome.map_err(|error| format!("{error:#}"))
}
