//! Tests wait for events, never for a fixed time, and none is ignored or expected to panic. What ships sleeps only
//! where clippy sees it: a timeout of a future that never resolves is a sleep, too.

use super::source::is_name_part;
use super::tree::{Finding, Tree, lines_with};

/// Forbidden in Rust tests, each with its replacement.
const IN_RUST: [(&str, &str); 4] = [
    ("sleep(", "waits for time: move the clock, or wait for the event itself"),
    ("sleep_until(", "waits for time: move the clock, or wait for the event itself"),
    ("#[ignore", "a test that does not run tests nothing: mend it or remove it"),
    ("#[should_panic", "any panic would do: assert the error or the message"),
];

/// Forbidden in what ships: with a timeout around it, a sleep that clippy does not see.
const NEVER_RESOLVES: [&str; 2] = ["pending(", "pending::<"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        let first = if file.is_test() { 0 } else { source.lines_without_tests() };
        for (needle, message) in IN_RUST {
            for line in lines_with(&source.code, needle, starts_here).filter(|line| *line > first) {
                findings.push(Finding::new(&file.path, line, message));
            }
        }
        if !ships(&file.path) {
            continue;
        }
        for needle in NEVER_RESOLVES {
            for line in lines_with(&source.code, needle, starts_here).filter(|line| *line <= first)
            {
                let message = "waits for time without a sleep: `pace::rest`";
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    for file in tree.under("end2end/").filter(|file| file.path.ends_with(".ts")) {
        for line in lines_with(&file.text, "waitForTimeout(", |_| true) {
            let message = "waits for time: `expect(…)` waits for what the user sees";
            findings.push(Finding::new(&file.path, line, message));
        }
    }
    findings
}

/// Whether a word begins here.
fn starts_here(before: Option<char>) -> bool {
    before.is_none_or(|it| !is_name_part(it))
}

/// Whether this file is under `crates/*/src`.
fn ships(path: &str) -> bool {
    let inside = path.strip_prefix("crates/").and_then(|rest| rest.split_once('/'));
    inside.is_some_and(|(_, file)| file.starts_with("src/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_test_that_waits_for_an_event_passes() {
        let good =
            "//! T.\n// no sleep() here\n#[test]\nfn f() { oversleep(); app.clock.advance(5) }\n";
        assert_eq!(count("crates/a/tests/it/f.rs", good), 0);
        assert_eq!(count("crates/a/src/lib.rs", "//! A.\nfn f() { sleep(5) }\n"), 0);
        assert_eq!(count("end2end/a.spec.ts", "await expect(page).toHaveURL('/')"), 0);
    }

    #[test]
    fn a_test_that_waits_for_time_is_found() {
        assert_eq!(count("crates/a/tests/it/f.rs", "//! T.\nfn f() { thread::sleep(x) }\n"), 1);
        let own = "//! A.\n#[cfg(test)]\nmod tests {\n    fn f() { sleep(x) }\n}\n";
        assert_eq!(count("crates/a/src/lib.rs", own), 1);
        assert_eq!(count("end2end/a.spec.ts", "await page.waitForTimeout(500)"), 1);
    }

    #[test]
    fn a_future_that_never_resolves_is_found_where_it_ships() {
        let typed = "//! A.\nfn f() { timeout(time, pending::<()>()) }\n";
        assert_eq!(count("crates/a/src/lib.rs", typed), 1);
        let inferred = "//! A.\nfn f() { timeout(time, std::future::pending()) }\n";
        assert_eq!(count("crates/a/src/b/c.rs", inferred), 1);
        assert_eq!(count("crates/a/tests/it/f.rs", typed), 0);
        assert_eq!(count("testing/a/src/lib.rs", typed), 0);
        let own = "//! A.\n#[cfg(test)]\nmod tests {\n    fn f() { pending::<()>() }\n}\n";
        assert_eq!(count("crates/a/src/lib.rs", own), 0);
        let other = "//! A.\nfn f() { it.is_pending(); remove_pending() }\n";
        assert_eq!(count("crates/a/src/lib.rs", other), 0);
    }

    #[test]
    fn a_test_left_out_or_meant_to_panic_is_found() {
        assert_eq!(count("crates/a/tests/it/f.rs", "//! T.\n#[ignore = \"slow\"]\n"), 1);
        assert_eq!(count("crates/a/tests/it/f.rs", "//! T.\n#[should_panic]\n"), 1);
    }
}
