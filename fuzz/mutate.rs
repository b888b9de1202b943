//! The bounded driver of the fuzz targets, for `cargo test` on stable Rust: a fixed number of inputs, each a seed of
//! `fuzz/seeds` with a few mutations. The random numbers have a fixed seed, so that every run is the same run.
//! libFuzzer, which measures coverage, drives the same targets (`fuzz_targets/`).

use std::panic::catch_unwind;
use std::path::Path;

/// No input is longer: repeated ranges would double without end.
const LONGEST: usize = 16 * 1024;
/// Bytes at which parsers decide: separators, quotes, white space, the bounds of ASCII and of UTF-8.
const SPECIAL: &[u8] = b"\0\t\n\r \"%&'+,-./:;=[\\]_{}~019AZaz\x7f\x80\xbf\xc2\xe0\xf0\xff";

/// Runs `check` over every seed of `target` and then over `inputs` mutated ones. A panic names its input.
pub(crate) fn run(target: &str, inputs: u32, check: fn(&[u8])) {
    let seeds = seeds(target);
    for seed in &seeds {
        checked(target, check, seed);
    }
    let mut mutator = Mutator { state: 0x5eed };
    for _ in 0..inputs {
        checked(target, check, &mutator.input(&seeds));
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let entries = std::fs::read_dir(folder).expect("a folder of seeds");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no seed");
    files.iter().map(|file| std::fs::read(file).expect("a seed")).collect()
}

fn checked(target: &str, check: fn(&[u8]), input: &[u8]) {
    if catch_unwind(|| check(input)).is_err() {
        let input = input.escape_ascii();
        panic!("fuzz target {target}: mend it, and add the input to fuzz/seeds/{target}: {input}");
    }
}

struct Mutator {
    state: u64,
}

impl Mutator {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number less than `bound`, or 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("less than a usize")
    }

    fn byte(&mut self) -> u8 {
        if self.below(4) == 0 {
            self.next().to_le_bytes()[0]
        } else {
            SPECIAL[self.below(SPECIAL.len())]
        }
    }

    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        // One mutation in half of the inputs, two in a quarter: far from a seed, most parsers stop at once.
        loop {
            self.mutate(&mut input, seeds);
            input.truncate(LONGEST);
            if self.below(2) == 0 {
                return input;
            }
        }
    }

    fn mutate(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(16)).min(input.len());
        match self.below(9) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = self.byte(),
            2 => drop(input.drain(at..end)),
            3 => input.truncate(at),
            4 => {
                let repeated = input[at..end].repeat(1 + self.below(4));
                drop(input.splice(at..at, repeated));
            }
            // Long: bounds of length and nesting.
            5 if self.below(16) == 0 => {
                let repeated = input[at..end].repeat(self.below(1024));
                drop(input.splice(at..at, repeated));
            }
            6 => {
                let other = &seeds[self.below(seeds.len())];
                input.truncate(at);
                input.extend_from_slice(&other[self.below(other.len() + 1)..]);
            }
            7 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len() + 1);
                let to = (from + self.below(32)).min(other.len());
                drop(input.splice(at..at, other[from..to].iter().copied()));
            }
            _ => input.insert(at, self.byte()),
        }
    }
}
