//! Reports rate limits that are not the standard ones: `serve` in its log, `check` on standard output.

use super::output::say;
use crate::auth::rate_limit::Rates;

pub(super) fn log(limits: Option<&Rates>) {
    let Some(rates) = limits else {
        tracing::info!(event = "limits.off", "calls are not limited in number: for tests alone");
        return;
    };
    for (row, rate) in rates.changed() {
        let (limit, standard) = (row.name, row.standard);
        tracing::info!(event = "limit.set", limit, %rate, %standard);
    }
}

pub(super) fn check(limits: Option<&Rates>) -> anyhow::Result<()> {
    let Some(rates) = limits else { return say("limits         off") };
    let changed: Vec<String> = rates
        .changed()
        .map(|(row, rate)| format!("{}={rate} (standard {})", row.name, row.standard))
        .collect();
    match changed.as_slice() {
        [] => say("limits         ok   all as standard"),
        changed => say(&format!("limits         ok   {}", changed.join(", "))),
    }
}
