//! Lifetimes as settings, each within its bounds.

use rotation::Policy;

use super::LifeArgs;
use super::error::ConfigError;
use crate::lifetimes::LifetimeSet;
use crate::prune::Retention;

const DEFAULT_IDLE_SECONDS: i64 = 7 * 86_400;
/// The bounds.
pub(super) const LONGEST: LifetimeSet = LifetimeSet::LONGEST;

impl TryFrom<&LifeArgs> for Policy {
    type Error = ConfigError;

    fn try_from(life: &LifeArgs) -> Result<Self, ConfigError> {
        let absolute_seconds = seconds(
            "--refresh-absolute-seconds",
            life.refresh_absolute_seconds,
            LONGEST.session_absolute,
        )?;
        let idle_seconds = match life.refresh_idle_seconds {
            Some(idle_seconds) => {
                seconds("--refresh-idle-seconds", idle_seconds, LONGEST.session_idle)?
            }
            None => DEFAULT_IDLE_SECONDS.min(absolute_seconds),
        };
        if idle_seconds > absolute_seconds {
            return Err(ConfigError::new(
                "--refresh-idle-seconds",
                "must not be more than --refresh-absolute-seconds",
            ));
        }
        Ok(Self { idle_seconds, absolute_seconds })
    }
}

impl TryFrom<&LifeArgs> for Retention {
    type Error = ConfigError;

    fn try_from(life: &LifeArgs) -> Result<Self, ConfigError> {
        let event_seconds = seconds(
            "--event-retention-seconds",
            life.event_retention_seconds,
            LONGEST.event_retention,
        )?;
        Ok(Self { policy: Policy::try_from(life)?, event_seconds })
    }
}

/// Checks a number of seconds against its bound.
pub(super) fn seconds(setting: &'static str, value: i64, longest: i64) -> Result<i64, ConfigError> {
    if (1..=longest).contains(&value) {
        return Ok(value);
    }
    let days = match longest / 86_400 {
        1 => "a day".to_owned(),
        days => format!("{days} days"),
    };
    let remedy = format!("{value} is not a number of seconds from 1 to {longest} ({days})");
    Err(ConfigError::new(setting, remedy))
}
