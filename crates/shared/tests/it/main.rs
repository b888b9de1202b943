//! The contract's own tests, by behaviour.

mod next_path;
mod password;
mod wire;
