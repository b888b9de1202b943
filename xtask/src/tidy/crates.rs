//! The allowed dependencies between crates. The manifests are the proof of the architecture: `rotation` cannot do I/O
//! because none of its dependencies can, and this rule keeps it so.

use super::source::is_name_part;
use super::tree::{Finding, Tree, lines_with};

/// Each crate with the workspace crates it may depend on.
const ALLOWED_DEPENDENCIES: [(&str, &[&str]); 12] = [
    ("types", &[]),
    ("shared", &["types"]),
    // These two are published, with `types`: they know no crate that is not.
    ("rotation", &["types"]),
    ("verifier", &["types"]),
    ("frontend", &["shared"]),
    // Environment variables of any program; it knows no particular setting.
    ("environment", &[]),
    ("backend", &["shared", "rotation", "verifier", "frontend", "environment"]),
    // A resource server: of the issuer it knows only the URL.
    ("notes", &["shared", "verifier", "environment"]),
    // Both sides in one process; no crate may depend on it.
    ("simulator", &["shared", "rotation", "frontend", "backend", "verifier"]),
    // The fault suite tests the program from outside: shared code would hide the faults in that code.
    ("chaos", &["shared", "forgery"]),
    // So does the load generator.
    ("load", &["shared"]),
    // Forged tokens for the tests of every verifier; independent of the code under test.
    ("forgery", &[]),
];

/// Crates that the tests of every crate may depend on, and no product code.
const FOR_TESTS: [&str; 1] = ["forgery"];

/// Crates by which the rotation decision could do I/O.
const IO_CRATES: [&str; 8] =
    ["tokio", "sqlx", "axum", "reqwest", "hyper", "tower", "getrandom", "rand"];
const IO_PATHS: [&str; 7] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.under("crates/").chain(tree.under("testing/")) {
        let Some(name) = crate_of(&file.path) else { continue };
        let Some((_, allowed)) = ALLOWED_DEPENDENCIES.iter().find(|(known, _)| *known == name)
        else {
            let message =
                format!("{name} has no place in xtask/src/tidy/crates.rs: who may it know?");
            findings.push(Finding::new(&file.path, 1, message));
            continue;
        };
        for Dependency { line, name: dependency, for_tests } in dependencies(&file.text) {
            let ours = ALLOWED_DEPENDENCIES.iter().any(|(known, _)| *known == dependency);
            let test_help = for_tests && FOR_TESTS.contains(&dependency);
            if ours && !allowed.contains(&dependency) && !test_help {
                let message = format!("{name} must not know {dependency}");
                findings.push(Finding::new(&file.path, line, message));
            }
            if name == "rotation" && IO_CRATES.contains(&dependency) {
                let message = format!("rotation does no I/O and must not know {dependency}");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings.extend(impure(tree));
    findings
}

/// Uses of I/O in rotation's code, its tests included.
fn impure(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.under("crates/rotation/src/") {
        let Some(source) = &file.source else { continue };
        for path in IO_PATHS {
            let starts_here = |before: Option<char>| before.is_none_or(|it| !is_name_part(it));
            for line in lines_with(&source.code, path, starts_here) {
                let message = format!("rotation is pure and must not use {path}");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

/// `crates/NAME/Cargo.toml` is NAME's manifest, and so is `testing/NAME/Cargo.toml`.
fn crate_of(path: &str) -> Option<&str> {
    let path = path.strip_prefix("crates/").or_else(|| path.strip_prefix("testing/"))?;
    path.strip_suffix("/Cargo.toml").filter(|name| !name.contains('/'))
}

/// One dependency in a manifest.
struct Dependency<'m> {
    line: usize,
    name: &'m str,
    /// It is in a table of `dev-dependencies`.
    for_tests: bool,
}

/// The names in every kind of dependency table, with their lines.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let (mut inside, mut for_tests) = (false, false);
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
            for_tests = table.contains("dev-dependencies");
            if let Some((_, name)) = table.split_once("dependencies.") {
                let name = without_prefix(name);
                found.push(Dependency { line: index + 1, name, for_tests });
            }
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let end = line.find(['.', '=', ' ']).unwrap_or(line.len());
            let name = without_prefix(line[..end].trim_matches('"'));
            found.push(Dependency { line: index + 1, name, for_tests });
        }
    }
    found
}

/// `baton-rotation`, the package, and `rotation`, the library, are one crate.
fn without_prefix(name: &str) -> &str {
    name.strip_prefix("baton-").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn the_arrows_point_one_way() {
        let good = "[dependencies]\nshared.workspace = true\nserde = \"1\"\n";
        assert_eq!(count("crates/frontend/Cargo.toml", good), 0);
        let bad = "[dependencies]\nshared.workspace = true\nrotation.workspace = true\n";
        assert_eq!(count("crates/frontend/Cargo.toml", bad), 1);
        for bad in
            ["[dependencies.verifier]\nworkspace = true\n", "[dependencies.baton-verifier]\n"]
        {
            assert_eq!(count("crates/rotation/Cargo.toml", bad), 1);
        }
        // The error codes and pages of this site are no part of what is published.
        for published in ["crates/rotation/Cargo.toml", "crates/verifier/Cargo.toml"] {
            assert_eq!(count(published, "[dependencies]\nshared.workspace = true\n"), 1);
            assert_eq!(count(published, "[dependencies]\nbaton-types = \"0.1\"\n"), 0);
        }
        let bad = "[target.'cfg(unix)'.dev-dependencies]\nbackend = { path = \"../backend\" }\n";
        assert_eq!(count("crates/shared/Cargo.toml", bad), 1);
    }

    #[test]
    fn what_is_for_tests_is_known_to_tests_alone() {
        let good = "[dependencies]\ntypes.workspace = true\n[dev-dependencies]\nforgery.workspace = true\n";
        assert_eq!(count("crates/verifier/Cargo.toml", good), 0);
        let bad = "[dev-dependencies]\nserde = \"1\"\n[dependencies]\nforgery.workspace = true\n";
        assert_eq!(count("crates/verifier/Cargo.toml", bad), 1);
        assert_eq!(count("crates/notes/Cargo.toml", "[dev-dependencies.forgery]\n"), 0);
        assert_eq!(count("crates/notes/Cargo.toml", "[dependencies.forgery]\n"), 1);
        let bad = "[dev-dependencies]\nbackend.workspace = true\n";
        assert_eq!(count("crates/notes/Cargo.toml", bad), 1);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(count("crates/utils/Cargo.toml", "[package]\n"), 1);
    }

    #[test]
    fn rotation_stays_pure() {
        assert_eq!(count("crates/rotation/Cargo.toml", "[dependencies]\ntokio = \"1\"\n"), 1);
        let bad = "//! R.\nuse std::time::SystemTime;\nfn f() { std::fs::read(p); }\n";
        assert_eq!(count("crates/rotation/src/lib.rs", bad), 2);
        let good = "//! Knows nothing of std::fs.\nuse std::time::Duration;\n";
        assert_eq!(count("crates/rotation/src/lib.rs", good), 0);
    }
}
