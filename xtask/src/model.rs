//! `cargo xtask model`: explores every world of the refresh token rotation protocol and prints the report. With
//! `--write`, the report becomes part of `docs/design/rotation-proof.md`.

use crate::workspace::Workspace;
use crate::{files, process, report};
use anyhow::{Context, Result, bail};
use std::process::Stdio;

/// The test that explores all worlds and leaves its report in `target/tmp`.
const TEST: &str = "model::every_promise_is_kept_and_the_page_holds_what_the_model_finds";
const PAGE: &str = "docs/design/rotation-proof.md";
/// The mark before and after the report.
const MARK: &str = "<!-- found -->";

/// Explores, prints, and, with `write`, puts the report into the page.
pub(crate) fn model(workspace: &Workspace, write: bool) -> Result<()> {
    let found = workspace.target().join("tmp/rotation-proof.md");
    // A stale report must not pass for the result of this run.
    let _ = std::fs::remove_file(&found);
    let mut test =
        process::cargo(workspace, &["test", "-p", "baton-rotation", "--test", "it", "--"]);
    test.args(["--exact", TEST]);
    report::heading("Exploring every world of the protocol (half a minute)");
    // The test's output is the report, which is printed once, below.
    let verdict = process::run(test.stdout(Stdio::null()).stderr(Stdio::null()));
    let text = std::fs::read_to_string(&found).with_context(|| {
        format!("the model left no report; alone: `cargo test -p baton-rotation {TEST}`")
    })?;
    report::say(&text);
    if write {
        let path = workspace.root.join(PAGE);
        let page = files::read_text(&path)?;
        std::fs::write(&path, spliced(&page, &text)?)
            .with_context(|| format!("{PAGE} cannot be written"))?;
        return Ok(());
    }
    verdict.with_context(|| format!("{PAGE} is out of date: `cargo xtask model --write`"))
}

/// The page with a new report between its marks.
fn spliced(page: &str, report: &str) -> Result<String> {
    let parts: Vec<&str> = page.split(MARK).collect();
    let [before, _, after] = parts[..] else {
        bail!("{PAGE} must hold {MARK} twice: the report stands between them");
    };
    Ok(format!("{before}{MARK}\n\n{}\n\n{MARK}{after}", report.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_takes_the_place_of_the_one_before() {
        let page = format!("Above.\n{MARK}\n\nold\n\n{MARK}\nBelow.\n");
        let expected = format!("Above.\n{MARK}\n\nnew\n\n{MARK}\nBelow.\n");
        assert_eq!(spliced(&page, "new\n").expect("two marks"), expected);
        assert!(spliced("no marks", "new").is_err());
    }
}
