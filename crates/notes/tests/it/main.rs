//! The service through its real router, with access tokens of a test issuer that signs what a test asks for. The only
//! back door is the clock.

mod support;

mod connections;
mod forged;
mod idempotency;
mod idempotency_retention;
mod limits;
mod log;
mod notes;
mod owners;
mod problems;
mod program;
mod quota;
mod rate_limit;
mod search;
mod tokens;
mod versions;
