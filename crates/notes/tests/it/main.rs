//! The service as its users meet it: through the real router, with tokens of an issuer that is real but
//! for its conscience. The only back door is the clock.

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
