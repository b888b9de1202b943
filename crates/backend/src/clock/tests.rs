//! The boot clock counts suspension of the machine. The tests suspend no machine: in a time namespace, boot time
//! differs from monotonic time as after a suspension.

use std::process::Command;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::{BootInstant, Clock, duration};

const SUSPENDED: &str = "864000";

/// From `/proc/uptime`, which is boot time.
fn uptime() -> Duration {
    let text = std::fs::read_to_string("/proc/uptime").expect("Linux");
    let seconds = text.split(' ').next().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs_f64(seconds.expect("seconds"))
}

/// On a machine that was never suspended both clocks agree: see the next test.
#[test]
fn time_is_counted_by_boot_time() {
    let (before, clock) = (uptime(), Clock::system());
    let counted = clock.boot_instant().since(BootInstant(Duration::ZERO));
    let (seconds, awake) = (clock.hands.boot(), clock_gettime(ClockId::Monotonic));
    // `/proc/uptime` is in hundredths, and rounded down.
    let after = uptime() + Duration::from_millis(20);
    assert!((before.as_secs()..=after.as_secs()).contains(&seconds.unsigned_abs()));
    // An instant counts from when the clock was made, plus all suspension before that.
    let suspended = after.saturating_sub(duration(awake));
    let most = suspended + after.saturating_sub(before);
    let least = suspended.saturating_sub(Duration::from_secs(1));
    assert!(least <= counted && counted <= most, "{least:?} {counted:?} {most:?}");
}

#[test]
fn instants_count_the_time_of_a_suspension() {
    let this = std::env::current_exe().expect("a test program");
    let mut in_namespace = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        in_namespace.args(["--user", "--map-root-user"]);
    }
    in_namespace.args(["--time", "--fork", "--boottime", SUSPENDED]).arg(this);
    let outcome =
        in_namespace.args(["--exact", "clock::tests::time_is_counted_by_boot_time"]).output();
    let outcome = outcome.expect("unshare (Debian: util-linux)");
    let said = String::from_utf8_lossy(&outcome.stdout);
    assert!(
        outcome.status.success() && said.contains("1 passed"),
        "{said}{}\nA time namespace is needed: where containers forbid it, allow CAP_SYS_ADMIN or user namespaces.",
        String::from_utf8_lossy(&outcome.stderr)
    );
}
