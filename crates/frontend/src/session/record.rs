//! How a pending key is written down: one line of text, in the database and as a copy in localStorage. It must not know
//! either.

/// Something that is kept until an answer has arrived. It holds no password, token, email address or name.
pub trait Record: Clone + PartialEq + 'static {
    /// The key. Keys sort by the time at which they were made.
    fn key(&self) -> &str;

    /// As it is written into the database.
    fn encoded(&self) -> String;

    /// What the database holds, if it is such a record.
    fn decoded(stored: &str) -> Option<Self>;

    /// As it is written into localStorage.
    fn copied(&self) -> String {
        self.encoded()
    }

    /// What localStorage holds, if it is such a record.
    fn of_copy(copy: &str) -> Option<Self> {
        Self::decoded(copy)
    }
}

/// The one whose key was made later.
#[must_use]
pub fn newer<R: Record>(one: Option<R>, other: Option<R>) -> Option<R> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.key() > one.key() { other } else { one }),
        (one, other) => one.or(other),
    }
}
