//! `cargo xtask simulate`: many small worlds of clients, servers, faults and thieves, each from a seed
//! (crates/simulator). A violation ends the run with its story and the command that repeats it.

use crate::workspace::Workspace;
use crate::{process, report, tools};
use anyhow::{Context, Result};

/// Optimised, and quick to build: what is measured here is the protocol, not the program.
const PROFILE: &str = "simulate";

/// What to live through.
#[derive(clap::Args)]
pub(crate) struct Seeds {
    /// How many seeds.
    #[arg(long, default_value_t = 10_000, conflicts_with = "seed")]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    from: u64,
    /// One seed, and its story.
    #[arg(long)]
    seed: Option<u64>,
}
