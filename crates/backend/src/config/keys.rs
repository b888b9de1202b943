//! Settings of the key ring: where its master key is, and how its keys are rotated.

use rotation::Policy;
use shared::Secret;

use super::error::ConfigError;
use super::life::{LONGEST, seconds};
use super::{KeysArgs, LifeArgs};
use crate::keys::KeyPlan;
use crate::keys::source::{MASTER_KEY, MasterKeySource};

impl TryFrom<&KeysArgs> for MasterKeySource {
    type Error = ConfigError;

    fn try_from(args: &KeysArgs) -> Result<Self, ConfigError> {
        match (environment::secret(MASTER_KEY)?, &args.master_key_file) {
            (Some(_), Some(_)) => Err(ConfigError::new(
                "--master-key-file",
                format!("is set, and so is {MASTER_KEY}: leave one out"),
            )),
            (Some(text), None) => Ok(Self::Text(Secret::new(text))),
            (None, Some(file)) => Ok(Self::File(file.clone())),
            (None, None) => Ok(Self::Folder(args.keys.clone())),
        }
    }
}

impl TryFrom<&LifeArgs> for KeyPlan {
    type Error = ConfigError;

    fn try_from(life: &LifeArgs) -> Result<Self, ConfigError> {
        let (jwks_cache, access_token) = (life.jwks_cache_seconds, life.access_token_seconds);
        let plan = Self {
            jwks_cache_seconds: seconds("--jwks-cache-seconds", jwks_cache, LONGEST.jwks_cache)?,
            // A pending key's row holds when it will sign, whether or not the setting changes until then.
            rotation_seconds: seconds(
                "--key-rotation-seconds",
                life.key_rotation_seconds,
                LONGEST.session_absolute,
            )?,
            access_token_seconds: seconds(
                "--access-token-seconds",
                access_token,
                LONGEST.access_token,
            )?,
            session_seconds: Policy::try_from(life)?.absolute_seconds,
        };
        if plan.rotation_seconds <= plan.ahead_seconds() {
            return Err(ConfigError::new(
                "--key-rotation-seconds",
                format!(
                    "must be more than {}: a key is published that long before it signs (--jwks-cache-seconds and a minute)",
                    plan.ahead_seconds()
                ),
            ));
        }
        Ok(plan)
    }
}
