//! The workspace as input of the rules: every text file with its path from the root, in memory.

use super::source::Source;
use crate::files;
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;

/// Folders with generated or foreign files. Version control ignores them, too.
const IGNORED_FOLDERS: [&str; 8] = [
    ".git",
    "target",
    "dist",
    "node_modules",
    "test-results",
    "playwright-report",
    "mutants.out",
    "mutants.out.old",
];

/// The workspace's files.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    /// All paths, folders and binary files included.
    pub(crate) paths: BTreeSet<String>,
}

/// A text file.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Only for Rust.
    pub(crate) source: Option<Source>,
}

/// A violation of a rule.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}

impl Finding {
    /// `path` need not exist: a missing file is a finding, too.
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl Tree {
    /// Reads all files under `root`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        for file in files::under(root, &IGNORED_FOLDERS)? {
            let relative = file.strip_prefix(root).unwrap_or(&file);
            let path = relative.to_string_lossy().replace('\\', "/");
            match String::from_utf8(files::read(&file)?) {
                Ok(text) => tree.add(&path, text),
                Err(_) => tree.add_path(&path),
            }
        }
        Ok(tree)
    }

    fn add(&mut self, path: &str, text: String) {
        self.add_path(path);
        let source = path.ends_with(".rs").then(|| Source::read(&text));
        self.files.push(File { path: path.to_owned(), text, source });
    }

    fn add_path(&mut self, path: &str) {
        let mut rest = Some(path);
        while let Some(path) = rest {
            self.paths.insert(path.to_owned());
            rest = path.rsplit_once('/').map(|(folder, _)| folder);
        }
    }

    /// The file at exactly this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files below a folder, or whose path has this prefix.
    pub(crate) fn under<'a>(&'a self, beginning: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.path.starts_with(beginning))
    }

    /// Every Rust file with its lexed source.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.source.as_ref()?)))
    }

    /// A tree for a rule's own tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add(path, (*text).to_owned());
        }
        tree
    }
}

impl File {
    /// Whether the whole file is tests: `tests/` of a crate, or `tests.rs` beside the code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }
}

/// The lines of `text` that contain `needle` where `allowed` accepts the character before it; counted from 1.
pub(crate) fn lines_with<'a>(
    text: &'a str,
    needle: &'a str,
    allowed: impl Fn(Option<char>) -> bool + 'a,
) -> impl Iterator<Item = usize> + 'a {
    text.lines().enumerate().filter_map(move |(index, line)| {
        let hit = line.match_indices(needle).any(|(at, _)| allowed(line[..at].chars().next_back()));
        hit.then_some(index + 1)
    })
}
