//! What a scenario is: its name, its engines, its number of rounds, and how it runs.

use std::pin::Pin;
use std::sync::Arc;

use anyhow::Result;

use crate::database::Engine;
use crate::test_env::TestEnv;

/// A scenario, and its number of rounds.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) engines: &'static [Engine],
    /// Rounds of a full run.
    pub(crate) full_rounds: u64,
    /// Rounds of a smoke run; zero for a scenario that is slow by nature.
    pub(crate) smoke_rounds: u64,
    pub(crate) run: fn(Arc<TestEnv>) -> ScenarioFuture,
}

pub(crate) type ScenarioFuture = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

pub(super) const BOTH: &[Engine] = &[Engine::Sqlite, Engine::Postgres];
pub(super) const SQLITE: &[Engine] = &[Engine::Sqlite];
pub(super) const POSTGRES: &[Engine] = &[Engine::Postgres];
