//! Determinism: a seed gives the same trace every time, so that each violation can be reproduced.

use simulator::{Bug, Experiment, Simulator};

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..50 {
        // Keys and signatures differ from one simulator to the next; the trace must not.
        let (first, second) =
            (Simulator::new().run_traced(seed), Simulator::new().run_traced(seed));
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.counts, second.counts, "seed {seed}");
    }
}

#[test]
fn another_seed_gives_another_trace() {
    let simulator = Simulator::new();
    assert_ne!(simulator.run_traced(1).trace, simulator.run_traced(2).trace);
}

#[test]
fn tracing_a_run_does_not_change_it() {
    let simulator =
        Simulator::with(Experiment { bug: Some(Bug::AcceptWithoutGuard), ..Experiment::default() });
    for seed in 0..50 {
        let (untraced, traced) = (simulator.run(seed), simulator.run_traced(seed));
        assert_eq!(untraced.violation, traced.violation, "seed {seed}");
        assert_eq!(untraced.counts, traced.counts, "seed {seed}");
        assert_eq!(untraced.trace, [""; 0]);
    }
}
