//! What a file names: its `use` declarations, the paths in the rest of its code, and the modules it declares.

use crate::tidy::source::{character_literal, is_name_part};
use std::collections::BTreeSet;

/// The names in a file, without those in code for tests alone.
#[derive(Default)]
pub(super) struct Imports {
    /// The modules with a file of their own.
    pub(super) modules: Vec<String>,
    pub(super) uses: Vec<Use>,
    /// Paths of two names or more, outside `use` declarations.
    paths: Vec<Vec<String>>,
    /// The names that stand alone or begin a path, outside `use` declarations.
    names: BTreeSet<String>,
}

/// A name that a `use` declaration brings into scope.
pub(super) struct Use {
    /// As written; a glob ends in `*`.
    pub(super) path: Vec<String>,
    pub(super) name: String,
    is_public: bool,
}

/// The attribute of code for tests alone.
const FOR_TESTS: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

impl Imports {
    /// Reads code without comments and the insides of strings.
    pub(super) fn read(code: &str) -> Self {
        let tokens = without_tests(&tokens(code));
        let mut imports = Self::default();
        let mut at = 0;
        while at < tokens.len() {
            at = imports.read_from(&tokens, at);
        }
        imports
    }

    /// The paths of what the file uses itself: a re-export counts only if the name stands in the rest of the code.
    pub(super) fn used(&self) -> impl Iterator<Item = &[String]> {
        let uses =
            self.uses.iter().filter(move |it| !it.is_public || self.names.contains(&it.name));
        uses.map(|it| &it.path).chain(&self.paths).map(Vec::as_slice)
    }

    /// Reads what begins at a token. Returns the position behind it.
    fn read_from(&mut self, tokens: &[&str], at: usize) -> usize {
        let before = at.checked_sub(1).map_or("", |before| tokens[before]);
        match tokens[at..] {
            // Not the `use<'a>` of a type.
            ["use", next, ..] if next != "<" => {
                self.read_use(tokens, at + 1, &[], matches!(before, "pub" | ")"))
            }
            ["mod", name, ";", ..] => {
                self.modules.push(name.to_owned());
                at + 3
            }
            [name, ..] if is_name(name) && !matches!(before, "::" | ".") => {
                self.read_path(tokens, at)
            }
            _ => at + 1,
        }
    }

    fn read_path(&mut self, tokens: &[&str], mut at: usize) -> usize {
        let mut path = vec![tokens[at].to_owned()];
        self.names.extend(path.first().cloned());
        at += 1;
        while let ["::", name, ..] = tokens[at..]
            && is_name(name)
        {
            path.push(name.to_owned());
            at += 2;
        }
        if path.len() > 1 {
            self.paths.push(path);
        }
        at
    }

    /// Reads a tree of a `use` declaration, below `prefix`.
    fn read_use(
        &mut self,
        tokens: &[&str],
        mut at: usize,
        prefix: &[String],
        is_public: bool,
    ) -> usize {
        let mut path = prefix.to_vec();
        loop {
            match tokens[at..] {
                ["::", ..] => at += 1,
                ["{", ..] => {
                    at += 1;
                    while tokens.get(at).is_some_and(|token| *token != "}") {
                        at = self.read_use(tokens, at, &path, is_public).max(at + 1);
                        at += usize::from(tokens.get(at) == Some(&","));
                    }
                    return at + 1;
                }
                ["as", name, ..] => {
                    self.uses.push(Use { path, name: name.to_owned(), is_public });
                    return at + 2;
                }
                [name, ..] if is_name(name) || name == "*" => {
                    path.push(name.to_owned());
                    at += 1;
                }
                _ => {
                    path.pop_if(|last| *last == "self");
                    let name = path.last().cloned();
                    self.uses.extend(name.map(|name| Use { path, name, is_public }));
                    return at;
                }
            }
        }
    }
}

/// The code's names, `::`, and every other character. Character literals are left out: they may be braces.
fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => character_literal(rest),
            ':' if rest.starts_with("::") => 2,
            _ if is_name_part(first) => rest.find(|it| !is_name_part(it)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length.min(rest.len()));
        if first != '\'' && !first.is_whitespace() {
            found.push(token);
        }
        rest = behind;
    }
    found
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn without_tests<'c>(tokens: &[&'c str]) -> Vec<&'c str> {
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let [first, behind @ ..] = rest {
        if rest.starts_with(&FOR_TESTS) {
            rest = behind_item(&rest[FOR_TESTS.len()..]);
        } else {
            kept.push(*first);
            rest = behind;
        }
    }
    kept
}

/// What follows the item at the beginning: an item ends with `;` or with its block.
fn behind_item<'t, 'c>(tokens: &'t [&'c str]) -> &'t [&'c str] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(*token, ";" | "}") {
            return &tokens[at + 1..];
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(code: &str) -> Vec<String> {
        let mut used: Vec<_> = Imports::read(code).used().map(|path| path.join("::")).collect();
        used.sort();
        used
    }

    #[test]
    fn a_use_declaration_is_read_name_by_name() {
        let code = "use a::b::{self, C, d::{E as F, *}};\npub(crate) use super::g;\nuse h as _;";
        let names = ["a::b", "a::b::C", "a::b::d::*", "a::b::d::E", "h"];
        assert_eq!(used(code), names, "a re-export is not used");
        assert_eq!(used(&format!("{code}\nfn f() {{ g() }}")).len(), names.len() + 1);
    }

    #[test]
    fn paths_in_code_are_read() {
        assert_eq!(
            used("fn f(x: &crate::a::B) -> c::D<'_> { x.e::<u8>() }"),
            ["c::D", "crate::a::B"]
        );
        assert_eq!(used("fn f() -> impl g::H + use<'_> { '{' }"), ["g::H"]);
    }

    #[test]
    fn code_for_tests_is_left_out() {
        let code = "#[cfg(test)]\nmod t { fn f() { a::b(); } }\n#[cfg(test)]\nfn g() -> [u8; 2] { c::d() }\nmod e;\n#[cfg(test)]\nmod f;\nfn h() { i::j() }";
        assert_eq!(used(code), ["i::j"]);
        assert_eq!(Imports::read(code).modules, ["e"]);
    }
}
