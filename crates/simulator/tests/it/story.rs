//! A seed is a story, the same every time: otherwise no violation could be looked at twice.

use simulator::{Bug, Simulator, Twist};

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 0..50 {
        // Keys and signatures differ from one simulator to the next; the story must not.
        let (first, second) = (Simulator::new().tell(seed), Simulator::new().tell(seed));
        assert_eq!(first.story, second.story, "seed {seed}");
        assert_eq!(first.counts, second.counts, "seed {seed}");
    }
}

#[test]
fn another_seed_tells_another_story() {
    let simulator = Simulator::new();
    assert_ne!(simulator.tell(1).story, simulator.tell(2).story);
}

#[test]
fn telling_a_story_does_not_change_it() {
    let simulator =
        Simulator::with(Twist { bug: Some(Bug::AcceptWithoutGuard), ..Twist::default() });
    for seed in 0..50 {
        let (lived, told) = (simulator.run(seed), simulator.tell(seed));
        assert_eq!(lived.violation, told.violation, "seed {seed}");
        assert_eq!(lived.counts, told.counts, "seed {seed}");
        assert_eq!(lived.story, [""; 0]);
    }
}
