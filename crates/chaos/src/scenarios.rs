//! Every scenario by name, in the order they are played. Each file is one story; what they have in
//! common is here, what they are played with in [`TestEnv`].

mod attack;
mod clock_jumps;
mod disk_full;
mod end_everyone;
mod failpoints;
mod gateway;
mod kill;
mod logout_durable;
mod logout_race;
mod lost_answer;
mod mass_ends;
mod older_snapshot;
mod one_account;
mod password_race;
mod postgres_cut;
mod postgres_frozen;
mod prune;
mod race;
mod replay_race;
mod revocation_lag;
mod rolling_restart;
mod slow_connections;

use std::pin::Pin;
use std::sync::Arc;

use anyhow::Result;

use crate::database::Engine;
use crate::instance::Instance;
use crate::load::Route;
use crate::test_env::TestEnv;

/// A story, and how often it is told.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) story: &'static str,
    pub(crate) engines: &'static [Engine],
    /// Rounds unless told otherwise.
    pub(crate) usual: u64,
    /// Rounds when time is short; none for what takes long by nature.
    pub(crate) few: u64,
    pub(crate) play: fn(Arc<TestEnv>) -> Playing,
}

type Playing = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

const BOTH: &[Engine] = &[Engine::Sqlite, Engine::Postgres];
const SQLITE: &[Engine] = &[Engine::Sqlite];
const POSTGRES: &[Engine] = &[Engine::Postgres];

/// The suite.
pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    WITHOUT_GATEWAY.iter().chain(gateway::ALL)
}

const WITHOUT_GATEWAY: &[Scenario] = &[
    Scenario {
        name: "race",
        story: "200 refreshes of one cookie with one attempt key, over two instances",
        engines: BOTH,
        usual: 50,
        few: 2,
        play: |env| Box::pin(race::with_one_key(env)),
    },
    Scenario {
        name: "race-without-key",
        story: "the same without a key: one is answered, then the session is over for all",
        engines: BOTH,
        usual: 20,
        few: 1,
        play: |env| Box::pin(race::without_a_key(env)),
    },
    Scenario {
        name: "lost-answer",
        story: "the answer is cut at any byte; the client tries again now, later, elsewhere",
        engines: BOTH,
        usual: 50,
        few: 2,
        play: |env| Box::pin(lost_answer::play(env)),
    },
    Scenario {
        name: "kill-under-load",
        story: "kill -9 at any moment while clients refresh, and a start on what is left",
        engines: BOTH,
        usual: 50,
        few: 3,
        play: |env| Box::pin(kill::under_load(env)),
    },
    Scenario {
        name: "kill-mid-answer",
        story: "kill -9 when the first bytes of an answer have left the server",
        engines: BOTH,
        usual: 50,
        few: 3,
        play: |env| Box::pin(kill::in_mid_answer(env)),
    },
    Scenario {
        name: "kill-at-failpoint",
        story: "the process ends itself just before or just after a write, for each kind of write",
        engines: BOTH,
        usual: 40,
        few: 4,
        play: |env| Box::pin(failpoints::play(env)),
    },
    Scenario {
        name: "logout-is-durable",
        story: "kill -9 right after logout was answered: the session stays over",
        engines: BOTH,
        usual: 30,
        few: 2,
        play: |env| Box::pin(logout_durable::play(env)),
    },
    Scenario {
        name: "older-snapshot",
        story: "a copy of the database is restored that is some rotations older",
        engines: BOTH,
        usual: 10,
        few: 1,
        play: |env| Box::pin(older_snapshot::play(env)),
    },
    Scenario {
        name: "disk-full",
        story: "the disk of the database is full for a while",
        engines: SQLITE,
        usual: 5,
        few: 1,
        play: |env| Box::pin(disk_full::play(env)),
    },
    Scenario {
        name: "clock-jumps",
        story: "the clock of one of two instances jumps by an hour or by forty days, and back",
        engines: BOTH,
        usual: 10,
        few: 1,
        play: |env| Box::pin(clock_jumps::play(env)),
    },
    Scenario {
        name: "logout-race",
        story: "logout among refreshes on two instances: nothing that begins after it succeeds",
        engines: BOTH,
        usual: 50,
        few: 3,
        play: |env| Box::pin(logout_race::play(env)),
    },
    Scenario {
        name: "password-race",
        story: "a new password among refreshes and logins on two instances: its session alone is left",
        engines: BOTH,
        usual: 50,
        few: 4,
        play: |env| Box::pin(password_race::play(env)),
    },
    Scenario {
        name: "revocation-lag",
        story: "logout at one instance: how long its access token is let through at the other",
        engines: BOTH,
        usual: 200,
        few: 10,
        play: |env| Box::pin(revocation_lag::play(env)),
    },
    Scenario {
        name: "end-everyone",
        story: "20,000 sessions a round are ended by command, which is killed half way and run again",
        engines: BOTH,
        usual: 10,
        few: 2,
        play: |env| Box::pin(end_everyone::play(env)),
    },
    Scenario {
        name: "replay-race",
        story: "owner and thief present one ticket at once: the session ends, one at most went on",
        engines: BOTH,
        usual: 50,
        few: 3,
        play: |env| Box::pin(replay_race::play(env)),
    },
    Scenario {
        name: "attack-guesses",
        story: "1,000 bad logins for one account, each from another network; its owner gets in",
        engines: BOTH,
        usual: 10,
        few: 1,
        play: |env| Box::pin(attack::guesses(env)),
    },
    Scenario {
        name: "attack-crowd",
        story: "500 logins at once while 50 clients refresh: refreshes go on, memory is bounded",
        engines: BOTH,
        usual: 5,
        few: 1,
        play: |env| Box::pin(attack::crowd(env)),
    },
    Scenario {
        name: "one-account",
        story: "one user calls as often as is answered, with many own events; others refresh",
        engines: BOTH,
        usual: 50,
        few: 1,
        play: |env| Box::pin(one_account::play(env)),
    },
    Scenario {
        name: "mass-ends",
        story: "20,000 sessions for each round end at once in the database, while others refresh",
        engines: BOTH,
        usual: 50,
        few: 1,
        play: |env| Box::pin(mass_ends::play(env)),
    },
    Scenario {
        name: "prune-under-load",
        story: "100,000 events for each round, most of them too old, are pruned while clients refresh",
        engines: BOTH,
        usual: 30,
        few: 1,
        play: |env| Box::pin(prune::play(env)),
    },
    Scenario {
        name: "attack-connections",
        story: "2,500 connections with unfinished requests, from one address and from many",
        engines: BOTH,
        usual: 2,
        few: 1,
        play: |env| Box::pin(slow_connections::play(env)),
    },
    Scenario {
        name: "rolling-restart",
        story: "two instances of different lifetimes restart in turn while 50 clients are at work",
        engines: BOTH,
        usual: 5,
        few: 1,
        play: |env| Box::pin(rolling_restart::play(env)),
    },
    Scenario {
        name: "postgres-frozen",
        story: "every process of PostgreSQL stands still for 10 s, then goes on",
        engines: POSTGRES,
        usual: 2,
        few: 0,
        play: |env| Box::pin(postgres_frozen::frozen(env)),
    },
    Scenario {
        name: "postgres-crashed",
        story: "PostgreSQL crashes under load and is started again",
        engines: POSTGRES,
        usual: 5,
        few: 1,
        play: |env| Box::pin(postgres_frozen::crashed(env)),
    },
    Scenario {
        name: "postgres-cut",
        story: "the connection is cut after a statement or COMMIT has been sent, before its answer",
        engines: POSTGRES,
        usual: 50,
        few: 5,
        play: |env| Box::pin(postgres_cut::play(env)),
    },
];

/// The way to an instance, wherever it listens at that moment.
fn route_to(instance: &Arc<Instance>) -> Route {
    let instance = Arc::clone(instance);
    Arc::new(move || instance.address())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_a_name_of_its_own() {
        let mut names: Vec<_> = all().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().count());
    }
}
