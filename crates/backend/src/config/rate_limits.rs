//! Rate limits as settings: the preset of `--limits` and the rates of `--rate-limit`. The bounds of a rate are in
//! [`Rates`].

use super::RateLimits;
use super::error::ConfigError;
use super::origin::Origin;
use crate::auth::rate_limit::Rates;

/// The rate limits in force; `None` if they are off.
pub(super) fn rates(
    preset: RateLimits,
    entries: &[String],
    origin: &Origin,
) -> Result<Option<Rates>, ConfigError> {
    if preset == RateLimits::Default {
        let rates = Rates::with(entries);
        return rates
            .map(Some)
            .map_err(|error| ConfigError::new("--rate-limit", error.to_string()));
    }
    if !origin.is_loopback() {
        return Err(ConfigError::new(
            "--limits",
            "off is for tests on a loopback origin only: leave it out, or use an --origin on localhost",
        ));
    }
    if !entries.is_empty() {
        return Err(ConfigError::new(
            "--rate-limit",
            "with --limits off there are no limits to set: leave out one of the two",
        ));
    }
    Ok(None)
}
