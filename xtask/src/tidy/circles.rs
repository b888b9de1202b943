//! No circles: files that import each other, directly or through others, can only be read together. A file imports
//! the file that defines a name it uses. A parent's `mod` declaration is no import, nor is a re-export that the
//! parent does not use itself; a name taken from a re-export is imported from the file that defines it. What is for
//! tests alone does not count.

mod imports;
mod modules;

use super::tree::{Finding, Tree};
use modules::{Arrows, Modules};
use std::collections::{BTreeMap, BTreeSet};

/// Places that still have circles, each with the reason. A circle through one of them is no finding.
const NOT_YET: [(&str, &str); 0] = [];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for root in roots(tree) {
        let arrows = Modules::read(tree, root).arrows();
        let circles = circles(&arrows);
        let is_allowed = |file: &str| NOT_YET.iter().any(|(place, _)| file.starts_with(place));
        let found = circles.iter().filter(|circle| !circle.iter().any(|file| is_allowed(file)));
        findings.extend(found.map(|circle| finding(circle, &arrows)));
    }
    findings
}

/// The root file of each crate: `lib.rs`, or `main.rs` where there is no library.
fn roots(tree: &Tree) -> impl Iterator<Item = &str> {
    let is_root = move |path: &str| {
        let Some((before, file)) = path.rsplit_once("/src/") else { return false };
        let name = before.strip_prefix("crates/").or_else(|| before.strip_prefix("testing/"));
        let name = name.unwrap_or(before);
        let is_crate = before == "xtask" || (name != before && !name.contains('/'));
        let has_library = || tree.file(&format!("{before}/src/lib.rs")).is_some();
        is_crate && (file == "lib.rs" || (file == "main.rs" && !has_library()))
    };
    tree.files.iter().map(|file| file.path.as_str()).filter(move |path| is_root(path))
}

/// The circles, each as the set of its files.
fn circles<'t>(arrows: &Arrows<'t>) -> Vec<BTreeSet<&'t str>> {
    let reached: BTreeMap<&'t str, BTreeSet<&'t str>> =
        arrows.keys().map(|&file| (file, reachable(file, arrows))).collect();
    let mut found = Vec::new();
    for (file, from_here) in &reached {
        let circle: BTreeSet<&'t str> =
            from_here.iter().copied().filter(|other| reached[*other].contains(file)).collect();
        // Each circle once: at the first of its files.
        if circle.len() > 1 && circle.first() == Some(file) {
            found.push(circle);
        }
    }
    found
}

/// The files that a file imports, directly or through others.
fn reachable<'t>(file: &'t str, arrows: &Arrows<'t>) -> BTreeSet<&'t str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        for next in arrows[file].keys() {
            if reached.insert(*next) {
                open.push(next);
            }
        }
    }
    reached
}

fn finding(circle: &BTreeSet<&str>, arrows: &Arrows<'_>) -> Finding {
    let mut ties = Vec::new();
    for from in circle {
        for (to, names) in arrows[*from].iter().filter(|(to, _)| circle.contains(**to)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            ties.push(format!("\n  {from} -> {to}: {}", names.join(", ")));
        }
    }
    let message = format!(
        "{} files import each other in a circle: move what they share into a file below them{}",
        circle.len(),
        ties.concat()
    );
    Finding::new(circle.first().copied().unwrap_or_default(), 1, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate of these modules, each declared by its parent.
    fn count(modules: &[(&str, &str)]) -> usize {
        let mut files = vec![("crates/a/src/lib.rs".to_owned(), String::new())];
        files.extend(
            modules
                .iter()
                .map(|(name, code)| (format!("crates/a/src/{name}.rs"), (*code).to_owned())),
        );
        for &(name, _) in modules {
            let (parent, child) = name.rsplit_once('/').unwrap_or(("lib", name));
            let parent = format!("crates/a/src/{parent}.rs");
            let (_, code) = files.iter_mut().find(|(path, _)| *path == parent).expect("a parent");
            code.push_str(&format!("\npub mod {child};"));
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, code)| (path.as_str(), code.as_str())).collect();
        check(&Tree::of(&files)).len()
    }

    #[test]
    fn imports_in_one_direction_pass() {
        let store = ("store", "pub use error::Error;\npub trait Store {}");
        let error = ("store/error", "pub struct Error;");
        // It takes `Error` from where it is defined, though through its parent.
        let engine = ("engine", "use crate::store::{Error, Store};\nimpl Store for Engine {}");
        assert_eq!(count(&[store, error, engine]), 0);
        let below = ("store/engine", "use super::{Error, Store};\nuse crate::store::error;");
        assert_eq!(count(&[store, error, below]), 0);
    }

    #[test]
    fn files_that_import_each_other_are_found() {
        assert_eq!(count(&[("b", "use crate::c::C;"), ("c", "fn f(b: super::b::B) {}")]), 1);
        let three = [
            ("b", "use crate::c::C;"),
            ("c", "use crate::d::*;"),
            ("d", "use crate::b;\nfn f() { b::f() }"),
        ];
        assert_eq!(count(&three), 1, "a circle is reported once");
        let apart = [
            ("b", "use crate::c::C;"),
            ("c", "use crate::b::B;"),
            ("d", "use crate::e::E;"),
            ("e", "use super::d::{self, D};"),
        ];
        assert_eq!(count(&apart), 2);
    }

    #[test]
    fn a_parent_and_its_child_are_files_like_others() {
        let child = ("b/c", "use super::B;\npub struct C(B);");
        assert_eq!(count(&[("b", "use c::C;\npub struct B;\nfn f(c: C) {}"), child]), 1);
        assert_eq!(count(&[("b", "pub struct B;\nfn f() { c::f() }"), child]), 1);
        assert_eq!(count(&[("b", "pub use c::C;\npub struct B;"), child]), 0, "a re-export alone");
        assert_eq!(count(&[("b", "pub use c::C;\npub struct B(C);"), child]), 1);
    }

    #[test]
    fn a_circle_through_a_re_export_is_found() {
        let store = ("store", "pub use open::{Opening, open};");
        let open = ("store/open", "use super::engine::Engine;\npub enum Opening {}");
        let engine = ("store/engine", "fn f(opening: super::Opening) {}");
        assert_eq!(count(&[store, open, engine]), 1);
    }

    #[test]
    fn tests_and_other_crates_do_not_count() {
        let c = ("c", "use crate::b::B;");
        assert_eq!(count(&[("b", "#[cfg(test)]\nmod tests {\n use crate::c::C;\n}\n"), c]), 0);
        assert_eq!(count(&[("b", "#[cfg(test)]\nuse crate::c::C;\npub struct B;"), c]), 0);
        assert_eq!(count(&[("b", "use c::C;\nfn f() { \"crate::c::C\"; c::C }"), c]), 0);
    }
}
