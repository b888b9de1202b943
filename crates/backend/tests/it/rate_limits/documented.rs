//! docs/operating.md on rate limits agrees with the program.

use std::time::Duration;

use backend::auth::login::login_throttle::{FREE, LONGEST_WAIT_SECONDS, MOST_IN_A_ROW};
use backend::auth::rate_limit::{Limit, Rate, TABLE};

const OPERATING: &str = include_str!("../../../../../docs/operating.md");
const DAY: Duration = Duration::from_hours(24);

/// The section about limits.
fn limits() -> &'static str {
    OPERATING.split_once("\n## Limits\n").expect("a part about limits").1
}

/// `17380` as `17,380`.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

#[test]
fn the_table_of_limits_is_the_programs() {
    let documented: Vec<Vec<&str>> = limits()
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(documented.len(), TABLE.len());
    for (row, documented) in TABLE.iter().zip(documented) {
        let mut expected = vec![format!("`{}`", row.name)];
        expected.extend([row.standard, row.least, row.most].map(|rate| rate.to_string()));
        expected.extend([row.standard, row.most].map(|rate| grouped(rate.most_within(DAY))));
        assert_eq!(documented[..6], expected);
        assert!(documented[6].len() > 10, "what it costs: {documented:?}");
        if let Some(whole) = row.part_of.filter(|whole| *whole != Limit::LoginsPerNetwork) {
            assert!(documented[6].contains(whole.row().name), "{documented:?}");
        }
    }
}

/// How many passwords throttling leaves a guesser at one account within this time, and when the last before the
/// lockout is verified.
fn guesses(within: Duration) -> (u32, Duration) {
    let (mut at, mut tried) = (0, 0);
    for failures in 0..MOST_IN_A_ROW {
        let doublings = failures.checked_sub(FREE);
        at += doublings.map_or(0, |n| 2_i64.saturating_pow(n).min(LONGEST_WAIT_SECONDS));
        if Duration::from_secs(at.unsigned_abs()) <= within {
            tried = failures + 1;
        }
    }
    (tried, Duration::from_secs(at.unsigned_abs()))
}

#[test]
fn the_attempts_an_attacker_has_at_one_account_are_documented() {
    let (first_day, last) = guesses(DAY);
    let hours = last.as_secs() / 3_600;
    let said = format!(
        "a guesser has {first_day} tries on the first day and the hundredth after {hours} hours"
    );
    assert!(limits().contains(&said), "{said}");
    assert!(limits().contains(&format!("no account gets more than {first_day} on the first day")));
    assert_eq!(MOST_IN_A_ROW, 100, "NIST SP 800-63B-4 section 3.2.2");
}

/// The example of a school; a unit test beside the limits shows that its rates suffice.
#[test]
fn the_price_of_the_worked_example_is_documented() {
    let rate = |text: &str| text.parse::<Rate>().expect("a rate");
    let in_a_day = |rate: Rate| grouped(rate.most_within(DAY));
    let (logins, registrations) =
        (Limit::LoginsPerNetwork.row().standard, Limit::RegistrationsPerNetwork.row().standard);
    let (school, standard) = (in_a_day(rate("2000/1s")), in_a_day(logins));
    for said in [
        format!("{school} passwords can be tried in a day instead of {standard}"),
        format!(
            "{school} accounts could be made from one address in a day instead of {}",
            in_a_day(registrations)
        ),
        format!(
            "the standard rate {} of them succeed",
            logins.most_within(Duration::from_mins(10))
        ),
        "BATON_RATE_LIMIT=logins-per-network=2000/1s\n".to_owned(),
    ] {
        assert!(limits().contains(&said), "{said}");
    }
}
