//! Tests of the common types, one file per type.

mod dates;
mod ids;
mod keys;
mod problems;
mod secrets;
