//! The database of one test, removed with the test.

use std::fs;
use std::path::PathBuf;

use backend::entropy::Entropy;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use url::Url;

use super::START;

/// The name of the database file in its folder.
const DATABASE: &str = "test.db";
/// Names a cluster that tests may use, by the URL of its maintenance database.
const VARIABLE: &str = "BATON_TEST_POSTGRES";

pub(crate) enum Place {
    Memory,
    File(TempDir),
    Schema(Schema),
}

impl Place {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Memory => "memory:".to_owned(),
            Self::File(folder) => format!("sqlite:{}", folder.path().join(DATABASE).display()),
            Self::Schema(schema) => schema.url.to_string(),
        }
    }

    pub(crate) fn engine(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::File(_) => "sqlite",
            Self::Schema(_) => "postgres",
        }
    }

    /// All stored bytes, as a thief of the database reads them.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        match self {
            Self::Memory => Vec::new(),
            Self::File(folder) => {
                let files = fs::read_dir(folder.path()).expect("the folder");
                let files = files.map(|file| file.expect("a file").path());
                files.flat_map(|file| fs::read(file).expect("its content")).collect()
            }
            Self::Schema(schema) => schema.dump().await.into_bytes(),
        }
    }

    /// The database file, if there is one.
    pub(crate) fn database(&self) -> Option<PathBuf> {
        match self {
            Self::File(folder) => Some(folder.path().join(DATABASE)),
            Self::Memory | Self::Schema(_) => None,
        }
    }
}

/// A schema of the test's own in a PostgreSQL database.
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) url: Url,
    server: Url,
}

impl Schema {
    /// An empty one. `None` if PostgreSQL was left out on purpose.
    pub(crate) async fn new() -> Option<Self> {
        let server = server()?;
        let name = format!("test_{}", u128::from_be_bytes(Entropy::system().uuid_v7(START)));
        command(&server, format!("CREATE SCHEMA {name}")).await;
        let mut url = server.clone();
        url.query_pairs_mut().append_pair("options[search_path]", &name);
        Some(Self { name, url, server })
    }

    /// A connection of the test's own, which bypasses the relay.
    pub(crate) async fn connection(&self) -> PgConnection {
        PgConnection::connect(self.url.as_str()).await.expect("a connection")
    }

    /// Every row of every table, as text; bytes are hexadecimal.
    async fn dump(&self) -> String {
        let mut connection = self.connection().await;
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1";
        let tables = sqlx::query_scalar::<_, String>(tables).bind(&self.name);
        let mut text = String::new();
        for table in tables.fetch_all(&mut connection).await.expect("tables") {
            let rows = AssertSqlSafe(format!("SELECT one::text FROM {table} one"));
            let rows = sqlx::query_scalar::<_, String>(rows).fetch_all(&mut connection).await;
            text += &rows.expect("rows").join("\n");
        }
        text
    }

    /// The same schema through a relay on this port, without TLS so that the relay can read the bytes.
    pub(crate) fn through(&self, port: u16) -> Url {
        let mut url = self.url.clone();
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        url.query_pairs_mut().append_pair("sslmode", "disable");
        url
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (server, drop) =
            (self.server.clone(), format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name));
        // A drop cannot wait for the test's own runtime.
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(command(&server, drop));
        };
        // A failed test has already reported its cause.
        let _ = std::thread::spawn(work).join();
    }
}

async fn command(server: &Url, statement: String) {
    let mut connection = PgConnection::connect(server.as_str()).await.expect("a PostgreSQL");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("a schema");
    connection.close().await.expect("a farewell");
}

#[expect(clippy::disallowed_methods, reason = "the tests' runner says where its cluster is")]
fn server() -> Option<Url> {
    let url = std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{VARIABLE} is not set. `cargo xtask test` starts a PostgreSQL of its own and sets it; \
             by hand, set it to postgres://USER:PASSWORD@HOST/postgres of a cluster for tests, or \
             to `none` to leave PostgreSQL out"
        )
    });
    (url != "none").then(|| Url::parse(&url).expect("BATON_TEST_POSTGRES is a URL or `none`"))
}
