//! The world of one seed: its whole state, and which of the possible events comes next. Invariants are checked in
//! [`invariants`](crate::invariants).

mod cookies;
mod memory_first;
mod messages;
mod names;
mod tabs;
mod thefts;

use std::collections::BTreeSet;
use std::sync::Arc;

use backend::auth::account::email::Email;
use backend::auth::token::access_token::AccessTokens;
use backend::clock::Clock;
use backend::keys::KeyRing;
use backend::store::{ClientInfo, User};
use shared::{NumericDate, SessionId};

use crate::browser::Browser;
use crate::coverage::Counts;
use crate::instance::{Instance, Machine};
use crate::invariants::Observer;
use crate::network::Wire;
use crate::rng::SeededRng;
use crate::scheduler::InFlight;
use crate::server::Server;
use crate::setting::{Experiment, Loot, Setting};
use crate::store::{SimulatedStore, at_once};
use crate::thief::Thief;
use crate::trace::{Trace, record};

const START: NumericDate = NumericDate(1_800_000_000);
/// In a memory-first world, there is one.
const INSTANCES: usize = 2;
const USERS: [&str; 3] = ["alice", "bob", "carol"];

/// The whole state.
pub(crate) struct World {
    pub(crate) setting: Setting,
    pub(crate) rng: SeededRng,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<SimulatedStore>,
    pub(crate) machine: Machine,
    pub(crate) instances: Vec<Instance>,
    /// The sessions with a rotation that is in memory alone, with its generation.
    pub(crate) in_memory: BTreeSet<(SessionId, u32)>,
    pub(crate) users: Vec<User>,
    /// Users who do not know yet that they have an account.
    pub(crate) newcomers: BTreeSet<usize>,
    pub(crate) browsers: Vec<Browser>,
    pub(crate) thief: Thief,
    pub(crate) wire: Wire,
    pub(crate) in_flight: Vec<InFlight>,
    pub(crate) observer: Observer,
    pub(crate) counts: Counts,
    pub(crate) trace: Trace,
    /// The number of the current event.
    pub(crate) event: u32,
    pub(crate) last_request: u32,
    last_key: u32,
}

/// The possible events.
#[derive(Debug, Clone, Copy)]
enum Step {
    CallAdvances,
    RequestArrives,
    ReplyArrives,
    ReplyArrivesInPart,
    TabAdvances,
    TabBegins,
    TabReceives,
    TabGivesUp,
    TabReloads,
    Thief,
    RequestLost,
    RequestCopied,
    SignInCopied,
    ReplyLost,
    FaultSet,
    Crash,
    StoreAway,
    Rollback,
    Time,
    AdministratorRevokes,
    UserDisabled,
    OldToken,
    ForgedTicket,
    Background,
    CallAborted,
    LateChange,
    AnotherProcess,
}

impl World {
    /// The world at the start of a seed.
    pub(crate) fn new(
        seed: u64,
        experiment: Experiment,
        trace: Trace,
        keys: &Arc<KeyRing>,
        access_tokens: &AccessTokens,
    ) -> Self {
        let mut rng = SeededRng::of(seed);
        let setting = Setting::draw(seed, &mut rng, experiment);
        let clock = Clock::manual(START);
        let store = Arc::new(SimulatedStore::new(clock.clone(), experiment.bug));
        let mut machine = Machine::new(seed, &setting, &clock, &store, keys, access_tokens);
        let count = if setting.memory_first { 1 } else { INSTANCES };
        let instances: Vec<Instance> = (0..count).map(|_| machine.start()).collect();
        let users = (0..setting.users).map(|number| user(&instances[0].server, number)).collect();
        let browsers =
            setting.browsers.iter().map(|(user, tabs)| Browser::new(*user, *tabs)).collect();
        let newcomers = (0..setting.users).filter(|_| setting.newcomers).collect();
        let mut world = Self {
            setting,
            rng,
            clock,
            store,
            machine,
            instances,
            in_memory: BTreeSet::new(),
            users,
            newcomers,
            browsers,
            thief: Thief::default(),
            wire: Wire::default(),
            in_flight: Vec::new(),
            observer: Observer::default(),
            counts: Counts::default(),
            trace,
            event: 0,
            last_request: 0,
            last_key: 0,
        };
        let known = world.users.iter().enumerate();
        for (_, user) in known.filter(|(number, _)| !world.newcomers.contains(number)) {
            let client = ClientInfo::unknown();
            let session = at_once(world.instances[0].server.issuer.begin(user, &client));
            world.store.admit(user, &session.expect("a session"));
        }
        record!(world, "{:?}", world.setting);
        world
    }

    /// Runs the next event.
    pub(crate) fn step(&mut self) {
        self.event += 1;
        let possible = self.possible();
        let Some(step) = self.rng.weighted(&possible) else { return };
        match step {
            Step::CallAdvances => self.call_advances(),
            Step::RequestArrives => self.request_arrives(),
            Step::ReplyArrives => self.reply_arrives(true),
            Step::ReplyArrivesInPart => self.reply_arrives(false),
            Step::TabAdvances => self.with_a_tab(Self::can_advance, Self::tab_advances),
            Step::TabBegins => self.with_a_tab(Self::is_idle, Self::tab_begins),
            Step::TabReceives => self.with_a_tab(Self::has_mail, |world, browser, tab| {
                world.counts.add("tab receives a broadcast");
                world.tab(browser, tab).read_message();
            }),
            Step::TabGivesUp => self.with_a_tab(Self::is_waiting, Self::tab_gives_up),
            Step::TabReloads => self.with_a_tab(|_, _, _| true, Self::tab_reloads),
            Step::Thief => self.thief_acts(),
            Step::RequestLost => self.request_is_lost(),
            Step::RequestCopied => self.request_is_copied(),
            Step::SignInCopied => self.sign_in_is_copied(),
            Step::ReplyLost => self.reply_is_lost(),
            Step::FaultSet => self.fault_is_set(),
            Step::Crash => self.instance_crashes_or_starts(),
            Step::StoreAway => self.store_goes_or_comes(),
            Step::Rollback => self.rotations_are_lost(),
            Step::Time => self.time_passes(),
            Step::AdministratorRevokes => self.administrator_revokes_a_session(),
            Step::UserDisabled => self.user_is_disabled(),
            Step::OldToken => self.old_token_is_presented(),
            Step::ForgedTicket => self.forged_ticket_is_presented(),
            Step::Background => self.background_advances(),
            Step::CallAborted => self.call_is_aborted(),
            Step::LateChange => self.late_changes_are_made(),
            Step::AnotherProcess => self.another_process_commits(),
        }
        self.look_at_rows();
    }

    /// Checks the rows as they are now.
    pub(crate) fn look_at_rows(&mut self) {
        if self.setting.memory_first {
            self.look_into_memory();
        }
        self.observer.look_at_rows(&self.store, &self.setting, self.event);
    }

    /// The events that may come next, with their weights.
    fn possible(&self) -> [(u32, Step); 27] {
        let setting = &self.setting;
        let if_any = |weight: u32, any: bool| if any { weight } else { 0 };
        let calls = !self.in_flight.is_empty();
        let requests = !self.wire.requests.is_empty();
        let replies = !self.wire.replies.is_empty();
        let all_up = self.instances.iter().all(|instance| instance.up);
        let broken = self.store.is_unavailable();
        let faults = setting.faults;
        let in_memory = setting.memory_first;
        let revokes = if in_memory { 3 } else { 1 };
        [
            (if_any(150, calls), Step::CallAdvances),
            (if_any(60, !self.arriving().is_empty()), Step::RequestArrives),
            (if_any(60, replies), Step::ReplyArrives),
            (if_any(12, replies && setting.split_answers), Step::ReplyArrivesInPart),
            (if_any(60, self.any_tab(Self::can_advance)), Step::TabAdvances),
            (if_any(30, self.any_tab(Self::is_idle)), Step::TabBegins),
            (if_any(12, self.any_tab(Self::has_mail)), Step::TabReceives),
            (if_any(3, self.any_tab(Self::is_waiting)), Step::TabGivesUp),
            (1, Step::TabReloads),
            (if_any(15, setting.loot != Loot::Nothing), Step::Thief),
            (if_any(1, requests), Step::RequestLost),
            (if_any(3, requests && setting.copies), Step::RequestCopied),
            (if_any(6, setting.copies && self.is_signing_in()), Step::SignInCopied),
            (if_any(3, replies), Step::ReplyLost),
            (if_any(4, calls && faults), Step::FaultSet),
            (if_any(if all_up { 1 } else { 15 }, faults || !all_up), Step::Crash),
            (if_any(if broken { 20 } else { 1 }, faults), Step::StoreAway),
            (if_any(3, setting.rollbacks && self.store.not_durable() > 0), Step::Rollback),
            (3, Step::Time),
            (if_any(revokes, self.event.is_multiple_of(8)), Step::AdministratorRevokes),
            (if_any(1, self.event.is_multiple_of(64)), Step::UserDisabled),
            (1, Step::OldToken),
            (if_any(1, self.event.is_multiple_of(4)), Step::ForgedTicket),
            (if_any(24, in_memory && all_up), Step::Background),
            (if_any(6, in_memory && calls), Step::CallAborted),
            (if_any(3, self.store.has_late_changes() && !broken), Step::LateChange),
            (if_any(2, in_memory), Step::AnotherProcess),
        ]
    }

    /// A key for a new attempt.
    pub(crate) fn fresh_key(&mut self) -> String {
        self.last_key += 1;
        format!("attempt-key-{:04}", self.last_key)
    }
}

fn user(server: &Server, number: usize) -> User {
    let email = format!("{}@example.com", USERS[number]);
    User {
        id: server.event_log.entropy.user_id(START),
        email: Email::parse(&email).expect("an email address"),
        name: None,
        password_hash: String::new(),
        created_at: START,
        disabled_at: None,
    }
}
