//! `cargo xtask ci`: the one definition of done. `.ci/run` calls it, and developers can run it beforehand. Advisories
//! are not part of it: they change without a commit, and need a network (see CONTRIBUTING.md).

use crate::process::Stream;
use crate::tools::{cargo, node, pypi, target};
use crate::workspace::Workspace;
use crate::{files, process, report, test, tidy};
use anyhow::{Context, Result, ensure};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A step: one cargo command.
struct Step {
    title: &'static str,
    arguments: &'static [&'static str],
    /// Flags of rustdoc, which has no other way to deny warnings.
    rustdoc_flags: Option<&'static str>,
}

const LOCK_FILE: Step = Step::new("Cargo.lock is up to date", &["fetch", "--locked"]);
const FORMAT: Step = Step::new("Format", &["fmt", "--all", "--check"]);
/// The crates that can be published. Not built from their packages, which would take minutes: the lints compile the
/// crates, and each package is compared with its crate's files. Without a lock file, because that would need a
/// network to resolve.
const PACKAGES: Step = Step::new(
    "Packages of the crates that can be published",
    &[
        "package",
        "-p",
        "baton-types",
        "-p",
        "baton-rotation",
        "-p",
        "baton-verifier",
        "--no-verify",
        "--exclude-lockfile",
        "--allow-dirty",
    ],
);
const LINTS: [Step; 2] = [
    Step::new(
        "Lints, as the server sees the code",
        &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ),
    Step::new(
        "Lints, as the browser sees the code",
        &[
            "clippy",
            "-p",
            "frontend",
            "--target",
            target::WASM,
            "--features",
            "hydrate",
            "--",
            "-D",
            "warnings",
        ],
    ),
];
/// Every link of the documentation. Private items are documented, too, and may be linked to: most readers read the
/// code. Examples are named because cargo then gives dependencies the features that they have in tests, and so takes
/// what the lints have compiled. Programs are named that have no library; `--bins` would document `notes` twice under
/// one name.
const DOCUMENTATION: Step = Step {
    title: "Documentation without broken links",
    arguments: &[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--lib",
        "--examples",
        "--bin",
        "chaos",
        "--bin",
        "load",
        "--bin",
        "xtask",
    ],
    rustdoc_flags: Some("-D warnings -A rustdoc::private_intra_doc_links"),
};
const LICENCES: [&str; 4] = ["check", "licenses", "bans", "sources"];

/// Runs all steps, in order of speed; stops at the first failure.
pub(crate) fn ci(workspace: &Workspace) -> Result<()> {
    target::ensure_wasm(workspace)?;
    LOCK_FILE.run(workspace)?;
    FORMAT.run(workspace)?;
    report::step("House rules", || tidy::tidy(workspace))
        .context("the step `House rules` failed. Alone: `cargo xtask tidy`")?;
    packages(workspace)?;
    spelling(workspace)?;
    browser_tests_and_styles(workspace)?;
    for step in &LINTS {
        step.run(workspace)?;
    }
    DOCUMENTATION.run(workspace)?;
    licences(workspace)?;
    test::test(workspace, &[])
}

/// A version for each dependency on a crate of the workspace, a README, every source file, and metadata. Cargo only
/// warns about missing metadata; crates.io refuses a package without a description or a licence, and one without
/// documentation, homepage and repository has no link for its readers.
fn packages(workspace: &Workspace) -> Result<()> {
    let mut package = process::cargo(workspace, PACKAGES.arguments);
    // A quiet cargo, by a user's settings, warns of nothing.
    package.env("CARGO_TERM_QUIET", "false");
    let (title, alone) = (PACKAGES.title, PACKAGES.alone());
    report::step(&format!("{title}: {alone}"), || {
        let (missing, outcome) = process::tee(&mut package, Stream::Error, is_missing_metadata)?;
        outcome?;
        ensure!(missing.is_empty(), "a crate lacks metadata: {}", missing.join("; "));
        packaged().try_for_each(|package| has_every_source(workspace, package))
    })
    .with_context(|| {
        format!(
            "the step `{title}` failed. Correct the manifest that the lines above name: a warning is \
             about the crate of the next `Packaging` line; a dependency on a crate of the workspace \
             needs a version in `[workspace.dependencies]`. Alone: `{alone}`"
        )
    })
}

/// The packages of the step.
fn packaged() -> impl Iterator<Item = &'static str> {
    PACKAGES.arguments.iter().copied().filter(|argument| argument.starts_with("baton-"))
}

fn has_every_source(workspace: &Workspace, package: &str) -> Result<()> {
    let arguments = ["package", "-p", package, "--list", "--exclude-lockfile", "--allow-dirty"];
    let listed = process::output(&mut process::cargo(workspace, &arguments))
        .with_context(|| format!("`cargo {}` failed", arguments.join(" ")))?;
    let name = package.strip_prefix("baton-").unwrap_or(package);
    let folder = workspace.root.join("crates").join(name);
    let left_out = left_out(&folder, &files::under(&folder.join("src"), &[])?, &listed);
    ensure!(left_out.is_empty(), "`include` of {package} leaves out {}", left_out.join(", "));
    Ok(())
}

/// Those of a crate's files that are not among the files listed for its package.
fn left_out(folder: &Path, files: &[PathBuf], listed: &str) -> Vec<String> {
    let listed: HashSet<&Path> = listed.lines().map(Path::new).collect();
    let files = files.iter().map(|file| file.strip_prefix(folder).unwrap_or(file));
    files.filter(|file| !listed.contains(file)).map(|file| file.display().to_string()).collect()
}

fn is_missing_metadata(line: &str) -> bool {
    line.contains("manifest has no ")
}

/// Known misspellings, in every file; `typos.toml` has the exceptions.
fn spelling(workspace: &Workspace) -> Result<()> {
    let program = pypi::TYPOS.ensure(workspace)?;
    let mut typos = process::command(workspace, program);
    checked("Spelling: typos", &mut typos).context(
        "the step `Spelling` failed. Correct what the lines above name; what is right as it is \
         becomes an exception in typos.toml, with its reason. Alone: `typos` (CONTRIBUTING.md)",
    )
}

/// Types, format and lints of end2end/, lints of style/: the script `check` of package.json.
fn browser_tests_and_styles(workspace: &Workspace) -> Result<()> {
    node::ensure_packages(workspace)?;
    let mut npm = process::command(workspace, "npm");
    npm.current_dir(workspace.end2end()).args(["run", "check"]);
    checked("Types, format and lints of end2end, lints of style: npm run check", &mut npm).context(
        "the step `npm run check` failed. `npm run format` in end2end corrects format and imports; \
         the lines above name the rest. Alone: `npm run check` in end2end",
    )
}

fn licences(workspace: &Workspace) -> Result<()> {
    let program = cargo::DENY.ensure(workspace)?;
    let alone = format!("cargo deny {}", LICENCES.join(" "));
    let mut deny = process::command(workspace, program);
    checked(&format!("Licences, bans, sources: {alone}"), deny.args(LICENCES))
        .with_context(|| format!("the step `Licences, bans, sources` failed. Alone: `{alone}`"))
}

fn checked(title: &str, command: &mut Command) -> Result<()> {
    report::step(title, || process::run(command))
}

impl Step {
    const fn new(title: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { title, arguments, rustdoc_flags: None }
    }

    fn run(&self, workspace: &Workspace) -> Result<()> {
        let alone = self.alone();
        let mut command = process::cargo(workspace, self.arguments);
        if let Some(flags) = self.rustdoc_flags {
            command.env("RUSTDOCFLAGS", flags);
        }
        checked(&format!("{}: {alone}", self.title), &mut command)
            .with_context(|| format!("the step `{}` failed. Alone: `{alone}`", self.title))
    }

    /// The step as typed in a shell.
    fn alone(&self) -> String {
        let flags = self.rustdoc_flags.map(|flags| format!("RUSTDOCFLAGS=\"{flags}\" "));
        format!("{}cargo {}", flags.unwrap_or_default(), self.arguments.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_can_be_repeated_alone() {
        assert_eq!(FORMAT.alone(), "cargo fmt --all --check");
        assert!(DOCUMENTATION.alone().starts_with("RUSTDOCFLAGS=\"-D warnings -A "));
    }

    #[test]
    fn missing_metadata_is_not_only_a_warning() {
        // Cargo 1.95.
        let warning = "warning: manifest has no description, license or license-file";
        assert!(is_missing_metadata(warning));
        assert!(!is_missing_metadata("warning: ignoring test `it`: it is not in the package"));
    }

    #[test]
    fn a_source_that_a_package_leaves_out_is_found() {
        let folder = Path::new("crates/types");
        let files = ["src/id.rs", "src/id/kinds.rs"].map(|file| folder.join(file));
        let listed = "Cargo.toml\nREADME.md\nsrc/id.rs";
        assert_eq!(left_out(folder, &files, listed), ["src/id/kinds.rs"]);
        assert!(left_out(folder, &files, "src/id.rs\nsrc/id/kinds.rs").is_empty());
    }

    #[test]
    fn every_crate_that_can_be_published_is_packaged() {
        let crates = Workspace::here().root.join("crates");
        let manifests = files::under(&crates, &["src", "tests", "node_modules"]).expect("a folder");
        let mut published = Vec::new();
        for manifest in manifests.iter().filter(|file| file.ends_with("Cargo.toml")) {
            let text = files::read_text(manifest).expect("a manifest");
            if text.lines().any(|line| line == "publish = true") {
                let name = text.lines().find_map(|line| line.strip_prefix("name = "));
                published.push(name.expect("a name").trim_matches('"').to_owned());
            }
        }
        let mut packaged: Vec<_> = packaged().collect();
        packaged.sort_unstable();
        published.sort_unstable();
        assert_eq!(published, packaged);
    }

    /// It stands outside the workspace, whose builds do not read its manifest. Not resolved, because it has no lock
    /// file: that would need a network, and change without a commit.
    #[test]
    fn the_fuzz_crate_names_each_package_of_ours_as_it_is_called() {
        let folder = Workspace::here().root.join("fuzz");
        let manifest = files::read_text(&folder.join("Cargo.toml")).expect("a manifest");
        let quoted = |table: &str, key: &str| {
            let (_, value) = table.split_once(&format!("{key} = \""))?;
            value.split('"').next().map(str::to_owned)
        };
        let mut found = 0;
        for (key, table) in manifest.lines().filter_map(|line| line.split_once(" = {")) {
            let Some(path) = quoted(table, "path") else { continue };
            let package = files::read_text(&folder.join(path).join("Cargo.toml"));
            let package = package.expect("the manifest of a package");
            let name = package.lines().find_map(|line| quoted(line, "name"));
            assert_eq!(name, Some(quoted(table, "package").unwrap_or_else(|| key.to_owned())));
            found += 1;
        }
        assert!(found > 0, "the fuzz targets use our crates");
    }
}
