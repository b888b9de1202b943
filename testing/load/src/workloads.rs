//! The workloads, by name. Each is independent: it starts from logged-in sessions and returns its points.

mod calls;
mod connections;
mod floods;
mod growth;
mod instances;
mod lists;
mod logins;
mod sessions;
mod soak;

use anyhow::{Result, bail};

use crate::bench::Bench;
use crate::database::Engine;
use crate::results::{BARE, Point};

/// A workload.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Measured in every round, in turn with the others, so that a disturbance of the machine meets all. Otherwise
    /// once, in an installation of its own.
    pub(crate) in_rounds: bool,
    /// Measured only when it is named, as it takes an hour or so.
    pub(crate) is_long: bool,
    /// Where it can be measured.
    pub(crate) engines: &'static [Engine],
    pub(crate) run: fn(&mut Bench, Engine) -> Result<Vec<Point>>,
}

const EACH: &[Engine] = &[Engine::Sqlite, Engine::Postgres];

/// The yardstick first, then the cheap ones.
static ALL: [Workload; 14] = [
    Workload {
        name: BARE,
        about: "the yardstick: bare axum, the same requests as `me`, a JSON answer",
        in_rounds: true,
        is_long: false,
        engines: &[Engine::Sqlite],
        run: calls::bare,
    },
    Workload {
        name: "me",
        about: "`GET /api/me` with an access token",
        in_rounds: true,
        is_long: false,
        engines: EACH,
        run: calls::me,
    },
    Workload {
        name: "refresh",
        about: "refreshes: each rotates the cookie of its session",
        in_rounds: true,
        is_long: false,
        engines: EACH,
        run: calls::refresh,
    },
    Workload {
        name: "mix",
        about: "20 calls of `me`, then a refresh",
        in_rounds: true,
        is_long: false,
        engines: EACH,
        run: calls::mix,
    },
    Workload {
        name: "status-lists",
        about: "`GET /status-lists/{n}`, 128 lists by turns, whole and unless they have changed",
        in_rounds: true,
        is_long: false,
        engines: &[Engine::Sqlite],
        run: lists::status_lists,
    },
    Workload {
        name: "login",
        about: "logins with the right password: Argon2id",
        in_rounds: true,
        is_long: false,
        engines: EACH,
        run: logins::login,
    },
    Workload {
        name: "login-flood",
        about: "16 connections that guess passwords, beside 50 refreshes a second",
        in_rounds: true,
        is_long: false,
        engines: EACH,
        run: logins::flood,
    },
    Workload {
        name: "flood",
        about: "`me`, each with an access token that was never seen, beside 100 refreshes a second",
        in_rounds: true,
        is_long: false,
        engines: EACH,
        run: floods::flood,
    },
    Workload {
        name: "sessions",
        about: "`me` and refreshes among more and more sessions in the database",
        in_rounds: false,
        is_long: false,
        engines: EACH,
        run: sessions::sessions,
    },
    Workload {
        name: "connections",
        about: "memory of idle keep-alive connections",
        in_rounds: false,
        is_long: false,
        engines: &[Engine::Sqlite],
        run: connections::connections,
    },
    Workload {
        name: "growth",
        about: "how much the database grows by refreshes",
        in_rounds: false,
        is_long: false,
        engines: EACH,
        run: growth::growth,
    },
    Workload {
        name: "instances",
        about: "refreshes at one instance, and at two over one database",
        in_rounds: false,
        is_long: false,
        engines: &[Engine::Postgres],
        run: instances::instances,
    },
    Workload {
        name: "growth-long",
        about: "how much the database grows by ten million refreshes of a thousand sessions",
        in_rounds: false,
        is_long: true,
        engines: EACH,
        run: growth::long_growth,
    },
    Workload {
        name: "soak",
        about: "memory through an hour of calls, refreshes, guesses and status lists of 100,000 live sessions",
        in_rounds: false,
        is_long: true,
        engines: EACH,
        run: soak::soak,
    },
];

/// Every workload.
pub(crate) fn all() -> &'static [Workload] {
    &ALL
}

/// Those that `only` names, and the yardstick; all but the long ones if it is empty. `may_be_none`: names may be of
/// other tests.
///
/// # Errors
/// If there is none of this name.
pub(crate) fn chosen(only: &[String], may_be_none: bool) -> Result<Vec<&'static Workload>> {
    // A full name selects that workload alone, not those that contain it.
    let is_whole = |wanted: &str| ALL.iter().any(|it| it.name == wanted);
    let matches = |wanted: &String, name: &str| {
        if is_whole(wanted) { name == wanted } else { name.contains(wanted.as_str()) }
    };
    let is_named = |name: &str| only.iter().any(|wanted| matches(wanted, name));
    if only.is_empty() {
        return Ok(ALL.iter().filter(|it| !it.is_long).collect());
    }
    if !ALL.iter().any(|it| is_named(it.name)) {
        if may_be_none {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = ALL.iter().map(|it| it.name).collect();
        bail!("no workload has this name; there are {}", names.join(", "));
    }
    Ok(ALL.iter().filter(|it| it.name == BARE || is_named(it.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str]) -> Vec<&'static str> {
        let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
        chosen(&only, true).expect("a list").into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn a_name_selects_its_workload_and_the_yardstick() {
        assert_eq!(names(&["flood"]), [BARE, "flood"]);
        assert_eq!(names(&["log"]), [BARE, "login", "login-flood"]);
        assert_eq!(names(&[]).len(), ALL.iter().filter(|it| !it.is_long).count());
        assert_eq!(names(&["growth"]), [BARE, "growth"]);
        assert_eq!(names(&["soak"]), [BARE, "soak"]);
        assert!(names(&["replay"]).is_empty());
        let error = chosen(&["replay".to_owned()], false).err().expect("no such workload");
        assert!(error.to_string().contains("login-flood"));
    }
}
