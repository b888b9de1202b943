//! The state of a family of refresh tokens, one row per session. It must not know how it is stored.

use types::NumericDate;

use crate::{Attempt, Generation};

/// The family of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The generation last accepted; [`Generation::NONE`] after sign-in, when ticket 1 is issued and not yet
    /// presented.
    pub generation: Generation,
    /// The attempt that was accepted with `generation`; `None` if it had no key.
    pub attempt: Option<Attempt>,
    /// The attempt that was accepted with the generation before, if known.
    pub previous_attempt: Option<Attempt>,
    /// When `generation` was accepted, or the family created: idle expiry counts from here.
    pub accepted_at: NumericDate,
    /// When the family was created: absolute expiry counts from here, and rotation never moves it.
    pub created_at: NumericDate,
    /// Whether it is revoked. Revocation is final.
    pub standing: Standing,
}

/// Whether a family may be refreshed, expiry aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Live,
    /// It is revoked; the reason is stored beside it.
    Revoked,
}

impl Family {
    /// A new family, after sign-in.
    #[must_use]
    pub const fn begun(now: NumericDate) -> Self {
        Self {
            generation: Generation::NONE,
            attempt: None,
            previous_attempt: None,
            accepted_at: now,
            created_at: now,
            standing: Standing::Live,
        }
    }

    /// The generation that the caller of `attempt` holds, for a caller that authenticates without a ticket: a
    /// password change rotates the refresh token as well. If this attempt was answered before, it is the generation
    /// of that answer, otherwise the next. [`decide`](fn@crate::decide) judges it like a presented one, so a delayed
    /// request does not count as a new rotation.
    #[must_use]
    pub fn held_by(&self, attempt: Option<&Attempt>) -> Generation {
        let before = Generation(self.generation.0.saturating_sub(1));
        match attempt {
            Some(attempt) if self.attempt.as_ref() == Some(attempt) => self.generation,
            Some(attempt) if self.previous_attempt.as_ref() == Some(attempt) => before,
            _ => self.generation.successor().unwrap_or(self.generation),
        }
    }

    /// The family after `generation` was accepted with `attempt`: the result of a store's conditional write.
    #[must_use]
    pub fn accepted(
        &self,
        generation: Generation,
        attempt: Option<Attempt>,
        now: NumericDate,
    ) -> Self {
        // After a gap the previous attempt is unknown: its copy must not count as a duplicate.
        let previous_attempt = if self.generation.successor() == Some(generation) {
            self.attempt.clone()
        } else {
            None
        };
        Self { generation, attempt, previous_attempt, accepted_at: now, ..*self }
    }

    /// The family after its revocation.
    #[must_use]
    pub fn revoked(&self) -> Self {
        Self { standing: Standing::Revoked, ..self.clone() }
    }
}
