//! Back-off of refreshes: exponential, with jitter, bounded.

use frontend::session::back_off::{TRIES, wait_ms};

#[test]
fn waits_double_up_to_a_limit() {
    let longest: Vec<u32> = (0..6).map(|tried| wait_ms(tried, None, 1.0)).collect();
    assert_eq!(longest, [400, 800, 1600, 3200, 4000, 4000]);
    assert_eq!(wait_ms(u32::MAX, None, 1.0), 4000);
}

#[test]
fn half_of_a_wait_is_chance() {
    assert_eq!(wait_ms(0, None, 0.0), 200);
    assert_eq!(wait_ms(0, None, 0.5), 300);
    assert_eq!(wait_ms(3, None, 0.0), 1600);
}

#[test]
fn the_server_may_ask_for_more_patience_but_not_for_any_amount() {
    assert_eq!(wait_ms(0, Some(2), 0.0), 2200);
    assert_eq!(wait_ms(0, Some(3600), 0.0), 10_200);
    assert_eq!(wait_ms(0, Some(u32::MAX), 1.0), 10_400);
}

#[test]
fn a_refresh_gives_up_within_the_patience_of_a_user() {
    let waits: u32 = (0..TRIES - 1).map(|tried| wait_ms(tried, None, 1.0)).sum();
    assert!(waits < 5_000, "{waits}");
}
