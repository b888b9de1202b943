//! One SQL statement and the values to bind, for any engine.

use shared::NumericDate;
use sqlx::query::Query;
use sqlx::{Database, Encode, Type};

use super::records::ClientInfo;

/// A value to bind.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// BIGINT, or SQLite's INTEGER.
    Number(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA, or SQLite's BLOB.
    Bytes(Option<Vec<u8>>),
}

/// The SQL of a statement: one text for both engines, or one for each.
#[derive(Debug, Clone, Copy)]
pub(super) struct SqlText {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sql: SqlText,
    pub(super) values: Vec<Value>,
}

impl From<&'static str> for SqlText {
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<NumericDate> for Value {
    fn from(date: NumericDate) -> Self {
        Self::Number(Some(date.0))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(Some(i64::from(number)))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

/// A text of one engine with the values bound.
pub(super) fn bound<'q, DB: Database>(
    sql: &'static str,
    values: &'q [Value],
) -> Query<'q, DB, DB::Arguments>
where
    Option<i64>: Encode<'q, DB> + Type<DB>,
    Option<&'q str>: Encode<'q, DB> + Type<DB>,
    Option<&'q [u8]>: Encode<'q, DB> + Type<DB>,
{
    values.iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Number(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.as_deref()),
        Value::Bytes(bytes) => query.bind(bytes.as_deref()),
    })
}

impl Statement {
    pub(super) fn new(sql: impl Into<SqlText>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(super) fn bind_client_info(self, client: &ClientInfo) -> Self {
        let ClientInfo { address, device } = client;
        self.bind(address.map(|address| address.to_string()))
            .bind(device.browser.as_str())
            .bind(device.os.as_str())
            .bind(device.kind.as_str())
    }
}
