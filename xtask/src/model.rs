//! `cargo xtask model`: explores every world of the refresh token rotation protocol and prints the report. With
//! `--write`, it becomes the published one, `crates/rotation/tests/it/model/report.md`.

use crate::workspace::Workspace;
use crate::{process, report};
use anyhow::{Context, Result};
use std::process::Stdio;

/// The test that explores all worlds and leaves its report in `target/tmp`.
const TEST: &str = "model::every_promise_is_kept_and_the_report_holds_what_the_model_finds";
const PUBLISHED: &str = "crates/rotation/tests/it/model/report.md";

/// Explores, prints, and, with `write`, publishes the report.
pub(crate) fn model(workspace: &Workspace, write: bool) -> Result<()> {
    let found = workspace.target().join("tmp/report.md");
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
        let path = workspace.root.join(PUBLISHED);
        return std::fs::write(path, format!("{}\n", text.trim()))
            .with_context(|| format!("{PUBLISHED} cannot be written"));
    }
    verdict.with_context(|| format!("{PUBLISHED} is out of date: `cargo xtask model --write`"))
}
