//! The service as its users meet it: through the real router, with tokens of an issuer that is real but
//! for its conscience. The only back door is the clock.

mod support;

mod connections;
mod forged;
mod limits;
mod log;
mod notes;
mod often;
mod once;
mod once_kept;
mod owners;
mod problems;
mod program;
mod quota;
mod search;
mod tokens;
mod versions;
