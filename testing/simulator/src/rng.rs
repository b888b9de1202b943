//! The seeded generator behind every choice: which event comes next, and its details. The same seed gives the same
//! numbers on every machine.

use fastrand::Rng;

/// The generator of one seed.
pub(crate) struct SeededRng(Rng);

impl SeededRng {
    pub(crate) fn of(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// A number below `end`, which must not be 0. Drawn as `u64`, so that the width of `usize` does not matter.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let drawn = self.0.u64(..end as u64);
        usize::try_from(drawn).expect("below a usize")
    }

    /// A number of an inclusive range.
    pub(crate) fn within(&mut self, first: u32, last: u32) -> u32 {
        self.0.u32(first..=last)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.0.u32(..100) < percent
    }

    /// One of `choices`, by weight. `None` if all weights are zero.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(u32, T)]) -> Option<T> {
        let total: u32 = choices.iter().map(|(weight, _)| weight).sum();
        if total == 0 {
            return None;
        }
        let mut left = self.0.u32(..total);
        for (weight, choice) in choices {
            if left < *weight {
                return Some(*choice);
            }
            left -= weight;
        }
        None
    }
}
