//! The rules for a presented ticket: Baton's, which is `rotation::decide` itself, and the rejected ones, each as a
//! deviation from it.

use rotation::{Attempt, Decision, Family, Generation, Policy, Standing};
use types::NumericDate;

use super::state::{Key, Ticket};

/// A rule for refresh token rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Baton's: a retry is proved by its attempt key.
    AttemptKeys,
    /// Every second use is a replay.
    Strict,
    /// A grace period: for some time after its acceptance, any caller who presents the last ticket gets the same
    /// answer again.
    Grace,
    /// Any caller who presents the last ticket gets the same answer again, without a time limit.
    SameSuccessor,
    /// Each use of the last ticket issues another successor; the first one used is confirmed, and its siblings are
    /// invalid.
    Siblings,
}

/// A session's row, with numbers for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Row {
    pub(crate) generation: u8,
    pub(crate) attempt: Option<Key>,
    pub(crate) previous: Option<Key>,
    pub(crate) revoked: Option<Revocation>,
    /// Whether a grace period after the last rotation would be over.
    pub(crate) long_ago: bool,
    /// Under [`Rule::Siblings`]: the sibling that was accepted last, and its number of successors.
    pub(crate) sibling: u8,
    pub(crate) successors: u8,
}

/// Why a session is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Revocation {
    Requested,
    Replay,
}

const NOW: NumericDate = NumericDate(1_000_000);
const GRACE_SECONDS: i64 = 30;
const POLICY: Policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };

/// The decision about an authentic ticket.
pub(crate) fn decide(rule: Rule, row: &Row, presented: Ticket, key: Option<Key>) -> Decision {
    let family = row.family();
    let attempt = key.map(attempt);
    let generation = Generation(presented.generation.into());
    let by_keys = |attempt| rotation::decide(&family, generation, attempt, NOW, POLICY);
    let is_the_last = generation == family.generation;
    match rule {
        Rule::AttemptKeys => by_keys(attempt.as_ref()),
        Rule::Grace if is_the_last && NOW.since(family.accepted_at) <= GRACE_SECONDS => again(row),
        Rule::SameSuccessor if is_the_last => again(row),
        Rule::Siblings if is_the_last && presented.sibling == row.sibling => again(row),
        Rule::Strict | Rule::Grace | Rule::SameSuccessor | Rule::Siblings => by_keys(None),
    }
}

fn again(row: &Row) -> Decision {
    match row.revoked {
        None => Decision::AnswerAgain,
        Some(_) => Decision::Refuse(rotation::Refusal::Revoked),
    }
}

impl Row {
    /// A new row, after sign-in.
    pub(crate) const fn begun() -> Self {
        Self {
            generation: 0,
            attempt: None,
            previous: None,
            revoked: None,
            long_ago: false,
            sibling: 0,
            successors: 1,
        }
    }

    /// The row after `ticket` was accepted with `key`, by `Family::accepted` itself.
    pub(crate) fn accepted(&self, ticket: Ticket, key: Option<Key>) -> Self {
        let generation = Generation(ticket.generation.into());
        let family = self.family().accepted(generation, key.map(attempt), NOW);
        let previous = family.previous_attempt.as_ref();
        Self {
            generation: ticket.generation,
            attempt: key,
            // A hash has no number; the previous row knows it.
            previous: self.attempt.filter(|&known| previous == Some(&self::attempt(known))),
            revoked: None,
            long_ago: false,
            sibling: ticket.sibling,
            successors: 0,
        }
    }

    /// The generation that the caller of this attempt holds, by `Family::held_by` itself.
    pub(crate) fn held_by(&self, key: Option<Key>) -> u8 {
        let held = self.family().held_by(key.map(attempt).as_ref());
        u8::try_from(held.0).expect("a model has few generations")
    }

    pub(crate) fn family(&self) -> Family<Revocation> {
        Family {
            generation: Generation(self.generation.into()),
            attempt: self.attempt.map(attempt),
            previous_attempt: self.previous.map(attempt),
            accepted_at: if self.long_ago { NOW.plus(-3_600) } else { NOW },
            created_at: NOW.plus(-7_200),
            standing: self.revoked.map_or(Standing::Live, Standing::Revoked),
        }
    }
}

fn attempt(key: Key) -> Attempt {
    Attempt::from_hash([key; 32])
}
