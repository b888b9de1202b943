//! Breadth-first search over all reachable states, so that a counterexample is a shortest one.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A model to explore.
pub(crate) trait Model {
    /// A state.
    type State: Clone + Eq + Hash;
    /// A transition's label.
    type Event: Clone + fmt::Display;
    /// An invariant.
    type Invariant: Copy + 'static;

    /// The initial state.
    fn first(&self) -> Self::State;
    /// All successors.
    fn step(&self, state: &Self::State) -> Vec<(Self::Event, Self::State)>;
    /// The state under canonical names, so that equivalent states are equal.
    fn canonical(state: &Self::State) -> Self::State;
    /// The kind of an event.
    fn kind(event: &Self::Event) -> &'static str;
    /// Whether an invariant holds in the step from `before` to `after`.
    fn holds(invariant: Self::Invariant, before: &Self::State, after: &Self::State) -> bool;
    /// The invariant in the page's words.
    fn in_words(invariant: Self::Invariant) -> &'static str;
}

/// A check: do these invariants always hold in that world?
pub(crate) struct Check<W: Model> {
    /// The world in words.
    pub(crate) world: &'static str,
    /// The world.
    pub(crate) of: W,
    /// The invariants.
    pub(crate) invariants: &'static [W::Invariant],
}

/// The result of a search.
pub(crate) struct Found<W: Model> {
    /// The number of distinct states.
    pub(crate) states: usize,
    /// The number of transitions.
    pub(crate) steps: usize,
    /// How often each kind of event was seen.
    pub(crate) seen: BTreeMap<&'static str, usize>,
    /// A broken invariant, and a shortest trace to it.
    pub(crate) broken: Option<(W::Invariant, Vec<W::Event>)>,
}

/// The predecessor of a state, and the event between them.
type Predecessor<W> = (usize, Option<<W as Model>::Event>);

/// Explores all of `world`, or until one of `invariants` is broken.
pub(crate) fn explore<W: Model>(world: &W, invariants: &[W::Invariant]) -> Found<W> {
    let first = world.first();
    let mut visited = Visited::default();
    visited.insert(W::canonical(&first));
    let mut predecessors: Vec<Predecessor<W>> = vec![(0, None)];
    let mut queue = VecDeque::from([(0, first)]);
    let mut found: Found<W> = Found { states: 1, steps: 0, seen: BTreeMap::new(), broken: None };
    while let Some((from, state)) = queue.pop_front() {
        for (event, next) in world.step(&state) {
            found.steps += 1;
            *found.seen.entry(W::kind(&event)).or_default() += 1;
            let broken = invariants.iter().find(|invariant| !W::holds(**invariant, &state, &next));
            if let Some(&invariant) = broken {
                let mut trace = trace::<W>(&predecessors, from);
                trace.push(event);
                found.broken = Some((invariant, trace));
                found.states = visited.len();
                return found;
            }
            if visited.insert(W::canonical(&next)) {
                queue.push_back((predecessors.len(), next));
                predecessors.push((from, Some(event)));
            }
        }
    }
    found.states = visited.len();
    found
}

/// States that were seen.
type Visited<S> = HashSet<S, BuildHasherDefault<Mixer>>;

/// A quick hash, against no attacker: most of a search is hashing millions of states.
#[derive(Default)]
struct Mixer(u64);

impl Mixer {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.mix(byte.into()));
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(number.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.mix(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    /// The discriminants of enums.
    fn write_isize(&mut self, number: isize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        // The table takes its place from the lowest bits, which a product mixes least.
        self.0.rotate_left(26)
    }
}

fn trace<W: Model>(predecessors: &[Predecessor<W>], last: usize) -> Vec<W::Event> {
    let mut trace = Vec::new();
    let mut at = last;
    while let (from, Some(event)) = &predecessors[at] {
        trace.push(event.clone());
        at = *from;
    }
    trace.reverse();
    trace
}
