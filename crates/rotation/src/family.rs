//! The state of a family of refresh tokens, one row per session.

use types::NumericDate;

use crate::{Attempt, Generation};

/// The family of one session. `Reason` says why a family was revoked; it is `()` for a server that records no reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family<Reason = ()> {
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
    /// Whether it is revoked, and why. Revocation is final.
    pub standing: Standing<Reason>,
}

/// Whether a family may be refreshed, expiry aside.
///
/// Exhaustive on purpose: a server must handle every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<Reason = ()> {
    /// It may.
    Live,
    /// It is revoked, for this reason.
    Revoked(Reason),
}

impl<Reason> Family<Reason> {
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

    /// Whether it is not revoked. It may have expired.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.standing, Standing::Live)
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
}

impl<Reason: Clone> Family<Reason> {
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
        Self {
            generation,
            attempt,
            previous_attempt,
            accepted_at: now,
            created_at: self.created_at,
            standing: self.standing.clone(),
        }
    }

    /// The family after its revocation. The first reason stands.
    #[must_use]
    pub fn revoked(&self, reason: Reason) -> Self {
        let standing =
            if self.is_live() { Standing::Revoked(reason) } else { self.standing.clone() };
        Self { standing, ..self.clone() }
    }
}
