//! Additive migrations: every table and column that the previous version reads and writes stays as it is, so that its
//! commands work on a database that a newer server has migrated, `baton sessions revoke` above all. A migration that
//! cannot be additive has `breaking` as the first word of its name, which older programs look for
//! (`crates/backend/src/store/schema.rs`); one that only looks restrictive says why it is not:
//! `-- compatible: reason` in the statement.

use super::tree::{Finding, Tree};

const FOLDER: &str = "crates/backend/migrations/";
const MESSAGE: &str = "takes away or restricts what programs of the version before use: add instead, say \
    `-- compatible: reason` in the statement, or name the file NNNN_breaking_….sql";

/// Statements that remove or restrict, as sequences of words.
const NOT_ADDITIVE: [&[&str]; 8] = [
    &["DROP", "TABLE"],
    &["DROP", "COLUMN"],
    &["RENAME"],
    &["ALTER", "COLUMN"],
    &["ADD", "CONSTRAINT"],
    &["ADD", "CHECK"],
    &["ADD", "UNIQUE"],
    &["CREATE", "UNIQUE", "INDEX"],
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.starts_with(FOLDER)) {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let words_of_name = name.split_once('_').map(|(_, words)| words);
        if words_of_name.is_some_and(|words| words.starts_with("breaking_")) {
            continue;
        }
        let mut line = 1;
        for statement in file.text.split(';') {
            let leading = statement.len() - statement.trim_start().len();
            let start = line + statement[..leading].matches('\n').count();
            if !is_additive(statement) && !has_reason(statement) {
                findings.push(Finding::new(&file.path, start, MESSAGE));
            }
            line += statement.matches('\n').count();
        }
    }
    findings
}

fn is_additive(statement: &str) -> bool {
    let lines = statement.lines().map(|line| line.split("--").next().unwrap_or_default());
    let words: Vec<String> =
        lines.flat_map(str::split_whitespace).map(str::to_ascii_uppercase).collect();
    let holds = |sought: &[&str]| words.windows(sought.len()).any(|window| window == sought);
    let requires = holds(&["ADD", "COLUMN"]) && holds(&["NOT", "NULL"]) && !holds(&["DEFAULT"]);
    !requires && !NOT_ADDITIVE.iter().any(|sought| holds(sought))
}

fn has_reason(statement: &str) -> bool {
    let reasons = statement.lines().filter_map(|line| line.split_once("-- compatible:"));
    reasons.into_iter().any(|(_, reason)| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(name: &str, text: &str) -> usize {
        check(&Tree::of(&[(&format!("{FOLDER}sqlite/{name}.sql"), text)])).len()
    }

    #[test]
    fn what_adds_passes() {
        for text in [
            "CREATE TABLE t (id TEXT NOT NULL UNIQUE);\nCREATE INDEX i ON t (id);",
            "ALTER TABLE t ADD COLUMN x TEXT;",
            "ALTER TABLE t ADD COLUMN x TEXT NOT NULL DEFAULT '';",
            "DROP INDEX i; -- DROP TABLE t",
            "-- compatible: nothing has used it since 0.2\nDROP TABLE t;",
        ] {
            assert_eq!(count("0009_more", text), 0, "{text}");
        }
        assert_eq!(count("0009_breaking_names", "DROP TABLE t;"), 0);
    }

    #[test]
    fn what_takes_away_or_restricts_is_found() {
        for text in [
            "DROP TABLE t;",
            "ALTER TABLE t DROP COLUMN x;",
            "alter table t rename column x to y;",
            "ALTER TABLE t ALTER COLUMN x SET NOT NULL;",
            "ALTER TABLE t ADD CONSTRAINT c CHECK (x > 0);",
            "ALTER TABLE t ADD COLUMN x TEXT NOT NULL;",
            "CREATE UNIQUE INDEX i ON t (x);",
            "-- compatible:\nDROP TABLE t;",
        ] {
            assert_eq!(count("0009_less", text), 1, "{text}");
        }
        let second = check(&Tree::of(&[(
            &format!("{FOLDER}postgres/0009_unbreaking_names.sql"),
            "CREATE TABLE t (x TEXT);\n\nDROP TABLE u;\n",
        )]));
        let path = format!("{FOLDER}postgres/0009_unbreaking_names.sql");
        assert_eq!(second, [Finding::new(&path, 3, MESSAGE)]);
    }
}
