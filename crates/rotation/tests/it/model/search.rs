//! The search: every moment a world can come to, shortest way first. It must not know what the
//! moments are about.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;
use std::hash::Hash;

/// A world that can be explored.
pub(crate) trait Model {
    /// One moment of it.
    type State: Clone + Eq + Hash;
    /// What leads from one moment to another.
    type Event: Clone + fmt::Display;
    /// What can be asked of it.
    type Invariant: Copy + 'static;

    /// The first moment.
    fn first(&self) -> Self::State;
    /// Everything that can follow.
    fn step(&self, state: &Self::State) -> Vec<(Self::Event, Self::State)>;
    /// The same moment, with names that do not depend on how it came about.
    fn canonical(state: &Self::State) -> Self::State;
    /// What kind of event it is.
    fn kind(event: &Self::Event) -> &'static str;
    /// Whether a promise is kept in the step from `before` to `after`.
    fn holds(invariant: Self::Invariant, before: &Self::State, after: &Self::State) -> bool;
    /// The promise as the page puts it.
    fn in_words(invariant: Self::Invariant) -> &'static str;
}

/// A question: does all of this always hold in that world?
pub(crate) struct Check<W: Model> {
    /// The world in words.
    pub(crate) world: &'static str,
    /// The world.
    pub(crate) of: W,
    /// The promises.
    pub(crate) invariants: &'static [W::Invariant],
}

/// What was found.
pub(crate) struct Found<W: Model> {
    /// How many different moments were reached.
    pub(crate) states: usize,
    /// How many steps were taken between them.
    pub(crate) steps: usize,
    /// How often each kind of event was seen.
    pub(crate) seen: BTreeMap<&'static str, usize>,
    /// A promise that was broken, and a shortest way there.
    pub(crate) broken: Option<(W::Invariant, Vec<W::Event>)>,
}

/// How the search came to a moment: from which one, by what.
type Predecessor<W> = (usize, Option<<W as Model>::Event>);

/// Explores all of `world`, or until one of `invariants` does not hold.
pub(crate) fn explore<W: Model>(world: &W, invariants: &[W::Invariant]) -> Found<W> {
    let first = world.first();
    let mut visited = HashSet::from([W::canonical(&first)]);
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
