//! The summary of `cargo xtask test`: a table, then each runner's own summary lines.

use crate::report;
use std::time::Duration;

/// The kinds of tests, in the order they run; the last two at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Rust,
    Load,
    Libraries,
    Faults,
    Examples,
    WaitingFaults,
    Browser,
}

/// The outcome of one kind of tests.
pub(crate) struct Outcome {
    pub(crate) kind: Kind,
    /// The runner's summary lines.
    pub(crate) lines: Vec<String>,
    pub(crate) elapsed: Duration,
}

impl Kind {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust tests (cargo nextest)",
            Self::Load => "Load, a second each (cargo xtask bench)",
            Self::Libraries => "Libraries, a short run (cargo xtask interop)",
            Self::Faults => "Faults, a few rounds (cargo xtask chaos)",
            Self::Examples => "Documentation examples (cargo test --doc)",
            Self::WaitingFaults => "Faults that wait, beside the browser tests",
            Self::Browser => "Browser tests (Playwright)",
        }
    }

    /// The command that runs these tests alone.
    pub(crate) fn command_alone(self) -> &'static str {
        match self {
            Self::Rust => {
                "cargo nextest run --workspace, with BATON_TEST_POSTGRES (CONTRIBUTING.md)"
            }
            Self::Load => "cargo xtask bench --few",
            Self::Libraries => "cargo xtask interop --few",
            Self::Faults => "cargo xtask chaos --few --part working",
            Self::Examples => "cargo test --doc --workspace",
            Self::WaitingFaults => "cargo xtask chaos --few --part waiting",
            Self::Browser => "`cargo xtask build`, then `npx playwright test` in end2end",
        }
    }

    /// Whether a line of the runner's output belongs to its summary.
    pub(crate) fn is_summary(self, line: &str) -> bool {
        match self {
            Self::Rust => line.starts_with("Summary ["),
            Self::Load => line.starts_with("workloads: ") && line.ends_with(" passed"),
            Self::Libraries => line.starts_with("interop: ") && line.ends_with(" failed"),
            Self::Faults | Self::WaitingFaults => {
                line.contains(" passed, ") && line.ends_with(" failed")
            }
            Self::Examples => line.starts_with("test result: "),
            Self::Browser => browser_summary(line),
        }
    }

    /// The count of passed tests in a summary line.
    fn passed(self, line: &str) -> Option<usize> {
        let (before, _) = line.split_once(" passed")?;
        before.rsplit([' ', '.']).next()?.parse().ok()
    }
}

/// `12 passed (8.1s)`, `1 failed`, `2 did not run`.
fn browser_summary(line: &str) -> bool {
    let Some((number, words)) = line.split_once(' ') else { return false };
    let outcomes = ["passed", "failed", "flaky", "skipped", "did not run", "interrupted"];
    number.chars().all(|digit| digit.is_ascii_digit())
        && outcomes.iter().any(|outcome| {
            words
                .strip_prefix(outcome)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
        })
}

/// The table and the summary lines.
pub(crate) fn table(parts: &[Outcome]) -> String {
    let mut text = format!("\n{:44} {:>8} {:>14}\n", "tests", "passed", "time");
    for part in parts {
        let passed: Vec<_> = part.lines.iter().filter_map(|line| part.kind.passed(line)).collect();
        let count = if passed.is_empty() {
            "-".to_owned()
        } else {
            passed.iter().sum::<usize>().to_string()
        };
        let time = report::duration(part.elapsed);
        text += &format!("{:44} {count:>8} {time:>14}\n", part.kind.title());
    }
    text += "\n";
    text += &parts.iter().flat_map(|part| &part.lines).cloned().collect::<Vec<_>>().join("\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXTEST: &str = "Summary [   3.1s] 120 tests run: 119 passed, 1 failed, 2 skipped";
    const LOAD: &str = "workloads: 10 passed";
    const LIBRARIES: &str = "interop: 78 passed, 0 failed";
    const FAULTS: &str = "13 passed, 0 failed";
    const WAITING: &str = "7 passed, 0 failed";
    const EXAMPLES: &str = "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured";

    #[test]
    fn each_runner_is_recognised_by_its_last_words() {
        assert!(Kind::Rust.is_summary(NEXTEST));
        assert!(Kind::Load.is_summary(LOAD));
        assert!(!Kind::Load.is_summary("me: `GET /api/me` with an access token"));
        assert!(Kind::Libraries.is_summary(LIBRARIES));
        assert!(!Kind::Libraries.is_summary("failed: jose: verifies a fresh token: Error: 401"));
        assert!(Kind::Faults.is_summary(FAULTS));
        assert!(!Kind::Faults.is_summary("race (sqlite): 200 refreshes of one cookie"));
        assert!(Kind::WaitingFaults.is_summary(WAITING));
        assert!(Kind::Examples.is_summary(EXAMPLES));
        for line in ["21 passed (14.0s)", "1 failed", "2 did not run"] {
            assert!(Kind::Browser.is_summary(line), "{line}");
        }
        assert!(!Kind::Browser.is_summary("ok 3 login.spec.ts:4 a user logs in (1.2s)"));
        assert!(!Kind::Browser.is_summary("2 passedwords"));
    }

    #[test]
    fn the_summaries_are_the_last_lines() {
        let part = |kind, lines: &[&str]| Outcome {
            kind,
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
            elapsed: Duration::from_secs(61),
        };
        let parts = [
            part(Kind::Rust, &[NEXTEST]),
            part(Kind::Load, &[LOAD]),
            part(Kind::Libraries, &[LIBRARIES]),
            part(Kind::Faults, &[FAULTS]),
            part(Kind::Examples, &[EXAMPLES, EXAMPLES]),
            part(Kind::WaitingFaults, &[WAITING]),
            part(Kind::Browser, &["1 failed", "20 passed (14.0s)"]),
        ];
        let text = table(&parts);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[lines.len() - 9..],
            [
                NEXTEST,
                LOAD,
                LIBRARIES,
                FAULTS,
                EXAMPLES,
                EXAMPLES,
                WAITING,
                "1 failed",
                "20 passed (14.0s)"
            ]
        );
        let counts: Vec<_> =
            lines.iter().filter_map(|line| line.split_whitespace().rev().nth(4)).collect();
        assert!(
            counts.contains(&"119")
                && counts.contains(&"10")
                && counts.contains(&"78")
                && counts.contains(&"13")
                && counts.contains(&"8")
                && counts.contains(&"20"),
            "{text}"
        );
    }
}
