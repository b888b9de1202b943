//! Credentials that must not be printed: passwords, access tokens. Without `Debug` and `Display` no log line can hold
//! one by accident.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A credential as text. Zeroized when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The credential itself. Each call needs a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
