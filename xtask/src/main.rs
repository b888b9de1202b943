//! `cargo xtask`: every developer and CI task of this workspace as one command. It must not hold code that the
//! product needs at run time. The commands are one file each: `run`, `build`, `test`, `browsers`, `interop`, `ci`,
//! `tidy`, `words`, `model`, `simulate`, `chaos`, `mutants`, `timing`, `bench`; they are built on `tools` (installs
//! missing tools), `site` (the browser's half), `process` and `beside` (child processes), `cluster` (the tests'
//! PostgreSQL) and `report` (output).
#![forbid(unsafe_code)]

mod bench;
mod beside;
mod browsers;
mod build;
mod chaos;
mod ci;
mod cluster;
mod environment;
mod files;
mod gateway;
mod https;
mod interop;
mod model;
mod mutants;
mod process;
mod report;
mod run;
#[cfg(test)]
mod scratch;
mod simulate;
mod site;
mod test;
mod tidy;
mod timing;
mod tools;
mod workspace;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;
use workspace::Workspace;

/// Build, run, test and check Baton.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build and serve the app on http://localhost:3000 with embedded SQLite.
    Run {
        /// Build with optimisations.
        #[arg(long)]
        release: bool,
        /// Also the notes service, and Envoy in front of both.
        #[arg(long)]
        with_gateway: bool,
        /// On https://localhost, with a certificate that is made here: Safari and other browsers built on WebKit keep
        /// no cookie of a login over http. (The gateway's configuration is for http.)
        #[arg(
            long,
            value_name = "PORT",
            num_args = 0..=1,
            default_missing_value = https::PORT,
            require_equals = true,
            conflicts_with = "with_gateway"
        )]
        https: Option<u16>,
        /// Passed on to `baton serve`.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Build the site (target/site) and the program (target/{debug,release}/baton).
    Build {
        /// Build with optimisations.
        #[arg(long)]
        release: bool,
    },
    /// Run every test: Rust tests, documentation examples, and the browser tests in Chromium.
    Test {
        /// Only tests whose name contains one of these.
        filters: Vec<String>,
    },
    /// The main path in Firefox and WebKitGTK, installed from Debian's packages if need be.
    Browsers,
    /// Pinned libraries of other languages, and gateways that are installed, verify, introspect and revoke tokens of
    /// the running program.
    Interop {
        /// The libraries of npm and PyPI alone, without waiting for the next key's turn.
        #[arg(long)]
        few: bool,
        /// Those whose names contain this: the names of their files in testing/interop, `_` as `-`.
        library: Option<String>,
    },
    /// All checks that must pass before a change is done: format, tidy, spelling, lints, documentation, licences,
    /// tests.
    Ci,
    /// The house rules that no compiler checks.
    Tidy,
    /// How plain the comments are: indefinite and archaic words, and terms of the field, per 1,000 words.
    Words,
    /// Explore every world of the rotation protocol and print what was found.
    Model {
        /// Publish the report in crates/rotation/tests/it/model/report.md.
        #[arg(long)]
        write: bool,
    },
    /// The fault suite: breaks the running program, its database and its network, and checks what is
    /// left. `cargo xtask chaos --help` names its options.
    #[command(disable_help_flag = true)]
    Chaos {
        /// Passed on to the suite.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Mutation tests of the crates that decide: rotation and verifier.
    Mutants {
        /// Passed on to `cargo mutants`, instead of `-p baton-rotation -p baton-verifier`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Clients, servers, faults and thieves in one small world per seed, over the real domain code.
    Simulate(simulate::Seeds),
    /// Whether a login takes as long for an unknown user, a wrong password and a disabled user.
    Timing(timing::Measurement),
    /// What calls, refreshes and logins cost, beside a bare axum server and against the last release; writes
    /// docs/performance.md.
    Bench(bench::Measurement),
}

fn main() -> ExitCode {
    let workspace = Workspace::here();
    let outcome = match Arguments::parse().task {
        Task::Run { release, with_gateway: true, arguments, .. } => {
            gateway::run(&workspace, release, &arguments)
        }
        Task::Run { release, https: Some(port), arguments, .. } => {
            https::run(&workspace, release, port, &arguments)
        }
        Task::Run { release, arguments, .. } => run::run(&workspace, release, &arguments),
        Task::Build { release } => build::build(&workspace, release),
        Task::Test { filters } => test::test(&workspace, &filters),
        Task::Browsers => browsers::browsers(&workspace),
        Task::Interop { few, library } => interop::interop(&workspace, few, library.as_deref()),
        Task::Ci => ci::ci(&workspace),
        Task::Tidy => tidy::tidy(&workspace),
        Task::Words => tidy::words(&workspace),
        Task::Model { write } => model::model(&workspace, write),
        Task::Chaos { arguments } => chaos::chaos(&workspace, &arguments),
        Task::Mutants { arguments } => mutants::mutants(&workspace, &arguments),
        Task::Timing(measurement) => timing::timing(&workspace, &measurement),
        Task::Bench(measurement) => bench::bench(&workspace, &measurement),
        Task::Simulate(seeds) => simulate::simulate(&workspace, &seeds),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::from(process::exit_code(&error))
        }
    }
}
