//! Rate limits as settings: accepted values, errors, and the rates in force.

mod documented;
mod over_http;

use std::process::Output;

use backend::auth::rate_limit::{Limit, Period, Rate, Rates, TABLE};
use backend::config::ConfigError;

use crate::support::program::{Serving, baton, folder, run, run_refused};
use crate::support::settings;

/// The rates in force with these settings.
fn rates(entries: &[String]) -> Result<Rates, ConfigError> {
    let flags = entries.iter().flat_map(|entry| ["--rate-limit", entry]);
    let settings = settings(&flags.collect::<Vec<_>>())?;
    Ok(settings.limits.expect("limits are on"))
}

fn refusal(entries: &[&str]) -> String {
    let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
    let error = rates(&entries).err().unwrap_or_else(|| panic!("{entries:?} was accepted"));
    let error = error.to_string();
    assert!(error.starts_with("--rate-limit / BATON_RATE_LIMIT: "), "{error}");
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn without_a_setting_the_rates_are_the_ones_of_before() {
    let rates = settings::<&str>(&[]).expect("settings").limits.expect("limits are on");
    let all = TABLE.iter().map(|row| (row.name, rates.of(row.limit).to_string()));
    let before = [
        ("logins-per-network-and-account", "20/15s"),
        ("logins-per-network", "100/5s"),
        ("logins-per-known-device", "20/15s"),
        ("known-device-logins-per-network-and-account", "60/15s"),
        ("registrations-per-network", "60/60s"),
        ("refreshes-per-network", "4000/10ms"),
        ("refreshes-per-session", "400/500ms"),
        ("refreshes-per-account", "2000/100ms"),
        ("calls-per-session", "200/100ms"),
        ("calls-per-account", "400/50ms"),
        ("changes-per-session", "60/1s"),
        ("changes-per-account", "240/250ms"),
        ("password-checks-per-session", "20/15s"),
        ("password-checks-per-account", "80/4s"),
        ("introspections-per-service", "4000/1ms"),
        ("wrong-service-credentials-per-network", "4000/10ms"),
    ];
    assert!(all.eq(before.map(|(name, rate)| (name, rate.to_owned()))));
    assert_eq!(rates.changed().count(), 0);
}

/// Each limit accepts its bounds; a value beyond is refused with the bounds in the error.
#[test]
fn every_bound_can_be_set_and_nothing_beyond_it() {
    let micro = std::time::Duration::from_micros(1);
    for row in &TABLE {
        for bound in [row.least, row.most] {
            // The parts and the whole must fit the bound.
            let mut entries: Vec<String> = related(row.limit, bound == row.most);
            entries.push(format!("{}={bound}", row.name));
            let rates = rates(&entries).unwrap_or_else(|error| panic!("{entries:?}: {error}"));
            assert_eq!(rates.of(row.limit), bound);
            assert!(
                rates.changed().any(|(changed, rate)| changed.limit == row.limit && rate == bound)
            );
        }
        for beyond in [
            Rate { at_once: row.least.at_once - 1, ..row.standard },
            Rate { at_once: row.most.at_once + 1, ..row.standard },
            Rate { period: row.least.period + micro, ..row.standard },
            Rate { period: row.most.period - micro, ..row.standard },
            Rate { period: std::time::Duration::ZERO, ..row.standard },
            Rate { at_once: 0, ..row.standard },
        ] {
            let error = refusal(&[&format!("{}={beyond}", row.name)]);
            for said in [
                format!("{}={beyond} is out of bounds", row.name),
                format!("from {} to {} at once", row.least.at_once, row.most.at_once),
                format!("every {} to {}", Period(row.most.period), Period(row.least.period)),
                format!("such as {}={}", row.name, row.standard),
            ] {
                assert!(error.contains(&said), "{said}: {error}");
            }
        }
    }
}

/// The parts of a limit at their tightest, and its whole at its loosest.
fn related(limit: Limit, loosest: bool) -> Vec<String> {
    let parts = TABLE.iter().filter(|row| row.part_of == Some(limit));
    let parts = parts.map(|row| format!("{}={}", row.name, row.least));
    let whole = limit.row().part_of.map(Limit::row).filter(|_| loosest);
    parts.chain(whole.map(|row| format!("{}={}", row.name, row.most))).collect()
}

#[test]
fn what_cannot_be_read_is_said_with_an_example() {
    for text in ["", "logins-per-network", "500/1s", "logins-per-network:500/1s"] {
        let error = refusal(&[text]);
        assert!(
            error.contains(&format!("{text:?}")) && error.contains("logins-per-network=100/5s")
        );
    }
    for rate in ["", "500", "500/1", "/1s", "500/1m", "five/1s", "-500/1s", "500/1s/2s", "5e2/1s"] {
        let error = refusal(&[&format!("calls-per-session={rate}")]);
        let said = error.contains(&format!("\"calls-per-session={rate}\" is not of the form"));
        assert!(said && error.ends_with("such as calls-per-session=200/100ms"), "{error}");
    }
    for name in ["logins", "logins-per-networks", "Logins-Per-Network", "told", ""] {
        let error = refusal(&[&format!("{name}=100/5s")]);
        assert!(error.contains(&format!("there is no limit {name:?}")), "{error}");
        assert!(TABLE.iter().all(|row| error.contains(row.name)), "{error}");
    }
    let twice = refusal(&["calls-per-session=150/100ms", "calls-per-session=150/100ms"]);
    assert!(twice.contains("calls-per-session is set more than once"), "{twice}");
    // A line break in a value does not break the error's line.
    refusal(&["calls-per-session=1\n/5s"]);
    refusal(&["calls\n=1/5s"]);
}

/// A stolen session, or one account, cannot exhaust the limit that others share.
#[test]
fn a_part_is_half_of_its_whole_at_most() {
    for (entry, part, remedy) in [
        (
            "calls-per-session=201/100ms",
            "calls-per-session=201/100ms",
            "calls-per-account=402/50ms",
        ),
        (
            "calls-per-session=200/99ms",
            "calls-per-session=200/99ms",
            "calls-per-account=400/49500us",
        ),
        (
            "changes-per-account=100/250ms",
            "changes-per-session=60/1s",
            "changes-per-account=120/250ms",
        ),
        (
            "password-checks-per-session=50/10s",
            "password-checks-per-session=50/10s",
            "password-checks-per-account=100/4s",
        ),
        (
            "logins-per-network=30/5s",
            "logins-per-network-and-account=20/15s",
            "logins-per-network=40/5s",
        ),
    ] {
        let error = refusal(&[entry]);
        assert!(error.contains(&format!("{part} is more than half of")), "{error}");
        assert!(error.contains(&format!("set {remedy} or more")), "{error}");
        // The remedy in the error is valid.
        let name = entry.split('=').next().expect("a name");
        let mended = [remedy.to_owned()].into_iter();
        let others = (!remedy.starts_with(name)).then(|| entry.to_owned());
        assert!(rates(&mended.chain(others).collect::<Vec<_>>()).is_ok(), "{remedy}");
    }
}

#[test]
fn limits_that_are_off_have_no_rates() {
    let error = settings(&["--limits", "off", "--rate-limit", "calls-per-session=150/100ms"]);
    let error = error.expect_err("a contradiction").to_string();
    assert!(error.starts_with("--rate-limit / BATON_RATE_LIMIT: with --limits off"), "{error}");
    assert!(settings(&["--limits", "off"]).expect("settings").limits.is_none());
    assert!(
        settings(&["--limits", "default", "--rate-limit", "calls-per-session=150/100ms"]).is_ok()
    );
}

/// The line of `baton check` about limits, and its standard error.
fn checked(variable: Option<&str>, flags: &[&str]) -> (String, String) {
    let folder = folder();
    let mut command = baton(folder.path());
    command.arg("check").args(flags).envs(variable.map(|value| ("BATON_RATE_LIMIT", value)));
    let Output { stdout, stderr, .. } = command.output().expect("the program runs");
    let stdout = String::from_utf8(stdout).expect("UTF-8");
    let line = stdout.lines().find(|line| line.starts_with("limits "));
    (line.unwrap_or_default().to_owned(), String::from_utf8(stderr).expect("UTF-8"))
}

#[test]
fn check_says_which_rates_differ_and_the_flag_counts_more_than_the_variable() {
    assert_eq!(checked(None, &[]).0, "limits         ok   all as standard");
    assert_eq!(checked(None, &["--limits", "off"]).0, "limits         off");
    let logins = "limits         ok   logins-per-network=500/1s (standard 100/5s)";
    let registrations = "registrations-per-network=200/10s (standard 60/60s)";
    let list = Some(" logins-per-network=500/1s, registrations-per-network=200/10s\r");
    assert_eq!(checked(list, &[]).0, format!("{logins}, {registrations}"));
    let flag = ["--rate-limit", "logins-per-network=500/1s"];
    assert_eq!(checked(Some("registrations-per-network=200/10s"), &flag).0, logins);
    let flags = [&flag[..], &["--rate-limit", "registrations-per-network=200/10s"]].concat();
    assert_eq!(checked(None, &flags).0, format!("{logins}, {registrations}"));
    // A limit that is set to its standard rate is no difference.
    let standard = Some("logins-per-network=100/5000ms");
    assert_eq!(checked(standard, &[]).0, "limits         ok   all as standard");

    for (variable, flags, said) in [
        (Some("logins-per-network=1/1s"), &[][..], "logins-per-network=1/1s is out of bounds"),
        (Some("logins-per-network=500/1s,"), &[], "\"\" is not of the form"),
        (Some("calls-per-session=150/100ms"), &["--limits", "off"], "with --limits off"),
        (Some("\"logins-per-network=500/1s\""), &[], "quotation mark"),
    ] {
        let (line, error) = checked(variable, flags);
        let named = error.starts_with("baton: --rate-limit / BATON_RATE_LIMIT: ");
        assert!(line.is_empty() && named && error.contains(said), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
    assert!(checked(Some(""), &[]).0.ends_with("all as standard"));
}

#[test]
fn serve_says_in_its_log_which_rates_differ() {
    let folder = folder();
    let logged = |flags: &[&str]| {
        let log = folder.path().join("log");
        let mut server = Serving::logging(folder.path(), flags, &log);
        server.terminate();
        server.child.wait().expect("an end");
        let text = std::fs::read_to_string(log).expect("a log");
        let about_limits = |line: &&str| line.contains("event=\"limit");
        let lines = text.lines().filter(about_limits);
        lines.map(|line| line.split("event=").last().expect("it").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(logged(&[]), [""; 0]);
    let set =
        ["--rate-limit", "logins-per-network=500/1s", "--rate-limit", "calls-per-account=500/50ms"];
    let said = logged(&set);
    assert_eq!(said.len(), 2, "{said:?}");
    for (line, [name, rate, standard]) in said.iter().zip([
        ["logins-per-network", "500/1s", "100/5s"],
        ["calls-per-account", "500/50ms", "400/50ms"],
    ]) {
        assert!(line.starts_with("\"limit.set\"") && line.contains(name), "{line}");
        assert!(line.contains(&format!("rate={rate}")) && line.contains(standard), "{line}");
    }
    assert!(logged(&["--limits", "off"])[0].starts_with("\"limits.off\""));
    let mut refused = baton(folder.path());
    refused.args(["serve", "--listen", "127.0.0.1:0", "--rate-limit", "calls-per-session=1/1s"]);
    let output = run_refused(refused);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_lists_every_limit_with_its_rate_and_bounds() {
    let folder = folder();
    for arguments in [&["help", "serve"][..], &["serve", "--help"], &["check", "--help"]] {
        let help = String::from_utf8(run(folder.path(), arguments).stdout).expect("UTF-8");
        assert!(help.contains("--rate-limit <NAME=AT_ONCE/PERIOD>"), "{help}");
        for row in &TABLE {
            let line =
                help.lines().find(|line| line.trim_start().starts_with(&format!("{} ", row.name)));
            let line = line.unwrap_or_else(|| panic!("{} is missing: {help}", row.name));
            assert!(line.contains(&format!(" {} ", row.standard)), "{line}");
            assert!(
                line.contains(&format!(
                    "from {} to {} at once",
                    row.least.at_once, row.most.at_once
                ))
            );
        }
    }
}
