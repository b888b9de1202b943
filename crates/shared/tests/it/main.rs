//! Tests of the contract, one file per behaviour.

mod next_path;
mod password;
mod wire;
