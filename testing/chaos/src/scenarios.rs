//! Every scenario by name, in the order in which they run. Each file is one scenario; their environment is
//! [`TestEnv`](crate::test_env::TestEnv).

mod attack;
mod clock_jumps;
mod disk_full;
mod failpoints;
mod gateway;
mod kill;
mod logout_durable;
mod logout_race;
mod lost_answer;
mod mass_revocation;
mod older_snapshot;
mod one_account;
mod password_race;
mod postgres_cut;
mod postgres_frozen;
mod prune;
mod race;
mod replay_race;
mod revocation_lag;
mod revoke_everyone;
mod rolling_restart;
mod scenario;
mod slow_connections;

pub(crate) use scenario::Scenario;
use scenario::{BOTH, POSTGRES, SQLITE};

/// All scenarios.
pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    WITHOUT_GATEWAY.iter().chain(gateway::ALL)
}

/// Scenarios that mostly wait, and in a smoke run hold nothing to less than a second's bound.
const WAITING: [&str; 6] = [
    "postgres-cut",
    "gateway-share",
    "gateway-revoked",
    "gateway-rotation",
    "gateway-revoked-key",
    "gateway-outage",
];

/// Whether the scenario of this name mostly waits, so that it can run beside other tests.
pub(crate) fn mostly_waits(name: &str) -> bool {
    WAITING.contains(&name)
}

/// Former names of scenarios, which are still accepted, with their present names.
const RENAMED: [(&str, &str); 4] = [
    ("end-everyone", "revoke-everyone"),
    ("mass-ends", "mass-revocation"),
    ("gateway-ended", "gateway-revoked"),
    ("gateway-retired", "gateway-revoked-key"),
];

/// The present name of the scenario that was once called `name`; `name` itself if there is none.
pub(crate) fn present_name(name: &str) -> &str {
    let renamed = RENAMED.iter().find(|(former, _)| *former == name);
    renamed.map_or(name, |(_, present)| *present)
}

const WITHOUT_GATEWAY: &[Scenario] = &[
    Scenario {
        name: "race",
        description: "200 refreshes of one cookie with one attempt key, over two instances",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 2,
        run: |env| Box::pin(race::with_one_key(env)),
    },
    Scenario {
        name: "race-without-key",
        description: "the same without a key: one is answered, then the session is revoked",
        engines: BOTH,
        full_rounds: 20,
        smoke_rounds: 1,
        run: |env| Box::pin(race::without_a_key(env)),
    },
    Scenario {
        name: "lost-answer",
        description: "the answer is cut at any byte; the client tries again now, later, elsewhere",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 2,
        run: |env| Box::pin(lost_answer::run(env)),
    },
    Scenario {
        name: "kill-under-load",
        description: "kill -9 at any moment while clients refresh, and a start on what is left",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 3,
        run: |env| Box::pin(kill::under_load(env)),
    },
    Scenario {
        name: "kill-mid-answer",
        description: "kill -9 when the first bytes of an answer have left the server",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 3,
        run: |env| Box::pin(kill::in_mid_answer(env)),
    },
    Scenario {
        name: "kill-at-failpoint",
        description: "the process exits just before or just after a write, for each kind of write",
        engines: BOTH,
        full_rounds: 40,
        smoke_rounds: 4,
        run: |env| Box::pin(failpoints::run(env)),
    },
    Scenario {
        name: "logout-is-durable",
        description: "kill -9 right after logout was answered: the session stays revoked",
        engines: BOTH,
        full_rounds: 30,
        smoke_rounds: 2,
        run: |env| Box::pin(logout_durable::run(env)),
    },
    Scenario {
        name: "older-snapshot",
        description: "a copy of the database is restored that is some rotations older",
        engines: BOTH,
        full_rounds: 10,
        smoke_rounds: 1,
        run: |env| Box::pin(older_snapshot::run(env)),
    },
    Scenario {
        name: "disk-full",
        description: "the disk of the database is full for a while",
        engines: SQLITE,
        full_rounds: 5,
        smoke_rounds: 1,
        run: |env| Box::pin(disk_full::run(env)),
    },
    Scenario {
        name: "clock-jumps",
        description: "the clock of one of two instances jumps by an hour or by forty days, and back",
        engines: BOTH,
        full_rounds: 10,
        smoke_rounds: 1,
        run: |env| Box::pin(clock_jumps::run(env)),
    },
    Scenario {
        name: "logout-race",
        description: "logout among refreshes on two instances: nothing that begins after it succeeds",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 3,
        run: |env| Box::pin(logout_race::run(env)),
    },
    Scenario {
        name: "password-race",
        description: "a new password among refreshes and logins on two instances: other sessions are revoked",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 4,
        run: |env| Box::pin(password_race::run(env)),
    },
    Scenario {
        name: "revocation-lag",
        description: "logout at one instance: how long the other accepts its access token",
        engines: BOTH,
        full_rounds: 200,
        smoke_rounds: 10,
        run: |env| Box::pin(revocation_lag::run(env)),
    },
    Scenario {
        name: "revoke-everyone",
        description: "20,000 sessions a round are revoked by command, which is killed half way and run again",
        engines: BOTH,
        full_rounds: 10,
        smoke_rounds: 2,
        run: |env| Box::pin(revoke_everyone::run(env)),
    },
    Scenario {
        name: "replay-race",
        description: "owner and thief present one ticket at once: the session is revoked, one at most was refreshed",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 3,
        run: |env| Box::pin(replay_race::run(env)),
    },
    Scenario {
        name: "attack-guesses",
        description: "1,000 failed logins for one account, each from another network; its owner logs in",
        engines: BOTH,
        full_rounds: 10,
        smoke_rounds: 1,
        run: |env| Box::pin(attack::guesses(env)),
    },
    Scenario {
        name: "attack-crowd",
        description: "500 logins at once while 50 clients refresh: refreshes succeed, memory is bounded",
        engines: BOTH,
        full_rounds: 5,
        smoke_rounds: 1,
        run: |env| Box::pin(attack::crowd(env)),
    },
    Scenario {
        name: "one-account",
        description: "one user calls as often as is answered, with many own events; others refresh",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 1,
        run: |env| Box::pin(one_account::run(env)),
    },
    Scenario {
        name: "mass-revocation",
        description: "20,000 sessions for each round are revoked at once in the database, while others refresh",
        engines: BOTH,
        full_rounds: 50,
        smoke_rounds: 1,
        run: |env| Box::pin(mass_revocation::run(env)),
    },
    Scenario {
        name: "prune-under-load",
        description: "100,000 events for each round, most of them too old, are pruned while clients refresh",
        engines: BOTH,
        full_rounds: 30,
        smoke_rounds: 1,
        run: |env| Box::pin(prune::run(env)),
    },
    Scenario {
        name: "attack-connections",
        description: "2,500 connections with unfinished requests, from one address and from many",
        engines: BOTH,
        full_rounds: 2,
        smoke_rounds: 1,
        run: |env| Box::pin(slow_connections::run(env)),
    },
    Scenario {
        name: "rolling-restart",
        description: "two instances of different lifetimes restart in turn while 50 clients are at work",
        engines: BOTH,
        full_rounds: 5,
        smoke_rounds: 1,
        run: |env| Box::pin(rolling_restart::run(env)),
    },
    Scenario {
        name: "postgres-frozen",
        description: "every process of PostgreSQL is stopped for 10 s, then continued",
        engines: POSTGRES,
        full_rounds: 2,
        smoke_rounds: 0,
        run: |env| Box::pin(postgres_frozen::frozen(env)),
    },
    Scenario {
        name: "postgres-crashed",
        description: "PostgreSQL crashes under load and is started again",
        engines: POSTGRES,
        full_rounds: 5,
        smoke_rounds: 1,
        run: |env| Box::pin(postgres_frozen::crashed(env)),
    },
    Scenario {
        name: "postgres-cut",
        description: "the connection is cut after a statement or COMMIT has been sent, before its answer",
        engines: POSTGRES,
        full_rounds: 50,
        smoke_rounds: 5,
        run: |env| Box::pin(postgres_cut::run(env)),
    },
];

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

    #[test]
    fn those_that_wait_are_scenarios() {
        for name in WAITING {
            assert!(all().any(|scenario| scenario.name == name), "{name}");
        }
    }

    #[test]
    fn former_names_lead_to_scenarios() {
        for (former, present) in RENAMED {
            assert_eq!(present_name(former), present);
            assert!(all().any(|scenario| scenario.name == present), "{present}");
            assert!(all().all(|scenario| scenario.name != former), "{former}");
        }
    }
}
