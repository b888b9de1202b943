//! The search: every moment a world can come to, shortest way first. It must not know what the
//! moments are about.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt;
use std::hash::Hash;

/// A world that can be explored.
pub(crate) trait Explored {
    /// One moment of it.
    type State: Clone + Eq + Hash;
    /// What leads from one moment to another.
    type Event: Clone + fmt::Display;
    /// What can be asked of it.
    type Promise: Copy + 'static;

    /// The first moment.
    fn first(&self) -> Self::State;
    /// Everything that can follow.
    fn step(&self, state: &Self::State) -> Vec<(Self::Event, Self::State)>;
    /// The same moment, with names that do not depend on how it came about.
    fn canonical(state: &Self::State) -> Self::State;
    /// What kind of event it is.
    fn kind(event: &Self::Event) -> &'static str;
    /// Whether a promise is kept in the step from `before` to `after`.
    fn holds(promise: Self::Promise, before: &Self::State, after: &Self::State) -> bool;
    /// The promise as the page puts it.
    fn in_words(promise: Self::Promise) -> &'static str;
}

/// A question: does all of this always hold in that world?
pub(crate) struct Question<W: Explored> {
    /// The world in words.
    pub(crate) world: &'static str,
    /// The world.
    pub(crate) of: W,
    /// The promises.
    pub(crate) asked: &'static [W::Promise],
}

/// What was found.
pub(crate) struct Found<W: Explored> {
    /// How many different moments were reached.
    pub(crate) states: usize,
    /// How many steps were taken between them.
    pub(crate) steps: usize,
    /// How often each kind of event was seen.
    pub(crate) seen: BTreeMap<&'static str, usize>,
    /// A promise that was broken, and a shortest way there.
    pub(crate) broken: Option<(W::Promise, Vec<W::Event>)>,
}

/// How the search came to a moment: from which one, by what.
type CameBy<W> = (usize, Option<<W as Explored>::Event>);

/// Explores all of `world`, or until one of `asked` does not hold.
pub(crate) fn explore<W: Explored>(world: &W, asked: &[W::Promise]) -> Found<W> {
    let begin = world.first();
    let mut known = HashSet::from([W::canonical(&begin)]);
    let mut came_by: Vec<CameBy<W>> = vec![(0, None)];
    let mut ahead = VecDeque::from([(0, begin)]);
    let mut found: Found<W> = Found { states: 1, steps: 0, seen: BTreeMap::new(), broken: None };
    while let Some((from, state)) = ahead.pop_front() {
        for (event, next) in world.step(&state) {
            found.steps += 1;
            *found.seen.entry(W::kind(&event)).or_default() += 1;
            let broken = asked.iter().find(|promise| !W::holds(**promise, &state, &next));
            if let Some(&promise) = broken {
                let mut story = story::<W>(&came_by, from);
                story.push(event);
                found.broken = Some((promise, story));
                found.states = known.len();
                return found;
            }
            if known.insert(W::canonical(&next)) {
                ahead.push_back((came_by.len(), next));
                came_by.push((from, Some(event)));
            }
        }
    }
    found.states = known.len();
    found
}

fn story<W: Explored>(came_by: &[CameBy<W>], last: usize) -> Vec<W::Event> {
    let mut story = Vec::new();
    let mut at = last;
    while let (from, Some(event)) = &came_by[at] {
        story.push(event.clone());
        at = *from;
    }
    story.reverse();
    story
}
