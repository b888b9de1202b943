//! `cargo xtask ci`: the one definition of done. `.ci/run` calls it, and developers can run it beforehand. Advisories
//! are not part of it: they change without a commit, and need a network (see CONTRIBUTING.md).

use crate::workspace::Workspace;
use crate::{process, report, test, tidy, tools};
use anyhow::{Context, Result};

/// A step: one cargo command.
struct Step {
    title: &'static str,
    arguments: &'static [&'static str],
}

const BEFORE_TIDY: [Step; 4] = [
    Step { title: "Cargo.lock is up to date", arguments: &["fetch", "--locked"] },
    Step { title: "Format", arguments: &["fmt", "--all", "--check"] },
    Step {
        title: "Lints, as the server sees the code",
        arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    },
    Step {
        title: "Lints, as the browser sees the code",
        arguments: &[
            "clippy",
            "-p",
            "frontend",
            "--target",
            tools::target::WASM,
            "--features",
            "hydrate",
            "--",
            "-D",
            "warnings",
        ],
    },
];

const LICENCES: Step = Step {
    title: "Licences, bans, sources",
    arguments: &["deny", "check", "licenses", "bans", "sources"],
};

/// Runs all steps, in order of speed; stops at the first failure.
pub(crate) fn ci(workspace: &Workspace) -> Result<()> {
    tools::target::ensure_wasm(workspace)?;
    for step in &BEFORE_TIDY {
        step.run(workspace)?;
    }
    report::step("House rules", || tidy::tidy(workspace))
        .context("the step `House rules` failed. Alone: `cargo xtask tidy`")?;
    tools::cargo::DENY.ensure(workspace)?;
    LICENCES.run(workspace)?;
    test::test(workspace, &[])
}

impl Step {
    fn run(&self, workspace: &Workspace) -> Result<()> {
        let alone = format!("cargo {}", self.arguments.join(" "));
        report::step(&format!("{}: {alone}", self.title), || {
            process::run(&mut process::cargo(workspace, self.arguments))
        })
        .with_context(|| format!("the step `{}` failed. Alone: `{alone}`", self.title))
    }
}
