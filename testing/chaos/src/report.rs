//! The suite's output: the running scenario, its findings, and the table at the end.
#![expect(clippy::print_stdout, reason = "speaking is this file's purpose")]

use crate::database::Engine;

/// The result of one scenario on one engine.
pub(crate) struct Outcome {
    pub(crate) scenario: &'static str,
    pub(crate) engine: Engine,
    pub(crate) rounds: u64,
    pub(crate) refreshes: u64,
    pub(crate) answered_again: u64,
    pub(crate) transient: u64,
    pub(crate) violations: Vec<String>,
    pub(crate) remarks: Vec<String>,
    pub(crate) seconds: f64,
}

pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Announces a scenario.
pub(crate) fn begins(scenario: &str, engine: Engine, description: &str) {
    println!("{scenario} ({}): {description}", engine.name());
}

/// Reports a scenario's findings at once: the next ones may take long.
pub(crate) fn ends(outcome: &Outcome) {
    for remark in &outcome.remarks {
        println!("  {remark}");
    }
    for violation in &outcome.violations {
        println!("  VIOLATION {violation}");
    }
    let verdict = if outcome.violations.is_empty() { "passed" } else { "failed" };
    println!("  {verdict} after {:.1} s", outcome.seconds);
}

/// The table, and its summary.
pub(crate) fn table(outcomes: &[Outcome]) {
    println!(
        "\n{:22} {:9} {:>7} {:>10} {:>15} {:>10} {:>11} {:>8}",
        "scenario",
        "database",
        "rounds",
        "refreshes",
        "answered again",
        "transient",
        "violations",
        "seconds"
    );
    for outcome in outcomes {
        println!(
            "{:22} {:9} {:>7} {:>10} {:>15} {:>10} {:>11} {:>8.1}",
            outcome.scenario,
            outcome.engine.name(),
            outcome.rounds,
            outcome.refreshes,
            outcome.answered_again,
            outcome.transient,
            outcome.violations.len(),
            outcome.seconds
        );
    }
    let failed = failed(outcomes);
    println!("\n{} passed, {failed} failed", outcomes.len() - failed);
}

/// How many scenarios found a violation.
pub(crate) fn failed(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| !outcome.violations.is_empty()).count()
}
