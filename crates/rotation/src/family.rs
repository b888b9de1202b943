//! The state of a family of refresh tokens: what one row per session remembers. It must not know
//! how it is stored.

use shared::NumericDate;

use crate::{Attempt, Generation};

/// One session's family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The generation last accepted; [`Generation::NONE`] after sign-in, when ticket 1 is issued
    /// and not yet presented.
    pub generation: Generation,
    /// The attempt with which `generation` was accepted; `None` if it carried no key.
    pub attempt: Option<Attempt>,
    /// The attempt with which the generation before was accepted, if that is known.
    pub previous_attempt: Option<Attempt>,
    /// When `generation` was accepted, or the family began: idle expiry counts from here.
    pub accepted_at: NumericDate,
    /// When the family began: absolute expiry counts from here, and nothing ever moves it.
    pub created_at: NumericDate,
    /// Whether it still stands. An end is final.
    pub standing: Standing,
}

/// Whether a family may still be refreshed, time aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Live,
    /// It was ended; the cause is recorded beside it.
    Revoked,
}

impl Family {
    /// A family as sign-in leaves it.
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

    /// Which generation they hold who make `attempt` without presenting a ticket, because they have
    /// proved otherwise who they are: a password change passes the refresh token on as well. It is the
    /// generation that this attempt was answered for, or else the next. [`decide`](crate::decide) then
    /// says what that means: a request that was long on its way is not taken for a new rotation.
    #[must_use]
    pub fn held_by(&self, attempt: Option<&Attempt>) -> Generation {
        let before = Generation(self.generation.0.saturating_sub(1));
        match attempt {
            Some(attempt) if self.attempt.as_ref() == Some(attempt) => self.generation,
            Some(attempt) if self.previous_attempt.as_ref() == Some(attempt) => before,
            _ => self.generation.successor().unwrap_or(self.generation),
        }
    }

    /// The family after `generation` was accepted with `attempt`: what the one conditional write
    /// of a store has to leave behind.
    #[must_use]
    pub fn accepted(
        &self,
        generation: Generation,
        attempt: Option<Attempt>,
        now: NumericDate,
    ) -> Self {
        // After a gap the attempt before is not known: a copy of it must not pass for a duplicate.
        let previous_attempt = if self.generation.successor() == Some(generation) {
            self.attempt.clone()
        } else {
            None
        };
        Self { generation, attempt, previous_attempt, accepted_at: now, ..*self }
    }

    /// The family after its end.
    #[must_use]
    pub fn revoked(&self) -> Self {
        Self { standing: Standing::Revoked, ..self.clone() }
    }
}
