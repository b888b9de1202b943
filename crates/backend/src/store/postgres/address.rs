//! The URL of a PostgreSQL database. What it leaves out comes from the standard `PG…` variables and `~/.pgpass`, as
//! in every client of PostgreSQL. It must not repeat what it read: there is a password in it.

use std::net::IpAddr;
use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::store::StoreError;

/// The name that the database's own tools show beside a connection.
const APPLICATION: &str = "baton";
/// The known parameters. sqlx would log another one, with its value, and continue.
const PARAMETERS: [&str; 12] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Parses the URL; warns of a connection that would not verify the server.
pub(super) fn parse(text: &str) -> Result<PgConnectOptions, StoreError> {
    let options = read(text)?;
    if !is_verified(options.get_ssl_mode()) && !is_near(&options) {
        tracing::warn!(
            event = "database.unverified",
            "any host between Baton and the database can pose as it: add sslmode=verify-full to the URL"
        );
    }
    Ok(options)
}

/// Parses the URL.
pub(super) fn read(text: &str) -> Result<PgConnectOptions, StoreError> {
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    for (name, _) in url.query_pairs() {
        let base = if name.starts_with("options[") { "options" } else { &*name };
        if !PARAMETERS.contains(&base) {
            return Err(wrong(&format!("it has an unknown parameter {name:?}")));
        }
    }
    let options = PgConnectOptions::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    let named = options.get_application_name().is_some();
    let options = if named { options } else { options.application_name(APPLICATION) };
    // No column is a floating-point number, and poolers do not know the parameter.
    Ok(options.extra_float_digits(None))
}

/// Which database it is: host, port and name, and its schema if that is not the usual one. Never the user: names
/// that PostgreSQL takes from the user by default are left out.
pub(super) fn name(options: &PgConnectOptions, schema: Option<&str>) -> String {
    let user = options.get_username();
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let database = options.get_database().filter(|database| *database != user);
    let name = format!("postgres://{host}:{}/{}", options.get_port(), database.unwrap_or_default());
    match schema.filter(|schema| !["", "public", user].contains(schema)) {
        Some(schema) => format!("{name} (schema {schema})"),
        None => name,
    }
}

fn is_verified(mode: PgSslMode) -> bool {
    matches!(mode, PgSslMode::VerifyFull)
}

/// Whether the connection stays on this machine.
fn is_near(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn wrong(what: &str) -> StoreError {
    StoreError::Url(format!(
        "the URL cannot be read, {what}: write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded"
    ))
}
