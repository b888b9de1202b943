//! The search: every moment a world can come to, shortest way first. It must not know what the
//! moments are about.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::step::{first, step};
use super::story::Event;
use super::verdict::Invariant;
use super::world::World;

/// What was found.
pub(crate) struct Found {
    /// How many different moments were reached.
    pub(crate) states: usize,
    /// How many steps were taken between them.
    pub(crate) steps: usize,
    /// How often each kind of event was seen.
    pub(crate) seen: BTreeMap<&'static str, usize>,
    /// A promise that was broken, and a shortest way there.
    pub(crate) broken: Option<(Invariant, Vec<Event>)>,
}

/// How the search came to a moment: from which one, by what.
type CameBy = (usize, Option<Event>);

/// Explores all of `world`, or until one of `asked` does not hold.
pub(crate) fn explore(world: &World, asked: &[Invariant]) -> Found {
    let begin = first(world);
    let mut known = HashSet::from([begin.canonical()]);
    let mut came_by: Vec<CameBy> = vec![(0, None)];
    let mut ahead = VecDeque::from([(0, begin)]);
    let mut found = Found { states: 1, steps: 0, seen: BTreeMap::new(), broken: None };
    while let Some((from, state)) = ahead.pop_front() {
        for (event, next) in step(world, &state) {
            found.steps += 1;
            *found.seen.entry(event.kind()).or_default() += 1;
            let broken = asked.iter().find(|invariant| !invariant.holds(&state, &next));
            if let Some(&invariant) = broken {
                let mut story = story(&came_by, from);
                story.push(event);
                found.broken = Some((invariant, story));
                found.states = known.len();
                return found;
            }
            if known.insert(next.canonical()) {
                ahead.push_back((came_by.len(), next));
                came_by.push((from, Some(event)));
            }
        }
    }
    found.states = known.len();
    found
}

fn story(came_by: &[CameBy], last: usize) -> Vec<Event> {
    let mut story = Vec::new();
    let mut at = last;
    while let (from, Some(event)) = &came_by[at] {
        story.push(event.clone());
        at = *from;
    }
    story.reverse();
    story
}
