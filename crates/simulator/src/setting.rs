//! What kind of world a seed draws, and which promises hold in it. The assumptions stand here and
//! nowhere else: outside them a sign-out is counted, not failed (docs/design/rotation.md, "What was
//! found"). It must not know how a world goes on.

use backend::store::UsedKey;

use crate::rng::SeededRng;

/// What a thief takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loot {
    /// There is no thief.
    Nothing,
    /// The cookie jar.
    Jar,
    /// The jar and the pending attempt key.
    JarAndKey,
}

/// How the tabs of a browser go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tabs {
    /// By Web Locks, one at a time.
    TakeTurns,
    /// Without: they take the pending key in one step, which is a transaction of a database.
    ShareAKey,
    /// Without either: looking for a pending key and writing one down are two steps.
    Race,
}

/// A fault put into the store, an instance or the client on purpose, to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A rotation is written whatever generation stands in the row (read-then-write).
    AcceptWithoutGuard,
    /// A rotation that raced a revocation brings the session back to life.
    AcceptRevives,
    /// A revocation is answered before it is durable: a failover forgets it.
    RevocationForgotten,
    /// For a while after a rotation the ticket before still works, for everybody.
    Grace,
    /// A change of password leaves the user's other sessions alone.
    OthersStay,
    /// The client forgets its pending attempt key when it gets no answer.
    KeyDropped,
    /// A sign-in is committed without its key.
    KeyNotStored,
    /// A sign-in looks for its key and is then committed although the key is there.
    KeyNotGuarded,
    /// A sign-in whose commit finds the key does not look for it again.
    SecondLookLeftOut,
    /// A registration looks for the address before it looks for its key.
    AddressFirst,
    /// A copy of a sign-in gets ticket 1 although it was presented.
    TicketOneAgain,
}

/// What a promise rests on. Doubt one, and a seed shows what it is good for: these are the known limits
/// of the protocol (tests/it/limits.rs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// Tabs refresh one at a time, or take their key in one step.
    TabsShareAKey,
    /// No request is handled after two later complete rotations.
    RequestsAreInTime,
    /// No Set-Cookie is applied once its request was given up.
    CookiesAreInTime,
    /// Without a lock, no answer to one tab is applied after another tab's next rotation.
    AwaitedAnswersAreInTime,
    /// Where a database loses rotations, no request is handled after one later complete rotation.
    NoCopyOutlivesALoss,
    /// Between the two presentations after a theft, the database loses no rotation.
    NothingIsLostAfterATheft,
    /// A thief with the pending key meets a client that got the whole answer, or none of it.
    AnswersArriveWhole,
    /// A copy of a sign-in comes while its key is remembered: within a day.
    KeysAreRemembered,
}

/// What is not as it should be, on purpose: in the code, or in what we believe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Experiment {
    /// A planted fault.
    pub bug: Option<Bug>,
    /// An assumption that is taken away: the promise is held to be good without it.
    pub without: Option<Assumption>,
}

/// A world before its first event.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// How many users there are.
    pub(crate) users: usize,
    /// Each browser's user and number of tabs.
    pub(crate) browsers: Vec<(usize, usize)>,
    /// How the tabs of a browser go together.
    pub(crate) tabs: Tabs,
    /// What the thief takes.
    pub(crate) loot: Loot,
    /// Requests, and copies of them, may arrive after any number of later rotations.
    pub(crate) late_requests: bool,
    /// A Set-Cookie may be applied after the client has given its request up, or twice.
    pub(crate) late_cookies: bool,
    /// A Set-Cookie may be applied although the body is lost.
    pub(crate) split_answers: bool,
    /// The database may lose its last rotations.
    pub(crate) rollbacks: bool,
    /// Instances crash, the store fails.
    pub(crate) faults: bool,
    /// Requests are copied on the wire.
    pub(crate) copies: bool,
    /// Days pass at once.
    pub(crate) long_waits: bool,
    /// No user has an account yet.
    pub(crate) newcomers: bool,
    /// What is not as it should be.
    pub(crate) experiment: Experiment,
}

impl Setting {
    /// The world of a seed.
    pub(crate) fn draw(rng: &mut SeededRng, experiment: Experiment) -> Self {
        let users = rng.weighted(&[(6, 1), (2, 2), (1, 3)]).unwrap_or(1);
        let mut browsers = Vec::new();
        for user in 0..users {
            for _ in 0..rng.within(1, 2) {
                browsers.push((user, rng.weighted(&[(3, 1), (3, 2), (2, 3)]).unwrap_or(1)));
            }
        }
        let tabs: &[_] = match experiment.without {
            // Only there.
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
            experiment,
        }
    }

    /// Whether an honest user whose session no thief has copied must never be signed out: tabs share
    /// their key, no request is handled after two later complete rotations, and no Set-Cookie is applied
    /// whose request the client has given up.
    pub(crate) fn keeps_the_honest(&self) -> bool {
        self.holds(Assumption::TabsShareAKey, self.tabs != Tabs::Race)
            && self.holds(Assumption::RequestsAreInTime, !self.late_requests)
            && self.holds(Assumption::CookiesAreInTime, !self.late_cookies)
    }

    /// Whether owner and thief must never both succeed: the jar holds what was last set, and the
    /// database forgets no rotation. A rollback between the two presentations lets the second in,
    /// as the first; a late Set-Cookie lets the owner repeat an older attempt.
    pub(crate) fn finds_thieves(&self) -> bool {
        self.holds(Assumption::NothingIsLostAfterATheft, !self.rollbacks) && !self.late_cookies
    }

    /// Whether owner and thief must share one generation at most when the thief has the pending key.
    /// A client that got the cookie and not the body sends the same key with the next ticket, and
    /// the thief can do the same. So can a tab that took no turn.
    pub(crate) fn shares_one_generation(&self) -> bool {
        self.holds(Assumption::AnswersArriveWhole, !self.split_answers)
            && self.tabs == Tabs::TakeTurns
    }

    /// Whether an answer to a tab that took no turn comes before another tab's next rotation: its cookie would put a
    /// ticket into the jar that has been used.
    pub(crate) fn answers_are_in_time(&self) -> bool {
        let dropped = self.experiment.without == Some(Assumption::AwaitedAnswersAreInTime);
        self.tabs == Tabs::ShareAKey && !self.late_cookies && !dropped
    }

    /// Whether no tab refreshes while another one changes the password. Where rotations are lost, that could bring back
    /// an older ticket than the other tab was given: in one of 200,000 seeds; the model has the counterexample.
    pub(crate) fn password_changes_are_alone(&self) -> bool {
        self.tabs == Tabs::ShareAKey && self.rollbacks
    }

    /// Whether a sign-in must not begin a second session `seconds` after the same attempt has begun one.
    pub(crate) fn remembers_keys(&self, seconds: i64) -> bool {
        self.holds(Assumption::KeysAreRemembered, seconds <= UsedKey::RETENTION_SECONDS)
    }

    /// How many rotations a request on its way may be behind the ticket that is sent next; `None`
    /// if there is no bound. With rollbacks none at all: a rotation accepted after a gap does not
    /// know the attempt before it, so that a late copy of that one could not pass for a duplicate.
    pub(crate) fn behind(&self) -> Option<u32> {
        let none_lost = self.holds(Assumption::NoCopyOutlivesALoss, !self.rollbacks);
        if self.late_requests { None } else { Some(u32::from(none_lost)) }
    }

    /// Whether an assumption holds in this world, or is dropped.
    fn holds(&self, assumption: Assumption, here: bool) -> bool {
        here || self.experiment.without == Some(assumption)
    }
}
