//! The setting of a seed's world, and which invariants hold in it. The assumptions are here and in no other file:
//! outside them a sign-out is counted, not a violation (docs/design/rotation.md, "What was found").

use backend::store::UsedKey;

use crate::rng::SeededRng;

/// What a thief steals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loot {
    /// There is no thief.
    Nothing,
    /// The cookies.
    Jar,
    /// The cookies and the pending attempt key.
    JarAndKey,
}

/// How the tabs of a browser coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tabs {
    /// By Web Locks: one refresh at a time (single-flight).
    TakeTurns,
    /// Without a lock: they take the pending key atomically, in a database transaction.
    ShareAKey,
    /// Without either: reading the pending key and storing one are two steps.
    Race,
}

/// A bug planted in the store, an instance or the client: an invariant must find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A rotation is written over any generation in the row (read-then-write).
    AcceptWithoutGuard,
    /// A rotation that raced a revocation brings the session back to life.
    AcceptRevives,
    /// A revocation is answered before it is durable: a failover forgets it.
    RevocationForgotten,
    /// A grace period: for a while after a rotation the previous ticket still works, for every client.
    Grace,
    /// A password change does not revoke the user's other sessions.
    OthersStay,
    /// The client drops its pending idempotency key when it gets no answer.
    KeyDropped,
    /// A sign-in is committed without its idempotency key.
    KeyNotStored,
    /// A sign-in looks for its key first, and is then committed even if the key exists by now.
    KeyNotGuarded,
    /// A sign-in whose commit finds the key does not look it up again.
    SecondLookLeftOut,
    /// A registration looks for the address before it looks for its key.
    AddressFirst,
    /// A retried sign-in gets ticket 1 although it was presented.
    TicketOneAgain,
    /// A revocation is written behind, like a rotation in memory: a crash loses it.
    RevocationWrittenBehind,
    /// A revocation does not take its session out of memory.
    RevokedRowStays,
    /// A commit of another process is not noticed: rows in memory count as before.
    OthersUnnoticed,
    /// A row comes back into memory before the change of a dropped caller is made.
    HoldReleasedEarly,
    /// A rotation of a remembered row is written if the generation is the same, whatever else has changed.
    GenerationAlone,
}

impl Bug {
    /// Whether it concerns rotations in memory alone.
    const fn is_in_memory(self) -> bool {
        matches!(
            self,
            Self::RevocationWrittenBehind
                | Self::RevokedRowStays
                | Self::OthersUnnoticed
                | Self::HoldReleasedEarly
        )
    }
}

/// An assumption behind an invariant. Without it, a seed shows the violation: these are the known limits of the
/// protocol (tests/it/limits.rs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// Tabs refresh one at a time, or take their key in one step.
    TabsShareAKey,
    /// No request is handled after two later complete rotations.
    RequestsAreInTime,
    /// No `Set-Cookie` is applied after its request was given up.
    CookiesAreInTime,
    /// Without a lock, no answer to one tab is applied after another tab's next rotation.
    AwaitedAnswersAreInTime,
    /// Where a database loses rotations, no request is handled after one later complete rotation.
    NoCopyOutlivesALoss,
    /// Between the two presentations after a theft, the database loses no rotation.
    NothingIsLostAfterATheft,
    /// Where a thief has the pending key, the client got the whole answer, or none of it.
    AnswersArriveWhole,
    /// A retry of a sign-in comes while its idempotency key is retained: within a day.
    KeysAreRemembered,
}

/// A deliberate deviation: a planted bug, or a dropped assumption.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Experiment {
    /// The planted bug.
    pub bug: Option<Bug>,
    /// The dropped assumption: its invariants are checked even where it does not hold.
    pub without: Option<Assumption>,
}

/// A world before its first event.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) users: usize,
    /// Each browser's user and number of tabs.
    pub(crate) browsers: Vec<(usize, usize)>,
    /// How the tabs of a browser coordinate.
    pub(crate) tabs: Tabs,
    pub(crate) loot: Loot,
    /// Requests and their duplicates may arrive after any number of later rotations.
    pub(crate) late_requests: bool,
    /// A `Set-Cookie` may be applied after the client has given the request up, or twice.
    pub(crate) late_cookies: bool,
    /// A `Set-Cookie` may be applied although the body is lost.
    pub(crate) split_answers: bool,
    /// The database may lose its last rotations.
    pub(crate) rollbacks: bool,
    /// Instances crash, the store fails.
    pub(crate) faults: bool,
    /// Requests are duplicated in the network.
    pub(crate) copies: bool,
    /// The clock may advance by days.
    pub(crate) long_waits: bool,
    /// No user has an account yet.
    pub(crate) newcomers: bool,
    /// There is one instance, and rotations take place in its memory first.
    pub(crate) memory_first: bool,
    /// Instances remember rows, and decide rotations on them.
    pub(crate) remembering: bool,
    pub(crate) experiment: Experiment,
}

impl Setting {
    /// Draws the setting of a seed.
    pub(crate) fn draw(seed: u64, rng: &mut SeededRng, experiment: Experiment) -> Self {
        let users = rng.weighted(&[(6, 1), (2, 2), (1, 3)]).unwrap_or(1);
        let mut browsers = Vec::new();
        for user in 0..users {
            for _ in 0..rng.within(1, 2) {
                browsers.push((user, rng.weighted(&[(3, 1), (3, 2), (2, 3)]).unwrap_or(1)));
            }
        }
        let tabs: &[_] = match experiment.without {
            // The assumption concerns these tabs only.
            Some(Assumption::AwaitedAnswersAreInTime) => &[(1, Tabs::ShareAKey)],
            _ => &[(76, Tabs::TakeTurns), (14, Tabs::ShareAKey), (10, Tabs::Race)],
        };
        let loots = [(50, Loot::Nothing), (30, Loot::Jar), (20, Loot::JarAndKey)];
        Self {
            users,
            browsers,
            tabs: rng.weighted(tabs).unwrap_or(Tabs::TakeTurns),
            loot: rng.weighted(&loots).unwrap_or(Loot::Nothing),
            late_requests: rng.percent(20),
            late_cookies: rng.percent(15),
            split_answers: rng.percent(50),
            rollbacks: rng.percent(40),
            faults: rng.percent(70),
            copies: rng.percent(60),
            long_waits: rng.percent(25),
            newcomers: rng.percent(30),
            memory_first: is_memory_first(seed, experiment),
            remembering: is_remembering(seed, experiment),
            experiment,
        }
    }

    /// Whether an honest user whose session was not stolen must never be signed out: tabs share their key, no request
    /// is handled after two later complete rotations, and no `Set-Cookie` is applied whose request the client has
    /// given up.
    pub(crate) fn keeps_the_honest(&self) -> bool {
        self.holds(Assumption::TabsShareAKey, self.tabs != Tabs::Race)
            && self.holds(Assumption::RequestsAreInTime, !self.late_requests)
            && self.holds(Assumption::CookiesAreInTime, !self.late_cookies)
    }

    /// Whether owner and thief must never both succeed: the jar holds the latest cookie, and the database loses no
    /// rotation. A rollback between the two presentations accepts the second like a first; a late `Set-Cookie` lets
    /// the owner retry an older attempt.
    pub(crate) fn finds_thieves(&self) -> bool {
        let none_lost = !self.loses_rotations();
        self.holds(Assumption::NothingIsLostAfterATheft, none_lost) && !self.late_cookies
    }

    /// Whether rotations may be lost: by the database, or with the memory of an instance that crashes.
    fn loses_rotations(&self) -> bool {
        self.rollbacks || (self.memory_first && self.faults)
    }

    /// Whether owner and thief share at most one generation when the thief has the pending key. A client that got the
    /// cookie and not the body sends the same key with the next ticket, and the thief can do the same. So can a tab
    /// without the lock.
    pub(crate) fn shares_one_generation(&self) -> bool {
        self.holds(Assumption::AnswersArriveWhole, !self.split_answers)
            && self.tabs == Tabs::TakeTurns
    }

    /// Whether an answer to a tab without the lock comes before another tab's next rotation: its stale cookie would
    /// put a used ticket into the jar.
    pub(crate) fn answers_are_in_time(&self) -> bool {
        let dropped = self.experiment.without == Some(Assumption::AwaitedAnswersAreInTime);
        self.tabs == Tabs::ShareAKey && !self.late_cookies && !dropped
    }

    /// Whether no tab refreshes while another one changes the password. Where rotations are lost, that could bring
    /// back an older ticket than the other tab was given: in one of 200,000 seeds; the model has the counterexample.
    pub(crate) fn password_changes_are_alone(&self) -> bool {
        self.tabs == Tabs::ShareAKey && self.loses_rotations()
    }

    /// Whether a retried sign-in must not begin a second session `seconds` after the first.
    pub(crate) fn remembers_keys(&self, seconds: i64) -> bool {
        self.holds(Assumption::KeysAreRemembered, seconds <= UsedKey::RETENTION_SECONDS)
    }

    /// How many rotations stale a request in flight may be when the next ticket is sent; `None`: any number. With
    /// rollbacks zero: a rotation accepted after a gap does not know the attempt before it, so a late duplicate of
    /// that attempt would pass for a replay.
    pub(crate) fn behind(&self) -> Option<u32> {
        let none_lost = self.holds(Assumption::NoCopyOutlivesALoss, !self.loses_rotations());
        if self.late_requests { None } else { Some(u32::from(none_lost)) }
    }

    /// Whether an assumption holds in this world, or is dropped.
    fn holds(&self, assumption: Assumption, here: bool) -> bool {
        here || self.experiment.without == Some(assumption)
    }
}

/// Drawn apart, so that the other draws of a seed do not depend on it. An experiment about another matter keeps its
/// worlds.
fn is_memory_first(seed: u64, experiment: Experiment) -> bool {
    match experiment {
        Experiment { bug: Some(bug), .. } => bug.is_in_memory(),
        Experiment { without: Some(_), .. } => false,
        Experiment { bug: None, without: None } => SeededRng::of(!seed).percent(25),
    }
}

/// As [`is_memory_first`], of the other worlds.
fn is_remembering(seed: u64, experiment: Experiment) -> bool {
    match experiment {
        Experiment { bug: Some(bug), .. } => bug == Bug::GenerationAlone,
        Experiment { without: Some(_), .. } => false,
        Experiment { bug: None, without: None } => {
            let mut rng = SeededRng::of(!seed);
            !rng.percent(25) && rng.percent(50)
        }
    }
}
