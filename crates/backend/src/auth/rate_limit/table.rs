//! The table of rate limits: each with its name, its standard rate, and the bounds of an operator's setting. The
//! numbers stand only here; docs/operating.md shows them, and a test compares.

use std::time::Duration;

use self::Limit as L;
use super::rate::Rate;

/// A rate limit, by the calls and the key that it counts. Each has the row of its number in [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Logins to an account from a network, on unknown devices.
    LoginsPerNetworkAndAccount,
    /// Logins from a network, on unknown devices.
    LoginsPerNetwork,
    /// Logins on a known device.
    LoginsPerKnownDevice,
    /// Logins to an account from a network, on all known devices.
    KnownDeviceLoginsPerNetworkAndAccount,
    /// Registrations from a network.
    RegistrationsPerNetwork,
    /// Refreshes, confirmations and revocations from a network, with tokens that are not genuine or not verified yet.
    RefreshesPerNetwork,
    /// Refreshes of a session with an authentic ticket.
    RefreshesPerSession,
    /// Refreshes of all sessions of an account.
    RefreshesPerAccount,
    /// Calls with an access token of a session.
    CallsPerSession,
    /// Calls with an access token of an account.
    CallsPerAccount,
    /// Those calls of a session that may change data.
    ChangesPerSession,
    /// Those calls of an account that may change data.
    ChangesPerAccount,
    /// Passwords given in a session.
    PasswordChecksPerSession,
    /// Passwords given in all sessions of an account.
    PasswordChecksPerAccount,
    /// Introspections and revocations by a service.
    IntrospectionsPerService,
    /// Calls from a network with service credentials that are wrong or not verified yet.
    WrongServiceCredentialsPerNetwork,
}

/// A limit's row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The limit.
    pub limit: Limit,
    /// Its name in settings.
    pub name: &'static str,
    /// The tightest rate: a tighter one would refuse ordinary users.
    pub least: Rate,
    /// The rate unless an operator sets another.
    pub standard: Rate,
    /// The loosest rate: a looser one would be no limit.
    pub most: Rate,
    /// The limit of which this one may take half at most: its key must not use up what other keys share.
    pub part_of: Option<Limit>,
}

/// How many limits there are.
pub const LIMITS: usize = 16;

/// All limits: the name, then the least, the standard and the most, each so many at once and one more in so long.
#[rustfmt::skip]
pub static TABLE: [Row; LIMITS] = [
    row(L::LoginsPerNetworkAndAccount, "logins-per-network-and-account",                          (10, s(60)),       (20, s(15)),       (200, s(1))).as_part_of(L::LoginsPerNetwork),
    row(L::LoginsPerNetwork, "logins-per-network",                                                (20, s(10)),       (100, s(5)),       (10_000, ms(100))),
    row(L::LoginsPerKnownDevice, "logins-per-known-device",                                       (10, s(60)),       (20, s(15)),       (200, s(1))),
    row(L::KnownDeviceLoginsPerNetworkAndAccount, "known-device-logins-per-network-and-account",  (20, s(60)),       (60, s(15)),       (1_000, s(1))),
    row(L::RegistrationsPerNetwork, "registrations-per-network",                                  (5, s(600)),       (60, s(60)),       (5_000, s(1))),
    row(L::RefreshesPerNetwork, "refreshes-per-network",                                          (100, s(1)),       (4_000, ms(10)),   (40_000, ms(1))),
    row(L::RefreshesPerSession, "refreshes-per-session",                                          (100, s(2)),       (400, ms(500)),    (2_000, ms(100))).as_part_of(L::RefreshesPerAccount),
    row(L::RefreshesPerAccount, "refreshes-per-account",                                          (200, s(1)),       (2_000, ms(100)),  (10_000, ms(20))),
    row(L::CallsPerSession, "calls-per-session",                                                  (100, ms(500)),    (200, ms(100)),    (2_000, ms(10))).as_part_of(L::CallsPerAccount),
    row(L::CallsPerAccount, "calls-per-account",                                                  (200, ms(250)),    (400, ms(50)),     (10_000, ms(5))),
    row(L::ChangesPerSession, "changes-per-session",                                              (20, s(5)),        (60, s(1)),        (500, ms(100))).as_part_of(L::ChangesPerAccount),
    row(L::ChangesPerAccount, "changes-per-account",                                              (40, s(2)),        (240, ms(250)),    (2_000, ms(50))),
    row(L::PasswordChecksPerSession, "password-checks-per-session",                               (10, s(60)),       (20, s(15)),       (100, s(2))).as_part_of(L::PasswordChecksPerAccount),
    row(L::PasswordChecksPerAccount, "password-checks-per-account",                               (20, s(30)),       (80, s(4)),        (400, s(1))),
    row(L::IntrospectionsPerService, "introspections-per-service",                                (200, ms(10)),     (4_000, ms(1)),    (20_000, us(200))),
    row(L::WrongServiceCredentialsPerNetwork, "wrong-service-credentials-per-network",            (1_000, ms(100)),  (4_000, ms(10)),   (40_000, ms(2))),
];

/// How often a hit limit is logged as an event: it refuses no call, so it is not a setting.
pub(super) const LOGGED: Rate = rate((1, s(3_600)));

/// How long a refused ticket is refused without being judged: `Retry-After` is no shorter.
pub(super) const REFUSED: Rate = rate((1, s(1)));

const _: () = {
    let mut number = 0;
    while number < TABLE.len() {
        assert!(TABLE[number].limit as usize == number, "rows stand in the order of the limits");
        number += 1;
    }
};

impl Limit {
    /// The limit's row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

type Numbers = (u32, Duration);

const fn row(
    limit: Limit,
    name: &'static str,
    least: Numbers,
    standard: Numbers,
    most: Numbers,
) -> Row {
    let (least, standard, most) = (rate(least), rate(standard), rate(most));
    Row { limit, name, least, standard, most, part_of: None }
}

impl Row {
    const fn as_part_of(self, whole: Limit) -> Self {
        Self { part_of: Some(whole), ..self }
    }
}

const fn rate((at_once, period): Numbers) -> Rate {
    Rate { at_once, period }
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn us(microseconds: u64) -> Duration {
    Duration::from_micros(microseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_is_within_the_bounds_and_each_bound_can_be_set() {
        for Row { name, least, standard, most, part_of, .. } in &TABLE {
            assert!(least.at_once > 0 && !most.period.is_zero(), "{name}");
            assert!(standard.is_within(*least, *most) && most.is_within(*least, *most), "{name}");
            assert_ne!(least, most, "{name}");
            if let Some(whole) = part_of.map(Limit::row) {
                assert!(standard.is_half_of(whole.standard), "{name}");
                assert!(least.is_half_of(whole.least), "{name}");
                assert!(most.is_half_of(whole.most), "{name}");
            }
        }
    }

    #[test]
    fn names_are_words_and_differ() {
        for (number, row) in TABLE.iter().enumerate() {
            assert!(row.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert!(TABLE[..number].iter().all(|other| other.name != row.name), "{}", row.name);
        }
    }
}
