//! Idle and absolute expiry.

use rotation::{Family, Generation, Policy};
use types::NumericDate;

const POLICY: Policy = Policy { idle_seconds: 100, absolute_seconds: 250 };

#[test]
fn the_nearer_of_the_two_limits_counts() {
    let family: Family = Family::begun(NumericDate(1_000));
    assert_eq!(POLICY.expires_at(&family), NumericDate(1_100));
    let family = family.accepted(Generation(1), None, NumericDate(1_090));
    assert_eq!(POLICY.expires_at(&family), NumericDate(1_190));
}

/// RFC 10017: rotation must not extend the lifetime of the family beyond its first limit.
#[test]
fn rotation_never_moves_the_absolute_limit() {
    let mut family: Family = Family::begun(NumericDate(1_000));
    for generation in 1..=50 {
        family = family.accepted(
            Generation(generation),
            None,
            NumericDate(1_000 + i64::from(generation) * 5),
        );
        assert!(POLICY.expires_at(&family) <= NumericDate(1_250));
    }
    assert_eq!(POLICY.expires_at(&family), NumericDate(1_250));
}
