//! Why PostgreSQL cannot be used, in words that say how to mend it. For whoever starts the program; it
//! must not repeat a credential, and PostgreSQL's own words for a refused login name the user.

use crate::store::StoreError;

/// What to try for each SQLSTATE that an operator can do something about
/// (PostgreSQL's documentation, appendix A).
const REMEDIES: [(&str, &str); 9] = [
    (
        "28",
        "the server refuses the user or the password: mend them in the URL, or in the server's pg_hba.conf",
    ),
    (
        "3D000",
        "the database does not exist: create it with CREATE DATABASE, or mend its name in the URL",
    ),
    (
        "3F000",
        "the user's search_path names no schema that exists: create it, or mend the search_path",
    ),
    (
        "42501",
        "the user may not create tables in its schema: make it the owner of the database, or GRANT CREATE ON SCHEMA public",
    ),
    (
        "53300",
        "the server has no connection left: raise its max_connections, or stop what uses them",
    ),
    ("57P03", "the server is starting or stopping: try again in a moment"),
    ("25006", "the server can only be read: name the primary, not a standby"),
    (
        "55P03",
        "another instance has been changing the schema for a minute: wait until it is done, and start again",
    ),
    ("42P07", "the schema holds tables that are not Baton's: give it a database of its own"),
];

/// The error with its remedy.
pub(super) fn explain(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            match REMEDIES.iter().find(|(class, _)| code.starts_with(class)) {
                Some((_, remedy)) => unusable(remedy),
                None => StoreError::Database(error),
            }
        }
        sqlx::Error::Io(_) => StoreError::Unusable {
            remedy: "the server cannot be reached: is it running, and are host and port right?"
                .to_owned(),
            source: Some(error),
        },
        sqlx::Error::Tls(_) => StoreError::Unusable {
            remedy:
                "the server's TLS does not hold: name its authority with sslrootcert=FILE, or see sslmode"
                    .to_owned(),
            source: Some(error),
        },
        _ => StoreError::Database(error),
    }
}

/// An error that is said in our own words alone.
pub(super) fn unusable(remedy: &str) -> StoreError {
    StoreError::Unusable { remedy: remedy.to_owned(), source: None }
}
