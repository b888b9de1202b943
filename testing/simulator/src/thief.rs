//! A thief: what it has stolen, and what it is doing with it. Its steps are in `world/thefts.rs`.

/// The thief's state.
#[derive(Default)]
pub(crate) struct Thief {
    pub(crate) jar: Option<String>,
    /// The stolen key.
    pub(crate) copied: Option<String>,
    /// Uses the stolen key for as long as it can, not only once.
    pub(crate) stubborn: bool,
    /// The key of the unanswered attempt.
    pub(crate) pending: Option<String>,
    pub(crate) waiting: Option<u32>,
}
