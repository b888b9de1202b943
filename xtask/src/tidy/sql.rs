//! Every UPDATE and DELETE is a conditional write: its `WHERE` names the state that it expects of the row; otherwise
//! two concurrent requests can both believe they made the change. A write that needs no such guard says why:
//! `-- unguarded: reason` in the statement, or `// unguarded: reason` just above it. And each `INSERT INTO table
//! (columns)` stands once in its crate, so that a new column is added in one place.

use std::collections::BTreeSet;

use super::tree::{File, Finding, Tree};

/// Conditions that name a state. The first is a session's revocation, the second its generation, the next two a
/// user's standing, then the count of wrong passwords, and whether a signing key is still valid.
const GUARDS: [&str; 6] = [
    "revoked_at IS NULL",
    "generation =",
    "disabled_at IS NULL",
    "disabled_at IS NOT NULL",
    "failures =",
    "retired_at IS NULL",
];

const MESSAGE: &str = "changes rows without a state guard: add one to its WHERE \
    (revoked_at IS NULL, generation = …, disabled_at IS NULL, failures = …, retired_at IS NULL), or `-- unguarded: reason`";

const REPEATED: &str = "the same INSERT INTO with the same columns stands elsewhere in this crate: share it by a macro";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = repeated_inserts(tree);
    for file in tree.under("crates/backend/src/store") {
        findings.extend(in_rust(file));
    }
    for file in tree.files.iter().filter(|file| file.path.ends_with(".sql")) {
        let mut line = 1;
        for statement in file.text.split(';') {
            let leading = statement.len() - statement.trim_start().len();
            let start = line + statement[..leading].matches('\n').count();
            if changes_rows(statement) && !is_guarded(statement) {
                findings.push(Finding::new(&file.path, start, MESSAGE));
            }
            line += statement.matches('\n').count();
        }
    }
    findings
}

fn in_rust(file: &File) -> Vec<Finding> {
    let Some(source) = &file.source else { return Vec::new() };
    // A reason applies to the statement at most three lines below it.
    let excused = |line: usize| {
        let comments = source.comments.iter();
        let mut near =
            comments.filter(|comment| (line.saturating_sub(3)..=line).contains(&comment.line));
        near.any(|comment| has_reason(&comment.text))
    };
    let strings = source.strings.iter();
    strings
        .filter(|string| string.text.split(';').any(|it| changes_rows(it) && !is_guarded(it)))
        .filter(|string| !excused(string.line))
        .map(|string| Finding::new(&file.path, string.line, MESSAGE))
        .collect()
}

fn repeated_inserts(tree: &Tree) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    let mut findings = Vec::new();
    for (file, source) in tree.rust().filter(|(file, _)| !file.is_test()) {
        let Some((its_crate, _)) = file.path.split_once("/src/") else { continue };
        let last = source.lines_without_tests();
        for string in source.strings.iter().filter(|string| string.line <= last) {
            for insert in inserts(&string.text) {
                if !known.insert((its_crate, insert)) {
                    findings.push(Finding::new(&file.path, string.line, REPEATED));
                }
            }
        }
    }
    findings
}

/// Each `INSERT INTO table (columns`, unless the columns have a name: `({columns})`.
fn inserts(text: &str) -> Vec<String> {
    let words = without_comments(text).join(" ");
    let beginnings = words.match_indices("INSERT INTO ");
    beginnings
        .filter_map(|(at, _)| {
            let (insert, _) = words[at..].split_once(')')?;
            let (_, columns) = insert.split_once('(')?;
            (!columns.starts_with('{')).then(|| insert.to_owned())
        })
        .collect()
}

/// Whether this is an UPDATE or DELETE, an upsert's or a common table expression's included, but neither a lock (`FOR
/// UPDATE`), nor a rule of a foreign key (`ON DELETE`), nor a trigger's event (`AFTER UPDATE OF`).
fn changes_rows(statement: &str) -> bool {
    let words: Vec<&str> = without_comments(statement);
    words.iter().enumerate().any(|(index, word)| {
        let word = word.trim_start_matches('(');
        let before = index.checked_sub(1).map(|before| words[before]);
        match word {
            "UPDATE" => {
                let after = words.get(index + 1);
                !matches!(before, Some("FOR" | "ON")) && after.is_some_and(|after| *after != "OF")
            }
            "DELETE" => words.get(index + 1) == Some(&"FROM"),
            _ => false,
        }
    })
}

fn is_guarded(statement: &str) -> bool {
    if has_reason(statement) {
        return true;
    }
    // The text before WHERE is the new state, not the expected one.
    let words = without_comments(statement).join(" ");
    let condition = words.split_once(" WHERE ").map(|(_, condition)| condition);
    condition.is_some_and(|condition| GUARDS.iter().any(|guard| condition.contains(guard)))
}

/// The statement's words; a `\` at the end of a line only continues a Rust string.
fn without_comments(statement: &str) -> Vec<&str> {
    let lines = statement.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.flat_map(str::split_whitespace).filter(|word| *word != "\\").collect()
}

fn has_reason(text: &str) -> bool {
    let reasons = text.lines().filter_map(|line| line.split_once("unguarded:"));
    reasons.into_iter().any(|(_, reason)| !reason.trim_end_matches('\\').trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_store(statement: &str) -> usize {
        let text = format!("//! S.\nconst A: &str = \"{statement}\";\n");
        check(&Tree::of(&[("crates/backend/src/store/sql.rs", &text)])).len()
    }

    #[test]
    fn a_guarded_write_passes() {
        assert_eq!(in_store("UPDATE s SET x = 1 WHERE id = $1 AND revoked_at IS NULL"), 0);
        assert_eq!(in_store("UPDATE s SET x = 1 \\\n  WHERE id = $1 AND generation = $2"), 0);
        assert_eq!(in_store("SELECT id FROM s WHERE id = $1 FOR UPDATE"), 0);
        assert_eq!(in_store("CREATE TRIGGER t AFTER UPDATE OF x ON s EXECUTE FUNCTION f()"), 0);
        assert_eq!(in_store("UPDATE u SET x = 1 WHERE id = $1 AND disabled_at IS NOT NULL"), 0);
        assert_eq!(in_store("the word UPDATE"), 0);
    }

    #[test]
    fn an_unguarded_write_is_found() {
        assert_eq!(in_store("UPDATE s SET x = 1 WHERE id = $1"), 1);
        assert_eq!(in_store("UPDATE s SET generation = $2 WHERE id = $1"), 1);
        assert_eq!(in_store("DELETE FROM s WHERE id = $1"), 1);
        assert_eq!(in_store("INSERT INTO s VALUES ($1) ON CONFLICT (id) DO UPDATE SET x = 1"), 1);
        assert_eq!(in_store("WITH a AS (UPDATE s SET x = 1 WHERE id = $1) SELECT 1"), 1);
    }

    #[test]
    fn a_reason_excuses_the_statement_it_stands_with() {
        assert_eq!(in_store("-- unguarded: they are long over\nDELETE FROM s WHERE x < $1"), 0);
        assert_eq!(in_store("-- unguarded:\nDELETE FROM s WHERE x < $1"), 1);
        let above = "//! S.\n// unguarded: it only counts\nconst A: &str = \"DELETE FROM s\";\n";
        assert_eq!(check(&Tree::of(&[("crates/backend/src/store/sql.rs", above)])), []);
    }

    #[test]
    fn a_list_of_columns_stands_once_in_a_crate() {
        let (one, other) =
            ("INSERT INTO s (a, b) SELECT $1, $2", "INSERT INTO s \\\n  (a, b) VALUES");
        let files = |path: &str, statement: &str| {
            let first = format!("//! S.\nconst A: &str = \"{one}\";\n");
            let second = format!("//! S.\n\nconst B: &str = \"{statement}\";\n");
            check(&Tree::of(&[("crates/a/src/store.rs", &first), (path, &second)]))
        };
        let found = [Finding::new("crates/a/src/sql.rs", 3, REPEATED)];
        assert_eq!(files("crates/a/src/sql.rs", other), found);
        assert_eq!(files("crates/a/src/sql.rs", "INSERT INTO s (a) SELECT $1"), []);
        assert_eq!(files("crates/b/src/sql.rs", other), []);
        assert_eq!(files("crates/a/tests/it/sql.rs", other), []);
        let named = "INSERT INTO s ({columns}) VALUES";
        assert_eq!(in_store(&format!("{named} ($1); {named} ($2)")), 0);
    }

    #[test]
    fn migrations_are_read_statement_by_statement() {
        let text = "CREATE TABLE s (u TEXT REFERENCES u ON DELETE CASCADE);\n\nDELETE FROM s;\n";
        let findings = check(&Tree::of(&[("crates/backend/migrations/sqlite/1.sql", text)]));
        assert_eq!(findings, [Finding::new("crates/backend/migrations/sqlite/1.sql", 3, MESSAGE)]);
    }
}
