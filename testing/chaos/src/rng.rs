//! Seeded random numbers: every random choice of a run comes from one seed, which is printed. Not for secrets. A seed
//! repeats the choices of the suite, not the interleaving: network and scheduler have their own randomness.

use std::sync::Mutex;

/// SplitMix64 (Steele, Lea, Flood 2014), shared by tasks.
pub(crate) struct SeededRng(Mutex<u64>);

impl SeededRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// 64 random bits.
    pub(crate) fn bits(&self) -> u64 {
        let mut state = self.0.lock().expect("choosing does not panic");
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&self, end: u64) -> u64 {
        // Modulo bias is far below what a test could notice.
        self.bits() % end
    }

    /// An index into a collection of `length` elements, which is not empty.
    pub(crate) fn index(&self, length: usize) -> usize {
        let length = u64::try_from(length).expect("no collection is larger");
        usize::try_from(self.below(length)).expect("smaller than a usize")
    }

    pub(crate) fn coin(&self) -> bool {
        self.below(2) == 0
    }

    /// Another generator, for a task that draws concurrently.
    pub(crate) fn split(&self) -> Self {
        Self::new(self.bits())
    }

    /// A new attempt key (`Idempotency-Key`): 128 bits in hexadecimal.
    pub(crate) fn attempt_key(&self) -> String {
        format!("{:016x}{:016x}", self.bits(), self.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_choices_and_another_makes_others() {
        let choices = |seed| {
            let rng = SeededRng::new(seed);
            (0..8).map(|_| rng.bits()).collect::<Vec<_>>()
        };
        assert_eq!(choices(7), choices(7));
        assert_ne!(choices(7), choices(8));
    }
}
