//! Encoding of a pending key: one line of text, for IndexedDB and for its copy in localStorage.

/// A pending key with its data. It holds no password, token, email address or name.
pub trait Record: Clone + PartialEq + 'static {
    /// The key. Keys sort by creation time.
    fn key(&self) -> &str;

    /// The encoding for IndexedDB.
    fn encoded(&self) -> String;

    /// Decodes a value of IndexedDB.
    fn decoded(stored: &str) -> Option<Self>;

    /// The encoding for localStorage.
    fn copied(&self) -> String {
        self.encoded()
    }

    /// Decodes a value of localStorage.
    fn of_copy(copy: &str) -> Option<Self> {
        Self::decoded(copy)
    }
}

/// The record with the newer key.
#[must_use]
pub fn newer<R: Record>(one: Option<R>, other: Option<R>) -> Option<R> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.key() > one.key() { other } else { one }),
        (one, other) => one.or(other),
    }
}
