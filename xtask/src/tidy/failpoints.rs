//! The shipped program has no failpoints: the feature `failpoints` is not a default, no crate enables it, and of the
//! commands only the fault suite's builds with it.

use super::source::is_name_part;
use super::tree::{Finding, Tree, lines_with};

/// The feature. Concatenated here, so that this file passes its own rule.
const FEATURE: &str = concat!("fail", "points");
/// Its declaration: a feature that enables no other and that no other enables.
const DECLARED_IN: &str = "crates/backend/Cargo.toml";
/// The only command that enables it.
const ASKED_IN: &str = "xtask/src/chaos.rs";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let declaration = format!("{FEATURE} = []");
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        for (index, line) in file.text.lines().enumerate() {
            let declared = file.path == DECLARED_IN && line == declaration;
            if !line.starts_with('#') && line.contains(FEATURE) && !declared {
                let message = format!("{FEATURE} is for the fault suite alone, and no default");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    let commands = ["xtask/src/", ".cargo/", ".ci/"].into_iter().flat_map(|it| tree.under(it));
    for file in commands.filter(|file| file.path != ASKED_IN) {
        // The two spellings for cargo: alone, or with its crate.
        for needle in [format!("\"{FEATURE}\""), format!("backend/{FEATURE}")] {
            for line in lines_with(&file.text, &needle, |it| it.is_none_or(|it| !is_name_part(it)))
            {
                let message = format!("only {ASKED_IN} builds with {FEATURE}");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, &text.replace("FEATURE", FEATURE))])).len()
    }

    #[test]
    fn a_feature_that_no_crate_enables_passes() {
        assert_eq!(count(DECLARED_IN, "[features]\n# Why.\nFEATURE = []\n"), 0);
        assert_eq!(count(ASKED_IN, "[\"--features\", \"backend/FEATURE\"]"), 0);
    }

    #[test]
    fn a_default_or_a_crate_that_brings_it_is_found() {
        assert_eq!(count(DECLARED_IN, "default = [\"FEATURE\"]\nFEATURE = []\n"), 1);
        let asks = "backend = { path = \"../backend\", features = [\"FEATURE\"] }\n";
        assert_eq!(count("crates/frontend/Cargo.toml", asks), 1);
    }

    #[test]
    fn a_command_that_builds_with_it_is_found() {
        assert_eq!(count("xtask/src/build.rs", "[\"--features\", \"backend/FEATURE\"]"), 1);
        assert_eq!(count(".ci/run", "cargo build --features backend/FEATURE\n"), 1);
    }
}
