//! Released migrations are immutable, because they have run on users' databases. `xtask/released-migrations.txt`
//! lists them with their hashes.

use super::tree::{Finding, Tree};
use crate::files::sha256;

const LIST: &str = "xtask/released-migrations.txt";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(list) = tree.file(LIST) else {
        return vec![Finding::new(LIST, 1, "the list of released migrations is missing")];
    };
    let mut findings = Vec::new();
    for (index, line) in list.text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut find = |message: String| findings.push(Finding::new(LIST, index + 1, message));
        // The format of sha256sum: hash, two spaces, path.
        let Some((hash, path)) = line.split_once("  ") else {
            find("a line is a SHA-256, two spaces, and a path".to_owned());
            continue;
        };
        match tree.file(path) {
            None => find(format!("{path} was released and is gone")),
            Some(file) if sha256(file.text.as_bytes()) != hash => {
                find(format!("{path} was released and has changed: write a new migration"));
            }
            Some(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "crates/backend/migrations/sqlite/0001_users.sql";

    fn count(list: &str, migration: &str) -> usize {
        check(&Tree::of(&[(LIST, list), (FIRST, migration)])).len()
    }

    #[test]
    fn an_untouched_migration_passes() {
        let list = format!("# released\n{}  {FIRST}\n", sha256(b"CREATE TABLE u (id TEXT);"));
        assert_eq!(count(&list, "CREATE TABLE u (id TEXT);"), 0);
        assert_eq!(count("# none yet\n", "anything"), 0);
    }

    #[test]
    fn a_changed_or_missing_migration_is_found() {
        let list = format!("{}  {FIRST}\n", sha256(b"CREATE TABLE u (id TEXT);"));
        assert_eq!(count(&list, "CREATE TABLE u (id BLOB);"), 1);
        assert_eq!(check(&Tree::of(&[(LIST, &list)])).len(), 1);
        assert_eq!(check(&Tree::default()).len(), 1);
        assert_eq!(count("nonsense\n", ""), 1);
    }
}
