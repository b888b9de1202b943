//! What rows in memory need of an engine: it knows whether other processes use its database.

use async_trait::async_trait;

use crate::store::{Store, StoreError};

/// An engine that knows whether other processes use its database.
#[async_trait]
pub trait Exclusive: Store {
    /// Whether rows in memory count. Without waiting.
    fn standing(&self) -> Standing;

    /// Finds out whether another process has committed. The answer is for [`Self::settle`].
    async fn look(&self) -> Result<Disturbance, StoreError>;

    /// What was in memory has been dropped or written since this look.
    fn settle(&self, disturbance: Disturbance);

    /// Takes the database for this process alone, if no other one serves it.
    fn take_alone(&self);
}

/// Whether rows in memory count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This process is alone with the database, and no other one has committed since the last [`Exclusive::settle`].
    Undisturbed,
    /// Another process may have committed.
    Disturbed,
    /// Other servers use the database, so that nothing may be in memory.
    Shared,
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disturbance {
    /// How often others have been noticed.
    pub number: u64,
    /// Whether that is more often than was settled.
    pub is_new: bool,
}
