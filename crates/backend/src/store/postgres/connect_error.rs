//! Why PostgreSQL cannot be used, and the remedy, for the operator who starts the program. It must not repeat a
//! credential, and PostgreSQL's own text for a refused login names the user.

use std::io;

use crate::store::StoreError;

/// The remedy for each SQLSTATE that an operator can act on (PostgreSQL's documentation, appendix A).
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
        // rustls reports an invalid certificate as an error of reading.
        sqlx::Error::Io(cause) if cause.kind() != io::ErrorKind::InvalidData => because(
            "the server cannot be reached: is it running, and are host and port right?",
            error,
        ),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => because(
            "the server's TLS does not hold: name its authority with sslrootcert=FILE, or see sslmode",
            error,
        ),
        sqlx::Error::Protocol(_) => because(
            "what answers there does not speak as PostgreSQL does: are host and port right?",
            error,
        ),
        _ => StoreError::Database(error),
    }
}

/// An error in our own words, and its cause in those of the library.
fn because(remedy: &str, error: sqlx::Error) -> StoreError {
    let cause = match error {
        // sqlx's wrapper would repeat it.
        sqlx::Error::Io(cause) => cause.into(),
        sqlx::Error::Tls(cause) => cause,
        other => other.into(),
    };
    StoreError::Unusable { remedy: remedy.to_owned(), source: Some(cause) }
}

/// An error in our own words alone.
pub(super) fn unusable(remedy: &str) -> StoreError {
    StoreError::Unusable { remedy: remedy.to_owned(), source: None }
}
