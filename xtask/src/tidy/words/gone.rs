//! Words that were taken out of comments, of strings that are sentences, and of documents, and do not come back.

use super::split;
use crate::tidy::tree::{File, Finding, Tree};

/// Each word with what is said instead.
const GONE: [(&str, &str); 32] = [
    ("anew", "again"),
    ("anybody", "name the party: a caller, a user, an attacker"),
    ("anyone", "name the party: a caller, a user, an attacker"),
    ("endings", "revocations"),
    ("ere", "before"),
    ("everybody", "name the party: all users, every service"),
    ("everyone", "name the party: all users, every service"),
    ("forthwith", "at once"),
    ("henceforth", "from now on"),
    ("hereby", "leave it out"),
    ("herein", "here, or the name of the place"),
    ("hitherto", "until now, or the version"),
    ("lately", "recently, or the time"),
    ("meanwhile", "at the same time, or the name of what happens then"),
    ("nobody", "no caller, no user, no program"),
    ("nowhere", "in no file, in no table"),
    ("oneself", "name the party, or leave it out"),
    ("somebody", "name the party: a caller, a user, an attacker"),
    ("someone", "name the party: a caller, a user, an attacker"),
    ("thence", "from there, or the name of the place"),
    ("thereby", "so, or a sentence of its own"),
    ("therein", "in it, or the name of the place"),
    ("thereof", "of it, or its name"),
    ("till", "until"),
    ("upkeep", "pruning"),
    ("upon", "on"),
    ("whence", "from where; of a request: client info"),
    ("whereby", "by which, or a sentence of its own"),
    ("wherein", "in which"),
    ("whoever", "name the party: a caller, a user, an attacker"),
    ("whomever", "name the party: a caller, a user, an attacker"),
    ("whosoever", "name the party: a caller, a user, an attacker"),
];

/// Finds them in comments of Rust and of the browser tests, in sentences that the program writes, and in documents.
/// The changelog stays as it was released.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        for comment in &source.comments {
            findings.extend(gone(file, comment.line, &comment.text));
        }
        let last = if file.is_test() { 0 } else { source.lines_without_tests() };
        for string in source.strings.iter().filter(|string| string.line <= last) {
            if string.text.contains(char::is_whitespace) {
                findings.extend(gone(file, string.line, &string.text));
            }
        }
    }
    for file in tree.under("end2end/").filter(|file| file.path.ends_with(".ts")) {
        for (index, line) in file.text.lines().enumerate() {
            findings.extend(gone(file, index + 1, comment_in_typescript(line)));
        }
    }
    let is_document = |file: &&File| file.path.ends_with(".md") && file.path != "CHANGELOG.md";
    for file in tree.files.iter().filter(is_document) {
        for (line, prose) in prose(&file.text) {
            findings.extend(gone(file, line, &prose));
        }
    }
    findings
}

fn gone(file: &File, line: usize, prose: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for word in split(prose) {
        if let Some((_, instead)) = GONE.iter().find(|(gone, _)| *gone == word) {
            let message = format!("\"{word}\" in prose: {instead}");
            findings.push(Finding::new(&file.path, line, message));
        }
    }
    findings
}

/// The comment in a line of TypeScript: the whole line, or what follows a `//` between spaces.
fn comment_in_typescript(line: &str) -> &str {
    let trimmed = line.trim_start();
    if ["//", "/*", "*"].iter().any(|mark| trimmed.starts_with(mark)) {
        return trimmed;
    }
    line.split_once(" // ").map_or("", |(_, comment)| comment)
}

/// The lines of a document, counted from 1, without code.
fn prose(document: &str) -> Vec<(usize, String)> {
    let (mut is_block, mut is_code) = (false, false);
    let mut lines = Vec::new();
    for (index, line) in document.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
            continue;
        }
        // A span may continue on the next line, but not in the next paragraph.
        is_code &= !line.trim().is_empty();
        let pieces: Vec<&str> = if is_block { Vec::new() } else { line.split('`').collect() };
        let prose: Vec<&str> =
            pieces.iter().skip(usize::from(is_code)).step_by(2).copied().collect();
        // An odd number of marks, so an even number of pieces, opens or closes a span.
        is_code ^= !pieces.is_empty() && pieces.len().is_multiple_of(2);
        lines.push((index + 1, prose.join(" ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn names_are_no_prose() {
        let code = "//! A caller.\nfn whoever() { \"whoever\" }\n";
        assert_eq!(count("crates/a/src/lib.rs", code), 0);
        assert_eq!(
            count("docs/a.md", "The event `endings.stale`, [12](0012-endings-travel.md).\n"),
            0
        );
        assert_eq!(count("docs/a.md", "A span `of\nnobody` here.\n\n```sh\nwhoever\n```\n"), 0);
        let code =
            "const nobody = 'whoever' // a caller\nawait page.goto('https://whoever.example')";
        assert_eq!(count("end2end/a.spec.ts", code), 0);
    }

    #[test]
    fn what_is_released_or_a_test_is_left_as_it_is() {
        assert_eq!(count("CHANGELOG.md", "Nobody.\n"), 0);
        let code = "fn f() { \"Nobody asks.\" }\n";
        assert_eq!(count("crates/a/tests/it/f.rs", code), 0);
        let own = format!("//! A caller.\n#[cfg(test)]\nmod tests {{\n    {code}}}\n");
        assert_eq!(count("crates/a/src/lib.rs", &own), 0);
    }

    #[test]
    fn a_word_that_comes_back_is_found() {
        assert_eq!(count("crates/a/src/lib.rs", "//! Whoever calls.\n// Till then\n"), 2);
        assert_eq!(count("crates/a/src/lib.rs", "fn f() { \"Nobody asks.\" }\n"), 1);
        assert_eq!(count("docs/a.md", "Nobody `asks`.\n"), 1);
        assert_eq!(count("docs/a.md", "A span `that\nwraps` and nobody.\n"), 1);
        assert_eq!(count("docs/a.md", "A lone ` mark.\n\nNobody.\n"), 1);
        assert_eq!(count("end2end/a.spec.ts", "// Nobody\nf() // lately\n/**\n * anew */"), 3);
    }
}
