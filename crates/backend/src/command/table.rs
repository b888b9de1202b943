//! Formats instants for an operator.

use cookie::time::OffsetDateTime;
use cookie::time::format_description::well_known::Rfc3339;
use shared::NumericDate;

/// RFC 3339, in UTC: `2027-01-15T08:00:00Z`. An instant outside the calendar is written as a number.
pub(super) fn instant(NumericDate(seconds): NumericDate) -> String {
    let instant = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let written = instant.and_then(|instant| instant.format(&Rfc3339).ok());
    written.unwrap_or_else(|| seconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_rfc_3339_says() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MAX, "9223372036854775807"),
        ] {
            assert_eq!(instant(NumericDate(at)), text);
        }
    }
}
