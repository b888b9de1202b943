//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy can check, one file per rule, each with a
//! sample that passes and one that fails. The rules see only text, so they are fast and sometimes coarse; a rule that
//! is wrong in a case is changed here, in the open.

mod additive;
mod circles;
mod crates;
mod decisions;
mod failpoints;
mod headers;
mod links;
mod machine;
mod migrations;
mod paths;
mod source;
mod sql;
mod style;
mod tree;
mod waiting;
mod words;

use crate::process::Failed;
use crate::report;
use crate::workspace::Workspace;
use anyhow::Result;
use tree::{Finding, Tree};
pub(crate) use words::words;

/// Every rule, by the name of its file.
const RULES: [fn(&Tree) -> Vec<Finding>; 14] = [
    headers::check,
    crates::check,
    failpoints::check,
    paths::check,
    style::check,
    sql::check,
    waiting::check,
    migrations::check,
    additive::check,
    links::check,
    decisions::check,
    circles::check,
    machine::check,
    words::check,
];

/// Applies every rule to the workspace and prints the findings.
pub(crate) fn tidy(workspace: &Workspace) -> Result<()> {
    let tree = Tree::read(&workspace.root)?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.sort();
    for finding in &findings {
        report::say(&finding.to_string());
    }
    if findings.is_empty() {
        report::say(&format!("tidy: {} files keep the house rules", tree.files.len()));
        return Ok(());
    }
    report::say(&format!("tidy: {} findings", findings.len()));
    Err(Failed::reported("cargo xtask tidy", 1).into())
}
