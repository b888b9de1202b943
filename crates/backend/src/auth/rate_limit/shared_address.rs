//! Many users behind one address (NAT): the worked example of docs/operating.md, a school of 2,000 pupils. The rates
//! are read from there.

use std::net::{IpAddr, Ipv4Addr};

use shared::NumericDate;

use super::{Key, RateLimits, Rates};
use crate::clock::Clock;
use crate::store::AccountTag;

const PUPILS: i64 = 2_000;
const SECONDS: i64 = 600;
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// The rates that the example says are needed.
fn documented() -> Vec<String> {
    const OPERATING: &str = include_str!("../../../../../docs/operating.md");
    let example = OPERATING.split_once("\n### Many users behind one address\n").expect("it").1;
    let setting = example.lines().find_map(|line| line.strip_prefix("BATON_RATE_LIMIT="));
    setting.expect("a setting").split(',').map(str::to_owned).collect()
}

/// How many of the pupils log in, if `come` says how many have come after so many seconds.
fn logged_in(entries: &[String], come: impl Fn(i64) -> i64) -> i64 {
    let clock = Clock::manual(NumericDate(1_800_000_000));
    let limits = RateLimits::new(&Rates::with(entries).expect("rates"), &clock);
    let (mut came, mut passed) = (0, 0);
    for second in 0..SECONDS {
        while came < come(second + 1) {
            came += 1;
            let pupil = AccountTag::of_service(&format!("pupil {came}"));
            passed += i64::from(limits.login(Some(ADDRESS), pupil).is_ok());
        }
        clock.advance(1);
    }
    assert_eq!(came, PUPILS);
    passed
}

fn evenly(second: i64) -> i64 {
    PUPILS * second / SECONDS
}

fn half_in_the_first_minute(second: i64) -> i64 {
    let first = PUPILS / 2 * second.min(60) / 60;
    first + PUPILS / 2 * (second - 60).max(0) / (SECONDS - 60)
}

const fn all_at_once(_: i64) -> i64 {
    PUPILS
}

#[test]
fn with_the_documented_rate_every_pupil_logs_in_however_they_come() {
    for come in [evenly, half_in_the_first_minute, all_at_once] {
        assert_eq!(logged_in(&documented(), come), PUPILS);
    }
}

#[test]
fn the_other_rates_that_are_named_do_as_they_are_said_to() {
    // One more token is added in the instant after the last pupil has come.
    assert!((219..=220).contains(&logged_in(&[], evenly)));
    let enough_if_even = ["logins-per-network=1500/1s".to_owned()];
    assert_eq!(logged_in(&enough_if_even, evenly), PUPILS);
    assert!(logged_in(&enough_if_even, all_at_once) < PUPILS);
}

/// A browser refreshes once in a quarter of an hour; here all refresh in the same second.
#[test]
fn nothing_else_has_to_be_set() {
    let clock = Clock::manual(NumericDate(1_800_000_000));
    let limits = RateLimits::new(&Rates::with(&documented()).expect("rates"), &clock);
    for _ in 0..2 * PUPILS {
        assert!(limits.refresh_from(Key::Network(Some(ADDRESS))).is_ok());
    }
}
