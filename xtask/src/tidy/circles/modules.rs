//! The module tree of a crate, and which file defines the name at the end of a path.

use super::imports::Imports;
use crate::tidy::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// For each file the files it imports, with the names.
pub(super) type Arrows<'t> = BTreeMap<&'t str, BTreeMap<&'t str, BTreeSet<String>>>;

/// The modules of one crate by their paths; the root's is empty.
pub(super) struct Modules<'t>(BTreeMap<Vec<String>, Module<'t>>);

struct Module<'t> {
    file: &'t str,
    imports: Imports,
}

/// A definition.
struct Definition<'t> {
    file: &'t str,
    name: String,
}

/// How many re-exports may follow one another before a path counts as unknown.
const MOST_RE_EXPORTS: usize = 16;

impl<'t> Modules<'t> {
    /// Reads the modules that the root file declares, and those that they declare.
    pub(super) fn read(tree: &'t Tree, root: &str) -> Self {
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut modules = BTreeMap::new();
        let mut open = vec![(Vec::new(), root.to_owned())];
        while let Some((path, file)) = open.pop() {
            let Some(file) = tree.file(&file) else { continue };
            let Some(source) = &file.source else { continue };
            let imports = Imports::read(&source.code);
            for child in &imports.modules {
                let path = below(&path, child);
                let file = format!("{folder}/{}.rs", path.join("/"));
                open.push((path, file));
            }
            modules.insert(path, Module { file: &file.path, imports });
        }
        Self(modules)
    }

    /// What each file imports.
    pub(super) fn arrows(&self) -> Arrows<'t> {
        let mut arrows = Arrows::new();
        for (path, &Module { file, ref imports }) in &self.0 {
            let imported = arrows.entry(file).or_default();
            let definitions = imports.used().filter_map(|it| self.resolve(path, it, 0));
            for Definition { file, name } in definitions.filter(|it| it.file != file) {
                imported.entry(file).or_default().insert(name);
            }
        }
        arrows
    }

    /// What a path names in the module `here`. `None`: a module, or a name of another crate.
    fn resolve(
        &self,
        here: &[String],
        path: &[String],
        re_exports: usize,
    ) -> Option<Definition<'t>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.find(&[], rest, true, re_exports),
            "self" => self.find(here, rest, true, re_exports),
            "super" => {
                let (_, parent) = here.split_last()?;
                match rest.first() {
                    Some(next) if next == "super" => self.resolve(parent, rest, re_exports),
                    _ => self.find(parent, rest, true, re_exports),
                }
            }
            _ => self.find(here, path, false, re_exports),
        }
    }

    /// What a path names that begins in `module`: for certain, or unless its first name is another crate's.
    fn find(
        &self,
        module: &[String],
        path: &[String],
        is_certain: bool,
        re_exports: usize,
    ) -> Option<Definition<'t>> {
        let (first, rest) = path.split_first()?;
        let child = below(module, first);
        if self.0.contains_key(&child) {
            return self.find(&child, rest, true, re_exports);
        }
        let &Module { file, ref imports } = self.0.get(module)?;
        let is_glob = first == "*";
        let used = imports.uses.iter().find(|it| it.name == *first && it.path.len() > 1);
        match used.filter(|_| !is_glob && re_exports < MOST_RE_EXPORTS) {
            Some(used) => {
                let path = [used.path.as_slice(), rest].concat();
                self.resolve(module, &path, re_exports + 1)
            }
            None => is_certain.then(|| Definition { file, name: first.clone() }),
        }
    }
}

fn below(module: &[String], child: &str) -> Vec<String> {
    module.iter().cloned().chain([child.to_owned()]).collect()
}
