//! Ten thousand seeds violate no invariant, with full coverage. In parts, which run in parallel.

use simulator::Simulator;
use simulator::coverage::Counts;

const SEEDS: u64 = 1_250;

/// One part of the seeds.
fn part(number: u64) {
    let simulator = Simulator::new();
    let mut counts = Counts::default();
    for seed in number * SEEDS..(number + 1) * SEEDS {
        let run = simulator.run(seed);
        counts.absorb(&run.counts);
        if let Some(violation) = run.violation {
            let trace = simulator.run_traced(seed).trace.join("\n");
            panic!(
                "{trace}\nseed {seed}: {violation:?}\nagain: cargo xtask simulate --seed {seed}"
            );
        }
    }
    assert_eq!(counts.missing(), [""; 0], "a run that explores nothing proves nothing");
}

#[test]
fn seeds_keep_every_promise_part_1() {
    part(0);
}

#[test]
fn seeds_keep_every_promise_part_2() {
    part(1);
}

#[test]
fn seeds_keep_every_promise_part_3() {
    part(2);
}

#[test]
fn seeds_keep_every_promise_part_4() {
    part(3);
}

#[test]
fn seeds_keep_every_promise_part_5() {
    part(4);
}

#[test]
fn seeds_keep_every_promise_part_6() {
    part(5);
}

#[test]
fn seeds_keep_every_promise_part_7() {
    part(6);
}

#[test]
fn seeds_keep_every_promise_part_8() {
    part(7);
}
