//! Compares the schema of a database with the migrations that this program knows: current, older or newer. It reads
//! no database.
//!
//! A program works with a newer schema because migrations are additive: what an older program reads and writes
//! stays. The name of a migration that is not begins with [`BREAKING`], which older programs find in sqlx's table
//! of applied migrations; `cargo xtask tidy` checks that.

use std::collections::BTreeMap;

use sqlx::migrate::{MigrateError, Migrator};

use super::StoreError;

/// The first word of a migration that breaks the programs which do not know it.
const BREAKING: &str = "breaking";

/// A database's schema, as this program sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// The one that this program knows.
    Current,
    /// Some migrations have not been applied yet.
    Older {
        /// The version of the last one that has been.
        version: i64,
        /// The version that this program knows.
        known: i64,
    },
    /// A newer program has applied migrations that this one does not know. None of them breaks it.
    Newer {
        /// The version of the last one.
        version: i64,
        /// The version that this program knows.
        known: i64,
    },
}

/// A migration that has been applied, as sqlx has recorded it.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) version: i64,
    /// From the name of its file.
    pub(super) description: String,
    pub(super) checksum: Vec<u8>,
    /// Whether it was applied whole.
    pub(super) is_done: bool,
}

/// Compares. `None`: no migration has been applied, so the database is not one of Baton's.
pub(super) fn compare(
    applied: &[Applied],
    migrator: &Migrator,
) -> Result<Option<Schema>, StoreError> {
    let Some(last) = applied.last() else { return Ok(None) };
    if let Some(half) = applied.iter().find(|migration| !migration.is_done) {
        return Err(MigrateError::Dirty(half.version).into());
    }
    let mut unknown: BTreeMap<i64, &Applied> =
        applied.iter().map(|migration| (migration.version, migration)).collect();
    let (mut missing, mut known) = (false, 0);
    for migration in migrator.iter() {
        known = known.max(migration.version);
        match unknown.remove(&migration.version) {
            Some(it) if it.checksum == *migration.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version).into()),
            None => missing = true,
        }
    }
    let version = last.version;
    match unknown.values().next() {
        None if missing => Ok(Some(Schema::Older { version, known })),
        None => Ok(Some(Schema::Current)),
        Some(first) if missing || first.version < known => {
            Err(MigrateError::VersionMissing(first.version).into())
        }
        Some(_) if unknown.values().any(|it| it.description.starts_with(BREAKING)) => {
            Err(MigrateError::VersionMissing(version).into())
        }
        Some(_) => Ok(Some(Schema::Newer { version, known })),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::SqlSafeStr as _;
    use sqlx::migrate::{Migration, MigrationType};

    use super::*;

    fn migrator() -> Migrator {
        let migration = |version| {
            let name = Cow::Borrowed("a table");
            let sql = "CREATE TABLE t (id INTEGER)".into_sql_str();
            Migration::new(version, name, MigrationType::Simple, sql, false)
        };
        Migrator { migrations: vec![migration(1), migration(2)].into(), ..Migrator::DEFAULT }
    }

    fn applied(version: i64, description: &str) -> Applied {
        let checksum = migrator().iter().next().expect("a migration").checksum.to_vec();
        Applied { version, description: description.to_owned(), checksum, is_done: true }
    }

    fn compared(applied: &[Applied]) -> Result<Option<Schema>, String> {
        compare(applied, &migrator()).map_err(|error| match error {
            StoreError::Migration(error) => error.to_string(),
            other => other.to_string(),
        })
    }

    #[test]
    fn a_schema_is_current_older_or_newer() {
        let at = |version| applied(version, "a table");
        assert_eq!(compared(&[]), Ok(None));
        assert_eq!(compared(&[at(1), at(2)]), Ok(Some(Schema::Current)));
        let older = Schema::Older { version: 1, known: 2 };
        assert_eq!(compared(&[at(1)]), Ok(Some(older)));
        let newer = Schema::Newer { version: 4, known: 2 };
        assert_eq!(compared(&[at(1), at(2), at(3), at(4)]), Ok(Some(newer)));
    }

    #[test]
    fn a_schema_that_this_program_cannot_work_with_is_an_error() {
        let at = |version| applied(version, "a table");
        let breaking = [at(1), at(2), applied(3, "breaking names"), at(4)];
        assert!(compared(&breaking).is_err(), "it says so in its name");
        assert!(compared(&[at(1), at(3)]).is_err(), "newer, and one is missing");
        assert!(compared(&[at(0), at(1), at(2)]).is_err(), "unknown, and not newer");
        assert!(compared(&[at(1), Applied { checksum: vec![1], ..at(2) }]).is_err(), "another one");
        assert!(compared(&[at(1), Applied { is_done: false, ..at(2) }]).is_err(), "half done");
    }
}
