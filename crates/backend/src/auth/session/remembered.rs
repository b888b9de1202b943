//! A refresh judged by the row that this instance remembers, without reading it. The write that accepts the rotation
//! finds out whether the row is still the same ([`Store::accept_unchanged`](crate::store::Store::accept_unchanged)); if
//! not, or if there is anything but the next rotation of an ordinary client to judge, the row is read. An answer, or an
//! effect, never rests on a row of the past.

use rotation::{Attempt, Decision, decide};
use shared::{NumericDate, Secret};

use super::refresh::{Judged, Sessions};
use super::tickets::Found;
use crate::auth::error::AuthError;
use crate::auth::request_context::RequestContext;
use crate::auth::risk::assess;

impl Sessions {
    /// Judges a ticket by its remembered row, or else as [`Self::judge`].
    pub(super) async fn judge_at_once(
        &self,
        presented: &Secret,
        attempt: Option<&Attempt>,
        context: &RequestContext,
    ) -> Result<Judged, AuthError> {
        let now = self.event_log.trusted_now()?;
        let remembered = self.tickets.remembered_own(presented, context);
        match remembered.and_then(|found| self.next(found, attempt, now)) {
            Some(judged) => Ok(judged),
            None => self.judge(presented, attempt, context).await,
        }
    }

    /// The next rotation of this session, if it may take place by its remembered row.
    fn next(&self, found: Found, attempt: Option<&Attempt>, now: NumericDate) -> Option<Judged> {
        let family = &found.session.family;
        let decision = decide(family, found.presented, attempt, now, self.policy);
        let is_next = family.generation.successor() == Some(found.presented)
            && matches!(decision, Decision::Accept { .. })
            && found.user.disabled_at.is_none()
            // By the row it may be a replay, which no limit keeps from revoking the session.
            && self.admission.has_room_for_refresh(found.session.id, found.user.id);
        is_next.then_some(Judged { decision, found, now })
    }

    /// Whether a step-up is required, or this client is a risk signal.
    pub(super) fn is_unusual(
        &self,
        found: &Found,
        now: NumericDate,
        context: &RequestContext,
    ) -> bool {
        let assessed = || assess(&found.session, &context.client, now, self.risk);
        found.session.step_up_required_at.is_some() || !assessed().signals.is_empty()
    }
}
