//! Settings: the defaults of the contract, and a one-line error for each invalid setting.

use std::time::Duration;

use backend::config::CommandLine;
use clap::{Command, CommandFactory as _};

use crate::support::settings;

#[test]
fn the_defaults_are_the_contracts() {
    let defaults = settings::<&str>(&[]).expect("valid defaults");
    assert_eq!(defaults.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(defaults.origin.as_str(), "http://localhost:3000");
    assert_eq!(defaults.database, "sqlite:baton.db");
    assert_eq!(defaults.access_token_seconds, 900);
    assert_eq!(
        Duration::from_secs(defaults.policy.idle_seconds.unsigned_abs()),
        Duration::from_secs(7 * 86_400)
    );
    assert_eq!(
        Duration::from_secs(defaults.policy.absolute_seconds.unsigned_abs()),
        Duration::from_secs(30 * 86_400)
    );
    assert_eq!(defaults.audience, ["http://localhost:3000"]);
    assert!(defaults.trusted_proxies.is_empty());
    assert_eq!(defaults.max_connections, 2_048);
}

#[test]
fn every_setting_that_is_wrong_is_named_with_a_remedy() {
    for (flags, named) in [
        (&["--listen", "3000"][..], "--listen"),
        (&["--origin", "localhost:3000"], "--origin"),
        (&["--origin", "ftp://login.example.com"], "https://"),
        (&["--origin", "http://login.example.com"], "https"),
        (&["--origin", "https://login.example.com/"], "\"https://login.example.com\""),
        (&["--origin", "https://login.example.com:443"], "\"https://login.example.com\""),
        (&["--origin", "https://Login.example.com"], "\"https://login.example.com\""),
        (&["--origin", "https://a@login.example.com"], "\"https://login.example.com\""),
        (&["--origin", "http://localhost:03000"], "\"http://localhost:3000\""),
        (&["--origin", "https://exämple.com"], "\"https://xn--exmple-cua.com\""),
        (&["--origin", "https://login.example.com:x"], "is no origin"),
        (&["--origin", "https://[::1"], "is no origin"),
        (&["--origin", "https://a b"], "is no origin"),
        (&["--origin", "https://*.example.com"], "wildcard"),
        (&["--access-token-seconds", "0"], "--access-token-seconds"),
        (&["--refresh-idle-seconds", "-1"], "--refresh-idle-seconds"),
        (
            &["--refresh-idle-seconds", "100", "--refresh-absolute-seconds", "99"],
            "--refresh-idle-seconds",
        ),
        (&["--trusted-proxies", "10.0.0.1,proxy.internal"], "--trusted-proxies"),
        (&["--site", "nowhere"], "--site"),
        (&["--origin", "https://login.example.com", "--limits", "off"], "--limits"),
        (&["--audience", "a,,b"], "--audience"),
    ] {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        // In the form `--flag=value`: a negative number must not be taken for a flag.
        let joined: Vec<String> = flags.chunks(2).map(|pair| pair.join("=")).collect();
        let joined: Vec<&str> = joined.iter().map(String::as_str).collect();
        let error =
            settings(&joined).err().unwrap_or_else(|| panic!("{flags:?} was accepted")).to_string();
        assert!(error.contains(named) && !error.contains('\n'), "{flags:?}: {error}");
        assert!(error.contains(" / BATON_"), "{error}");
    }
}

/// A mistyped lifetime would bind for as long as it says: caches and cookies cannot be called back.
#[test]
fn lifetimes_have_a_longest_value() {
    for (flag, longest, days) in [
        ("--access-token-seconds", 86_400, "(a day)"),
        ("--jwks-cache-seconds", 86_400, "(a day)"),
        ("--refresh-absolute-seconds", 34_560_000, "(400 days)"),
        ("--refresh-idle-seconds", 34_560_000, "(400 days)"),
        ("--recent-login-seconds", 34_560_000, "(400 days)"),
        ("--key-rotation-seconds", 34_560_000, "(400 days)"),
        ("--event-retention-seconds", 315_360_000, "(3650 days)"),
    ] {
        let with = |seconds: i64| {
            let seconds = seconds.to_string();
            let absolute = ["--refresh-absolute-seconds", "34560000"];
            let others = if flag == absolute[0] { &[][..] } else { &absolute };
            settings(&[&[flag, &seconds], others].concat())
        };
        assert!(with(longest).is_ok(), "{flag}");
        let error = with(longest + 1).err().unwrap_or_else(|| panic!("{flag}")).to_string();
        let bound = format!("from 1 to {longest} {days}");
        assert!(error.starts_with(flag) && error.ends_with(&bound), "{error}");
    }
}

#[test]
fn an_absolute_limit_that_is_shorter_than_a_week_is_the_idle_limit_too() {
    for (flag, idle_seconds) in [("60", 60), ("604800", 604_800), ("604801", 604_800)] {
        let settings = settings(&["--refresh-absolute-seconds", flag]).expect("valid settings");
        assert_eq!(settings.policy.idle_seconds, idle_seconds, "{flag}");
    }
}

#[test]
fn loopback_is_recognised_in_every_spelling() {
    for origin in [
        "http://localhost:3000",
        "http://app.localhost",
        "http://127.0.0.1:8080",
        "http://[::1]:3000",
        "https://localhost",
    ] {
        assert!(settings(&["--origin", origin, "--limits", "off"]).is_ok(), "{origin}");
    }
    for origin in ["https://localhost.evil.example", "https://10.0.0.1"] {
        assert!(settings(&["--origin", origin, "--limits", "off"]).is_err(), "{origin}");
    }
}

/// Errors name the variable by this rule.
#[test]
fn the_variable_of_a_setting_is_named_after_its_flag() {
    fn check(command: &Command) -> usize {
        let mut settings = 0;
        for argument in command.get_arguments() {
            let Some(variable) = argument.get_env() else { continue };
            let flag = argument.get_long().expect("a flag").to_ascii_uppercase();
            assert_eq!(variable.to_string_lossy(), format!("BATON_{}", flag.replace('-', "_")));
            settings += 1;
        }
        settings + command.get_subcommands().map(check).sum::<usize>()
    }
    assert!(check(&CommandLine::command()) > 20);
}

#[test]
fn white_space_around_an_entry_of_a_list_does_not_count() {
    let settings =
        settings(&["--audience", "a, b ,c", "--trusted-proxies", "10.0.0.1, 10.1.0.0/16"]);
    let settings = settings.expect("settings");
    assert_eq!(settings.audience, ["a", "b", "c"]);
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert!(super::support::settings(&["--audience", "a, ,c"]).is_err());
}
