//! Names of the items in localStorage, and of the records in the key store. Releases keep them. No item is a
//! credential.

/// The pending attempt of a refresh: the copy of its record in the key store.
pub(super) const PENDING_ATTEMPT: &str = "baton.attempt";
/// Prefix of the pending actions, one of each kind: the kind follows.
pub(super) const PENDING_ACTION: &str = "baton.action.";
/// The id of the login alert's event that was dismissed last.
pub(super) const DISMISSED: &str = "baton.dismissed";
/// Whose the hint cookie of the usual name is.
pub(super) const HINT_OWNER: &str = "baton.hint";
