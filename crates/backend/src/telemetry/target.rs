//! The targets of log lines, by which filters and rate limits know them.

/// The target of audit lines, which no rate limit drops: events of sessions and accounts. Each follows a committed
/// change or an authentic credential; callers without either cause none. Refreshes are at level debug.
pub const AUDIT: &str = "backend::auth::audit";
/// The target of the span around each request, which holds the id that users quote. No filter drops it, so that
/// every line can be found by that id.
pub const REQUEST: &str = "backend::request";
/// The target of lines that count suppressed or dropped ones.
pub(super) const SUMMARY: &str = "backend::log";
