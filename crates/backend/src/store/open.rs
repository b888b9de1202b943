//! Opening a database: the engine that a URL names, whether the database exists, and whether this program can work
//! with its schema. Only `serve` and `migrate` create or migrate one; every other command takes it as it is.

use std::sync::Arc;

use sqlx::migrate::MigrateError;

use super::hot::Hot;
use super::opening::Opening;
use super::remembering::Remembering;
use super::schema::Schema;
use super::{Store, StoreError, memory, postgres, queries, sqlite};

/// The URL of the in-memory engine.
const MEMORY: &str = "memory:";

/// A database that was opened.
pub struct Database {
    /// The store over it.
    pub store: Arc<dyn Store>,
    /// Its name, without a credential.
    pub name: String,
    /// Its schema.
    pub schema: Schema,
}

/// Opens the engine that `url` names, creates a missing database, and applies pending migrations.
///
/// # Errors
/// If the URL names no engine, or the engine cannot be opened.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(open_database(url, Opening::Create).await?.store)
}

/// Opens the engine that `url` names.
///
/// # Errors
/// [`StoreError::Absent`] if the database has to exist and does not. If the URL names no engine, the engine cannot
/// be opened, or this program cannot work with the schema.
pub async fn open_database(url: &str, opening: Opening) -> Result<Database, StoreError> {
    open_engine(url, opening).await.map_err(|error| match error {
        StoreError::Migration(MigrateError::VersionMissing(_)) => StoreError::Unusable {
            remedy: "its schema was made by a newer version of Baton: start that one, or restore the backup from before".to_owned(),
            source: None,
        },
        other => other,
    })
}

async fn open_engine(url: &str, opening: Opening) -> Result<Database, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => {
            let (engine, schema) = sqlite::Sqlite::open(url, opening).await?;
            let sql = queries::Sql::new(engine, schema);
            let store: Arc<dyn Store> = match opening {
                Opening::Create | Opening::Migrate => Arc::new(Hot::over(sql)),
                Opening::AsItIs => Arc::new(sql),
            };
            Ok(Database { store, name: name_of(url), schema })
        }
        Some(("memory", "")) if opening == Opening::AsItIs => {
            Err(StoreError::Absent { found: "it is in the memory of a `baton serve`" })
        }
        Some(("memory", "")) => {
            let store = Arc::new(memory::Memory::default());
            Ok(Database { store, name: name_of(url), schema: Schema::Current })
        }
        Some(("postgres" | "postgresql", _)) => {
            let (engine, schema, name) = postgres::Postgres::open(url, opening).await?;
            let sql = queries::Sql::new(engine, schema);
            let store: Arc<dyn Store> = match opening {
                Opening::Create | Opening::Migrate => Arc::new(Remembering::over(sql)),
                Opening::AsItIs => Arc::new(sql),
            };
            Ok(Database { store, name, schema })
        }
        _ => Err(StoreError::Url(format!(
            "{:?} names no database: use sqlite:FILE, postgres://USER:PASSWORD@HOST/DATABASE, or memory: to forget everything at exit",
            without_credentials(url)
        ))),
    }
}

/// Whether data stored there is lost at exit.
#[must_use]
pub fn is_forgetful(url: &str) -> bool {
    url == MEMORY
}

/// Which database the URL names, as it may be shown: the absolute path of a file; host, port and database of a
/// server, and never a user or a password.
#[must_use]
pub fn name_of(url: &str) -> String {
    let name = match url.split_once(':') {
        Some(("sqlite", _)) => sqlite::name_of(url),
        Some(("postgres" | "postgresql", _)) => postgres::name_of(url),
        _ => None,
    };
    name.unwrap_or_else(|| without_credentials(url))
}

/// The URL as it may be shown: unless it is a file's, only up to the first colon. A mistyped URL can hold a
/// password, too.
#[must_use]
pub fn without_credentials(url: &str) -> String {
    match url.split_once(':') {
        Some((scheme, _)) if !["sqlite", "memory"].contains(&scheme) => format!("{scheme}:…"),
        _ => url.to_owned(),
    }
}
